// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// A slower DRAM never saves cycles, more channels never cost any: the shipped workload, timed alone.
namespace systole {
namespace {

using Overrides = std::vector<std::string>;

std::uint64_t cyclesOf(const std::string& config, const Overrides& overrides) {
    const std::filesystem::path result = std::filesystem::path(testing::TempDir()) /
                                         fmt::format("monotony_{}.json", getpid());
    std::string command = fmt::format(
        "{} run {}/configs/accelerators/{}.yaml {}/traces/resnet8_fmnist/workload.yaml "
        "--timing-only --quiet --json {}",
        SYSTOLE_EXECUTABLE, SYSTOLE_SOURCE_DIR, config, SYSTOLE_SOURCE_DIR, result.string());
    for (const std::string& override : overrides) {
        command += " --set " + override;
    }
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream file(result);
    const auto json = nlohmann::json::parse(file);
    std::filesystem::remove(result);
    return json.at("totals").at("cycles").get<std::uint64_t>();
}

class Monotony : public testing::TestWithParam<const char*> {};

TEST_P(Monotony, MoreChannelsNeverCostCycles) {
    const auto cycles = [](int channels) {
        return cyclesOf(GetParam(), {fmt::format("dram.organization.channels={}", channels)});
    };
    const std::uint64_t two = cycles(2);
    EXPECT_LE(two, cycles(1));
    EXPECT_LE(cycles(4), two);
}

// DDR4-2400: 17-17-17, CWL 12, tRAS 39, tRC 56.
TEST_P(Monotony, DoublingAllLatenciesTogetherCostsCycles) {
    const Overrides doubled{"dram.timing.CL=34",   "dram.timing.CWL=24", "dram.timing.tRCD=34",
                            "dram.timing.tRP=34",  "dram.timing.tRAS=78", "dram.timing.tRC=112",
                            "dram.controller_clocks=40"};
    EXPECT_GT(cyclesOf(GetParam(), doubled), cyclesOf(GetParam(), {}));
}

INSTANTIATE_TEST_SUITE_P(Accelerators, Monotony, testing::Values("edge-16x16"));

}  // namespace
}  // namespace systole
