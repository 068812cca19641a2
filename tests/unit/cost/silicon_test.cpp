// SPDX-License-Identifier: Apache-2.0
// From cells to silicon: what a layout adds, to area and to energy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

/// Shares that are easy to add up.
Technology placedTechnology() {
    Technology technology = roundTechnology();
    technology.layout =
        LayoutTechnology{.placementDensity = {{0.5, 0.4, 0.8}, "rows"},
                         .buffers = {{0.1, 0.05, 0.2}, "buffers"},
                         .clockTreeArea = {{0.2, 0.1, 0.4}, "tree"},
                         .clockTreeEnergy = {{0.5, 0.25, 1}, "tree's energy"},
                         .wireEnergy = {{0.1, 0.05, 0.3}, "wires"},
                         .wirePicojoulesPerBitMillimetre = {{0.1, 0.05, 0.2}, "long wires"},
                         .macroOverhead = {{0.1, 0.05, 0.25}, "halos"},
                         .control = {{0.1, 0, 0.5}, "control"},
                         .source = "layout",
                         .note = ""};
    return technology;
}

/// What the cells of a machine are made of, nominal.
struct Cells {
    double logic = 0;
    double registers = 0;
    double memories = 0;
};

void addCells(Cells& cells, const AreaNode& node) {
    if (node.basis == AreaBasis::Logic) cells.logic += node.squareMicrons;
    if (node.basis == AreaBasis::Memory) cells.memories += node.squareMicrons;
    cells.registers += node.registerSquareMicrons;
    for (const AreaNode& part : node.parts) addCells(cells, part);
}

Cells cellsWithin(const AreaNode& node) {
    Cells cells;
    addCells(cells, node);
    return cells;
}

/// Everything in front of `layout`.
Cells cellsOfComponents(AreaNode tree) {
    tree.parts.pop_back();
    return cellsWithin(tree);
}

TEST(Silicon, AddsBuffersTreeRoomAndControlToTheCells) {
    const AreaNode tree = areaOf(placedTechnology(), roundMachine());
    const Cells cells = cellsOfComponents(tree);
    const AreaNode* layout = tree.find("layout");
    ASSERT_NE(layout, nullptr);
    const auto added = [&](const char* name) { return layout->find(name)->squareMicrons; };
    EXPECT_DOUBLE_EQ(added("control"), 0.1 * cells.logic);
    EXPECT_DOUBLE_EQ(added("buffers"), 0.1 * 1.1 * cells.logic);
    EXPECT_DOUBLE_EQ(added("clock_tree"), 0.2 * cells.registers);
    // Half of the rows are filled: as much room as cells.
    EXPECT_NEAR(added("placement"), 1.1 * 1.1 * cells.logic + 0.2 * cells.registers, 1e-6);
    EXPECT_DOUBLE_EQ(added("macro_overhead"), 0.1 * cells.memories);
    EXPECT_NEAR(tree.squareMicrons, cellsOf(tree) + layout->squareMicrons, 1e-6);
}

TEST(Silicon, OfTheComponentsAndOfControlIsTheWhole) {
    const AreaNode tree = areaOf(placedTechnology(), roundMachine());
    Estimate sum;
    for (const AreaNode& part : tree.parts) {
        sum.nominal += part.siliconSquareMicrons.nominal;
        sum.low += part.siliconSquareMicrons.low;
        sum.high += part.siliconSquareMicrons.high;
        EXPECT_LE(part.siliconSquareMicrons.low, part.siliconSquareMicrons.nominal) << part.name;
        EXPECT_LE(part.siliconSquareMicrons.nominal, part.siliconSquareMicrons.high) << part.name;
    }
    const double most = 1e-12 * tree.highSquareMicrons;
    EXPECT_NEAR(sum.nominal, tree.squareMicrons, most);
    EXPECT_NEAR(sum.low, tree.lowSquareMicrons, most);
    EXPECT_NEAR(sum.high, tree.highSquareMicrons, most);
    EXPECT_DOUBLE_EQ(tree.siliconSquareMicrons.nominal, sum.nominal);
    const Cells array = cellsWithin(*tree.find("array"));
    EXPECT_DOUBLE_EQ(tree.find("array")->siliconSquareMicrons.nominal,
                     (1.1 * array.logic + 0.2 * array.registers) / 0.5);
    EXPECT_DOUBLE_EQ(tree.find("weight_scratchpad")->siliconSquareMicrons.nominal, 1.1 * 40'000);
}

TEST(Silicon, HasTheBandOfAllCornersTogether) {
    const AreaNode tree = areaOf(placedTechnology(), roundMachine());
    // 40'000 um2, to 120'000 by the memories' own band: larger than the overhead makes it.
    const Estimate& memory = tree.find("weight_scratchpad")->siliconSquareMicrons;
    EXPECT_DOUBLE_EQ(memory.low, 1.05 * 40'000);
    EXPECT_DOUBLE_EQ(memory.high, 120'000);
    Technology chips = placedTechnology();
    chips.layout->macroOverhead.value = {0.5, 0.05, 4};
    const AreaNode larger = areaOf(chips, roundMachine());
    const Estimate& chip = larger.find("weight_scratchpad")->siliconSquareMicrons;
    EXPECT_DOUBLE_EQ(chip.nominal, 1.5 * 40'000);
    EXPECT_DOUBLE_EQ(chip.high, 5 * 40'000);
    // Few cells in rows that are full, or many cells in rows that are not.
    const AreaNode* edge = tree.find("array")->find("edge");
    const double registers = edge->registerSquareMicrons;
    EXPECT_NEAR(edge->siliconSquareMicrons.low,
                (1.05 * edge->squareMicrons + 0.1 * registers) / 1.5 / 0.8, 1e-9);
    EXPECT_NEAR(edge->siliconSquareMicrons.high,
                1.5 * (1.2 * edge->squareMicrons + 0.4 * registers) / 0.4, 1e-9);
}

TEST(Silicon, LeavesTheCellsAsTheyAre) {
    MachineDescription machine = roundMachine();
    const AreaNode placed = areaOf(placedTechnology(), machine);
    machine.cellsOnly = true;
    const AreaNode cells = areaOf(placedTechnology(), machine);
    const AreaNode without = areaOf(roundTechnology(), machine);
    EXPECT_EQ(cells.find("layout"), nullptr);
    EXPECT_EQ(cells.squareMicrons, without.squareMicrons);
    EXPECT_EQ(cells.siliconSquareMicrons.high, cells.highSquareMicrons);
    for (const AreaNode& part : cells.parts) {
        EXPECT_EQ(placed.find(part.name)->squareMicrons, part.squareMicrons) << part.name;
        EXPECT_EQ(placed.find(part.name)->highSquareMicrons, part.highSquareMicrons) << part.name;
        EXPECT_GT(placed.find(part.name)->siliconSquareMicrons.nominal, part.squareMicrons);
    }
}

TEST(Silicon, OfAMachineWithoutSequencerHasNoControl) {
    MachineDescription machine = roundMachine();
    machine.control.commandQueueDepth.reset();
    const AreaNode tree = areaOf(placedTechnology(), machine);
    EXPECT_EQ(tree.find("layout")->find("control"), nullptr);
}

TEST(Silicon, SaysWhereItsSharesWereNotChecked) {
    Technology technology = placedTechnology();
    EXPECT_TRUE(areaOf(technology, roundMachine()).find("layout")->notes.empty());
    technology.layout->note = "not checked here";
    EXPECT_THAT(areaOf(technology, roundMachine()).find("layout")->notes,
                ::testing::ElementsAre("not checked here"));
}

TEST(Silicon, LeaksByItsCircuitsAndNotByItsRoom) {
    const AreaNode tree = areaOf(placedTechnology(), roundMachine());
    MachineDescription machine = roundMachine();
    machine.cellsOnly = true;
    const AreaNode cells = areaOf(placedTechnology(), machine);
    const AreaNode* layout = tree.find("layout");
    double circuits = 0;
    for (const char* name : {"buffers", "clock_tree", "control"}) {
        circuits += layout->find(name)->squareMicrons;
    }
    EXPECT_NEAR(leakageWattsOf(tree, roundLogic(), 300),
                leakageWattsOf(cells, roundLogic(), 300) + circuits * 1e-9, 1e-15);
}

TEST(LargeQueues, AreSaidToBePricedAsFlipFlops) {
    MachineDescription machine = roundMachine();
    EXPECT_TRUE(areaOf(roundTechnology(), machine).find("sequencer")->notes.empty());
    machine.control.commandQueueDepth = 4096;
    const AreaNode tree = areaOf(roundTechnology(), machine);
    // Four queues of 4096 x 128 bits.
    EXPECT_THAT(tree.find("sequencer")->notes,
                ::testing::ElementsAre(::testing::HasSubstr("256 KiB are priced as flip-flops")));
    EXPECT_TRUE(tree.find("dma")->notes.empty());
}

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
        {{.counters = {.vectorRequantizations = 1}}, &EnergyBreakdown::vectorUnitJoules},
        {{.counters = {.vectorAdditions = 1}}, &EnergyBreakdown::vectorUnitJoules},
        {{.counters = {.vectorPoolings = 1}}, &EnergyBreakdown::vectorUnitJoules},
        {{.counters = {.vectorSoftmaxes = 1}}, &EnergyBreakdown::vectorUnitJoules},
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
    // Estimates by half; wires and tree by their own share as well.
    EXPECT_DOUBLE_EQ(high.dmaJoules, 1.5 * nominal.dmaJoules);
    EXPECT_GT(high.clockTreeJoules, 2 * nominal.clockTreeJoules);
    EXPECT_GT(high.wiresJoules, 3 * nominal.wiresJoules);
}

}  // namespace
}  // namespace systole::cost
