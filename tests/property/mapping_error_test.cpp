// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/shell_word.hpp"

namespace systole {
namespace {

/// Estimated against replayed cycles of the shipped network, weighted by cycles; docs/mapping.md.
double errorOn(const std::string& config) {
    const std::filesystem::path result =
        std::filesystem::path(testing::TempDir()) / fmt::format("mapping_{}.json", getpid());
    const std::string command = fmt::format(
        "{0} run {1}/configs/accelerators/{2}.yaml {1}/traces/resnet8_fmnist/workload.yaml "
        "--timing-only --explain --quiet --json {3}",
        shellWord(SYSTOLE_EXECUTABLE), shellWord(SYSTOLE_SOURCE_DIR), config, result.string());
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream file(result);
    const auto json = nlohmann::json::parse(file);
    std::filesystem::remove(result);
    double difference = 0;
    double cycles = 0;
    for (const auto& layer : json.at("layers")) {
        if (!layer.contains("mapping") || layer.at("mapping").is_null()) continue;
        const auto& mapping = layer.at("mapping");
        const auto measured = mapping.at("measured_cycles").get<double>();
        difference += std::abs(mapping.at("estimated_cycles").get<double>() - measured);
        cycles += measured;
    }
    EXPECT_GT(cycles, 0);
    return difference / cycles;
}

TEST(MappingError, IsTheDocumentedOneOnTheShippedNetwork) {
    EXPECT_LT(errorOn("edge-16x16"), 0.0135);
    EXPECT_LT(errorOn("edge-32x32"), 0.0285);
}

}  // namespace
}  // namespace systole
