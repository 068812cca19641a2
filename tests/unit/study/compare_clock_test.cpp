// SPDX-License-Identifier: Apache-2.0
// `systole compare`: which clock each format has, and what is said where there is none.
#include <gmock/gmock.h>

#include "sim/study/compare.hpp"
#include "tests/unit/study/table_text.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class CompareClock : public WorkerTest {
protected:
    static std::string edge() { return source("configs/accelerators/edge-16x16.yaml"); }
    std::string compare(const std::string& options) const {
        const CommandOutcome outcome = systole(
            "compare " + edge() + " " + source("traces/resnet8_fmnist/workload.yaml") +
            " --images 1 " + options + " --json " + file("c.json") + " --csv " + file("c.csv"));
        EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
        return outcome.text;
    }
    std::string file(const std::string& name) const { return (folder_ / name).string(); }
    nlohmann::json resultOf(std::size_t format) const {
        return jsonOf(folder_ / "c.json").at("formats").at(format).at("result");
    }
};

/// Memories that limit no element.
constexpr const char* kFreeMemories =
    " --set activation_scratchpad.capacity=unlimited --set activation_scratchpad.banks=unlimited"
    " --set weight_scratchpad.capacity=unlimited --set weight_scratchpad.banks=unlimited"
    " --set accumulator_buffer.rows=unlimited";

TEST_F(CompareClock, TheHighestClockOfAFormatIsTheSameWhateverClockIsAskedFor) {
    for (const std::string& memories : {std::string(), std::string(kFreeMemories)}) {
        std::vector<std::vector<std::string>> rows;
        for (const char* clock : {"", " --clock max", " --clock 100MHz", " --clock 3GHz"}) {
            rows.push_back(rowOf(compare("--formats int8,e4m3,e4m3_fp32" + memories + clock),
                                 "highest clock, MHz"));
        }
        ASSERT_EQ(rows.front().size(), 3U);
        for (const auto& row : rows) EXPECT_EQ(row, rows.front());
    }
}

TEST_F(CompareClock, MaxTakesTheElementsThatHaveTheHighestClock) {
    const std::string text =
        compare(std::string("--formats int8,e4m3,e4m3_fp32 --clock max") + kFreeMemories);
    EXPECT_EQ(rowOf(text, "clock, MHz"), rowOf(text, "highest clock, MHz"));
    EXPECT_EQ(rowOf(text, "synthesis for"), (std::vector<std::string>{"speed", "speed", "speed"}));
    EXPECT_THAT(text, Not(HasSubstr("not reachable")));
    // What is given stays, and shows.
    const std::string given = compare("--formats e4m3 --clock max --set datapath.synthesis=area");
    EXPECT_EQ(rowOf(given, "synthesis for"), std::vector<std::string>{"area"});
    EXPECT_NE(rowOf(given, "clock, MHz"), rowOf(given, "highest clock, MHz"));
    EXPECT_EQ(rowOf(given, "clock, MHz"), rowOf(given, "elements reach, MHz"));
}

/// Elements that are faster than any memory.
constexpr const char* kTwoBits = "'{activation: int2, weight: int2, accumulator: int8}'";

TEST_F(CompareClock, MaxIsAsFastAsTheSameClockGiven) {
    const std::string max = compare(std::string("--clock max --formats ") + kTwoBits);
    const std::string clock = rowOf(max, "clock, MHz").front();
    const std::string given =
        compare("--clock " + clock + "MHz --formats " + std::string(kTwoBits));
    for (const char* row : {"clock, MHz", "synthesis for", "pipeline stages", "area, mm2"}) {
        EXPECT_EQ(rowOf(max, row), rowOf(given, row)) << row;
    }
}

TEST_F(CompareClock, SaysThatTheMemoryIsTooSlowAndWhatToDo) {
    const std::string text =
        unwrapped(compare(std::string("--clock 2.4GHz --formats ") + kTwoBits));
    EXPECT_THAT(text, HasSubstr("the memory weight_scratchpad reaches 2.257 GHz; ports: 1rw is "
                                "faster than 1r1w. All reach `--clock 2257.0MHz`; `--clock max` "
                                "takes each at its highest."));
    EXPECT_THAT(text, Not(HasSubstr("elements reach 2")));
    const std::string lower = compare(std::string("--clock 2257MHz --formats ") + kTwoBits);
    EXPECT_THAT(lower, Not(HasSubstr("not reachable")));
}

TEST_F(CompareClock, SaysThatElementsAreTooSlowAndWhatToDo) {
    const std::string text =
        unwrapped(compare(std::string("--formats int4,e4m3_fp32 --clock 1GHz") + kFreeMemories));
    EXPECT_THAT(text, ContainsRegex("1 GHz is not reachable with e4m3_fp32: the processing "
                                    "elements reach [0-9.]+ MHz, whatever their synthesis and "
                                    "stages\\. All reach `--clock [0-9.]+MHz`;"));
    EXPECT_THAT(text, Not(HasSubstr("the memory")));
    const std::string fixed = unwrapped(
        compare("--formats int8,e4m3 --set datapath.synthesis=area --set array.pipeline_depth=1"));
    EXPECT_THAT(fixed, HasSubstr("500 MHz is not reachable with e4m3: the processing elements "
                                 "reach 322.5 MHz (synthesis for area, 1 stage, as configured); "
                                 "without datapath.synthesis and array.pipeline_depth they reach "
                                 "it."));
}

TEST_F(CompareClock, SaysThatBothAreTooSlow) {
    const std::string text =
        unwrapped(compare("--formats e4m3_fp32 --clock 3GHz "
                          "--set activation_scratchpad.word=128B"));
    EXPECT_THAT(text, HasSubstr("3 GHz is not reachable with e4m3_fp32: the memory"));
    EXPECT_THAT(text, HasSubstr("3 GHz is not reachable with e4m3_fp32: the processing elements"));
}

constexpr const char* kCodebook =
    "'{activation: int8, weight: {codebook: [-1, -0.7, -0.5, -0.3, 0, 0.1, 0.33, 1]}, accumulator: "
    "exact}'";

TEST_F(CompareClock, AFormatWithoutACircuitSaysSoAndTheOthersAreCompared) {
    for (const char* clock : {"", " --clock 400MHz", " --clock max"}) {
        SCOPED_TRACE(clock);
        const std::string text = compare(std::string("--formats int8,") + kCodebook + clock);
        for (const char* row :
             {"clock, MHz", "highest clock, MHz", "synthesis for", "pipeline stages",
              "elements reach, MHz", "area, mm2", "PE array area, mm2", "inferences/s",
              "energy per inference, uJ", "energy per MAC, pJ", "average power, mW"}) {
            ASSERT_EQ(rowOf(text, row).size(), 2U) << row;
            EXPECT_NE(rowOf(text, row).front(), "no circuit") << row;
            EXPECT_EQ(rowOf(text, row).back(), "no circuit") << row;
        }
        for (const char* row :
             {"top-1, %", "SQNR, dB", "cycles", "DRAM traffic, KiB", "utilization, %", "scheme"}) {
            EXPECT_THAT(rowOf(text, row).back(), Not(HasSubstr("circuit"))) << row;
        }
        EXPECT_THAT(unwrapped(text), HasSubstr("Of the elements of #2 there is no circuit: what "
                                               "they cost and which clock they reach is not "
                                               "known. Its cycles are those at "));
        EXPECT_THAT(unwrapped(text), HasSubstr("smallest area int8, fastest int8."));
        const nlohmann::json totals = resultOf(1).at("totals");
        for (const char* key : {"seconds", "meets_clock", "energy_joules", "area_mm2",
                                "inferences_per_second", "dram_bytes_per_second"}) {
            EXPECT_TRUE(totals.at(key).is_null()) << key;
        }
        EXPECT_TRUE(resultOf(1).at("layers").at(0).at("seconds").is_null());
        EXPECT_TRUE(resultOf(0).at("totals").at("seconds").is_number());
    }
}

TEST_F(CompareClock, ACodebookAloneOrFirstIsComparedAsWell) {
    const std::string alone = compare(std::string("--formats ") + kCodebook);
    EXPECT_THAT(alone, HasSubstr("no circuit"));
    const std::string first = compare(std::string("--formats ") + kCodebook + ",int8");
    EXPECT_THAT(unwrapped(first), HasSubstr("int8 against #1: top-1"));
    EXPECT_THAT(unwrapped(first), HasSubstr("area -, PE array -, inferences/s -, energy -"));
}

TEST_F(CompareClock, ACodebookCannotBeMappedForLeastEnergy) {
    const CommandOutcome outcome =
        systole("compare " + edge() + " " + source("traces/resnet8_fmnist/workload.yaml") +
                " --images 1 --set mapping.objective=energy --formats int8," + kCodebook);
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_THAT(outcome.text, HasSubstr("has no circuit, so that no mapping of it takes the least "
                                        "energy, expected mapping.objective cycles or dram_bytes"));
}

}  // namespace
}  // namespace systole::sim
