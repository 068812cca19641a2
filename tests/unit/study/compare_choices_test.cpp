// SPDX-License-Identifier: Apache-2.0
// What formats have in common in `systole compare`: the clock, the scheme; and what follows.
#include <gmock/gmock.h>

#include "sim/study/compare.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::HasSubstr;

class CompareChoices : public WorkerTest {
protected:
    static std::string edge() { return sourceFile("configs/accelerators/edge-16x16.yaml"); }
    static std::string inputs() {
        return shellWord(edge()) + " " + source("traces/resnet8_fmnist/workload.yaml");
    }
    std::string file(const std::string& name) const { return (folder_ / name).string(); }
};

TEST_F(CompareChoices, ByDefaultEveryFormatIsMadeSoThatItReachesTheClock) {
    const CommandOutcome outcome =
        systole("compare " + inputs() + " --images 1 --formats int8,e4m3,e4m3_fp16 --json " +
                file("compare.json"));
    ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
    EXPECT_THAT(outcome.text, testing::Not(HasSubstr("not reachable")));
    const nlohmann::json formats = jsonOf(folder_ / "compare.json").at("formats");
    for (const nlohmann::json& format : formats) {
        const nlohmann::json& totals = format.at("result").at("totals");
        EXPECT_TRUE(totals.at("meets_clock"));
        EXPECT_GE(totals.at("reachable_clock_hertz"), 500e6);
    }
    EXPECT_EQ(formats.at(0).at("result").at("config").at("synthesis"), "area");
    EXPECT_EQ(formats.at(1).at("result").at("config").at("synthesis"), "speed");
    EXPECT_THAT(outcome.text, HasSubstr("Array energy of e4m3, e4m3_fp16 is less sure"));
}

TEST_F(CompareChoices, AKindOfElementThatNobodySynthesisedIsNamed) {
    const CommandOutcome outcome = systole(
        "compare " + inputs() +
        " --images 1 --formats int8,'{activation: posit6es1, weight: posit6es1, accumulator: "
        "exact}'");
    ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
    EXPECT_THAT(outcome.text,
                HasSubstr("Area, clock and array energy of #2: outside of the fit (posit operands"));
    EXPECT_THAT(outcome.text, testing::Not(HasSubstr("array energy of int8")));
}

TEST_F(CompareChoices, ClockMaxTakesEachAtItsHighestClock) {
    const CommandOutcome outcome =
        systole("compare " + inputs() + " --images 1 --formats int8,e4m3_fp32 --clock max --json " +
                file("compare.json"));
    ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
    const nlohmann::json formats = jsonOf(folder_ / "compare.json").at("formats");
    const auto clockOf = [&](int i) {
        return formats.at(i).at("result").at("config").at("clock_hertz").get<double>();
    };
    EXPECT_LT(clockOf(1), clockOf(0));
    EXPECT_THAT(outcome.text, testing::Not(HasSubstr("not reachable")));
}

TEST_F(CompareChoices, AClockThatNothingReachesIsSaidInEveryFigure) {
    const CommandOutcome outcome =
        systole("compare " + inputs() + " --images 1 --formats int8,e4m3 --clock 20GHz --json " +
                file("compare.json"));
    ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr("inferences/s               not reachable  not reachable"));
    const nlohmann::json totals =
        jsonOf(folder_ / "compare.json").at("formats").at(0).at("result").at("totals");
    EXPECT_FALSE(totals.at("meets_clock"));
    for (const char* rate : {"inferences_per_second", "average_power_watts",
                             "inferences_per_second_per_watt", "energy_delay_joule_seconds"}) {
        EXPECT_TRUE(totals.at(rate).is_null()) << rate;
    }
}

TEST_F(CompareChoices, OneSchemeQuantizesAllFormats) {
    const CommandOutcome outcome =
        systole("compare " + inputs() + " --images 1 --formats int8,e4m3,e5m2_fp16 --scheme int8");
    ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
    EXPECT_THAT(outcome.text,
                testing::ContainsRegex("scheme +int8 +int8 +int8\nweight scales +per channel "
                                       "+per channel +per channel\n"));
}

TEST_F(CompareChoices, ClockAndSchemeAreGivenOnce) {
    RunRequest request;
    request.overrides = {"clock=1GHz", "scheme=int8"};
    EXPECT_EQ(messageOf([&] { withCommonChoices(request, {.clock = "max", .scheme = ""}); }),
              "--set clock=1GHz: --clock chooses it as well, expected one of the two");
    EXPECT_EQ(messageOf([&] { withCommonChoices(request, {.clock = "", .scheme = "int4"}); }),
              "--set scheme=int8: --scheme chooses it as well, expected one of the two");
    const CommandOutcome outcome = systole("compare " + inputs() + " --formats int8 --clock fast");
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_THAT(outcome.text, HasSubstr("--clock fast"));
}

}  // namespace
}  // namespace systole::sim
