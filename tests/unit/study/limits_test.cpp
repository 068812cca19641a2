// SPDX-License-Identifier: Apache-2.0
// Sizes that are too large for a machine, and for the computer that simulates it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/sanitizers.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Limits : public WorkerTest {
protected:
    void SetUp() override {
        if (kSanitizesAddresses) GTEST_SKIP() << "sanitizers take address space of their own";
    }

    /// With so many KiB of address space.
    static CommandOutcome within(std::uint64_t kibibytes, const std::string& arguments) {
        const std::string program = shellWord(SYSTOLE_EXECUTABLE);
        return shell(
            fmt::format("ulimit -v {}; exec timeout 60 {} {}", kibibytes, program, arguments));
    }
    static CommandOutcome shell(const std::string& script) {
        CommandOutcome outcome;
        std::FILE* pipe = ::popen(("( " + script + " ) 2>&1").c_str(), "r");
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
            outcome.text += static_cast<char>(c);
        }
        outcome.exitCode = WEXITSTATUS(::pclose(pipe));
        return outcome;
    }
};

TEST_F(Limits, TimingNeedsNoMatrices) {
    // Weights of 256 MiB; as codes in this computer's memory they would be 1 GiB.
    const CommandOutcome row = within(400'000, "gemm edge-16x16 1 16384 16384 --timing-only");
    EXPECT_EQ(row.exitCode, 0) << row.text;
    EXPECT_THAT(row.text, HasSubstr("268435456"));
    // 17 million MACs a fold and 262,144 folds.
    const CommandOutcome cube = within(
        400'000, "gemm array-only 16384 16384 16384 --timing-only --set sequencer.queue_depth=64");
    EXPECT_EQ(cube.exitCode, 0) << cube.text;
    EXPECT_THAT(cube.text, HasSubstr("4398046511104"));
}

TEST_F(Limits, WhatTheMachineCannotHoldIsSaidBeforeAnythingIsAllocated) {
    const CommandOutcome cube = within(400'000, "gemm edge-16x16 65536 65536 65536 --timing-only");
    EXPECT_EQ(cube.exitCode, 2);
    EXPECT_EQ(cube.text,
              "edge-16x16: 'gemm 65536x65536x65536' needs at least 12884901888 bytes of DRAM, "
              "'DDR4-2400' has 8589934592\n");
    const CommandOutcome values = within(400'000, "gemm edge-16x16 65536 65536 65536");
    EXPECT_EQ(values.exitCode, 2);
    EXPECT_THAT(values.text, HasSubstr("bytes of DRAM"));
    const CommandOutcome million =
        within(400'000, "gemm array-only 1048576 1048576 1048576 --timing-only");
    EXPECT_EQ(million.exitCode, 2);
    EXPECT_THAT(million.text, HasSubstr("bytes of DRAM, 'ideal' has 68719476736"));
}

TEST_F(Limits, WhatThisComputerCannotHoldIsSaidInASentence) {
    const CommandOutcome product = within(400'000, "gemm edge-16x16 1 16384 16384");
    EXPECT_EQ(product.exitCode, 2);
    EXPECT_THAT(
        product.text,
        AllOf(HasSubstr("gemm 1x16384x16384, with its values, takes about 1."),
              HasSubstr("MiB are available, expected a smaller product, or --timing-only")));
}

TEST_F(Limits, MemoryThatRunsOutIsTheUsersErrorInEveryCommand) {
    std::uint64_t least = 20'000;  // KiB that the program needs to start
    while (within(least, "--version").exitCode != 0) least += 1000;
    for (const std::string arguments :
         {"run edge-16x16 resnet8_fmnist --images 1", "gemm edge-16x16 512 512 512",
          "compare edge-16x16 resnet8_fmnist --formats int8,e4m3 --images 1 --jobs 1"}) {
        std::size_t ranOut = 0;
        for (std::uint64_t more = 1000; more < 16'000; more += 1500) {
            const CommandOutcome outcome = within(least + more, arguments);
            EXPECT_THAT(outcome.exitCode, testing::AnyOf(0, 2)) << more << outcome.text;
            EXPECT_THAT(outcome.text, Not(HasSubstr("bad_alloc")));
            if (outcome.exitCode == 2) {
                ++ranOut;
                EXPECT_THAT(outcome.text, HasSubstr("memory")) << more;
            }
        }
        EXPECT_GT(ranOut, 0U) << arguments;
    }
}

TEST_F(Limits, TheCheckNeedsValues) {
    const CommandOutcome outcome = systole("gemm edge-16x16 8 8 8 --check --timing-only");
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_EQ(outcome.text,
              "--check: compares the values of the product, which --timing-only does not compute, "
              "expected one of the two\n");
}

/// How near they are to the network's own is a test of its own: scripts/drawn_energy.py.
TEST_F(Limits, DrawnOperandsAreCalledSoWithTheirError) {
    for (const bool isDrawn : {false, true}) {
        const std::filesystem::path file = folder_ / "result.json";
        const CommandOutcome outcome = systole(
            fmt::format("run edge-16x16 resnet8_fmnist {} --json {}",
                        isDrawn ? "--timing-only" : "--images 1", shellWord(file.string())));
        EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
        const auto totals = jsonOf(file).at("totals");
        EXPECT_EQ(totals.contains("drawn_operands"), isDrawn);
        if (isDrawn) EXPECT_EQ(totals.at("drawn_operands").at("energy_error"), 0.03);
        EXPECT_EQ(outcome.text.find("operands      drawn") != std::string::npos, isDrawn);
    }
}

}  // namespace
}  // namespace systole::sim
