// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_space.hpp"

#include <algorithm>
#include <cmath>

#include "arch/fold/fold.hpp"

namespace systole::arch {
namespace {

/// The choices of channelChunks(). Parts longer than the array has rows are multiples of them, so
/// that their folds use all rows.
std::vector<std::uint32_t> channelParts(const ArrayConfig& array, const ConvolutionShape& shape) {
    if (shape.groups > 1) {
        return {shape.inputChannels, 0};
    }
    std::vector<std::uint32_t> chunks;
    std::uint32_t chunk = shape.inputChannels;
    while (chunk > 1) {
        chunks.push_back(chunk);
        const std::uint32_t half = (chunk + 1) / 2;
        chunk = half > array.rows
                    ? static_cast<std::uint32_t>(ceilDivide(half, array.rows)) * array.rows
                    : half;
        if (chunk == chunks.back()) {
            chunk = half;
        }
    }
    chunks.push_back(1);
    return chunks;
}

template <typename Make>
void addAll(const std::vector<std::uint32_t>& sizes, Make&& make) {
    for (const std::uint32_t size : thinned(sizes)) {
        make(size);
    }
}

std::vector<std::uint32_t> orFixed(const std::optional<std::uint32_t>& fixed,
                                   std::vector<std::uint32_t> sizes) {
    return fixed ? std::vector<std::uint32_t>{*fixed} : std::move(sizes);
}

}  // namespace

bool keepsFolds(const ArrayConfig& array, const ConvolutionShape& shape, std::uint32_t channels) {
    const std::uint32_t fold = foldLimits(array).reduction;
    const bool oneTap = shape.window.taps() == 1;
    return channels >= shape.inputChannels || (oneTap && fold != 0 && channels % fold == 0);
}

std::vector<std::uint32_t> equalParts(std::uint32_t whole) {
    std::vector<std::uint32_t> sizes;
    for (std::uint32_t parts = 1; parts <= whole; ++parts) {
        const auto size = static_cast<std::uint32_t>(ceilDivide(whole, parts));
        if (sizes.empty() || sizes.back() != size) {
            sizes.push_back(size);
        }
    }
    return sizes;
}

std::vector<std::uint32_t> thinned(const std::vector<std::uint32_t>& sizes) {
    if (sizes.size() <= kMostSizes) {
        return sizes;
    }
    const double ratio = std::pow(static_cast<double>(sizes.front()) / sizes.back(),
                                  1.0 / static_cast<double>(kMostSizes - 1));
    std::vector<std::uint32_t> kept{sizes.front()};
    for (const std::uint32_t size : sizes) {
        if (size * ratio <= kept.back() || size == sizes.back()) {
            kept.push_back(size);
        }
    }
    return kept;
}

MappingSpace::MappingSpace(const ArrayConfig& array, const ConvolutionShape& shape,
                           const MappingOverride& fixed)
    : images_(shape.images), channelChunks_(orFixed(fixed.channels, channelParts(array, shape))) {
    addAll(orFixed(fixed.tileHeight, equalParts(shape.outputHeight)),
           [&](std::uint32_t size) { rows_.emplace_back(verticalAxis(shape), size); });
    addAll(orFixed(fixed.tileWidth, equalParts(shape.outputWidth)),
           [&](std::uint32_t size) { columns_.emplace_back(horizontalAxis(shape), size); });
    const std::uint32_t most = groupsPerFold(array, shape);
    for (const std::uint32_t together : most > 1 ? std::vector{most, 1U} : std::vector{1U}) {
        const ColumnCut cut = columnCut(array, shape, together);
        std::optional<std::uint32_t> blocks;
        if (fixed.outputChannels) {
            blocks = static_cast<std::uint32_t>(ceilDivide(*fixed.outputChannels, cut.width));
        }
        addAll(orFixed(blocks, equalParts(cut.blocks(shape.outputChannels))),
               [&](std::uint32_t size) { plans_.emplace_back(array, shape, size, together); });
    }
    if (fixed.weightsOuter) {
        weightsOuter_ = {*fixed.weightsOuter};
    }
}

MappingCandidate MappingSpace::candidate(std::size_t channels, std::size_t plan, std::size_t row,
                                         std::size_t column, bool weightsOuter) const {
    MappingCandidate candidate{&rows_[row], &columns_[column], &plans_[plan], {}, {}};
    candidate.tiling.tileHeight = rows_[row].size;
    candidate.tiling.tileWidth = columns_[column].size;
    candidate.tiling.channelChunk = channelChunks_[channels];
    candidate.tiling.blocksPerChunk = plans_[plan].blocksPerChunk;
    candidate.tiling.groupsTogether = plans_[plan].groupsTogether;
    candidate.tiling.weightsOuter = weightsOuter;
    return candidate;
}

std::vector<bool> MappingSpace::loopOrders(std::size_t plan, std::size_t row,
                                           std::size_t column) const {
    const bool oneTile = images_ == 1 && rows_[row].count() == 1 && columns_[column].count() == 1;
    if (oneTile || plans_[plan].chunks.size() == 1) {
        return {weightsOuter_.front()};
    }
    return weightsOuter_;
}

MappingCandidate MappingSpace::smallest() const {
    return candidate(channelChunks_.size() - 1, plans_.size() - 1, rows_.size() - 1,
                     columns_.size() - 1, weightsOuter_.front());
}

}  // namespace systole::arch
