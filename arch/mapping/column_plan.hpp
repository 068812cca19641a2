// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "arch/mapping/tiling.hpp"

/// The output channels of a layer, cut into column chunks of column blocks. MappingSpace makes one
/// plan for every chunk size, dramTraffic and MappingTimeline count with it, and WeightPacking in
/// sim/lowering cuts the weights in the same way.
///
/// Two examples, on an array of 16 columns. A dense layer of 64 output channels, two blocks a
/// chunk, gives 2 chunks of 2 blocks; every block is one stream. A layer of 4 groups of 10 output
/// channels would need 2, 3 and 1 streams in blocks of 16, 16 and 8 channels, because they touch
/// groups 0 and 1, groups 1 to 3, and group 3. Cut at its groups it has 4 blocks of 10 channels, of
/// one stream each.
namespace systole::arch {

/// Where the output channels are cut into column blocks: a block ends after every `width` channels
/// and after every `period` of them. Blocks are as wide as the array, and may straddle groups,
/// unless blocks that end with their groups need fewer folds. Then a block has as many whole groups
/// as the array has columns for; a group wider than the array has blocks of its own.
struct ColumnCut {
    std::uint32_t width = 1;   ///< channels of a block at most
    std::uint32_t period = 1;  ///< a multiple of the width, or a group wider than it

    /// One past the last channel of the block that begins at `begin`.
    std::uint32_t blockEnd(std::uint32_t begin, std::uint32_t outputs) const {
        const std::uint32_t stop = std::min((begin / period + 1) * period, outputs);
        return std::min(begin + width, stop);
    }
    std::uint32_t blocks(std::uint32_t outputs) const;
    /// One past the last channel of the first `count` blocks.
    std::uint32_t endOf(std::uint32_t count, std::uint32_t outputs) const;
    bool operator==(const ColumnCut&) const = default;
};

/// The cut of a layer whose folds hold up to `groupsTogether` groups.
ColumnCut columnCut(const ArrayConfig& array, const ConvolutionShape& shape,
                    std::uint32_t groupsTogether);

/// The work on one column block. Its sums fill one half of the accumulator buffer, then the array
/// goes on with the other half while the vector unit empties the first one.
struct ColumnBlockWork {
    std::uint32_t channels = 0;
    std::uint32_t streams = 0;            ///< folds for one part of outputs and reduction
    std::vector<std::uint32_t> segments;  ///< channels of each; input stationary only

    bool operator==(const ColumnBlockWork&) const = default;
};

/// The work on one column chunk: its blocks, and the groups that they touch.
struct ColumnChunkWork {
    std::uint32_t outputs = 0;
    std::uint32_t groupBegin = 0;  ///< first group
    std::uint32_t groupEnd = 1;    ///< one past the last group
    /// Shared by chunks that are cut alike, because a wide layer has very many chunks.
    std::shared_ptr<const std::vector<ColumnBlockWork>> blocks;
};

/// Input channels that the column chunks need, for counting what loads bring: all = first +
/// changed + repeated. Two chunks of a dense layer of 32 input channels give 64 = 32 + 0 + 32.
struct ChannelLoads {
    std::uint64_t all = 0;       ///< sum over all chunks
    std::uint64_t first = 0;     ///< channels of the first chunk
    std::uint64_t changed = 0;   ///< of later chunks that need other channels than the one before
    std::uint64_t repeated = 0;  ///< of later chunks that need the same channels as the one before
    bool returns = true;         ///< whether the last chunk needs the same channels as the first
};

/// All column chunks of a layer, and the sums over them that the estimates need.
struct ColumnPlan {
    ColumnPlan(const ArrayConfig& array, const ConvolutionShape& shape,
               std::uint32_t blocksTogether, std::uint32_t groupsTogether);

    /// The loads for ConvolutionTiling::channelChunk. If it is 0 every chunk loads the channels of
    /// its own groups, else it loads all channels.
    const ChannelLoads& loads(std::uint32_t channelChunk) const {
        return channelChunk == 0 ? ofGroups : ofAll;
    }

    std::uint32_t blocksPerChunk;
    std::uint32_t groupsTogether;
    std::vector<ColumnChunkWork> chunks;
    std::uint64_t streams = 0;                      ///< sum over all blocks
    std::map<std::uint32_t, std::uint64_t> widths;  ///< how many blocks have so many channels
    std::uint64_t blocks = 0;                       ///< number of blocks
    /// How many segments have so many channels; input stationary only.
    std::map<std::uint32_t, std::uint64_t> segments;
    ChannelLoads ofGroups;
    ChannelLoads ofAll;
};

}  // namespace systole::arch
