// SPDX-License-Identifier: Apache-2.0
// The steps of a layer, one by one, and that the closed sums of dramTraffic are theirs.
#include "arch/mapping/layer_plan.hpp"

#include <gmock/gmock.h>

#include <random>
#include <string>

#include "arch/mapping/mapping_space.hpp"
#include "arch/mapping/mapping_traffic.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

using testing::ElementsAre;

/// The example of arch/mapping/tiling.hpp.
ConvolutionShape exampleShape() {
    ConvolutionShape shape;
    shape.inputHeight = shape.inputWidth = shape.outputHeight = shape.outputWidth = 14;
    shape.inputChannels = 32;
    shape.outputChannels = 64;
    shape.window.y.kernel = shape.window.x.kernel = 3;
    shape.window.y.padBefore = shape.window.x.padBefore = 1;
    return shape;
}

struct Cut {
    Cut(const ArrayConfig& array, const ConvolutionShape& ofShape, const ConvolutionTiling& how)
        : shape(ofShape),
          tiling(how),
          rows(verticalAxis(ofShape), how.tileHeight),
          columns(horizontalAxis(ofShape), how.tileWidth),
          plan(array, ofShape, how.blocksPerChunk, how.groupsTogether),
          steps(shape, tiling, rows, columns, plan) {}
    Cut(const Cut&) = delete;
    Cut& operator=(const Cut&) = delete;

    ConvolutionShape shape;
    ConvolutionTiling tiling;
    AxisTiles rows;
    AxisTiles columns;
    ColumnPlan plan;
    LayerPlan steps;
};

ConvolutionTiling exampleTiling(bool weightsOuter) {
    ConvolutionTiling tiling;
    tiling.tileHeight = 8;
    tiling.tileWidth = 14;
    tiling.channelChunk = 32;
    tiling.blocksPerChunk = 2;
    tiling.weightsOuter = weightsOuter;
    return tiling;
}

/// `i0 t0 c0 p0 TW 0/1`: image, tile, chunk, part, what is loaded, halves of input and weights.
std::vector<std::string> listed(const LayerPlan& plan) {
    std::vector<std::string> lines;
    auto walk = plan.walk();
    while (const auto step = walk.next()) {
        lines.push_back(std::to_string(step->image) + std::to_string(step->row) +
                        std::to_string(step->chunk) + std::to_string(step->part) + " " +
                        (step->loadsTile ? "T" : "-") + (step->loadsWeights ? "W" : "-") + " " +
                        std::to_string(step->input) + std::to_string(step->weight) +
                        std::to_string(step->output));
    }
    return lines;
}

TEST(LayerPlan, TheExampleOfItsHeader) {
    const ArrayConfig array{.rows = 16, .columns = 16};
    const Cut weightsOuter(array, exampleShape(), exampleTiling(true));
    EXPECT_THAT(listed(weightsOuter.steps),
                ElementsAre("0000 TW 000", "0100 T- 101", "0010 TW 010", "0110 T- 111"));
    const Cut tilesOuter(array, exampleShape(), exampleTiling(false));
    EXPECT_THAT(listed(tilesOuter.steps),
                ElementsAre("0000 TW 000", "0010 -W 011", "0100 TW 100", "0110 -W 111"));
}

TEST(LayerPlan, ImagesShareTheWeightsOfAChunk) {
    ConvolutionShape shape = exampleShape();
    shape.images = 2;
    ConvolutionTiling tiling = exampleTiling(true);
    tiling.tileHeight = 14;
    const Cut cut({.rows = 16, .columns = 16}, shape, tiling);
    EXPECT_THAT(listed(cut.steps),
                ElementsAre("0000 TW 000", "1000 T- 101", "0010 TW 010", "1010 T- 111"));
}

DramTraffic sumOf(const Cut& cut, const ElementSizes& sizes) {
    DramTraffic bits;
    auto walk = cut.steps.walk();
    while (const auto step = walk.next()) {
        const TileExtent rows = cut.rows.extent(step->row);
        const TileExtent columns = cut.columns.extent(step->column);
        const ColumnChunkWork& chunk = cut.plan.chunks[step->chunk];
        const std::uint64_t pixels = std::uint64_t{rows.length} * columns.length;
        const std::uint64_t fresh =
            std::uint64_t{rows.length - rows.halo} * (columns.length - columns.halo);
        if (step->loadsTile) {
            bits.input += pixels * step->channels * sizes.activation;
            bits.halo += (pixels - fresh) * step->channels * sizes.activation;
        }
        const std::uint32_t depth =
            cut.shape.groups > 1 ? cut.shape.channelsPerGroup() : step->channels;
        if (step->loadsWeights) {
            bits.weights += chunk.outputs * (std::uint64_t{cut.shape.window.y.kernel} *
                                                 cut.shape.window.x.kernel * depth * sizes.weight +
                                             sizes.record);
        }
        const std::uint64_t outputs = std::uint64_t{cut.rows.outputsOf(step->row)} *
                                      cut.columns.outputsOf(step->column) * chunk.outputs *
                                      sizes.activation;
        if (step->isLast) bits.output += outputs;
        if (step->loadsSkip) bits.skip += outputs;
    }
    return {ElementSizes::bytes(bits.input), ElementSizes::bytes(bits.halo),
            ElementSizes::bytes(bits.weights), ElementSizes::bytes(bits.output),
            ElementSizes::bytes(bits.skip)};
}

ConvolutionShape randomShape(std::mt19937& random) {
    const auto among = [&](std::uint32_t least, std::uint32_t most) {
        return std::uniform_int_distribution<std::uint32_t>(least, most)(random);
    };
    ConvolutionShape shape;
    shape.window.y.kernel = among(1, 3);
    shape.window.x.kernel = among(1, 4);
    shape.window.y.stride = among(1, 3);
    shape.window.x.stride = among(1, 2);
    shape.window.y.dilation = among(1, 2);
    shape.window.y.padBefore = static_cast<std::int32_t>(among(0, shape.window.y.kernel - 1));
    shape.window.x.padBefore = static_cast<std::int32_t>(among(0, shape.window.x.kernel - 1));
    shape.outputHeight = among(1, 9);
    shape.outputWidth = among(1, 7);
    const auto inputs = [](std::uint32_t outputs, std::uint32_t stride, std::uint32_t kernel,
                           std::uint32_t dilation, std::int32_t pad) {
        const auto reach =
            static_cast<std::int32_t>((outputs - 1) * stride + (kernel - 1) * dilation + 1);
        return static_cast<std::uint32_t>(std::max(1, reach - pad));
    };
    shape.inputHeight = inputs(shape.outputHeight, shape.window.y.stride, shape.window.y.kernel,
                               shape.window.y.dilation, shape.window.y.padBefore);
    shape.inputWidth = inputs(shape.outputWidth, shape.window.x.stride, shape.window.x.kernel, 1,
                              shape.window.x.padBefore);
    shape.groups = among(0, 2) == 0 ? among(2, 6) : 1;
    shape.inputChannels = shape.groups * among(1, 12);
    shape.outputChannels = shape.groups * among(1, 12);
    shape.images = among(0, 1) == 0 ? 1 : among(2, 4);
    shape.hasSkip = among(0, 1) == 0;
    return shape;
}

TEST(LayerPlan, ItsStepsMoveWhatDramTrafficCounts) {
    const ElementSizes sizes(Datapath(int8Datapath()), numeric::ScaleArithmetic::Fp32Multiplier);
    std::mt19937 random(17);
    std::uint64_t splits = 0;
    std::uint64_t kept = 0;
    for (int i = 0; i < 3000; ++i) {
        const ConvolutionShape shape = randomShape(random);
        const ArrayConfig array{.rows = 8, .columns = 4};
        const MappingSpace space(array, shape, {});
        const auto among = [&](std::size_t count) { return random() % count; };
        const std::size_t plan = among(space.plans().size());
        const std::size_t row = among(space.rows().size());
        const std::size_t column = among(space.columns().size());
        const std::vector<bool> orders = space.loopOrders(plan, row, column);
        const MappingCandidate candidate = space.candidate(
            among(space.channelChunks().size()), plan, row, column, orders[among(orders.size())]);
        const Cut cut(array, shape, candidate.tiling);
        const DramTraffic closed =
            dramTraffic(shape, sizes, cut.rows, cut.columns, cut.plan, cut.tiling);
        EXPECT_EQ(sumOf(cut, sizes), closed) << "case " << i;
        splits += cut.steps.parts() > 1 ? 1 : 0;
        kept += cut.tiling.weightsOuter ? 0 : 1;
    }
    EXPECT_GT(splits, 300U);
    EXPECT_GT(kept, 300U);
}

}  // namespace
}  // namespace systole::arch
