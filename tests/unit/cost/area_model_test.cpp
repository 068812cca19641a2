// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "models/cost/machine/ideal_parts.hpp"
#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

void expectSums(const AreaNode& node) {
    if (node.parts.empty()) return;
    double nominal = 0;
    double low = 0;
    double high = 0;
    for (const AreaNode& part : node.parts) {
        nominal += part.squareMicrons;
        low += part.lowSquareMicrons;
        high += part.highSquareMicrons;
        EXPECT_FALSE(part.source.empty()) << part.name;
        expectSums(part);
    }
    EXPECT_DOUBLE_EQ(node.squareMicrons, nominal) << node.name;
    EXPECT_DOUBLE_EQ(node.lowSquareMicrons, low) << node.name;
    EXPECT_DOUBLE_EQ(node.highSquareMicrons, high) << node.name;
    EXPECT_LE(low, nominal);
    EXPECT_LE(nominal, high);
}

TEST(AreaModel, IsATreeThatAddsUp) {
    const AreaNode tree = areaOf(roundTechnology(), roundMachine());
    expectSums(tree);
    std::vector<std::string> names;
    for (const AreaNode& part : tree.parts) names.push_back(part.name);
    EXPECT_THAT(names, ::testing::ElementsAre("array", "activation_scratchpad", "weight_scratchpad",
                                              "accumulator_buffer", "vector_unit", "dma",
                                              "sequencer", "memory_controller"));
}

TEST(AreaModel, MultipliesElementsAndMemories) {
    const AreaNode tree = areaOf(roundTechnology(), roundMachine());
    const ElementModel element(roundLogic(), roundMachine().element);
    const ByElementPart area = element.squareMicrons();
    for (const ElementPart part : {ElementPart::Multiplier, ElementPart::Accumulator}) {
        EXPECT_GT(area[part], 0);
        EXPECT_DOUBLE_EQ(areaAt(tree, {"array", "processing_elements", nameOf(part)}),
                         32 * area[part]);
    }
    // Operands of 8 bits and a sum of 32, 5 um2 a bit.
    EXPECT_DOUBLE_EQ(areaAt(tree, {"array", "processing_elements", "registers"}), 32 * 48 * 5);
    EXPECT_DOUBLE_EQ(areaAt(tree, {"activation_scratchpad"}), 4 * 10'000);
    EXPECT_DOUBLE_EQ(areaAt(tree, {"weight_scratchpad"}), 40'000);
    EXPECT_DOUBLE_EQ(areaAt(tree, {"accumulator_buffer"}), 8 * 20'000);
}

TEST(AreaModel, HasTheBandsOfFitMemoriesAndEstimates) {
    const AreaNode tree = areaOf(roundTechnology(), roundMachine());
    const AreaNode* registers = tree.find("array")->find("processing_elements")->find("registers");
    EXPECT_DOUBLE_EQ(registers->lowSquareMicrons, registers->squareMicrons / 1.1);
    EXPECT_DOUBLE_EQ(registers->highSquareMicrons, 1.1 * registers->squareMicrons);
    const AreaNode* memory = tree.find("weight_scratchpad");
    EXPECT_DOUBLE_EQ(memory->lowSquareMicrons, 40'000);
    EXPECT_DOUBLE_EQ(memory->highSquareMicrons, 120'000);
    const AreaNode* dma = tree.find("dma");
    // Counts may be off by half, and the figures of the library by a tenth.
    EXPECT_DOUBLE_EQ(dma->highSquareMicrons, (1 + joinedDoubt(0.5, 0.1)) * dma->squareMicrons);
}

TEST(AreaModel, OfEstimatesIsDoubtedMoreAtANodeThatIsDoubted) {
    Technology technology = roundTechnology();
    technology.logic.errors.fit.elements.area.area = FitError{.rms = 1, .largest = 3};
    for (const char* name : {"vector_unit", "dma", "sequencer", "memory_controller"}) {
        const Estimate cells = areaOf(technology, roundMachine()).find(name)->cells();
        EXPECT_GT(cells.high, 4 * cells.nominal) << name;
        EXPECT_LT(cells.high, 1.5 * 4 * cells.nominal) << name << ": doubts are not all at an end";
        EXPECT_DOUBLE_EQ(cells.nominal * cells.nominal, cells.low * cells.high) << name;
    }
}

TEST(AreaModel, FlagsUnlimitedResourcesAsFree) {
    const AreaNode tree = areaOf(roundTechnology(), withoutLimits());
    EXPECT_TRUE(tree.isFree());
    EXPECT_FALSE(tree.find("array")->isFree());
    for (const MachinePart part : kMachineParts) {
        const AreaNode* node = tree.find(nameOf(part));
        ASSERT_NE(node, nullptr) << nameOf(part);
        EXPECT_TRUE(node->isFree()) << node->name;
        EXPECT_EQ(node->highSquareMicrons, 0) << node->name;
    }
    EXPECT_EQ(tree.squareMicrons, tree.find("array")->squareMicrons);
    EXPECT_FALSE(areaOf(roundTechnology(), roundMachine()).isFree());
}

TEST(AreaModel, OfNoTechnologyIsFree) {
    Technology none;
    none.isFree = true;
    const AreaNode tree = areaOf(none, roundMachine());
    EXPECT_TRUE(tree.isFree());
    EXPECT_EQ(tree.squareMicrons, 0);
}

TEST(AreaModel, GrowsWithEverySize) {
    using Change = std::function<void(MachineDescription&)>;
    const double before = areaOf(roundTechnology(), roundMachine()).squareMicrons;
    const std::vector<std::pair<const char*, Change>> changes{
        {"rows", [](auto& machine) { ++machine.array.rows; }},
        {"columns", [](auto& machine) { ++machine.array.columns; }},
        {"pipeline", [](auto& machine) { ++machine.array.pipelineDepth; }},
        {"overlap", [](auto& machine) { machine.array.overlapsFolds = true; }},
        {"lanes", [](auto& machine) { machine.vectorLanes = 3; }},
        {"sums", [](auto& machine) { machine.element = elementOf("int8", "int33"); }},
        {"accumulators", [](auto& machine) { machine.accumulatorRows = 257; }},
        {"capacity", [](auto& machine) { *machine.weightScratchpad.capacityBytes += 1; }},
        {"zero gating", [](auto& machine) { machine.energy.zeroGating = true; }},
        {"commands", [](auto& machine) { ++*machine.control.commandQueueDepth; }},
        {"bursts", [](auto& machine) { ++*machine.control.dmaOutstandingBursts; }},
        {"width", [](auto& machine) { ++*machine.control.dmaBytesPerCycle; }},
        {"channels", [](auto& machine) { ++machine.control.dramChannels; }},
        {"requests", [](auto& machine) { ++machine.control.dramQueueEntries; }},
        {"writes", [](auto& machine) { ++machine.control.dramWriteEntries; }},
        {"banks", [](auto& machine) { ++machine.control.dramBanks; }}};
    for (const auto& [name, change] : changes) {
        MachineDescription machine = roundMachine();
        change(machine);
        EXPECT_GT(areaOf(roundTechnology(), machine).squareMicrons, before) << name;
    }
}

}  // namespace
}  // namespace systole::cost
