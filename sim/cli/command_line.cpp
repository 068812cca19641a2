// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <new>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "models/check.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/host_memory.hpp"
#include "sim/base/progress.hpp"
#include "sim/base/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/word_problems.hpp"

namespace systole::sim {
namespace {

constexpr int kUserError = 2;
constexpr int kInvariantBroken = 3;

void flushOutput() {
    if (std::fflush(stdout) != 0) {
        throw ConfigError("standard output: cannot be written: " +
                          std::generic_category().message(errno));
    }
}

int fail(const std::string& message) {
    printMessage(stderr, message + "\n");
    return kUserError;
}

int execute(const Action& action) {
    try {
        const int code = action();
        flushOutput();
        return code;
    } catch (const ConfigError& error) {
        return fail(error.what());
    } catch (const std::bad_alloc&) {
        return fail(printable(outOfMemoryText()));
    } catch (const std::length_error&) {  // more elements than any memory has
        return fail(printable(outOfMemoryText()));
    } catch (const std::filesystem::filesystem_error& error) {
        return fail(
            printable(fmt::format("{}: {}", error.path1().string(), error.code().message())));
    } catch (const std::system_error& error) {  // no further process, for example
        return fail(fmt::format("the system refuses: {}", error.code().message()));
    } catch (const std::exception& error) {
        // SystemC hands on what a process threw as a report of its own type.
        fail(fmt::format("internal error: {}", error.what()));
        return kInvariantBroken;
    }
}

/// An empty text, or the next option, is no name, no number and no choice.
void forbidMissingValues(CLI::App& app) {
    for (CLI::Option* option : app.get_options()) {
        if (option->get_type_size_max() == 0) continue;  // a flag
        option->check(CLI::Validator(
            [](const std::string& value) {
                if (value.empty()) return std::string("is empty, expected a value");
                // It would become the name of a file.
                if (value.starts_with("--")) return value + " is an option, expected a value";
                return std::string();
            },
            ""));
    }
    for (CLI::App* command : app.get_subcommands({})) forbidMissingValues(*command);
}

/// Lines that are too long go on below where they begin, or below the column of descriptions.
std::string fitted(const std::string& help) {
    constexpr std::size_t kDescriptions = 30;  // CLI11's column
    std::string text;
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
        const bool isDescribed = begin > 0 && line.size() > kDescriptions &&
                                 line[kDescriptions - 1] == ' ' && line[kDescriptions] != ' ';
        text += wrapped(line, isDescribed ? kDescriptions : begin + 2) + "\n";
    }
    return text;
}

/// --help and --version are errors of the library, without a code.
int explain(const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
        printMessage(stderr, wordProblems(app, error));
        return kUserError;
    }
    std::ostringstream out;
    std::ostringstream problem;
    app.exit(error, out, problem);
    try {
        printText(stdout, fitted(out.str()));
        flushOutput();
    } catch (const ConfigError& failure) {
        return fail(failure.what());
    }
    return 0;
}

int parseAndExecute(int argc, const char* const* argv) {
    CLI::App app(
        "Systole: cycle-accurate, bit-exact simulation of a DNN inference accelerator.\n"
        "Exit codes: 0 success, 1 a check found a difference, 2 wrong input, 3 internal error.",
        "systole");
    app.require_subcommand(1);
    app.set_version_flag("--version", SYSTOLE_VERSION);
    Action action;
    addRun(app, action);
    addGemm(app, action);
    addDram(app, action);
    addQuantize(app, action);
    addGolden(app, action);
    addCompare(app, action);
    addSweep(app, action);
    addFormats(app, action);
    addArea(app, action);
    addPe(app, action);
    addMemory(app, action);
    addList(app, action);
    forbidMissingValues(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return explain(app, error);
    }
    const std::string command = "systole " + app.get_subcommands().front()->get_name();
    const WorkInHand work(command);
    const Progress progress(command);
    return execute(action);
}

}  // namespace

int runCommandLine(int argc, const char* const* argv) {
    // A file beyond the user's limit is a failed write, which leaves nothing, not the end.
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        return parseAndExecute(argc, argv);
    } catch (const std::bad_alloc&) {  // the command line alone takes some
        std::fputs("out of memory: the program does not fit the memory of this process\n", stderr);
        return kUserError;
    }
}

}  // namespace systole::sim
