// SPDX-License-Identifier: Apache-2.0
// The folds of matrix work, and their steps, without writing them: those of each kind of step are
// counted once. A layer of 9 x 9 outputs in tiles of 4 x 4 has 4 steps of 16 outputs, 4 of 4 at the
// right and lower edges, and one of 1 output.
#include <algorithm>
#include <array>
#include <map>

#include "arch/fold/fold.hpp"
#include "arch/mapping/layer_plan.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

class FoldCounter {
public:
    FoldCounter(const LoweringContext& context, const MatrixLayer& layer)
        : array_(context.viewOf(layer).machine.array),
          shape_(context.mappings.at(layer.node).shape),
          packing_(packingOf(context, layer)),
          tiled_(array_, shape_, context.mappings.at(layer.node).search.best.tiling) {}

    FoldCounts ofBatch() {
        FoldCounts counts;
        arch::LayerPlan::Walk walk = tiled_.plan.walk();
        while (const auto step = walk.next()) counts.add(ofStep(*step), 1);
        return counts;
    }

private:
    /// Most steps of a dense layer are alike.
    const FoldCounts& ofStep(const arch::LayerStep& step) {
        const std::uint32_t outputs =
            tiled_.rows.outputsOf(step.row) * tiled_.columns.outputsOf(step.column);
        const std::uint32_t chunk =
            shape_.groups == 1 ? packing_.outputs(step.chunk).size() : step.chunk;
        const auto [counted, isNew] = counted_.try_emplace({chunk, step.channels, outputs});
        if (isNew) counted->second = ofTile(packing_.chunk(step.chunk, step.part), outputs);
        return counted->second;
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
    WeightPacking packing_;
    arch::TiledLayer tiled_;
    /// By outputs of the chunk (of a grouped layer: the chunk), input channels and outputs of a
    /// tile.
    std::map<std::array<std::uint32_t, 3>, FoldCounts> counted_;
};

}  // namespace

FoldCounts countFolds(const LoweringContext& context, const MatrixLayer& layer) {
    FoldCounts counts;
    counts.add(FoldCounter(context, layer).ofBatch(), layer.batches);
    return counts;
}

}  // namespace systole::sim
