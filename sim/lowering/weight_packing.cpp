// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/weight_packing.hpp"

#include <algorithm>

#include "arch/fold/fold.hpp"
#include "models/check.hpp"
#include "models/units.hpp"

namespace systole::sim {

WeightPacking::WeightPacking(const arch::ConvolutionShape& shape,
                             const arch::ConvolutionTiling& tiling, const arch::ArrayConfig& array,
                             const arch::Datapath& datapath, numeric::ScaleArithmetic arithmetic)
    : shape_(shape),
      tiling_(tiling),
      array_(array),
      datapath_(datapath),
      arithmetic_(arithmetic),
      cut_(arch::columnCut(array, shape, tiling.groupsTogether)) {
    for (std::uint32_t end = 0; end < shape.outputChannels;) {
        for (std::uint32_t i = 0; i < tiling.blocksPerChunk && end < shape.outputChannels; ++i) {
            end = cut_.blockEnd(end, shape.outputChannels);
        }
        ends_.push_back(end);
    }
}

ChannelRange WeightPacking::outputs(std::uint32_t columnChunk) const {
    return {columnChunk == 0 ? 0 : ends_.at(columnChunk - 1), ends_.at(columnChunk)};
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
    const std::uint64_t reduction = std::uint64_t{shape_.window.taps()} * channels;
    return outputs(columnChunk).size() *
           (reduction * datapath_.weightBytes + arch::parameterBytes(datapath_, arithmetic_));
}

WeightChunk WeightPacking::chunk(std::uint32_t columnChunk, std::uint32_t channelChunk) const {
    WeightChunk chunk;
    chunk.outputs = outputs(columnChunk);
    chunk.inputs = inputs(columnChunk, channelChunk);
    const bool inOne = arch::foldLimits(array_).channels == 0;
    for (std::uint32_t begin = chunk.outputs.begin; begin < chunk.outputs.end;) {
        const std::uint32_t end =
            inOne ? chunk.outputs.end : cut_.blockEnd(begin, shape_.outputChannels);
        chunk.blocks.push_back(placeBlock({begin, end}, chunk));
        begin = end;
    }
    SYSTOLE_CHECK(chunk.size == bytes(columnChunk, channelChunk),
                  "a chunk of {} bytes, {} were placed", chunk.size,
                  bytes(columnChunk, channelChunk));
    return chunk;
}

std::uint32_t WeightPacking::groupsTogether(const ColumnBlock& block, std::size_t first) const {
    std::uint32_t count = 0;
    while (count < tiling_.groupsTogether && first + count < block.segments.size() &&
           block.segments[first + count].outputs.size() == shape_.outputsPerGroup()) {
        ++count;
    }
    return std::max(count, 1U);
}

ColumnBlock WeightPacking::placeBlock(const ChannelRange& outputs, WeightChunk& chunk) const {
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
        chunk.size += std::uint64_t{shape_.window.taps()} * segment.inputs.size() *
                      segment.outputs.size() * datapath_.weightBytes;
        block.segments.push_back(segment);
        begin = segment.outputs.end;
    }
    block.parameterOffset = static_cast<std::uint32_t>(chunk.size);
    chunk.size += std::uint64_t{outputs.size()} * recordBytes();
    return block;
}

std::vector<std::uint8_t> WeightPacking::pack(const WeightChunk& chunk,
                                              const LayerConstants& constants) const {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(chunk.size);
    for (const ColumnBlock& block : chunk.blocks) {
        for (const Segment& segment : block.segments) {
            appendWeights(segment, constants.weights, bytes);
        }
        appendRecords(block.outputs, constants, bytes);
    }
    SYSTOLE_CHECK(bytes.size() == chunk.size, "weight chunk of {} bytes, {} packed", chunk.size,
                  bytes.size());
    return bytes;
}

/// The bias, then the scale: arch::readParameters reads it.
void WeightPacking::appendRecords(const ChannelRange& outputs, const LayerConstants& constants,
                                  std::vector<std::uint8_t>& bytes) const {
    for (std::uint32_t output = outputs.begin; output < outputs.end; ++output) {
        const std::int64_t bias = constants.biases.empty() ? 0 : constants.biases[output];
        arch::appendParameters({bias, constants.rescales.at(output)}, datapath_, arithmetic_,
                               constants.held, bytes);
    }
}

/// Appends the weights row by row of the reduction, so that the rows of a fold are consecutive.
void WeightPacking::appendWeights(const Segment& segment, std::span<const numeric::Code> weights,
                                  std::vector<std::uint8_t>& bytes) const {
    SYSTOLE_CHECK(weights.size() == shape_.outputChannels * reductionPerOutput(),
                  "{} weights of {} outputs", weights.size(), shape_.outputChannels);
    const std::uint32_t perGroup = shape_.channelsPerGroup();
    const std::uint32_t firstOfGroup = groupOf(segment.outputs.begin) * perGroup;
    const std::uint64_t reduction = reductionPerOutput();
    for (std::uint32_t tap = 0; tap < shape_.window.taps(); ++tap) {
        for (std::uint32_t c = segment.inputs.begin; c < segment.inputs.end; ++c) {
            const std::uint64_t k = std::uint64_t{tap} * perGroup + (c - firstOfGroup);
            for (std::uint32_t n = segment.outputs.begin; n < segment.outputs.end; ++n) {
                appendCode(weights[n * reduction + k], bytes);
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
