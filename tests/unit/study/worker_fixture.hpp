// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/shell_word.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {

/// What a command line printed, standard error included, and its exit code.
struct CommandOutcome {
    int exitCode = 0;
    std::string text;
};

/// Runs programs from, and with files in, a folder that lives as long as the test.
class WorkerTest : public ConfigTest {
protected:
    static CommandOutcome systole(const std::string& arguments) {
        const std::string command = shellWord(SYSTOLE_EXECUTABLE) + " " + arguments + " 2>&1";
        CommandOutcome outcome;
        std::FILE* pipe = ::popen(command.c_str(), "r");
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
            outcome.text += static_cast<char>(c);
        }
        outcome.exitCode = WEXITSTATUS(::pclose(pipe));
        return outcome;
    }

    static std::string sourceFile(const std::string& path) {
        return std::string(SYSTOLE_SOURCE_DIR) + "/" + path;
    }
    /// The same as a word of a command line.
    static std::string source(const std::string& path) { return shellWord(sourceFile(path)); }

    static std::string contentOf(const std::filesystem::path& file) {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    static nlohmann::json jsonOf(const std::filesystem::path& file) {
        return nlohmann::json::parse(contentOf(file));
    }

    /// A program that does what the lines of shell say.
    std::filesystem::path writeProgram(const std::string& lines) const {
        const std::filesystem::path file = write("program", "#!/bin/sh\n" + lines);
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
        return file;
    }
};

}  // namespace systole::sim
