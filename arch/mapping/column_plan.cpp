// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/column_plan.hpp"

#include <algorithm>

#include "arch/fold/fold.hpp"

namespace systole::arch {
namespace {

/// The block of output channels begin .. end. Each group in it is a segment. Whole groups share a
/// fold as long as the fold has room; a part of a group has a fold of its own.
ColumnBlockWork blockOf(const ArrayConfig& array, const ConvolutionShape& shape,
                        std::uint32_t begin, std::uint32_t end, std::uint32_t together) {
    const std::uint32_t perGroup = shape.outputsPerGroup();
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

/// Streams of the whole layer for one part of outputs and reduction.
std::uint64_t streamsOf(const ArrayConfig& array, const ConvolutionShape& shape,
                        const ColumnCut& cut, std::uint32_t together) {
    std::uint64_t streams = 0;
    for (std::uint32_t begin = 0; begin < shape.outputChannels;) {
        const std::uint32_t end = cut.blockEnd(begin, shape.outputChannels);
        streams += blockOf(array, shape, begin, end, together).streams;
        begin = end;
    }
    return streams;
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

std::uint32_t ColumnCut::blocks(std::uint32_t outputs) const {
    std::uint32_t count = 0;
    for (std::uint32_t begin = 0; begin < outputs; begin = blockEnd(begin, outputs)) {
        ++count;
    }
    return count;
}

std::uint32_t ColumnCut::endOf(std::uint32_t count, std::uint32_t outputs) const {
    std::uint32_t end = 0;
    for (std::uint32_t i = 0; i < count && end < outputs; ++i) {
        end = blockEnd(end, outputs);
    }
    return end;
}

ColumnCut columnCut(const ArrayConfig& array, const ConvolutionShape& shape,
                    std::uint32_t groupsTogether) {
    const ColumnCut full{array.columns, array.columns};
    const std::uint32_t perGroup = shape.outputsPerGroup();
    if (shape.groups == 1) {
        return full;
    }
    const std::uint32_t whole = std::max(array.columns / perGroup, 1U) * perGroup;
    const ColumnCut atGroups{std::min(whole, array.columns), whole};
    const auto streams = [&](const ColumnCut& cut) {
        return streamsOf(array, shape, cut, groupsTogether);
    };
    return streams(atGroups) < streams(full) ? atGroups : full;
}

ColumnPlan::ColumnPlan(const ArrayConfig& array, const ConvolutionShape& shape,
                       std::uint32_t blocksTogether, std::uint32_t together)
    : blocksPerChunk(blocksTogether), groupsTogether(together) {
    const ColumnCut cut = columnCut(array, shape, together);
    const bool inOne = foldLimits(array).channels == 0;  // a block has all channels of its chunk
    for (std::uint32_t begin = 0; begin < shape.outputChannels;) {
        std::vector<ColumnBlockWork> work;
        std::uint32_t end = begin;
        for (std::uint32_t i = 0; i < blocksPerChunk && end < shape.outputChannels; ++i) {
            const std::uint32_t from = end;
            end = cut.blockEnd(from, shape.outputChannels);
            if (!inOne) {
                work.push_back(blockOf(array, shape, from, end, together));
            }
        }
        if (inOne) {
            work.push_back(blockOf(array, shape, begin, end, together));
        }
        const bool isNew = chunks.empty() || work != *chunks.back().blocks;
        ColumnChunkWork chunk;
        chunk.blocks = isNew ? std::make_shared<const std::vector<ColumnBlockWork>>(std::move(work))
                             : chunks.back().blocks;
        chunk.outputs = end - begin;
        chunk.groupBegin = begin / shape.outputsPerGroup();
        chunk.groupEnd = (end - 1) / shape.outputsPerGroup() + 1;
        for (const ColumnBlockWork& block : *chunk.blocks) {
            streams += block.streams;
            ++widths[block.channels];
            for (const std::uint32_t channels : block.segments) {
                ++segments[channels];
            }
        }
        blocks += chunk.blocks->size();
        chunks.push_back(std::move(chunk));
        begin = end;
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
