// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/layer_plan.hpp"

#include <algorithm>

#include "models/units.hpp"

namespace systole::arch {

LayerPlan::LayerPlan(const ConvolutionShape& shape, const ConvolutionTiling& tiling,
                     const AxisTiles& rows, const AxisTiles& columns, const ColumnPlan& plan,
                     std::uint32_t batches)
    : shape_(shape),
      tiling_(tiling),
      rows_(rows),
      columns_(columns),
      plan_(plan),
      batches_(batches),
      parts_(tiling.splits(shape)
                 ? static_cast<std::uint32_t>(ceilDivide(shape.inputChannels, tiling.channelChunk))
                 : 1) {}

std::uint64_t LayerPlan::count() const {
    return std::uint64_t{batches_} * shape_.images * rows_.count() * columns_.count() *
           plan_.chunks.size() * parts_;
}

LayerStep LayerPlan::stepAt(std::uint64_t index) const {
    const std::uint64_t chunks = plan_.chunks.size();
    const std::uint64_t tiles = std::uint64_t{rows_.count()} * columns_.count();
    LayerStep step;
    step.part = static_cast<std::uint32_t>(index % parts_);
    const std::uint64_t all = shape_.images * tiles;
    step.batch = static_cast<std::uint32_t>(index / (parts_ * chunks * all));
    const std::uint64_t outer = index / parts_ % (chunks * all);
    const std::uint64_t place = tiling_.weightsOuter ? outer % all : outer / chunks;
    const std::uint64_t chunk = tiling_.weightsOuter ? outer / all : outer % chunks;
    step.chunk = static_cast<std::uint32_t>(chunk);
    step.image = static_cast<std::uint32_t>(place / tiles);
    step.row = static_cast<std::uint32_t>(place % tiles / columns_.count());
    step.column = static_cast<std::uint32_t>(place % tiles % columns_.count());
    step.isFirst = step.part == 0;
    step.isLast = step.part + 1 == parts_;
    const ColumnChunkWork& work = plan_.chunks[step.chunk];
    const std::uint32_t channels = tiling_.channelChunk;
    step.channels = channels == 0 ? (work.groupEnd - work.groupBegin) * shape_.channelsPerGroup()
                                  : std::min(channels, shape_.inputChannels - step.part * channels);
    return step;
}

bool LayerPlan::keepsTile(const LayerStep& before, const LayerStep& step) const {
    if (parts_ > 1 || before.batch != step.batch || before.image != step.image ||
        !rows_.sameInputs(before.row, step.row) ||
        !columns_.sameInputs(before.column, step.column)) {
        return false;
    }
    const ColumnChunkWork& left = plan_.chunks[before.chunk];
    const ColumnChunkWork& right = plan_.chunks[step.chunk];
    return tiling_.channelChunk != 0 ||
           (left.groupBegin == right.groupBegin && left.groupEnd == right.groupEnd);
}

std::optional<LayerStep> LayerPlan::Walk::next() {
    if (index_ == plan_->count()) return std::nullopt;
    LayerStep step = plan_->stepAt(index_++);
    step.loadsTile = !before_ || !plan_->keepsTile(*before_, step);
    step.loadsWeights = !before_ || !plan_->keepsWeights(*before_, step);
    step.loadsSkip = plan_->shape_.hasSkip && step.isFirst;
    if (before_) {
        const auto turn = [](std::uint8_t half, bool turns) {
            return static_cast<std::uint8_t>(turns ? half ^ 1U : half);
        };
        step.input = turn(before_->input, step.loadsTile);
        step.weight = turn(before_->weight, step.loadsWeights);
        step.output = turn(before_->output, step.isFirst);
    }
    before_ = step;
    return step;
}

}  // namespace systole::arch
