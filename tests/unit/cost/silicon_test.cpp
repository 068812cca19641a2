// SPDX-License-Identifier: Apache-2.0
// From cells to silicon: what a layout adds.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

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

double logicOfDataPaths(const AreaNode& tree) {
    return cellsWithin(*tree.find("array")).logic + cellsWithin(*tree.find("vector_unit")).logic;
}

TEST(Silicon, AddsBuffersTreeRoomAndControlToTheCells) {
    const AreaNode tree = areaOf(placedTechnology(), roundMachine());
    const Cells cells = cellsOfComponents(tree);
    const double control = 0.1 * logicOfDataPaths(tree);
    const AreaNode* layout = tree.find("layout");
    ASSERT_NE(layout, nullptr);
    const auto added = [&](const char* name) { return layout->find(name)->squareMicrons; };
    EXPECT_DOUBLE_EQ(added("control"), control);
    EXPECT_DOUBLE_EQ(added("buffers"), 0.1 * (cells.logic + control));
    EXPECT_DOUBLE_EQ(added("clock_tree"), 0.2 * cells.registers);
    // Half of the rows are filled: as much room as cells.
    EXPECT_NEAR(added("placement"), 1.1 * (cells.logic + control) + 0.2 * cells.registers, 1e-6);
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
    // Few cells in rows that are full, or many cells in rows that are not.
    const AreaNode* edge = tree.find("array")->find("edge");
    const double registers = edge->registerSquareMicrons;
    const double doubt = 1 + joinedDoubt(0.5, 0.1);  // of estimates, and of the library's figures
    EXPECT_NEAR(edge->siliconSquareMicrons.low,
                (1.05 * edge->squareMicrons + 0.1 * registers) / doubt / 0.8, 1e-9);
    EXPECT_NEAR(edge->siliconSquareMicrons.high,
                doubt * (1.2 * edge->squareMicrons + 0.4 * registers) / 0.4, 1e-9);
}

TEST(Silicon, OfMemoriesHasTheDoubtOfTheirModelAndOfTheirOverhead) {
    // 40'000 um2, to 120'000 by the memories' own band.
    const Technology technology = placedTechnology();
    const AreaNode tree = areaOf(technology, roundMachine());
    const Estimate& memory = tree.find("weight_scratchpad")->siliconSquareMicrons;
    EXPECT_DOUBLE_EQ(memory.nominal, 1.1 * 40'000);
    EXPECT_DOUBLE_EQ(memory.low, 1.05 * 40'000) << "the model has no doubt in this direction";
    EXPECT_DOUBLE_EQ(memory.high, 44'000 * (1 + joinedDoubt(3 - 1, 1.25 / 1.1 - 1)));
    // A node whose areas are off twice as far.
    Technology doubted = technology;
    SramCoefficients coefficients = technology.sram.coefficients();
    for (double& high : coefficients.areaSquareMicrons.high) high *= 2;
    doubted.sram = SramModel(coefficients);
    const AreaNode wide = areaOf(doubted, roundMachine());
    EXPECT_DOUBLE_EQ(wide.find("weight_scratchpad")->siliconSquareMicrons.high,
                     44'000 * (1 + joinedDoubt(6 - 1, 1.25 / 1.1 - 1)));
}

TEST(Silicon, OfMemoriesIsNeverLessThanTheirMacros) {
    Technology technology = placedTechnology();
    technology.layout->macroOverhead.value = {0.1, 0, 4};
    const AreaNode tree = areaOf(technology, roundMachine());
    const AreaNode* memory = tree.find("weight_scratchpad");
    EXPECT_DOUBLE_EQ(memory->siliconSquareMicrons.low, memory->lowSquareMicrons);
    EXPECT_DOUBLE_EQ(tree.find("layout")->find("macro_overhead")->lowSquareMicrons, 0);
}

/// Of every node: low <= nominal <= high, of cells and of silicon; and parts add up.
void expectOrdered(const AreaNode& node, const std::string& path) {
    for (const Estimate& area : {node.cells(), node.siliconSquareMicrons}) {
        EXPECT_GE(area.low, 0) << path;
        EXPECT_LE(area.low, area.nominal) << path;
        EXPECT_LE(area.nominal, area.high) << path;
    }
    for (const AreaNode& part : node.parts) expectOrdered(part, path + "." + part.name);
}

TEST(Silicon, HasABandInItsOrderHoweverFarTheMemoriesModelMayBeOff) {
    // Wide bands of memories, as of a node far from the one they were fitted at, in either
    // direction; and overheads whose own band is narrow or nothing.
    const std::vector<Estimate> overheads{{0.83, 0, 2.5}, {0.1, 0.05, 0.25}, {0, 0, 0}, {1, 1, 1}};
    for (const double down : {1.0, 0.5, 0.1}) {
        for (const double up : {1.0, 2.0, 10.0}) {
            for (const Estimate& overhead : overheads) {
                Technology technology = placedTechnology();
                technology.layout->macroOverhead.value = overhead;
                SramCoefficients coefficients = technology.sram.coefficients();
                SramQuantity& area = coefficients.areaSquareMicrons;
                area.low = area.high = area.nominal;
                for (double& low : area.low) low *= down;
                for (double& high : area.high) high *= up;
                technology.sram = SramModel(coefficients);
                const AreaNode tree = areaOf(technology, roundMachine());
                expectOrdered(tree, fmt::format("memories x {} .. {}, overhead {} .. {}: total",
                                                down, up, overhead.low, overhead.high));
                EXPECT_GE(tree.find("layout")->find("macro_overhead")->highSquareMicrons,
                          overhead.nominal * 40'000);
            }
        }
    }
}

/// A memory of so few words that flip-flops are smaller than a macro.
Technology withRegisterFiles() {
    Technology technology = placedTechnology();
    SramCoefficients coefficients = technology.sram.coefficients();
    coefficients.registerFile = RegisterFile{.flipFlopSquareMicrons = 0.5,
                                             .multiplexerSquareMicrons = 0.1,
                                             .flipFlopPicojoules = 0.001,
                                             .multiplexerPicojoules = 0.001,
                                             .flipFlopMicrowatts = 0.001,
                                             .multiplexerMicrowatts = 0.001,
                                             .flipFlopNanoseconds = 0.01,
                                             .multiplexerNanoseconds = 0.01,
                                             .error = 0.5,
                                             .source = "flip-flops"};
    technology.sram = SramModel(coefficients);
    return technology;
}

TEST(RegisterFile, IsPlacedAsLogicAndHasNoMacrosOverhead) {
    MachineDescription machine = roundMachine();
    machine.activationScratchpad.capacityBytes.reset();
    machine.accumulatorRows.reset();
    machine.weightScratchpad = {.capacityBytes = 64, .banks = 1, .wordBits = 64};
    const AreaNode tree = areaOf(withRegisterFiles(), machine);
    const AreaNode* file = tree.find("weight_scratchpad");
    ASSERT_EQ(file->basis, AreaBasis::RegisterFile);
    // Flip-flops of 0.5 um2 for 512 bits.
    EXPECT_DOUBLE_EQ(file->registerSquareMicrons, 512 * 0.5);
    EXPECT_DOUBLE_EQ(file->siliconSquareMicrons.nominal,
                     (1.1 * file->squareMicrons + 0.2 * file->registerSquareMicrons) / 0.5);
    EXPECT_EQ(tree.find("layout")->find("macro_overhead")->highSquareMicrons, 0);
    EXPECT_GT(file->memoryLeakageWatts.nominal, 0);
    // It leaks as its model says, not by its area as well.
    EXPECT_DOUBLE_EQ(leakageWattsOf(*file, roundLogic(), 300), file->memoryLeakageWatts.nominal);
    expectOrdered(tree, "total");
}

TEST(RegisterFile, OfEveryColumnHasTheRegistersOfItsSums) {
    MachineDescription machine = roundMachine();
    machine.accumulatorRows = 2;
    const AreaNode tree = areaOf(withRegisterFiles(), machine);
    const AreaNode* buffer = tree.find("accumulator_buffer");
    ASSERT_EQ(buffer->basis, AreaBasis::RegisterFile);
    // Two sums of 64 bits in each of 8 columns.
    EXPECT_DOUBLE_EQ(buffer->registerSquareMicrons, 8.0 * 2 * 64 * 0.5);
}

TEST(Control, IsAShareOfTheDataPathsAndNotOfQueuesAndControllers) {
    const auto control = [](const MachineDescription& machine) {
        return areaOf(placedTechnology(), machine).find("layout")->find("control")->squareMicrons;
    };
    MachineDescription machine = roundMachine();
    const double before = control(machine);
    machine.control.commandQueueDepth = 4096;
    machine.control.dmaOutstandingBursts = 64;
    machine.control.dramQueueEntries = 256;
    machine.weightScratchpad = {.capacityBytes = 64, .banks = 1, .wordBits = 64};
    EXPECT_DOUBLE_EQ(control(machine), before);
    machine.vectorLanes = 4;
    const double lanes = control(machine);
    EXPECT_GT(lanes, before);
    machine.array.columns *= 2;
    EXPECT_GT(control(machine), lanes);
    // Without a vector unit it is that of the array.
    machine.vectorLanes.reset();
    const AreaNode tree = areaOf(placedTechnology(), machine);
    EXPECT_DOUBLE_EQ(tree.find("layout")->find("control")->squareMicrons,
                     0.1 * cellsWithin(*tree.find("array")).logic);
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

}  // namespace
}  // namespace systole::cost
