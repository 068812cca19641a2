// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "models/cost/machine/ideal_parts.hpp"
#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

double areaAt(const AreaNode& tree, std::initializer_list<const char*> path) {
    const AreaNode* node = &tree;
    for (const char* name : path) {
        node = node->find(name);
        if (node == nullptr) {
            ADD_FAILURE() << "no " << name;
            return 0;
        }
    }
    return node->squareMicrons;
}

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
    EXPECT_DOUBLE_EQ(dma->highSquareMicrons, 1.5 * dma->squareMicrons);
}

MachineDescription withoutLimits() {
    MachineDescription machine = roundMachine();
    machine.activationScratchpad.capacityBytes.reset();
    machine.weightScratchpad.banks.reset();
    machine.accumulatorRows.reset();
    machine.vectorLanes.reset();
    machine.control.commandQueueDepth.reset();
    machine.control.dmaBytesPerCycle.reset();
    machine.control.dramChannels = 0;
    return machine;
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

TEST(ClockLimits, AreThoseOfElementsAndTheSlowestMemory) {
    MachineDescription machine = roundMachine();
    machine.accumulatorRows = 32;
    const ClockLimits limits = clockLimits(roundTechnology(), machine);
    const ElementModel element(roundLogic(), machine.element);
    EXPECT_DOUBLE_EQ(limits.elementNanoseconds, element.nanoseconds());
    EXPECT_EQ(limits.fastNanoseconds, 0);
    // Parts of 512 B and 64 bits have a cycle of 0.125 ns: no memory is said to be that fast.
    EXPECT_DOUBLE_EQ(limits.scratchpadNanoseconds, 1.0 / 6);
    EXPECT_DOUBLE_EQ(limits.reachableHertz(), 1e9 / element.nanoseconds());
    EXPECT_DOUBLE_EQ(
        (ClockLimits{.elementNanoseconds = 5, .scratchpadNanoseconds = 4}).reachableHertz(), 200e6);
    EXPECT_TRUE(std::isinf(ClockLimits{}.reachableHertz()));
}

TEST(ClockLimits, SayWhatASynthesisForSpeedReaches) {
    Technology technology = roundTechnology();
    technology.logic.speed = technology.logic.area;
    const ClockLimits limits = clockLimits(technology, roundMachine());
    const ElementModel fast(technology.logic, roundMachine().element, {Goal::Delay});
    EXPECT_DOUBLE_EQ(limits.fastNanoseconds, fast.nanoseconds());
    EXPECT_LT(limits.fastNanoseconds, limits.elementNanoseconds);
}

TEST(Pipelining, LowersTheDelayAndCostsRegisters) {
    MachineDescription machine = roundMachine();
    const AreaNode one = areaOf(roundTechnology(), machine);
    const double slow = clockLimits(roundTechnology(), machine).elementNanoseconds;
    machine.array.pipelineDepth = 3;
    const AreaNode three = areaOf(roundTechnology(), machine);
    const double fast = clockLimits(roundTechnology(), machine).elementNanoseconds;
    EXPECT_LT(fast, slow);
    EXPECT_DOUBLE_EQ(fast,
                     ElementModel(roundLogic(), machine.element, {Goal::Area, 3}).nanoseconds());
    // Two cuts of a product of 16 bits and a bit that it is one, in 32 elements of 5 um2 a bit.
    EXPECT_DOUBLE_EQ(three.squareMicrons - one.squareMicrons, 2.0 * 17 * 32 * 5);
}

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
    counters.vectorRequantizations = counters.vectorAdditions = 1;
    counters.vectorPoolings = counters.vectorSoftmaxes = 1;
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
