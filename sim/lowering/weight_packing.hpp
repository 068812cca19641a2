// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/mapping/column_plan.hpp"
#include "arch/mapping/tiling.hpp"
#include "arch/values/machine_state.hpp"

/// How the weights of matrix work lie in the weight scratchpad, and, where they are constants, the
/// bytes that loads of weights bring. weight_places.cpp places the chunks in DRAM, and
/// matrix_lowering.cpp points the commands at them. The layout is what arch::Stream and the
/// parameters of vector commands expect (arch/program). The channels are cut as arch::ColumnPlan
/// counts them.
///
/// The example of arch/mapping/tiling.hpp: a column chunk of two blocks of 16 output channels, with
/// all 32 input channels and 9 taps. A block has 288 x 16 = 4608 bytes of weights, [reduction
/// index][output channel], and then 16 records of 8 bytes. The second block begins at byte 4736,
/// and the chunk has 9472 bytes.
namespace systole::sim {

/// A range of channels: `begin` up to, not including, `end`.
struct ChannelRange {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    std::uint32_t size() const { return end - begin; }
    bool operator==(const ChannelRange&) const = default;
};

/// The output channels of one column block that reduce over the same inputs. A block of a dense
/// layer has one segment. A block of a grouped layer has one for every group that it touches.
struct Segment {
    ChannelRange outputs;
    std::uint32_t blockOffset = 0;   ///< place of the first output in its block
    ChannelRange inputs;             ///< counted in the whole input
    std::uint32_t weightOffset = 0;  ///< byte in the chunk at which its weights begin
};

/// One column block: consecutive output channels, as arch::ColumnCut cuts them. If input
/// stationary, channels lie along time, and the block has all channels of the chunk.
struct ColumnBlock {
    ChannelRange outputs;
    std::vector<Segment> segments;
    std::uint32_t parameterOffset = 0;  ///< byte in the chunk at which its records begin
};

/// What one load of weights brings: the weights of the blocks of a column chunk for the input channels
/// of a channel chunk, and the parameter records of the blocks.
struct WeightChunk {
    std::vector<ColumnBlock> blocks;
    ChannelRange outputs;
    ChannelRange inputs;     ///< channels that the tile must hold
    std::uint64_t size = 0;  ///< in bytes
};

/// Whether weights are packed, or only the places that they would have. Time depends on places
/// alone.
enum class WeightBytes : std::uint8_t { Packed, LeftOut };

/// What is packed.
struct LayerConstants {
    std::span<const numeric::Code> weights;  ///< [output][reduction index]
    std::span<const std::int64_t> biases;    ///< by output; empty: none
    std::vector<numeric::Rescale> rescales;  ///< by output
    /// Which members of the rescales count.
    numeric::ScaleArithmetic held = numeric::ScaleArithmetic::Fp32Multiplier;
};

/// Cuts the output channels into column chunks, blocks and segments, and packs the bytes of each.
/// Chunks are made when they are asked for: a layer may have more of them than fit the memory.
class WeightPacking {
public:
    /// Keeps references. `arithmetic` decides the room of a parameter record.
    WeightPacking(const arch::ConvolutionShape& shape, const arch::ConvolutionTiling& tiling,
                  const arch::ArrayConfig& array, const arch::Datapath& datapath,
                  numeric::ScaleArithmetic arithmetic);

    std::uint32_t columnChunks() const { return static_cast<std::uint32_t>(ends_.size()); }
    /// The channel chunks of a column chunk.
    std::uint32_t channelChunks(std::uint32_t columnChunk) const;
    ChannelRange outputs(std::uint32_t columnChunk) const;
    ChannelRange inputs(std::uint32_t columnChunk, std::uint32_t channelChunk) const;
    /// Bytes of a chunk.
    std::uint64_t bytes(std::uint32_t columnChunk, std::uint32_t channelChunk) const;
    WeightChunk chunk(std::uint32_t columnChunk, std::uint32_t channelChunk) const;
    /// The bytes of a chunk.
    std::vector<std::uint8_t> pack(const WeightChunk& chunk, const LayerConstants& constants) const;
    /// Appends the parameter records of some outputs.
    void appendRecords(const ChannelRange& outputs, const LayerConstants& constants,
                       std::vector<std::uint8_t>& bytes) const;
    std::uint32_t recordBytes() const { return arch::parameterBytes(datapath_, arithmetic_); }
    /// How many segments from `first` on share a fold. They must be whole groups, because a fold
    /// takes the weights of its groups from consecutive places.
    std::uint32_t groupsTogether(const ColumnBlock& block, std::size_t first) const;

private:
    std::uint64_t reductionPerOutput() const {
        return std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth * shape_.channelsPerGroup();
    }
    std::uint32_t groupOf(std::uint32_t output) const { return output / shape_.outputsPerGroup(); }
    ColumnBlock placeBlock(const ChannelRange& outputs, WeightChunk& chunk) const;
    void appendWeights(const Segment& segment, std::span<const numeric::Code> weights,
                       std::vector<std::uint8_t>& bytes) const;
    void appendCode(numeric::Code code, std::vector<std::uint8_t>& bytes) const;

    const arch::ConvolutionShape& shape_;
    const arch::ConvolutionTiling& tiling_;
    const arch::ArrayConfig& array_;
    const arch::Datapath& datapath_;
    numeric::ScaleArithmetic arithmetic_;
    arch::ColumnCut cut_;
    std::vector<std::uint32_t> ends_;  ///< of the column chunks: one past the last output channel
};

}  // namespace systole::sim
