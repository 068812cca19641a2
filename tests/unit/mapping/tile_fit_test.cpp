// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/tile_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "arch/mapping/column_plan.hpp"
#include "models/check.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

/// Eight by eight elements and scratchpads of 4 KiB, and a 3 x 3 convolution of 8 to 8 channels
/// whose result is added to an operand.
class TileFitTest : public testing::Test {
protected:
    static MachineConfig smallMachine() {
        MachineConfig machine = arrayOnly(8, 8);
        machine.activationScratchpad = {4096, 8, 8};
        machine.weightScratchpad = {4096, 1, 8};
        machine.accumulatorBuffer = {128};
        return machine;
    }

    static ConvolutionShape convolution() {
        ConvolutionShape shape;
        shape.inputHeight = shape.inputWidth = shape.outputHeight = shape.outputWidth = 16;
        shape.inputChannels = shape.outputChannels = 8;
        shape.window.y.kernel = shape.window.x.kernel = 3;
        shape.window.y.padBefore = shape.window.x.padBefore = 1;
        shape.hasSkip = true;
        return shape;
    }

    static ConvolutionTiling tiles(std::uint32_t height, std::uint32_t width) {
        ConvolutionTiling tiling;
        tiling.tileHeight = height;
        tiling.tileWidth = width;
        tiling.channelChunk = 8;
        return tiling;
    }

    MachineConfig machine_ = smallMachine();
    ConvolutionShape shape_ = convolution();
    Datapath datapath_{machine_.datapath};
    TileFit fit_{machine_, datapath_, shape_, numeric::ScaleArithmetic::Fp32Multiplier};
};

TEST_F(TileFitTest, ThatATilingFitsLeavesItAsItWas) {
    const ConvolutionTiling tiling = tiles(4, 8);
    EXPECT_TRUE(fit_.fits(tiling));
    EXPECT_EQ(fit_.problemOf(tiling), std::nullopt);
    EXPECT_EQ(tiling.weightBufferBytes, 0U);
    EXPECT_EQ(tiling.buffers.total(), 0U);
}

TEST_F(TileFitTest, GivesATilingItsBuffers) {
    const ConvolutionTiling sized = fit_.withBuffers(tiles(4, 8));
    EXPECT_EQ(sized.buffers.input, 6U * 10 * 8) << "a tile and its rim";
    EXPECT_EQ(sized.buffers.output, 4U * 8 * 8);
    EXPECT_EQ(sized.buffers.skip, 4U * 8 * 8);
    EXPECT_EQ(sized.accumulatorRows, 4U * 8);
    EXPECT_EQ(sized.weightBufferBytes, 8U * (9 * 8 + 8)) << "codes, bias and multiplier";
    EXPECT_EQ(sized.tileWidth, 8U);
}

TEST_F(TileFitTest, SaysWhatDoesNotFitAndSizesNothing) {
    EXPECT_FALSE(fit_.fits(tiles(8, 16)));
    EXPECT_EQ(fit_.problemOf(tiles(8, 16)),
              "a tile of 128 outputs and 8 channels needs 128 rows of half of the accumulator "
              "buffer, which has 64");
    EXPECT_THROW(fit_.withBuffers(tiles(8, 16)), InvariantError);
}

/// Groups wider and narrower than the array, cut at their ends and across them.
TEST_F(TileFitTest, TheInputHoldsTheGroupsOfEveryChunk) {
    machine_.activationScratchpad.capacityBytes = 1U << 20U;
    machine_.weightScratchpad.capacityBytes = 1U << 20U;
    for (std::uint32_t groups = 2; groups < 8; ++groups) {
        for (std::uint32_t perGroup = 1; perGroup < 32; ++perGroup) {
            shape_.groups = shape_.inputChannels = groups;
            shape_.outputChannels = groups * perGroup;
            const TileFit fit(machine_, datapath_, shape_,
                              numeric::ScaleArithmetic::Fp32Multiplier);
            ConvolutionTiling tiling = tiles(1, 1);
            tiling.channelChunk = 0;
            for (std::uint32_t blocks = 1; blocks < 6; ++blocks) {
                tiling.blocksPerChunk = blocks;
                std::uint32_t most = 0;
                for (const auto& chunk : ColumnPlan(machine_.array, shape_, blocks, 1).chunks) {
                    most = std::max(most, chunk.groupEnd - chunk.groupBegin);
                }
                EXPECT_GE(fit.loadedChannels(tiling), most)
                    << groups << " groups of " << perGroup << ", " << blocks << " blocks";
            }
        }
    }
}

}  // namespace
}  // namespace systole::arch
