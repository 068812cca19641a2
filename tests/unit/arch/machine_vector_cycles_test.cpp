// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arch/vector/vector_steps.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

/// Activation words of 16 bytes, 8 banks; nothing else is limited.
MachineConfig machineWith(const VectorUnitConfig& vectorUnit) {
    MachineConfig machine = arrayOnly(16, 16);
    machine.vectorUnit = vectorUnit;
    machine.activationScratchpad = {kFree, 8, 16};
    return machine;
}

VectorSteps stepsOf(const VectorUnitConfig& vectorUnit, const Operation& operation) {
    const ScratchpadPorts ports(machineWith(vectorUnit));
    return vectorSteps(vectorUnit, ports, operation, 0, 8);
}

Requantize requantizeOf(std::uint32_t outputs, std::uint32_t channels) {
    Requantize requantize;
    requantize.outputs = outputs;
    requantize.channels = channels;
    requantize.pitch = channels;
    return requantize;
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
    Requantize requantize = requantizeOf(10, 3);
    requantize.channelsAlongRows = true;
    const VectorSteps steps = stepsOf({8, 0}, requantize);
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
    Pool pool;
    pool.window.height = 4;
    pool.window.width = 6;
    pool.window.strideY = 2;
    pool.window.strideX = 2;
    pool.window.outputHeight = 2;
    pool.window.outputWidth = 3;
    pool.window.channels = pool.window.channelCount = 4;
    pool.window.kernelHeight = 2;
    pool.window.kernelWidth = 2;
    const VectorSteps steps = stepsOf({3, 0}, pool);
    EXPECT_EQ(steps.operations, 2U * 3 * 4 * 4);
    EXPECT_EQ(steps.cycles, 6U * 2 * 4) << "two groups of channels, four taps";
    EXPECT_EQ(steps.activationReads, 6U * 2 * 4);
    EXPECT_EQ(steps.activationWrites, 6U * 2);
}

TEST(VectorSteps, PassThreeTimesForASoftmax) {
    Softmax softmax;
    softmax.elements = 9;
    const VectorSteps steps = stepsOf({4, 2}, softmax);
    EXPECT_EQ(steps.operations, 27U);
    EXPECT_EQ(steps.cycles, 3U * 3 + 2);
}

TEST(VectorSteps, WriteWhenTheResultLeavesThePipeline) {
    Elementwise relu;  // reads bank 0 in cycle 0, bank 1 in cycle 1, ..; writes the same banks
    relu.elements = 64;
    relu.destination = 64;
    const auto cyclesWith = [&](std::uint32_t depth, memory::PortKind kind) {
        MachineConfig machine = machineWith({16, depth});
        machine.activationScratchpad.banks = 4;
        machine.activationScratchpad.ports = kind;
        ScratchpadPorts ports(machine);
        const VectorSteps steps = vectorSteps(machine.vectorUnit, ports, relu, 0, 8);
        EXPECT_EQ(steps.cycles, 4U + depth);
        return ports.arbiter().completion(ports.arbiter().post(3, steps.stream, 0));
    };
    EXPECT_EQ(cyclesWith(0, memory::PortKind::OneReadOneWrite), 4U);
    EXPECT_EQ(cyclesWith(0, memory::PortKind::OneReadWrite), 8U) << "bank by bank, read then write";
    EXPECT_EQ(cyclesWith(1, memory::PortKind::OneReadWrite), 5U) << "the bank before is written";
}

}  // namespace
}  // namespace systole::arch
