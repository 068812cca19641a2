// SPDX-License-Identifier: Apache-2.0
// The objectives of the search, by what whole runs of the shipped network take.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/shell_word.hpp"

namespace systole {
namespace {

struct RunTotals {
    double cycles = 0;
    double dramBytes = 0;
    double joules = 0;  ///< NaN where the clock is not reached
};

RunTotals totalsOf(const std::string& config, const std::string& overrides) {
    const std::filesystem::path result =
        std::filesystem::path(testing::TempDir()) / fmt::format("objective_{}.json", getpid());
    const std::string command = fmt::format(
        "{0} run {1}/configs/accelerators/{2}.yaml {1}/traces/resnet8_fmnist/workload.yaml "
        "--timing-only --quiet --json {3} {4}",
        shellWord(SYSTOLE_EXECUTABLE), shellWord(SYSTOLE_SOURCE_DIR), config, result.string(),
        overrides);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream file(result);
    const auto totals = nlohmann::json::parse(file).at("totals");
    std::filesystem::remove(result);
    const auto& joules = totals.at("energy_joules");
    return {totals.at("cycles"), totals.at("dram_bytes"),
            joules.is_null() ? std::nan("") : joules.get<double>()};
}

constexpr double kSlack = 1.01;
/// Of a network: the search makes the product of every layer small, not the product of the sums,
/// and does not count what a layer leaves behind for the next one.
constexpr double kProductSlack = 1.03;

class MappingObjectives : public testing::TestWithParam<const char*> {};

TEST_P(MappingObjectives, EachMakesItsOwnFigureSmall) {
    std::map<std::string, RunTotals> runs;
    for (const char* objective : {"cycles", "dram_bytes", "energy", "energy_delay"}) {
        runs[objective] =
            totalsOf(GetParam(), fmt::format("--set mapping.objective={}", objective));
    }
    for (const auto& [objective, run] : runs) {
        SCOPED_TRACE(objective);
        EXPECT_LE(runs["cycles"].cycles, kSlack * run.cycles);
        EXPECT_LE(runs["dram_bytes"].dramBytes, kSlack * run.dramBytes);
        EXPECT_LE(runs["energy"].joules, kSlack * run.joules);
        EXPECT_LE(runs["energy_delay"].joules * runs["energy_delay"].cycles,
                  kProductSlack * run.joules * run.cycles);
    }
}

INSTANTIATE_TEST_SUITE_P(Designs, MappingObjectives, testing::Values("edge-16x16", "edge-32x32"));

TEST(MappingTies, SumsOfOtherWidthsMoveAboutAsManyBytes) {
    const double wide = totalsOf("edge-16x16", "--set datapath.accumulator=int32").dramBytes;
    for (const char* accumulator : {"int24_saturate", "int24", "int32_saturate"}) {
        const double bytes =
            totalsOf("edge-16x16", fmt::format("--set datapath.accumulator={}", accumulator))
                .dramBytes;
        EXPECT_LE(bytes, 1.05 * wide) << accumulator;
        EXPECT_LE(wide, 1.05 * bytes) << accumulator;
    }
}

}  // namespace
}  // namespace systole
