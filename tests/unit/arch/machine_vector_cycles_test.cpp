// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arch/vector/vector_steps.hpp"
#include "models/check.hpp"
#include "tests/unit/arch/vector_fixture.hpp"

namespace systole::arch {
namespace {

/// Activation words of 16 bytes, 8 banks; nothing else is limited.
MachineConfig machineWith(const VectorUnitConfig& vectorUnit) {
    MachineConfig machine = arrayOnly(16, 16);
    machine.vectorUnit = vectorUnit;
    machine.activationScratchpad = {kFree, 8, 16};
    return machine;
}

VectorSteps stepsOf(const VectorUnitConfig& vectorUnit, const VectorCommand& command) {
    const ScratchpadPorts ports(machineWith(vectorUnit));
    return vectorSteps(vectorUnit, ports, command, {.recordBytes = 8});
}

sim::RequantizedBlock blockOf(std::uint32_t outputs, std::uint32_t channels) {
    return {.outputs = outputs, .channels = channels, .pitch = channels};
}

VectorCommand requantizeOf(std::uint32_t outputs, std::uint32_t channels) {
    return requantizationOf(blockOf(outputs, channels));
}

TEST(VectorSteps, FillWholeCyclesRowByRow) {
    EXPECT_EQ(stepsOf({8, 4}, requantizeOf(10, 16)).cycles, 10U * 2 + 4);
    EXPECT_EQ(stepsOf({8, 4}, requantizeOf(10, 17)).cycles, 10U * 3 + 4);
    EXPECT_EQ(stepsOf({8, 4}, requantizeOf(10, 1)).cycles, 10U + 4);
}

TEST(VectorSteps, AreThePipelineAloneWhereLanesAreFree) {
    EXPECT_EQ(stepsOf({kFree, 0}, requantizeOf(10, 16)).cycles, 0U);
    EXPECT_EQ(stepsOf({kFree, 5}, requantizeOf(10, 16)).cycles, 5U);
}

TEST(VectorSteps, LieAlongTheColumnsOfTheAccumulatorBuffer) {
    sim::RequantizedBlock block = blockOf(10, 3);
    block.channelsAlongRows = true;
    const VectorSteps steps = stepsOf({8, 0}, requantizationOf(block));
    EXPECT_EQ(steps.cycles, 3U * 2);
    EXPECT_EQ(steps.operations, 30U);
    EXPECT_EQ(steps.weightReads, 3U) << "one record of 8 bytes a channel, words of 32";
}

TEST(VectorSteps, CountWordsThatAGroupTouches) {
    const VectorSteps steps =
        stepsOf({8, 0}, requantizeOf(2, 24));  // rows of 24 bytes, words of 16
    EXPECT_EQ(steps.activationWrites, 2U * 3);
    EXPECT_EQ(steps.activationReads, 0U);
    EXPECT_EQ(steps.accumulatorReads, 48U);
    EXPECT_EQ(steps.weightReads, 3U * 2) << "records of 8 channels lie in two words of 32 bytes";
}

TEST(VectorSteps, PoolsTapByTap) {
    TileWindow window;
    window.height = 4;
    window.width = 6;
    window.strideY = 2;
    window.strideX = 2;
    window.outputHeight = 2;
    window.outputWidth = 3;
    window.channels = window.channelCount = 4;
    window.kernelHeight = 2;
    window.kernelWidth = 2;
    const VectorSteps steps = stepsOf({3, 0}, maximumOf(window, 0));
    EXPECT_EQ(steps.operations, 2U * 3 * 4 * 4);
    EXPECT_EQ(steps.cycles, 6U * 2 * 4) << "two groups of channels, four taps";
    EXPECT_EQ(steps.activationReads, 6U * 2 * 4);
    EXPECT_EQ(steps.activationWrites, 6U * 2);
}

TEST(VectorSteps, TouchTheWordsOfWideElements) {
    // 8 elements of 4 bytes are two words of 16, wherever they begin.
    VectorCommand relu = reluOf(0, 8, 64);
    relu.operands[0].view.strides = {4};
    relu.operands[0].type = kFirstListedType;
    const MachineConfig machine = machineWith({8, 0});
    const ScratchpadPorts ports(machine);
    const std::vector<ElementType> types{elementType(std::nullopt, machine.datapath)};
    const auto readsFrom = [&](std::int64_t origin) {
        relu.operands[0].view.origin = origin;
        return vectorSteps(machine.vectorUnit, ports, relu, {.types = types}).activationReads;
    };
    EXPECT_EQ(readsFrom(0), 2U);
    EXPECT_EQ(readsFrom(4), 3U);
    EXPECT_EQ(readsFrom(14), 3U) << "the first element lies in two words";
}

TEST(VectorSteps, PassThreeTimesForASoftmax) {
    VectorUnitConfig unit{4, 2};
    for (FunctionCircuits& each : unit.operations) each = {8, 1};
    const VectorSteps steps = stepsOf(unit, softmaxOf(0, 9, 0));
    EXPECT_EQ(steps.operations, 27U);
    EXPECT_EQ(steps.cycles, 3U * 3 + 2);
    using numeric::FunctionClass;
    const auto uses = [&](FunctionClass which) {
        return steps.functions[static_cast<std::size_t>(which)];
    };
    EXPECT_EQ(uses(FunctionClass::Compare), 9U) << "the first pass";
    EXPECT_EQ(uses(FunctionClass::Transcendental), 18U) << "the second one, and again the third";
    EXPECT_EQ(uses(FunctionClass::Divide), 9U);
}

TEST(VectorSteps, WaitForTheScarcestCircuits) {
    VectorUnitConfig unit{4, 2};
    const auto cycles = [&](std::size_t which, FunctionCircuits circuits) {
        for (FunctionCircuits& each : unit.operations) each = {8, 1};
        unit.operations[which] = circuits;
        return stepsOf(unit, softmaxOf(0, 9, 0)).cycles;
    };
    using numeric::FunctionClass;
    const auto divide = static_cast<std::size_t>(FunctionClass::Divide);
    const auto multiply = static_cast<std::size_t>(FunctionClass::Multiply);
    // Three groups; the third pass divides every element.
    EXPECT_EQ(cycles(divide, {1, 14}), 3U * (1 + 1 + 14) + 2);
    // The second pass has one multiplication, by a scale. The third has two more: a division by a
    // constant.
    EXPECT_EQ(cycles(multiply, {1, 1}), 3U * (1 + 1 + 3) + 2);
    EXPECT_EQ(cycles(multiply, {2, 1}), 3U * (1 + 1 + 2) + 2);
    EXPECT_EQ(cycles(multiply, {3, 1}), 3U * 3 + 2);
    EXPECT_THROW(cycles(divide, {0, 1}), InvariantError);
}

TEST(VectorSteps, OfQuantizedConvolutionsAndPoolingsTakeOneCycleAGroupByDefault) {
    const VectorSteps fused = stepsOf(
        {8, 4},
        requantizationOf({.outputs = 10, .channels = 16, .skip = sim::BlockElements{}, .pitch = 16},
                         Behind::AdditionAndRelu));
    EXPECT_EQ(fused.cycles, 10U * 2 + 4);
    EXPECT_EQ(fused.biases, 160U);
    EXPECT_EQ(stepsOf({8, 4}, additionOf({0, 16}, 16, 32)).cycles, 2U + 4);
}

TEST(VectorSteps, WriteWhenTheResultLeavesThePipeline) {
    // Reads bank 0 in cycle 0, bank 1 in cycle 1, ..; writes the same banks.
    const VectorCommand relu = reluOf(0, 64, 64);
    const auto cyclesWith = [&](std::uint32_t depth, memory::PortKind kind) {
        MachineConfig machine = machineWith({16, depth});
        machine.activationScratchpad.banks = 4;
        machine.activationScratchpad.ports = kind;
        ScratchpadPorts ports(machine);
        const VectorSteps steps = vectorSteps(machine.vectorUnit, ports, relu, {.recordBytes = 8});
        EXPECT_EQ(steps.cycles, 4U + depth);
        return ports.arbiter().completion(ports.arbiter().post(3, steps.stream, 0));
    };
    EXPECT_EQ(cyclesWith(0, memory::PortKind::OneReadOneWrite), 4U);
    EXPECT_EQ(cyclesWith(0, memory::PortKind::OneReadWrite), 8U) << "bank by bank, read then write";
    EXPECT_EQ(cyclesWith(1, memory::PortKind::OneReadWrite), 5U) << "the bank before is written";
}

}  // namespace
}  // namespace systole::arch
