// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/column_plan.hpp"

#include <algorithm>

#include "arch/fold/fold.hpp"

namespace systole::arch {
namespace {

/// The block of output channels begin .. end. Each group in it is a segment. Whole groups share a
/// fold as long as the fold has room; a part of a group has a fold of its own.
ColumnBlockWork blockOf(const ArrayConfig& array, const ConvolutionShape& shape,
                        std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t perGroup = shape.outputsPerGroup();
    const std::uint32_t together = groupsPerFold(array, shape);
    ColumnBlockWork block;
    block.channels = end - begin;
    std::uint32_t open = 0;  // whole groups in the present stream; 0 where none may join it
    while (begin < end) {
        const std::uint32_t stop = std::min((begin / perGroup + 1) * perGroup, end);
        const bool whole = stop - begin == perGroup;
        if (!whole || open == 0 || open == together) {
            ++block.streams;
            open = 0;
        }
        open = whole ? open + 1 : 0;
        if (array.dataflow == Dataflow::InputStationary) {
            block.segments.push_back(stop - begin);
        }
        begin = stop;
    }
    return block;
}

/// Sums channels(chunk) over the chunks. A chunk counts as repeated if same(chunk before, chunk).
template <typename Channels, typename Same>
ChannelLoads countLoads(const std::vector<ColumnChunkWork>& chunks, Channels&& channels,
                        Same&& same) {
    ChannelLoads loads;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const std::uint64_t count = channels(chunks[i]);
        loads.all += count;
        if (i == 0) {
            loads.first = count;
        } else {
            (same(chunks[i - 1], chunks[i]) ? loads.repeated : loads.changed) += count;
        }
    }
    loads.returns = same(chunks.front(), chunks.back());
    return loads;
}

}  // namespace

ColumnPlan::ColumnPlan(const ArrayConfig& array, const ConvolutionShape& shape,
                       std::uint32_t blocksTogether)
    : blocksPerChunk(blocksTogether) {
    const std::uint32_t step = blocksPerChunk * array.columns;
    const std::uint32_t limit = foldLimits(array).channels;
    const std::uint32_t width = limit == 0 ? step : limit;
    for (std::uint32_t begin = 0; begin < shape.outputChannels; begin += step) {
        ColumnChunkWork chunk;
        const std::uint32_t end = std::min(begin + step, shape.outputChannels);
        chunk.outputs = end - begin;
        chunk.groupBegin = begin / shape.outputsPerGroup();
        chunk.groupEnd = (end - 1) / shape.outputsPerGroup() + 1;
        for (std::uint32_t block = begin; block < end; block += width) {
            chunk.blocks.push_back(blockOf(array, shape, block, std::min(block + width, end)));
            streams += chunk.blocks.back().streams;
            for (const std::uint32_t channels : chunk.blocks.back().segments) {
                ++segments[channels];
            }
        }
        blocks += chunk.blocks.size();
        chunks.push_back(std::move(chunk));
    }
    ofGroups = countLoads(
        chunks,
        [&](const ColumnChunkWork& chunk) {
            return std::uint64_t{chunk.groupEnd - chunk.groupBegin} * shape.channelsPerGroup();
        },
        [](const ColumnChunkWork& left, const ColumnChunkWork& right) {
            return left.groupBegin == right.groupBegin && left.groupEnd == right.groupEnd;
        });
    ofAll = countLoads(
        chunks, [&](const ColumnChunkWork&) { return std::uint64_t{shape.inputChannels}; },
        [](const ColumnChunkWork&, const ColumnChunkWork&) { return true; });
}

}  // namespace systole::arch
