// SPDX-License-Identifier: Apache-2.0
// How the memories of a machine are built for its clock.
#include "models/cost/machine/machine_memories.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/cost/cost_fixture.hpp"
#include "tests/unit/cost/sram_fixture.hpp"

namespace systole::cost {
namespace {

constexpr double kMebi = 1024 * 1024;

/// The weight scratchpad of a machine that has no other memory.
MachineMemory memoryOf(const Technology& technology, const SramShape& shape, double clockHertz) {
    MachineDescription machine = roundMachine();
    machine.clockHertz = clockHertz;
    machine.activationScratchpad.capacityBytes.reset();
    machine.accumulatorRows.reset();
    machine.energy.temperatureKelvin = technology.sram.coefficients().temperatureKelvin;
    machine.weightScratchpad = {
        .capacityBytes = static_cast<std::uint64_t>(shape.capacityBytes) * shape.banks,
        .banks = shape.banks,
        .wordBits = static_cast<std::uint32_t>(shape.wordBits),
        .ports = shape.readWritePorts};
    return memoriesOf(technology, machine).weightScratchpad;
}

/// A cycle of 1 ns at 2 KiB and 128 bits, in proportion to both; none of it is too fast.
Technology slowRoundTechnology() {
    Technology technology = roundTechnology();
    SramCoefficients coefficients = technology.sram.coefficients();
    coefficients.cycleNanoseconds = growing(2.5, 2, 3);
    technology.sram = SramModel(coefficients);
    return technology;
}

TEST(MachineMemories, AreBuiltOfTheFewestPartsThatReachTheClock) {
    // A bank of 2 KiB and 128 bits has a cycle of 10 ns. A part of half of it and half of its words
    // has 2.5 ns, half of that 1.25 ns; parts of 512 B and 64 bits are the smallest.
    const auto memory = [](double hertz) {
        return memoryOf(slowRoundTechnology(), {.capacityBytes = 2048, .wordBits = 128}, hertz);
    };
    EXPECT_EQ(memory(100e6).parts, 1U);
    EXPECT_EQ(memory(101e6).parts, 2U);
    EXPECT_EQ(memory(401e6).parts, 4U);
    EXPECT_EQ(memory(801e6).parts, 4U) << "none is fast enough";
    // A word is spread over two parts of 1 KiB: twice 2 pJ.
    EXPECT_DOUBLE_EQ(memory(101e6).macro.areaSquareMicrons.nominal, 40'000);
    EXPECT_DOUBLE_EQ(memory(101e6).macro.readJoules.nominal, 8e-12) << "no less than in one part";
}

TEST(MachineMemories, HaveTheCycleOfTheCircuitThatIsBuilt) {
    const auto cycle = [](double hertz) {
        const MachineMemory memory =
            memoryOf(slowRoundTechnology(), {.capacityBytes = 2048, .wordBits = 128}, hertz);
        EXPECT_DOUBLE_EQ(memory.fastestSeconds, 1.25e-9);
        return memory.macro.cycleSeconds.nominal;
    };
    EXPECT_DOUBLE_EQ(cycle(50e6), 10e-9) << "one macro is as fast as it is";
    EXPECT_DOUBLE_EQ(cycle(300e6), 1 / 300e6) << "registers between parts stand for the clock";
    EXPECT_DOUBLE_EQ(cycle(800e6), 1.25e-9);
    EXPECT_DOUBLE_EQ(cycle(5e9), 1.25e-9) << "misses the clock";
}

TEST(MachineMemories, AreSaidToBeNoFasterThanCachesAre) {
    const MachineMemory memory =
        memoryOf(technologyNamed("generic_7nm"), {.capacityBytes = 8192, .wordBits = 64}, 20e9);
    EXPECT_DOUBLE_EQ(memory.fastestSeconds, 1 / 6e9);
    EXPECT_DOUBLE_EQ(memory.macro.cycleSeconds.nominal, 1 / 6e9);
}

TEST(MachineMemories, PayForTheWiresToTheirParts) {
    Technology technology = slowRoundTechnology();
    SramCoefficients coefficients = technology.sram.coefficients();
    coefficients.wires = {.picojoulesPerBitMillimetre = 1,
                          .nanosecondsPerMillimetre = 1,
                          .micronsPerWire = 1,
                          .addressWires = 0,
                          .errors = {},
                          .source = "test"};
    technology.sram = SramModel(coefficients);
    const MachineMemory memory =
        memoryOf(technology, {.capacityBytes = 2048, .wordBits = 128}, 401e6);
    // Four parts of 512 B and 64 bits, 5,000 um2 each: wires as long as one's side.
    const double side = std::sqrt(5000);
    EXPECT_EQ(memory.parts, 4U);
    EXPECT_DOUBLE_EQ(memory.macro.areaSquareMicrons.nominal, 40'000);
    EXPECT_DOUBLE_EQ(memory.macro.readJoules.nominal, (2 * 1 + 128 * side * 1e-3) * 1e-12);
}

TEST(MachineMemories, OfWideWordsReachTheClockAtLittleMoreArea) {
    // One macro of 1,024 bits and 1 MiB has a cycle of 5.6 ns.
    const Technology technology = technologyNamed("generic_45nm");
    const auto memory = [&](double hertz) {
        return memoryOf(technology, {.capacityBytes = kMebi, .wordBits = 1024}, hertz);
    };
    const MachineMemory slow = memory(100e6);
    EXPECT_EQ(slow.parts, 1U);
    for (const double hertz : {0.5e9, 1e9, 2e9}) {
        const MachineMemory fast = memory(hertz);
        EXPECT_GT(fast.parts, 1U);
        EXPECT_DOUBLE_EQ(fast.macro.cycleSeconds.nominal, 1 / hertz);
        EXPECT_LT(fast.macro.areaSquareMicrons.nominal, 1.6 * slow.macro.areaSquareMicrons.nominal)
            << hertz;
    }
    // Nor does a clock that no parts reach buy a multiple of it.
    const MachineMemory missed = memory(10e9);
    EXPECT_GT(missed.macro.cycleSeconds.nominal * 10e9, 1);
    EXPECT_LT(missed.macro.areaSquareMicrons.nominal, 2 * slow.macro.areaSquareMicrons.nominal);
}

/// What the parts of a memory cost by the tables alone.
SramMacro partsAlone(const SramModel& sram, const SramShape& shape, const MachineMemory& memory) {
    const auto all = static_cast<double>(memory.parts);
    const double part = std::max(std::min(shape.wordBits, 64.0), shape.wordBits / all);
    return sram.at(shape, SramParts{.inWord = shape.wordBits / part, .all = all},
                   sram.coefficients().temperatureKelvin);
}

TEST(MachineMemories, CostUpToTwiceWhatTheirPartsWouldSoThatNothingFalls) {
    // docs/area.md has these figures.
    struct Figure {
        Estimate SramMacro::*estimate;
        double most;
    };
    const Technology technology = technologyNamed("generic_45nm");
    for (const Figure& figure :
         {Figure{&SramMacro::areaSquareMicrons, 1.4}, Figure{&SramMacro::leakageWatts, 1.1},
          Figure{&SramMacro::readJoules, 1.9}, Figure{&SramMacro::writeJoules, 2.1},
          Figure{&SramMacro::accessSeconds, 1.7}}) {
        double worst = 0;
        for (const double hertz : {250e6, 500e6, 700e6, 1e9, 1.5e9, 2e9}) {
            for (double bytes = 4096; bytes <= 32 * kMebi; bytes *= 2) {
                for (double bits = 8; bits <= 1024; bits *= 2) {
                    const SramShape shape{.capacityBytes = bytes, .wordBits = bits};
                    const MachineMemory memory = memoryOf(technology, shape, hertz);
                    const SramMacro alone = partsAlone(technology.sram, shape, memory);
                    worst = std::max(worst, (memory.macro.*figure.estimate).nominal /
                                                (alone.*figure.estimate).nominal);
                }
            }
        }
        EXPECT_LT(worst, figure.most);
        EXPECT_GT(worst, figure.most - 0.1);
    }
}

TEST(MachineMemories, OfOneTechnologyWithoutMemoriesCostNothing) {
    EXPECT_EQ(memoryOf(Technology{}, {.capacityBytes = 1024, .wordBits = 64}, 1e9)
                  .macro.areaSquareMicrons.high,
              0);
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
