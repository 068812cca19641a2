// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/weight_packing.hpp"

#include <algorithm>

#include "arch/fold/fold.hpp"
#include "models/check.hpp"
#include "models/units.hpp"

namespace systole::sim {

std::uint32_t groupsTogether(const ColumnBlock& block, std::size_t first,
                             const arch::ArrayConfig& array, const arch::ConvolutionShape& shape) {
    const std::uint32_t most = arch::groupsPerFold(array, shape);
    std::uint32_t count = 0;
    while (count < most && first + count < block.segments.size() &&
           block.segments[first + count].outputs.size() == shape.outputsPerGroup()) {
        ++count;
    }
    return std::max(count, 1U);
}

WeightPacking::WeightPacking(const QuantizedConvolution& convolution,
                             const arch::ConvolutionShape& shape,
                             const arch::ConvolutionTiling& tiling, const arch::ArrayConfig& array,
                             const arch::Datapath& datapath, numeric::ScaleArithmetic arithmetic)
    : convolution_(convolution),
      shape_(shape),
      tiling_(tiling),
      array_(array),
      datapath_(datapath),
      arithmetic_(arithmetic) {}

std::uint32_t WeightPacking::columnChunks() const {
    const std::uint64_t step = std::uint64_t{tiling_.blocksPerChunk} * array_.columns;
    return static_cast<std::uint32_t>(ceilDivide(shape_.outputChannels, step));
}

ChannelRange WeightPacking::outputs(std::uint32_t columnChunk) const {
    const std::uint32_t step = tiling_.blocksPerChunk * array_.columns;
    return {columnChunk * step, std::min((columnChunk + 1) * step, shape_.outputChannels)};
}

std::uint32_t WeightPacking::channelChunks(std::uint32_t /*columnChunk*/) const {
    return tiling_.channelChunk == 0
               ? 1
               : static_cast<std::uint32_t>(ceilDivide(shape_.inputChannels, tiling_.channelChunk));
}

/// The input channels of the loads that a column chunk needs (ConvolutionTiling::channelChunk).
ChannelRange WeightPacking::inputs(std::uint32_t columnChunk, std::uint32_t channelChunk) const {
    if (tiling_.channelChunk == 0) {
        const ChannelRange range = outputs(columnChunk);
        const std::uint32_t perGroup = shape_.channelsPerGroup();
        return {groupOf(range.begin) * perGroup, (groupOf(range.end - 1) + 1) * perGroup};
    }
    const std::uint32_t begin = channelChunk * tiling_.channelChunk;
    return {begin, std::min(begin + tiling_.channelChunk, shape_.inputChannels)};
}

std::uint64_t WeightPacking::bytes(std::uint32_t columnChunk, std::uint32_t channelChunk) const {
    const std::uint32_t channels =
        shape_.groups == 1 ? inputs(columnChunk, channelChunk).size() : shape_.channelsPerGroup();
    const std::uint64_t reduction =
        std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth * channels;
    return outputs(columnChunk).size() *
           (reduction * datapath_.weightBytes + arch::parameterBytes(datapath_, arithmetic_));
}

WeightChunk WeightPacking::chunk(std::uint32_t columnChunk, std::uint32_t channelChunk,
                                 WeightBytes bytes) const {
    WeightChunk chunk;
    chunk.outputs = outputs(columnChunk);
    chunk.inputs = inputs(columnChunk, channelChunk);
    const std::uint32_t limit = arch::foldLimits(array_).channels;
    const std::uint32_t width = limit == 0 ? chunk.outputs.size() : limit;
    for (std::uint32_t begin = chunk.outputs.begin; begin < chunk.outputs.end; begin += width) {
        chunk.blocks.push_back(
            packBlock({begin, std::min(begin + width, chunk.outputs.end)}, chunk, bytes));
    }
    SYSTOLE_CHECK(chunk.size == this->bytes(columnChunk, channelChunk),
                  "a chunk of {} bytes, {} were placed", chunk.size,
                  this->bytes(columnChunk, channelChunk));
    return chunk;
}

ColumnBlock WeightPacking::packBlock(const ChannelRange& outputs, WeightChunk& chunk,
                                     WeightBytes bytes) const {
    ColumnBlock block;
    block.outputs = outputs;
    const std::uint32_t perGroup = shape_.outputsPerGroup();
    for (std::uint32_t begin = outputs.begin; begin < outputs.end;) {
        const std::uint32_t group = groupOf(begin);
        Segment segment;
        segment.outputs = {begin, std::min((group + 1) * perGroup, outputs.end)};
        segment.blockOffset = begin - outputs.begin;
        segment.inputs = shape_.groups == 1 ? chunk.inputs
                                            : ChannelRange{group * shape_.channelsPerGroup(),
                                                           (group + 1) * shape_.channelsPerGroup()};
        segment.weightOffset = static_cast<std::uint32_t>(chunk.size);
        chunk.size += std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth *
                      segment.inputs.size() * segment.outputs.size() * datapath_.weightBytes;
        if (bytes == WeightBytes::Packed) {
            appendWeights(segment, chunk.bytes);
        }
        block.segments.push_back(segment);
        begin = segment.outputs.end;
    }
    block.parameterOffset = static_cast<std::uint32_t>(chunk.size);
    chunk.size += std::uint64_t{outputs.size()} * arch::parameterBytes(datapath_, arithmetic_);
    for (std::uint32_t output = outputs.begin; bytes == WeightBytes::Packed && output < outputs.end;
         ++output) {
        // The bias, then the scale: arch::readParameters reads it.
        arch::appendParameters({convolution_.bias.at(output), convolution_.rescales.at(output)},
                               datapath_, arithmetic_, chunk.bytes);
    }
    return block;
}

/// Appends the weights row by row of the reduction, so that the rows of a fold are consecutive.
void WeightPacking::appendWeights(const Segment& segment, std::vector<std::uint8_t>& bytes) const {
    const std::uint32_t perGroup = shape_.channelsPerGroup();
    const std::uint32_t firstOfGroup = groupOf(segment.outputs.begin) * perGroup;
    const std::uint64_t reduction = convolution_.reduction();
    for (std::uint32_t tap = 0; tap < shape_.kernelHeight * shape_.kernelWidth; ++tap) {
        for (std::uint32_t c = segment.inputs.begin; c < segment.inputs.end; ++c) {
            const std::uint64_t k = std::uint64_t{tap} * perGroup + (c - firstOfGroup);
            for (std::uint32_t n = segment.outputs.begin; n < segment.outputs.end; ++n) {
                appendCode(convolution_.weights.at(n * reduction + k), bytes);
            }
        }
    }
}

/// Codes are stored with the low byte first (stored_codes.hpp).
void WeightPacking::appendCode(numeric::Code code, std::vector<std::uint8_t>& bytes) const {
    for (std::uint32_t i = 0; i < datapath_.weightBytes; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(code >> (8 * i)));
    }
}

}  // namespace systole::sim
