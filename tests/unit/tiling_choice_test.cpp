// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "arch/tiling.hpp"
#include "machine_fixture.hpp"

namespace systole::arch {
namespace {

constexpr auto kFp32 = numeric::ScaleArithmetic::Fp32Multiplier;

MachineConfig smallMachine() {
    MachineConfig machine = arrayOnly(8, 8);
    machine.activationScratchpad = {4096, 8, 8};
    machine.weightScratchpad = {4096, 1, 8};
    machine.accumulatorBuffer = {128};
    machine.dma = {16, 16};
    machine.dram.ideal->bytesPerCycle = 16;
    return machine;
}

ConvolutionShape convolution3x3(std::uint32_t size, std::uint32_t inputs, std::uint32_t outputs) {
    ConvolutionShape shape;
    shape.inputHeight = shape.inputWidth = size;
    shape.outputHeight = shape.outputWidth = size;
    shape.inputChannels = inputs;
    shape.outputChannels = outputs;
    shape.kernelHeight = shape.kernelWidth = 3;
    return shape;
}

ConvolutionTiling tile(const MachineConfig& machine, const ConvolutionShape& shape) {
    return std::get<ConvolutionTiling>(
        tileConvolution(machine, Datapath(machine.datapath), shape, kFp32));
}

std::string refusal(const MachineConfig& machine, const ConvolutionShape& shape) {
    return std::get<DoesNotFit>(tileConvolution(machine, Datapath(machine.datapath), shape, kFp32))
        .reason;
}

TEST(Tiling, KeepsWholeWhatFits) {
    const ConvolutionTiling tiling = tile(arrayOnly(8, 8), convolution3x3(4, 8, 8));
    EXPECT_EQ(tiling.tileHeight, 4U);
    EXPECT_EQ(tiling.tileWidth, 4U);
    EXPECT_EQ(tiling.channelChunk, 8U);
    EXPECT_EQ(tiling.accumulatorRows, 16U);
    // Nine taps of 8 x 8 codes, and per column a 4-byte bias and a 4-byte multiplier.
    EXPECT_EQ(tiling.weightBufferBytes, 9U * 8 * 8 + 8 * 8);
}

TEST(Tiling, SplitsTheReductionOnlyWhereNothingElseFits) {
    MachineConfig machine = smallMachine();
    EXPECT_EQ(tile(machine, convolution3x3(8, 16, 8)).channelChunk, 16U);
    machine.weightScratchpad.capacityBytes = 2048;
    EXPECT_EQ(tile(machine, convolution3x3(8, 16, 8)).channelChunk, 8U);
}

TEST(Tiling, SaysWhatDoesNotFit) {
    MachineConfig machine = smallMachine();
    machine.weightScratchpad.capacityBytes = 100;
    EXPECT_EQ(refusal(machine, convolution3x3(8, 16, 8)),
              "the weights of one block of 8 output channels need 136 bytes, half of the weight "
              "scratchpad has 48");
    machine = smallMachine();
    machine.activationScratchpad.capacityBytes = 32;
    EXPECT_EQ(refusal(machine, convolution3x3(8, 1, 8)),
              "a tile of 1 x 1 outputs needs 48 bytes, the activation scratchpad has 32");
}

TEST(Tiling, DoesNotDependOnDramThatTheDmaPortCannotTake) {
    MachineConfig machine = smallMachine();
    const ConvolutionShape shape = convolution3x3(12, 8, 24);
    const ConvolutionTiling matched = tile(machine, shape);
    machine.dram.ideal->bytesPerCycle = 1000;
    const ConvolutionTiling faster = tile(machine, shape);
    EXPECT_EQ(faster.estimatedCycles, matched.estimatedCycles);
    EXPECT_EQ(faster.tileHeight, matched.tileHeight);
    EXPECT_EQ(faster.blocksPerChunk, matched.blocksPerChunk);
    machine.dma.bytesPerCycle = 1;
    EXPECT_GT(tile(machine, shape).estimatedCycles, matched.estimatedCycles);
}

void expectFits(const MachineConfig& machine, const ConvolutionShape& shape,
                const ConvolutionTiling& tiling) {
    EXPECT_LE(tiling.buffers.total(), *machine.activationScratchpad.capacityBytes);
    EXPECT_LE(tiling.weightBufferBytes, *machine.weightScratchpad.capacityBytes / 2);
    EXPECT_LE(tiling.accumulatorRows, *machine.accumulatorBuffer.rows / 2);
    const std::uint32_t height = std::min(
        shape.inputHeight,
        inputExtent(tiling.tileHeight, shape.strideY, shape.kernelHeight, shape.dilationY));
    const std::uint32_t width =
        std::min(shape.inputWidth,
                 inputExtent(tiling.tileWidth, shape.strideX, shape.kernelWidth, shape.dilationX));
    EXPECT_GE(tiling.buffers.input, height * width * tiling.channelChunk);
    const std::uint32_t channels =
        std::min(shape.outputChannels, tiling.blocksPerChunk * machine.array.columns);
    EXPECT_GE(tiling.buffers.output, tiling.tileHeight * tiling.tileWidth * channels);
    EXPECT_EQ(tiling.buffers.skip, shape.hasSkip ? tiling.buffers.output : 0);
}

TEST(Tiling, FitsTheMachineForRandomShapes) {
    constexpr unsigned kSeed = 29;
    std::mt19937 random(kSeed);
    const auto between = [&](std::uint32_t low, std::uint32_t high) {
        return low + static_cast<std::uint32_t>(random() % (high - low + 1));
    };
    std::uint32_t fitting = 0;
    for (int i = 0; i < 3000; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", shape " << i);
        MachineConfig machine = smallMachine();
        machine.array = {between(1, 20), between(1, 20)};
        machine.activationScratchpad.capacityBytes = between(60, 5000);
        machine.weightScratchpad.capacityBytes = between(60, 5000);
        machine.accumulatorBuffer.rows = between(2, 200);
        ConvolutionShape shape = convolution3x3(between(1, 20), between(1, 40), between(1, 40));
        shape.strideX = shape.strideY = between(1, 3);
        shape.outputHeight = (shape.inputHeight - 1) / shape.strideY + 1;
        shape.outputWidth = (shape.inputWidth - 1) / shape.strideX + 1;
        shape.hasSkip = random() % 2 == 0;
        const auto result = tileConvolution(machine, Datapath(machine.datapath), shape, kFp32);
        if (const auto* tiling = std::get_if<ConvolutionTiling>(&result)) {
            ++fitting;
            expectFits(machine, shape, *tiling);
        }
    }
    EXPECT_GT(fitting, 1500U);
}

}  // namespace
}  // namespace systole::arch
