// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/column_plan.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace systole::arch {
namespace {

ConvolutionShape grouped(std::uint32_t groups, std::uint32_t outputsPerGroup) {
    ConvolutionShape shape;
    shape.groups = groups;
    shape.inputChannels = 4 * groups;
    shape.outputChannels = outputsPerGroup * groups;
    return shape;
}

ArrayConfig columns(std::uint32_t count, Dataflow dataflow = Dataflow::WeightStationary) {
    return {.rows = 16, .columns = count, .dataflow = dataflow};
}

struct CutCase {
    const char* name;
    ConvolutionShape shape;
    std::uint32_t columns;
    ColumnCut cut;
    std::uint64_t streams;
};

TEST(ColumnPlan, BlocksEndWithTheirGroupsWhereThatIsFewerFolds) {
    const std::vector<CutCase> cases{
        {"a dense layer", grouped(1, 64), 16, {16, 16}, 4},
        {"groups that fill blocks", grouped(4, 16), 16, {16, 16}, 4},
        {"four groups of ten: 2, 3 and 1 streams in blocks of 16", grouped(4, 10), 16, {10, 10}, 4},
        {"two groups of 24: as many either way", grouped(2, 24), 16, {16, 16}, 4},
        {"groups of three: 15 channels a block", grouped(16, 3), 16, {15, 15}, 16},
        {"three groups of 31: two blocks each", grouped(3, 31), 16, {16, 31}, 6},
        {"depthwise", grouped(40, 1), 16, {16, 16}, 40},
    };
    for (const CutCase& row : cases) {
        SCOPED_TRACE(row.name);
        const ArrayConfig array = columns(row.columns);
        EXPECT_EQ(columnCut(array, row.shape, 1), row.cut);
        EXPECT_EQ(ColumnPlan(array, row.shape, 1, 1).streams, row.streams);
    }
}

TEST(ColumnPlan, CoversAllChannelsOnceWhateverTheCut) {
    for (std::uint32_t groups = 1; groups < 9; ++groups) {
        for (std::uint32_t perGroup = 1; perGroup < 20; ++perGroup) {
            for (const std::uint32_t together : {1U, 2U}) {
                for (const Dataflow dataflow :
                     {Dataflow::WeightStationary, Dataflow::InputStationary}) {
                    const ConvolutionShape shape = grouped(groups, perGroup);
                    const ColumnPlan plan(columns(8, dataflow), shape, 2, together);
                    std::uint32_t outputs = 0;
                    for (const ColumnChunkWork& chunk : plan.chunks) {
                        EXPECT_EQ(chunk.groupBegin, outputs / perGroup);
                        for (const ColumnBlockWork& block : *chunk.blocks) {
                            outputs += block.channels;
                            EXPECT_LE(block.channels,
                                      dataflow == Dataflow::InputStationary ? 16U : 8U);
                        }
                    }
                    EXPECT_EQ(outputs, shape.outputChannels);
                }
            }
        }
    }
}

TEST(ColumnPlan, NeverNeedsMoreFoldsThanBlocksAsWideAsTheArray) {
    for (std::uint32_t groups = 2; groups < 12; ++groups) {
        for (std::uint32_t perGroup = 1; perGroup < 40; ++perGroup) {
            const ConvolutionShape shape = grouped(groups, perGroup);
            std::uint64_t straddling = 0;  // every part of a group in a block of 16 is a stream
            for (std::uint32_t block = 0; block < shape.outputChannels; block += 16) {
                const std::uint32_t last = std::min(block + 16, shape.outputChannels) - 1;
                straddling += last / perGroup - block / perGroup + 1;
            }
            EXPECT_LE(ColumnPlan(columns(16), shape, 1, 1).streams, straddling);
        }
    }
}

TEST(AsVector, TakesADenseLayerOverAnImageForAProductOfOneRow) {
    ConvolutionShape shape{.inputHeight = 5,
                           .inputWidth = 7,
                           .inputChannels = 3,
                           .outputChannels = 10,
                           .window = {.y = {.kernel = 5}, .x = {.kernel = 7}}};
    const ConvolutionShape vector = asVector(shape);
    EXPECT_EQ(vector.inputHeight * vector.inputWidth, 1U);
    EXPECT_EQ(vector.window.y.kernel * vector.window.x.kernel, 1U);
    EXPECT_EQ(vector.inputChannels, 105U);
    EXPECT_EQ(vector.outputChannels, 10U);
    EXPECT_EQ(vector.macs(), shape.macs());
}

TEST(AsVector, LeavesAloneWhatReadsPaddingOrGroupsOrMoreThanOnePlace) {
    const ConvolutionShape dense{.inputHeight = 3,
                                 .inputWidth = 3,
                                 .inputChannels = 2,
                                 .outputChannels = 4,
                                 .window = {.y = {.kernel = 3}, .x = {.kernel = 3}}};
    const auto isLeftAlone = [](const ConvolutionShape& shape) {
        return asVector(shape).window.y.kernel == shape.window.y.kernel &&
               asVector(shape).inputChannels == shape.inputChannels;
    };
    EXPECT_FALSE(isLeftAlone(dense));
    ConvolutionShape padded = dense;
    padded.window.y.padBefore = 1;
    ConvolutionShape sliding = dense;
    sliding.inputWidth = 4;
    sliding.outputWidth = 2;
    ConvolutionShape groups = dense;
    groups.groups = 2;
    for (const ConvolutionShape& shape : {padded, sliding, groups}) {
        EXPECT_TRUE(isLeftAlone(shape));
    }
}

}  // namespace
}  // namespace systole::arch
