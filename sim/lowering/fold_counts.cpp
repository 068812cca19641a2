// SPDX-License-Identifier: Apache-2.0
// The folds of matrix work, and their steps, without writing them: of each kind of weight chunk and
// of tile once, times their number. A layer of 9 x 9 outputs in tiles of 4 x 4 has 4 tiles of 16
// outputs, 4 of 4 at the right and lower edges, and one of 1 output.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "arch/fold/fold.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

class FoldCounter {
public:
    FoldCounter(const LoweringContext& context, const MatrixLayer& layer)
        : array_(context.viewOf(layer).machine.array),
          shape_(context.mappings.at(layer.node).shape),
          tiling_(context.mappings.at(layer.node).search.best.tiling),
          packing_(packingOf(context, layer)) {}

    FoldCounts ofBatch() {
        FoldCounts counts;
        for (std::uint32_t column = 0; column < packing_.columnChunks(); ++column) {
            for (std::uint32_t part = 0; part < packing_.channelChunks(column); ++part) {
                counts.add(ofChunk(column, part), 1);
            }
        }
        return counts;
    }

private:
    /// Of one chunk for all tiles. Most chunks of a dense layer are alike.
    FoldCounts ofChunk(std::uint32_t column, std::uint32_t part) {
        const auto alike =
            std::pair(packing_.outputs(column).size(), packing_.inputs(column, part).size());
        if (const auto counted = counted_.find(alike); counted != counted_.end()) {
            return counted->second;
        }
        const WeightChunk chunk = packing_.chunk(column, part);
        FoldCounts counts;
        for (const auto& [height, down] : extents(shape_.outputHeight, tiling_.tileHeight)) {
            for (const auto& [width, across] : extents(shape_.outputWidth, tiling_.tileWidth)) {
                counts.add(ofTile(chunk, height * width), std::uint64_t{down} * across);
            }
        }
        if (shape_.groups == 1) {
            counted_.emplace(alike, counts);
        }
        return counts;
    }

    /// Sizes of the parts that `whole` is cut into, and how many there are of each.
    static std::vector<std::pair<std::uint32_t, std::uint32_t>> extents(std::uint32_t whole,
                                                                        std::uint32_t part) {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> sizes;
        if (whole / part > 0) sizes.emplace_back(part, whole / part);
        if (whole % part > 0) sizes.emplace_back(whole % part, 1);
        return sizes;
    }

    FoldCounts ofTile(const WeightChunk& chunk, std::uint32_t outputs) const {
        FoldCounts counts;
        const std::uint32_t most = outputsOfPass(outputs, array_);
        for (const ColumnBlock& block : chunk.blocks) {
            for (std::uint32_t begin = 0; begin < outputs; begin += most) {
                counts.add(ofPass(block, std::min(most, outputs - begin)), 1);
            }
        }
        return counts;
    }

    FoldCounts ofPass(const ColumnBlock& block, std::uint32_t outputs) const {
        FoldCounts counts;
        for (std::size_t i = 0; i < block.segments.size();) {
            const Segment& segment = block.segments[i];
            const std::uint32_t reduction =
                shape_.kernelHeight * shape_.kernelWidth * segment.inputs.size();
            arch::forEachFold(array_, outputs, reduction, [&](const arch::Fold& fold) {
                counts.add({1, arch::foldSteps(array_, fold, segment.outputs.size())}, 1);
            });
            i += packing_.groupsTogether(block, i);
        }
        return counts;
    }

    const arch::ArrayConfig& array_;
    const arch::ConvolutionShape& shape_;
    const arch::ConvolutionTiling& tiling_;
    WeightPacking packing_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, FoldCounts> counted_;
};

}  // namespace

FoldCounts countFolds(const LoweringContext& context, const MatrixLayer& layer) {
    FoldCounts counts;
    counts.add(FoldCounter(context, layer).ofBatch(), layer.batches);
    return counts;
}

}  // namespace systole::sim
