// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

TEST(EnergyModel, IsCountersTimesEnergies) {
    const EnergyModel model(roundTechnology(), roundMachine());
    Counters counters;
    counters.macs = 1000;
    counters.idlePeCycles = 100;
    counters.arrayStepCycles = 5;
    counters.activationScratchpadReads = 10;
    counters.activationScratchpadWrites = 20;
    counters.weightScratchpadReads = 5;
    counters.weightScratchpadWrites = 1;
    counters.accumulatorReads = 7;
    counters.accumulatorWrites = 9;
    counters.bytesLoaded = 3;
    counters.bytesStored = 4;
    ByElementPart perMac;
    for (const ElementPart part : kElementParts) {
        perMac[part] = (1 + static_cast<double>(part)) * 1e-12;
    }
    const EnergyBreakdown energy = model.energyOf(
        {.counters = counters, .dramJoules = 5e-9, .dramIoJoules = 3e-9, .perMac = perMac});
    EXPECT_DOUBLE_EQ(energy.arrayMultiplierJoules, 1000e-12);
    EXPECT_DOUBLE_EQ(energy.arrayAlignmentJoules, 2000e-12);
    EXPECT_DOUBLE_EQ(energy.arrayAccumulatorJoules, 3000e-12);
    EXPECT_DOUBLE_EQ(energy.arrayNormalisationJoules, 4000e-12);
    EXPECT_DOUBLE_EQ(energy.arrayRoundingJoules, 5000e-12);
    EXPECT_DOUBLE_EQ(energy.arrayRegistersJoules, 6000e-12);
    EXPECT_DOUBLE_EQ(energy.arrayIdleJoules, 100 * 48e-15);
    EXPECT_DOUBLE_EQ(energy.activationScratchpadJoules, 10 * 2e-12 + 20 * 3e-12);
    EXPECT_DOUBLE_EQ(energy.weightScratchpadJoules, 5 * 8e-12 + 12e-12);
    EXPECT_DOUBLE_EQ(energy.accumulatorBufferJoules, 7 * 4e-12 + 9 * 6e-12);
    // A byte: 16 register bits of 1 fJ a clock, half of them changing at 2 fJ; 16 multiplexers,
    // half of them changing at 4 fJ and as often for a glitch of 1 fJ.
    EXPECT_DOUBLE_EQ(energy.dmaJoules, 7 * (16 * 2 + 16 * 2.5) * 1e-15);
    EXPECT_DOUBLE_EQ(energy.dramJoules, 5e-9);
    EXPECT_DOUBLE_EQ(energy.dramIoJoules, 3e-9);
    double total = 0;
    for (const EnergyComponent& component : kEnergyComponents) total += energy.*component.joules;
    EXPECT_DOUBLE_EQ(energy.totalJoules(), total);
}

TEST(EnergyModel, TakesTheCornersOfTheMemories) {
    Counters counters;
    counters.activationScratchpadReads = 10;
    const auto joules = [&](Corner corner) {
        return EnergyModel(roundTechnology(), roundMachine(), corner)
            .energyOf({.counters = counters})
            .activationScratchpadJoules;
    };
    EXPECT_DOUBLE_EQ(joules(Corner::Low), 10e-12);
    EXPECT_DOUBLE_EQ(joules(Corner::Nominal), 20e-12);
    EXPECT_DOUBLE_EQ(joules(Corner::High), 40e-12);
}

TEST(EnergyModel, ChargesNothingForUnlimitedResources) {
    const EnergyModel model(roundTechnology(), withoutLimits());
    Counters counters;
    counters.activationScratchpadReads = counters.activationScratchpadWrites = 1;
    counters.weightScratchpadReads = counters.weightScratchpadWrites = 1;
    counters.accumulatorReads = counters.accumulatorWrites = counters.vectorOperations = 1;
    counters.bytesLoaded = counters.bytesStored = counters.commands = 1;
    counters.vectorBiasAdditions = 1;
    for (const auto counter : kFunctionCounters) counters.*counter = 1;
    EXPECT_EQ(model.energyOf({.counters = counters, .bursts = 1, .activates = 1}).totalJoules(), 0);
}

TEST(EnergyModel, LeaksByAreaAndMemories) {
    MachineDescription machine = roundMachine();
    machine.energy.clockGating = true;  // so that nothing but leakage goes on
    const AreaNode area = areaOf(roundTechnology(), machine);
    double logic = 0;
    for (const char* name : {"array", "vector_unit", "dma", "sequencer", "memory_controller"}) {
        logic += areaAt(area, {name});
    }
    // Four banks of 0.5 mW, one of 2 mW, 8 columns of 1 mW.
    const double watts = logic * 1e-9 + 2e-3 + 2e-3 + 8e-3;
    const EnergyBreakdown energy =
        EnergyModel(roundTechnology(), machine).energyOf({.seconds = 2e-6});
    EXPECT_DOUBLE_EQ(energy.leakageJoules, watts * 2e-6);
    EXPECT_DOUBLE_EQ(energy.totalJoules(), energy.leakageJoules);
}

/// Every leaf of a tree, so that it may be changed.
void forEachLeaf(AreaNode& node, const std::function<void(AreaNode&)>& visit) {
    if (node.parts.empty()) visit(node);
    for (AreaNode& part : node.parts) forEachLeaf(part, visit);
}

double leakageOf(const AreaNode& tree) { return leakageWattsOf(tree, roundLogic(), 300); }

TEST(EnergyModel, EveryBlockOfTheAreaTreeLeaks) {
    AreaNode tree = areaOf(roundTechnology(), roundMachine());
    const double all = leakageOf(tree);
    int blocks = 0;
    forEachLeaf(tree, [&](AreaNode& leaf) {
        const AreaNode kept = std::exchange(leaf, {.name = leaf.name, .basis = AreaBasis::Free});
        EXPECT_LT(leakageOf(tree), all) << kept.name;
        leaf = kept;
        ++blocks;
    });
    EXPECT_GE(blocks, 9) << "two parts of elements or more, the edge and seven components";
}

TEST(EnergyModel, ABlockThatIsNewInTheAreaTreeLeaks) {
    AreaNode tree = areaOf(roundTechnology(), roundMachine());
    const double before = leakageOf(tree);
    tree.parts.push_back({.name = "decoder", .basis = AreaBasis::Logic, .squareMicrons = 500});
    EXPECT_DOUBLE_EQ(leakageOf(tree), before + 500e-9) << "a nanowatt for each um2";
    tree.parts.push_back({.name = "cache",
                          .basis = AreaBasis::Memory,
                          .squareMicrons = 1e6,
                          .memoryLeakageWatts = {2e-3, 1e-3, 4e-3}});
    EXPECT_DOUBLE_EQ(leakageOf(tree), before + 500e-9 + 2e-3);
    tree.parts.push_back({.name = "lanes", .basis = AreaBasis::Free});
    EXPECT_DOUBLE_EQ(leakageOf(tree), before + 500e-9 + 2e-3);
}

TEST(EnergyModel, OfLogicLeaksTwiceAsMuchForEveryDoubling) {
    LogicTechnology logic = roundLogic();
    logic.kelvinPerLeakageDoubling = 12;
    EXPECT_DOUBLE_EQ(logic.leakageWatts(500, 300), 500e-9);
    EXPECT_DOUBLE_EQ(logic.leakageWatts(500, 312), 1000e-9);
    EXPECT_DOUBLE_EQ(logic.leakageWatts(500, 336), 4000e-9);
    EXPECT_DOUBLE_EQ(logic.leakageWatts(500, 288), 250e-9);
}

TEST(EnergyModel, ClockGatingLeavesIdleElementsUnclocked) {
    MachineDescription machine = roundMachine();
    machine.energy.clockGating = true;
    Counters counters;
    counters.idlePeCycles = 100;
    EXPECT_EQ(
        EnergyModel(roundTechnology(), machine).energyOf({.counters = counters}).totalJoules(), 0);
}

/// A memory whose read and write take a tenth of a femtojoule for each byte of its capacity.
SramModel memoriesByCapacity() {
    const auto curve = [](double scale) {
        const SramCurve rows{scale, scale, 1024 * scale, 1024 * scale};
        return SramQuantity{.nominal = rows, .low = rows, .high = rows};
    };
    SramCoefficients coefficients;
    coefficients.source = "example";
    coefficients.axes = {.capacityBytes = {1024, 1024 * 1024}, .wordBits = {1, 1024}};
    coefficients.readPicojoules = curve(1024 * 0.1e-3);
    coefficients.writePicojoules = curve(1024 * 0.1e-3);
    coefficients.leakageMicrowatts = curve(1);
    coefficients.areaSquareMicrons = curve(1);
    coefficients.accessNanoseconds = curve(1e-3);
    coefficients.cycleNanoseconds = curve(1e-3);
    return SramModel(coefficients);
}

// The Eyeriss-like example of Timeloop (Parashar et al. 2019) prints, in fJ for each of 10,838,016
// MACs: mac 207.7, partial sums 386.8, weights 1006.7, inputs 112.4, buffer 375.3, DRAM 3380.9, and
// 59.28 uJ in all. Its buffer is taken for the activation scratchpad, its register of inputs for
// the element's; a partial sum is read and written.
TEST(EnergyModel, ReproducesTheExampleOfTimeloop) {
    constexpr std::uint64_t kMacs = 10'838'016;
    Technology technology = roundTechnology();
    technology.sram = memoriesByCapacity();
    MachineDescription machine = roundMachine();
    machine.activationScratchpad = {.capacityBytes = 3753, .banks = 1, .wordBits = 64};
    machine.weightScratchpad = {.capacityBytes = 10067, .banks = 1, .wordBits = 64};
    machine.accumulatorRows = 967;
    machine.accumulatorBits = 16;
    Counters counters;
    counters.macs = counters.activationScratchpadReads = counters.weightScratchpadReads = kMacs;
    counters.accumulatorReads = counters.accumulatorWrites = kMacs;
    ByElementPart perMac;
    perMac[ElementPart::Multiplier] = 207.7e-15;
    perMac[ElementPart::Registers] = 112.4e-15;
    const EnergyBreakdown energy =
        EnergyModel(technology, machine)
            .energyOf({.counters = counters, .dramJoules = kMacs * 3380.9e-15, .perMac = perMac});
    // Timeloop has no clock of control bits.
    const double total = energy.totalJoules() - energy.arrayControlJoules;
    const auto femtojoules = [](double joules) { return joules * 1e15 / kMacs; };
    EXPECT_NEAR(femtojoules(energy.arrayMultiplierJoules), 207.7, 1e-9);
    EXPECT_NEAR(femtojoules(energy.accumulatorBufferJoules), 386.8, 1e-9);
    EXPECT_NEAR(femtojoules(energy.weightScratchpadJoules), 1006.7, 1e-9);
    EXPECT_NEAR(femtojoules(energy.arrayRegistersJoules), 112.4, 1e-9);
    EXPECT_NEAR(femtojoules(energy.activationScratchpadJoules), 375.3, 1e-9);
    EXPECT_NEAR(femtojoules(energy.dramJoules), 3380.9, 1e-9);
    EXPECT_NEAR(femtojoules(total), 5469.7, 0.15);  // of terms to 0.05
    EXPECT_NEAR(total * 1e6, 59.28, 0.005);
}

TEST(Counters, TableNamesEveryMember) {
    EXPECT_EQ(kCounters.size() * sizeof(std::uint64_t), sizeof(Counters));
    EXPECT_EQ(kEnergyComponents.size() * sizeof(double), sizeof(EnergyBreakdown));
}

}  // namespace
}  // namespace systole::cost
