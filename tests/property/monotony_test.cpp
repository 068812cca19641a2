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

#include "tests/shell_word.hpp"

/// A slower DRAM never saves cycles, more channels never cost any: the shipped workload, timed
/// alone.
namespace systole {
namespace {

using Overrides = std::vector<std::string>;

std::uint64_t cyclesOf(const std::string& config, const Overrides& overrides) {
    const std::filesystem::path result =
        std::filesystem::path(testing::TempDir()) / fmt::format("monotony_{}.json", getpid());
    std::string command = fmt::format(
        "{0} run {1}/configs/accelerators/{2}.yaml {1}/traces/resnet8_fmnist/workload.yaml "
        "--timing-only --quiet --json {3}",
        shellWord(SYSTOLE_EXECUTABLE), shellWord(SYSTOLE_SOURCE_DIR), config, result.string());
    for (const std::string& override : overrides) {
        command += " --set " + override;
    }
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream file(result);
    const auto json = nlohmann::json::parse(file);
    std::filesystem::remove(result);
    return json.at("totals").at("cycles").get<std::uint64_t>();
}

/// Every design is edge-16x16 with some overrides, on DDR4-2400: 17-17-17, CWL 12, tRAS 39, tRC 56.
class Monotony : public testing::TestWithParam<Overrides> {
protected:
    static std::uint64_t cyclesWith(const Overrides& more) {
        Overrides overrides = GetParam();
        // The search would choose another mapping for another DRAM. A controller that reorders is
        // not monotone for every program: with tiles of 7 x 14 on 64 x 64, CWL 24 saves 62 of
        // 33,562 cycles.
        overrides.emplace_back(
            "\"mapping.layers={'*': {loop_order: weights_outer, tile: {height: 4, width: 28}, "
            "channels: 16, output_channels: 16}}\"");
        overrides.insert(overrides.end(), more.begin(), more.end());
        return cyclesOf("edge-16x16", overrides);
    }
};

TEST_P(Monotony, MoreChannelsNeverCostCycles) {
    const std::uint64_t one = cyclesWith({"dram.organization.channels=1"});
    const std::uint64_t two = cyclesWith({"dram.organization.channels=2"});
    const std::uint64_t four = cyclesWith({"dram.organization.channels=4"});
    EXPECT_LE(two, one);
    EXPECT_LE(four, two);
}

TEST_P(Monotony, DoublingAnyDramLatencyNeverSavesCycles) {
    // Without refreshes: one that falls between two transfers instead of into one can save more
    // than the latency costs.
    const std::string never = "dram.controller.refresh=none";
    const std::uint64_t base = cyclesWith({never});
    const Overrides doubledRcd{never, "dram.timing.tRCD=34", "dram.timing.tRAS=56",
                               "dram.timing.tRC=73"};
    const Overrides doubledRp{never, "dram.timing.tRP=34", "dram.timing.tRC=73"};
    EXPECT_GE(cyclesWith({never, "dram.timing.CL=34"}), base);
    EXPECT_GE(cyclesWith({never, "dram.timing.CWL=24"}), base);
    EXPECT_GE(cyclesWith(doubledRcd), base);
    EXPECT_GE(cyclesWith(doubledRp), base);
}

TEST_P(Monotony, ALongerControllerPipelineNeverSavesCycles) {
    const std::uint64_t none = cyclesWith({"dram.controller.pipeline_clocks=0"});
    const std::uint64_t some = cyclesWith({"dram.controller.pipeline_clocks=20"});
    const std::uint64_t more = cyclesWith({"dram.controller.pipeline_clocks=40"});
    EXPECT_GE(some, none);
    EXPECT_GE(more, some);
}

TEST_P(Monotony, DoublingAllDramLatenciesTogetherCostsCycles) {
    const Overrides doubled{"dram.timing.CL=34",
                            "dram.timing.CWL=24",
                            "dram.timing.tRCD=34",
                            "dram.timing.tRP=34",
                            "dram.timing.tRAS=78",
                            "dram.timing.tRC=112",
                            "dram.controller.pipeline_clocks=40"};
    EXPECT_GT(cyclesWith(doubled), cyclesWith({}));
}

INSTANTIATE_TEST_SUITE_P(Designs, Monotony,
                         testing::Values(Overrides{}, Overrides{"clock=1GHz"},
                                         Overrides{"array.rows=64", "array.columns=64"},
                                         Overrides{"activation_scratchpad.capacity=16KiB",
                                                   "weight_scratchpad.capacity=24KiB"},
                                         // With the watermarks 60 and 16 CWL 24 saves 167 of 79,956
                                         // cycles: turns of the bus fall otherwise.
                                         Overrides{"dma.outstanding_bursts=4",
                                                   "\"dram.controller.write_watermarks={high: 16, "
                                                   "low: 0}\""}));

}  // namespace
}  // namespace systole
