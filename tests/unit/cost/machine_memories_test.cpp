// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

TEST(MachineMemories, AreBuiltOfTheFewestPartsThatReachTheClock) {
    MachineDescription machine = roundMachine();
    // A bank of 2 KiB and 128 bits has a cycle of 1 ns.
    const auto weights = [&](double hertz) {
        machine.clockHertz = hertz;
        return memoriesOf(roundTechnology(), machine).weightScratchpad;
    };
    EXPECT_EQ(weights(1e9).parts, 1U);
    EXPECT_EQ(weights(1.1e9).parts, 2U);
    EXPECT_EQ(weights(2.1e9).parts, 4U);
    EXPECT_EQ(weights(1e12).parts, 8U) << "parts of 256 B, the smallest of the tables";
    EXPECT_DOUBLE_EQ(weights(1.1e9).macro.cycleSeconds.nominal, 0.5e-9);
    EXPECT_DOUBLE_EQ(weights(1.1e9).fastestSeconds, 0.125e-9);
}

TEST(MachineMemories, PayForTheWiresToTheirParts) {
    Technology technology = roundTechnology();
    SramCoefficients coefficients = technology.sram.coefficients();
    coefficients.wires = {.picojoulesPerBitMillimetre = 1,
                          .nanosecondsPerMillimetre = 1,
                          .micronsPerWire = 1,
                          .addressWires = 0,
                          .source = "test"};
    technology.sram = SramModel(coefficients);
    MachineDescription machine = roundMachine();
    machine.clockHertz = 2.1e9;
    const MachineMemory weights = memoriesOf(technology, machine).weightScratchpad;
    // Four parts of 512 B and 128 bits: 10,000 um2 each, so the wires are 100 um long.
    EXPECT_EQ(weights.parts, 4U);
    EXPECT_DOUBLE_EQ(weights.macro.areaSquareMicrons.nominal, 40'000 + 100 * 256);
    EXPECT_DOUBLE_EQ(weights.macro.readJoules.nominal, (2 + 128 * 0.1) * 1e-12);
    EXPECT_DOUBLE_EQ(weights.macro.accessSeconds.nominal, 2e-9 + 0.1e-9);
    EXPECT_DOUBLE_EQ(weights.macro.cycleSeconds.nominal, 0.25e-9);
}

TEST(MemoryDelay, IsAsManyCyclesAsTheAccessNeeds) {
    const MemoryDelay memory{.name = "example", .nanoseconds = 0.9, .accessNanoseconds = 2.5};
    EXPECT_EQ(memory.accessCycles(500e6), 2U);
    EXPECT_EQ(memory.accessCycles(1.1e9), 3U);
    EXPECT_EQ(memory.accessCycles(400e6), 1U);
    EXPECT_EQ(MemoryDelay{.name = "free"}.accessCycles(1e9), 0U);
}

}  // namespace
}  // namespace systole::cost
