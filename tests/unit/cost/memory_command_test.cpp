// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What `systole memory` says of one memory.
class MemoryCommand : public WorkerTest {
protected:
    nlohmann::json figures(const std::string& arguments) const {
        const std::filesystem::path json = folder_ / "memory.json";
        const CommandOutcome outcome =
            systole(fmt::format("memory {} --json {}", arguments, json.string()));
        EXPECT_EQ(outcome.exitCode, 0) << arguments << outcome.text;
        return outcome.exitCode == 0 ? jsonOf(json) : nlohmann::json{};
    }

    std::string textOf(const std::string& arguments) const {
        const CommandOutcome outcome = systole("memory " + arguments);
        EXPECT_EQ(outcome.exitCode, 0) << arguments << outcome.text;
        return outcome.text;
    }

    std::string errorOf(const std::string& arguments) const {
        const CommandOutcome outcome = systole("memory " + arguments);
        EXPECT_EQ(outcome.exitCode, 2) << arguments << outcome.text;
        return outcome.text;
    }

    std::filesystem::path folder_ = write("marker", "").parent_path();
};

TEST_F(MemoryCommand, IsTheMacroThatAMachineHas) {
    const std::string machine =
        "area edge-16x16 --set clock=1GHz --set activation_scratchpad.capacity=256KiB "
        "--set activation_scratchpad.banks=4 --set activation_scratchpad.word=16B "
        "--set activation_scratchpad.ports=1rw --json ";
    const std::filesystem::path json = folder_ / "area.json";
    const CommandOutcome outcome = systole(machine + json.string());
    ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
    const nlohmann::json area = jsonOf(json);
    const nlohmann::json alone =
        figures("--capacity 256KiB --banks 4 --word-bits 128 --clock 1GHz");
    EXPECT_DOUBLE_EQ(alone["area_um2"]["nominal"],
                     area["area"]["parts"]["activation_scratchpad"]["area_um2"]);
    const nlohmann::json& delay = area["clock"]["memories"]["activation_scratchpad"];
    EXPECT_DOUBLE_EQ(alone["cycle_ns"]["nominal"], delay["cycle_ns"]);
    EXPECT_DOUBLE_EQ(alone["access_ns"]["nominal"], delay["access_ns"]);
    EXPECT_EQ(alone["parts"], delay["parts_of_a_bank"]);
}

TEST_F(MemoryCommand, TakesSizesBetweenThoseOfTheTables) {
    const nlohmann::json smaller = figures("--capacity 96KiB --word-bits 384");
    const nlohmann::json larger = figures("--capacity 97KiB --word-bits 385");
    for (const char* figure :
         {"area_um2", "read_pj", "write_pj", "leakage_uw", "access_ns", "cycle_ns"}) {
        for (const char* end : {"low", "nominal", "high"}) {
            EXPECT_LE(smaller[figure][end], larger[figure][end]) << figure << ' ' << end;
        }
        EXPECT_LE(smaller[figure]["low"], smaller[figure]["nominal"]) << figure;
        EXPECT_LE(smaller[figure]["nominal"], smaller[figure]["high"]) << figure;
    }
}

TEST_F(MemoryCommand, SaysWhetherItMeetsTheClock) {
    EXPECT_THAT(textOf("--capacity 1MiB --word-bits 256 --clock 1GHz"), HasSubstr("Meets 1 GHz"));
    const std::string slow = textOf("--capacity 1MiB --word-bits 256 --clock 50GHz");
    EXPECT_THAT(slow, HasSubstr("Warning: 50 GHz is not reached"));
    EXPECT_THAT(slow, Not(HasSubstr("as few as reach the clock")));
    EXPECT_FALSE(figures("--capacity 1MiB --word-bits 256 --clock 50GHz")["meets_clock"]);
}

TEST_F(MemoryCommand, SaysWhatLiesOutsideOfTheFit) {
    EXPECT_THAT(textOf("--capacity 64KiB --word-bits 64"), Not(HasSubstr("outside of the fit")));
    EXPECT_THAT(textOf("--capacity 64MiB --word-bits 64"), HasSubstr("outside of the fit"));
    EXPECT_THAT(textOf("--capacity 64KiB --word-bits 4"), HasSubstr("outside of the fit"));
    // Macros side by side have the times of one of the whole capacity.
    EXPECT_THAT(textOf("--capacity 48MiB --word-bits 2048"), HasSubstr("outside of the fit"));
    // Parts within the fit, with figures of the one macro that they replace.
    EXPECT_THAT(textOf("--capacity 64MiB --word-bits 8 --clock 1GHz"),
                HasSubstr("figures of fewer parts: 64 MiB a macro, outside of the fit"));
}

TEST_F(MemoryCommand, LeaksMoreWhenItIsHot) {
    const nlohmann::json cold = figures("--capacity 64KiB --temperature 300");
    const nlohmann::json hot = figures("--capacity 64KiB --temperature 380");
    EXPECT_GT(hot["leakage_uw"]["nominal"], cold["leakage_uw"]["nominal"]);
    EXPECT_EQ(hot["read_pj"], cold["read_pj"]);
}

TEST_F(MemoryCommand, RefusesWhatIsNoMemory) {
    EXPECT_THAT(errorOf("--capacity 4B --word-bits 1024"), HasSubstr("one word a bank"));
    EXPECT_THAT(errorOf("--capacity 1KiB --banks 1024"), HasSubstr("one word a bank"));
    EXPECT_THAT(errorOf("--capacity 1KiB --technology none"), HasSubstr("unknown technology"));
    EXPECT_THAT(errorOf("--capacity 1KiB --clock 3"), HasSubstr("not a frequency"));
    EXPECT_THAT(errorOf("--capacity 1KiB --temperature nan"), HasSubstr("--temperature:1:1"));
}

}  // namespace
}  // namespace systole::sim
