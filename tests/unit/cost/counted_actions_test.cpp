// SPDX-License-Identifier: Apache-2.0
// Energies of what was counted, and those of a layout.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

/// Energies of a machine with a layout, over those of its cells.
struct Added {
    EnergyBreakdown placed;
    EnergyBreakdown cells;
};
Added energyOf(const MachineActions& actions) {
    MachineDescription machine = roundMachine();
    Added added;
    added.placed = EnergyModel(placedTechnology(), machine).energyOf(actions);
    machine.cellsOnly = true;
    added.cells = EnergyModel(placedTechnology(), machine).energyOf(actions);
    return added;
}

TEST(LayoutEnergy, OfWiresInBlocksIsAShareOfTheGates) {
    MachineActions actions{.counters = {.macs = 1000}};
    actions.perMac[ElementPart::Multiplier] = 2e-12;
    actions.perMac[ElementPart::Rounding] = 1e-12;
    actions.perMac[ElementPart::Registers] = 5e-12;
    const Added energy = energyOf(actions);
    EXPECT_EQ(energy.cells.wiresJoules, 0);
    EXPECT_DOUBLE_EQ(energy.placed.wiresJoules, 0.1 * 3000e-12) << "registers drive no gates' nets";
    EXPECT_EQ(energy.placed.arrayMultiplierJoules, energy.cells.arrayMultiplierJoules);
}

TEST(LayoutEnergy, OfTheClockTreeIsAShareOfTheClocks) {
    // 48 bits of an element and 5 of its control, 1 fJ a clock.
    const Added idle = energyOf({.counters = {.idlePeCycles = 100}});
    EXPECT_DOUBLE_EQ(idle.placed.arrayControlJoules, 100 * 5e-15);
    EXPECT_DOUBLE_EQ(idle.placed.clockTreeJoules, 0.5 * 100 * 53e-15);
    EXPECT_EQ(idle.cells.clockTreeJoules, 0);
    // What is part of a product's registers has a tree as well.
    const Added product = energyOf({.counters = {.macs = 100}});
    EXPECT_DOUBLE_EQ(product.placed.clockTreeJoules, 0.5 * 100 * 53e-15);
}

TEST(LayoutEnergy, OfWiresBetweenBlocksGoesWithBitsAndWithTheirSides) {
    const AreaNode tree = areaOf(placedTechnology(), roundMachine());
    const auto side = [&](const char* name) {
        return std::sqrt(tree.find(name)->siliconSquareMicrons.nominal) * 1e-3;
    };
    const Added reads = energyOf({.counters = {.weightScratchpadReads = 10}});
    const double millimetres = (side("array") + side("weight_scratchpad")) / 2;
    EXPECT_DOUBLE_EQ(reads.placed.wiresJoules, 10 * 128 * millimetres * 0.1e-12);
    EXPECT_EQ(reads.placed.weightScratchpadJoules, reads.cells.weightScratchpadJoules);
}

TEST(CountedActions, OfEachKindTakeEnergyInTheirPart) {
    using Part = double EnergyBreakdown::*;
    const std::vector<std::pair<MachineActions, Part>> actions{
        {{.counters = {.vectorOperations = 1}}, &EnergyBreakdown::vectorUnitJoules},
        {{.counters = {.vectorBiasAdditions = 1}}, &EnergyBreakdown::vectorUnitJoules},
        {{.counters = {.vectorAdditions = 1}}, &EnergyBreakdown::vectorUnitJoules},
        {{.counters = {.vectorDivisions = 1}}, &EnergyBreakdown::vectorUnitJoules},
        {{.counters = {.vectorTranscendentals = 1}}, &EnergyBreakdown::vectorUnitJoules},
        {{.counters = {.bytesStored = 1}}, &EnergyBreakdown::dmaJoules},
        {{.counters = {.commands = 1}}, &EnergyBreakdown::sequencerJoules},
        {{.activates = 1}, &EnergyBreakdown::memoryControllerJoules}};
    const EnergyModel model(roundTechnology(), roundMachine());
    for (const auto& [action, part] : actions) {
        const EnergyBreakdown energy = model.energyOf(action);
        EXPECT_GT(energy.*part, 0);
        EXPECT_EQ(energy.*part, energy.totalJoules());
    }
    const EnergyBreakdown burst = model.energyOf({.bursts = 1});
    EXPECT_GT(burst.dmaJoules, 0);
    EXPECT_GT(burst.memoryControllerJoules, 0);
    EXPECT_DOUBLE_EQ(burst.totalJoules(), burst.dmaJoules + burst.memoryControllerJoules);
}

TEST(CountedActions, OfARefreshAreThoseOfACommand) {
    const EnergyModel model(roundTechnology(), roundMachine());
    const double refreshes = model.energyOf({.refreshes = 2}).memoryControllerJoules;
    EXPECT_GT(refreshes, 0);
    // A row that is opened is closed as well: two commands.
    EXPECT_DOUBLE_EQ(refreshes, model.energyOf({.activates = 1}).memoryControllerJoules);
}

TEST(CountedActions, OfACommandAreItsPlaceInTheQueueAndItsWayOut) {
    const EnergyBreakdown energy =
        EnergyModel(roundTechnology(), roundMachine()).energyOf({.counters = {.commands = 3}});
    // 128 bits stored: 1 fJ of clock, half of them change at 2 fJ; so do half of 16 bits of a
    // counter. Two levels of multiplexers for four places, 2.5 fJ each.
    EXPECT_DOUBLE_EQ(energy.sequencerJoules, 3 * (128 * 2 + 16 * 1 + 2 * 128 * 2.5) * 1e-15);
}

TEST(CountedActions, OfControllersGoOnWithTimeUnlessClocksAreGated) {
    MachineDescription machine = roundMachine();
    machine.control.dramClockHertz = 1e9;
    machine.vectorPipelineDepth = 3;
    const auto perMicrosecond = [&](const char* part) {
        for (const EnergyComponent& component : kEnergyComponents) {
            if (component.name != part) continue;
            return EnergyModel(roundTechnology(), machine).energyOf({.seconds = 1e-6}).*
                   component.joules;
        }
        ADD_FAILURE() << part;
        return 0.0;
    };
    // 500 cycles of 2 lanes of 3 x 32 bits; of counters of 4 queues, 16 bits; 1000 DRAM clocks of 8
    // banks of 77 bits.
    EXPECT_DOUBLE_EQ(perMicrosecond("vector_unit"), 500 * 2 * 96 * 1e-15);
    EXPECT_DOUBLE_EQ(perMicrosecond("sequencer"), 500 * 4 * 16 * 1e-15);
    EXPECT_DOUBLE_EQ(perMicrosecond("memory_controller"), 1000 * 8 * 77 * 1e-15);
    EXPECT_GT(perMicrosecond("dma"), 0);
    machine.energy.clockGating = true;
    for (const char* part : {"vector_unit", "dma", "sequencer", "memory_controller"}) {
        EXPECT_EQ(perMicrosecond(part), 0) << part;
    }
}

TEST(EnergyModel, OfTwoStretchesIsTheSumOfTheirs) {
    MachineActions one{.counters = {.macs = 7, .commands = 2}, .seconds = 1e-6, .bursts = 3};
    one.perMac[ElementPart::Accumulator] = 1e-12;
    MachineActions both = one;
    both.counters += one.counters;
    both.seconds += one.seconds;
    both.bursts += one.bursts;
    const EnergyModel model(placedTechnology(), roundMachine());
    EXPECT_DOUBLE_EQ(model.energyOf(both).totalJoules(), 2 * model.energyOf(one).totalJoules());
}

TEST(EnergyModel, AtTheEndsOfTheBandsHoldsTheNominalOne) {
    MachineActions actions{.counters = {.macs = 10, .idlePeCycles = 3, .weightScratchpadReads = 2},
                           .seconds = 1e-6,
                           .bursts = 3,
                           .activates = 1};
    actions.perMac[ElementPart::Accumulator] = 1e-12;
    const auto at = [&](Corner corner) {
        return EnergyModel(placedTechnology(), roundMachine(), corner).energyOf(actions);
    };
    const EnergyBreakdown low = at(Corner::Low);
    const EnergyBreakdown nominal = at(Corner::Nominal);
    const EnergyBreakdown high = at(Corner::High);
    for (const EnergyComponent& component : kEnergyComponents) {
        EXPECT_LE(low.*component.joules, nominal.*component.joules) << component.name;
        EXPECT_LE(nominal.*component.joules, high.*component.joules) << component.name;
    }
    // Estimates by half (no error of the library's energies is known); wires and tree by their own
    // share as well.
    EXPECT_DOUBLE_EQ(high.dmaJoules, 1.5 * nominal.dmaJoules);
    EXPECT_GT(high.clockTreeJoules, 2 * nominal.clockTreeJoules);
    EXPECT_GT(high.wiresJoules, 3 * nominal.wiresJoules);
}

}  // namespace
}  // namespace systole::cost
