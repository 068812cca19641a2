// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arch/mapping/tiling.hpp"
#include "arch/values/machine_state.hpp"
#include "sim/quantize/quantized_network.hpp"

namespace systole::sim {

/// Half open range of channels.
struct ChannelRange {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    std::uint32_t size() const { return end - begin; }
    bool operator==(const ChannelRange&) const = default;
};

/// Output channels of one column block that reduce over the same inputs. A dense layer has one
/// segment a block; a grouped one has one for every group the block touches.
struct Segment {
    ChannelRange outputs;
    std::uint32_t blockOffset = 0;   ///< of the first output in its block
    ChannelRange inputs;             ///< absolute input channels
    std::uint32_t weightOffset = 0;  ///< of the first fold; folds follow each other densely
};

/// One column block: as many consecutive output channels as the array has columns; input
/// stationary, where channels lie along time, all of the chunk.
struct ColumnBlock {
    ChannelRange outputs;
    std::vector<Segment> segments;
    std::uint32_t parameterOffset = 0;  ///< records of its outputs
};

/// What one LoadWeights brings: the weights of some column blocks for some input channels, and the
/// blocks' parameter records.
struct WeightChunk {
    std::vector<ColumnBlock> blocks;
    ChannelRange outputs;
    ChannelRange inputs;  ///< channels that a tile must hold
    std::vector<std::uint8_t> bytes;
};

/// Chunks by [column chunk][channel chunk], in the layout that `Stream` and `Requantize` read.
std::vector<std::vector<WeightChunk>> packWeights(const QuantizedConvolution& convolution,
                                                  const arch::ConvolutionShape& shape,
                                                  const arch::ConvolutionTiling& tiling,
                                                  const arch::ArrayConfig& array,
                                                  const arch::Datapath& datapath,
                                                  numeric::ScaleArithmetic arithmetic);

}  // namespace systole::sim
