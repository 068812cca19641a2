// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "arch/mapping/tiling.hpp"

/// The output channels of a layer as the lowering cuts them: column chunks of column blocks.
namespace systole::arch {

/// What the array and the vector unit do together before the next half of the accumulator buffer.
struct ColumnBlockWork {
    std::uint32_t channels = 0;
    std::uint32_t streams = 0;            ///< folds side by side: segments, packed groups together
    std::vector<std::uint32_t> segments;  ///< channels of each; input stationary only
};

struct ColumnChunkWork {
    std::uint32_t outputs = 0;
    std::uint32_t groupBegin = 0;  ///< groups that it touches
    std::uint32_t groupEnd = 1;
    std::vector<ColumnBlockWork> blocks;
};

/// Input channels over the column chunks, for counting what loads bring.
struct ChannelLoads {
    std::uint64_t all = 0;       ///< of every chunk
    std::uint64_t first = 0;     ///< of the first one
    std::uint64_t changed = 0;   ///< of the others that need others than the chunk before
    std::uint64_t repeated = 0;  ///< of the others that need the same
    bool returns = true;         ///< the last chunk needs what the first one needs
};

struct ColumnPlan {
    ColumnPlan(const ArrayConfig& array, const ConvolutionShape& shape,
               std::uint32_t blocksTogether);

    /// `channelChunk` 0: every chunk loads the channels of its groups; else all channels.
    const ChannelLoads& loads(std::uint32_t channelChunk) const {
        return channelChunk == 0 ? ofGroups : ofAll;
    }

    std::uint32_t blocksPerChunk;
    std::vector<ColumnChunkWork> chunks;
    std::uint64_t streams = 0;  ///< of all blocks
    std::uint64_t blocks = 0;
    std::map<std::uint32_t, std::uint64_t> segments;  ///< how many by channels; see above
    ChannelLoads ofGroups;
    ChannelLoads ofAll;
};

}  // namespace systole::arch
