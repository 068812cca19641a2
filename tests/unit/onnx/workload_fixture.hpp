// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "sim/base/config_error.hpp"

namespace systole::sim {

/// A folder of files that lives as long as the test.
class WorkloadFileTest : public testing::Test {
protected:
    WorkloadFileTest()
        : folder_(std::filesystem::path(testing::TempDir()) /
                  fmt::format("systole_workload_{}", ::getpid())) {
        std::filesystem::create_directories(folder_);
    }
    ~WorkloadFileTest() override { std::filesystem::remove_all(folder_); }
    WorkloadFileTest(const WorkloadFileTest&) = delete;
    WorkloadFileTest& operator=(const WorkloadFileTest&) = delete;

    std::filesystem::path path(const std::string& name) const { return folder_ / name; }

    std::filesystem::path write(const std::string& name, const std::string& bytes) const {
        std::ofstream(path(name), std::ios::binary) << bytes;
        return path(name);
    }

    static std::string read(const std::filesystem::path& file) {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
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

private:
    std::filesystem::path folder_;
};

/// Numbers of few bits, in reproducible disorder.
class RandomValues {
public:
    explicit RandomValues(std::uint64_t seed) : generator_(seed) {}

    float next() { return static_cast<float>(static_cast<int>(generator_() % 2001) - 1000) / 7.0F; }
    std::vector<float> next(std::size_t count) {
        std::vector<float> values(count);
        for (float& value : values) value = next();
        return values;
    }
    std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(generator_() % bound);
    }

private:
    std::mt19937_64 generator_;
};

}  // namespace systole::sim
