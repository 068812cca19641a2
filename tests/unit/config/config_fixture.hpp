// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "sim/base/config_error.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// A folder of YAML files that lives as long as the test.
class ConfigTest : public testing::Test {
protected:
    ConfigTest()
        : folder_(std::filesystem::path(testing::TempDir()) /
                  fmt::format("systole_config_{}", ::getpid())) {
        std::filesystem::create_directories(folder_);
    }
    ~ConfigTest() override { std::filesystem::remove_all(folder_); }
    ConfigTest(const ConfigTest&) = delete;
    ConfigTest& operator=(const ConfigTest&) = delete;

    std::filesystem::path write(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = folder_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }

    /// The message of the ConfigError that `run` throws, without the folder; "no error" if none.
    std::string messageOf(const std::function<void()>& run) const {
        try {
            run();
        } catch (const ConfigError& error) {
            std::string text = error.what();
            const std::string prefix = folder_.string() + "/";
            for (std::size_t at = text.find(prefix); at != std::string::npos;
                 at = text.find(prefix)) {
                text.erase(at, prefix.size());
            }
            return text;
        }
        return "no error";
    }

    /// What reading `text` as t.yaml by `load` complains about.
    std::string complaint(const std::string& text, const std::function<void(const Section&)>& load,
                          const Overrides& overrides = {}) const {
        const std::filesystem::path file = write("t.yaml", text);
        return messageOf([&] {
            readConfig(file, overrides, [&](const Section& root) {
                load(root);
                return 0;
            });
        });
    }

    const std::filesystem::path folder_;
};

}  // namespace systole::sim
