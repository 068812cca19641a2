// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/weight_packing.hpp"

#include <algorithm>

#include "arch/fold/fold.hpp"
#include "arch/mapping/column_plan.hpp"
#include "models/check.hpp"

namespace systole::sim {
namespace {

/// Cuts the output channels into column chunks, blocks and segments, and appends the bytes of each.
class Packer {
public:
    Packer(const QuantizedConvolution& convolution, const arch::ConvolutionShape& shape,
           const arch::ConvolutionTiling& tiling, const arch::ArrayConfig& array,
           const arch::Datapath& datapath, numeric::ScaleArithmetic arithmetic, WeightBytes content)
        : convolution_(convolution),
          shape_(shape),
          tiling_(tiling),
          array_(array),
          datapath_(datapath),
          arithmetic_(arithmetic),
          content_(content),
          cut_(arch::columnCut(array, shape, tiling.groupsTogether)) {}

    std::vector<std::vector<WeightChunk>> pack() const {
        std::vector<std::vector<WeightChunk>> chunks;
        for (std::uint32_t begin = 0; begin < shape_.outputChannels;) {
            std::vector<std::uint32_t> ends;
            std::uint32_t end = begin;
            while (ends.size() < tiling_.blocksPerChunk && end < shape_.outputChannels) {
                end = cut_.blockEnd(end, shape_.outputChannels);
                ends.push_back(end);
            }
            if (arch::foldLimits(array_).channels == 0) {
                ends = {end};
            }
            const ChannelRange outputs{begin, end};
            std::vector<WeightChunk> row;
            for (const ChannelRange& inputs : inputChunks(outputs)) {
                row.push_back(packChunk(outputs, ends, inputs));
            }
            chunks.push_back(std::move(row));
            begin = end;
        }
        return chunks;
    }

private:
    std::uint32_t groupOf(std::uint32_t output) const { return output / shape_.outputsPerGroup(); }

    /// The input channels of the loads that a column chunk needs (ConvolutionTiling::channelChunk).
    std::vector<ChannelRange> inputChunks(const ChannelRange& outputs) const {
        if (shape_.groups > 1 && tiling_.channelChunk == 0) {
            const std::uint32_t perGroup = shape_.channelsPerGroup();
            return {{groupOf(outputs.begin) * perGroup, (groupOf(outputs.end - 1) + 1) * perGroup}};
        }
        std::vector<ChannelRange> chunks;
        for (std::uint32_t begin = 0; begin < shape_.inputChannels; begin += tiling_.channelChunk) {
            chunks.push_back({begin, std::min(begin + tiling_.channelChunk, shape_.inputChannels)});
        }
        return chunks;
    }

    /// `ends` are the ends of the chunk's blocks.
    WeightChunk packChunk(const ChannelRange& outputs, const std::vector<std::uint32_t>& ends,
                          const ChannelRange& inputs) const {
        WeightChunk chunk;
        chunk.outputs = outputs;
        chunk.inputs = inputs;
        std::uint32_t begin = outputs.begin;
        for (const std::uint32_t end : ends) {
            chunk.blocks.push_back(packBlock({begin, end}, chunk));
            begin = end;
        }
        SYSTOLE_CHECK(content_ == WeightBytes::LeftOut || chunk.bytes.size() == chunk.size,
                      "weight chunk of {} bytes, {} packed", chunk.size, chunk.bytes.size());
        return chunk;
    }

    ColumnBlock packBlock(const ChannelRange& outputs, WeightChunk& chunk) const {
        ColumnBlock block;
        block.outputs = outputs;
        const std::uint32_t perGroup = shape_.outputsPerGroup();
        for (std::uint32_t begin = outputs.begin; begin < outputs.end;) {
            const std::uint32_t group = groupOf(begin);
            Segment segment;
            segment.outputs = {begin, std::min((group + 1) * perGroup, outputs.end)};
            segment.blockOffset = begin - outputs.begin;
            segment.inputs = shape_.groups == 1
                                 ? chunk.inputs
                                 : ChannelRange{group * shape_.channelsPerGroup(),
                                                (group + 1) * shape_.channelsPerGroup()};
            segment.weightOffset = chunk.size;
            chunk.size += shape_.kernelHeight * shape_.kernelWidth * segment.inputs.size() *
                          segment.outputs.size() * datapath_.weightBytes;
            if (content_ == WeightBytes::Packed) {
                appendWeights(segment, chunk.bytes);
            }
            block.segments.push_back(segment);
            begin = segment.outputs.end;
        }
        block.parameterOffset = chunk.size;
        chunk.size += outputs.size() * arch::parameterBytes(datapath_, arithmetic_);
        for (std::uint32_t output = outputs.begin;
             content_ == WeightBytes::Packed && output < outputs.end; ++output) {
            appendParameters(output, chunk.bytes);
        }
        return block;
    }

    /// Appends the weights row by row of the reduction, so that the rows of a fold are consecutive.
    void appendWeights(const Segment& segment, std::vector<std::uint8_t>& bytes) const {
        const std::uint32_t perGroup = shape_.channelsPerGroup();
        const std::uint32_t firstOfGroup = groupOf(segment.outputs.begin) * perGroup;
        const std::uint64_t reduction =
            std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth * perGroup;
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
    void appendCode(numeric::Code code, std::vector<std::uint8_t>& bytes) const {
        for (std::uint32_t i = 0; i < datapath_.weightBytes; ++i) {
            bytes.push_back(static_cast<std::uint8_t>(code >> (8 * i)));
        }
    }

    /// The parameter record of an output channel: the bias, then the scale. readParameters in
    /// arch/datapath.hpp reads it.
    void appendParameters(std::uint32_t output, std::vector<std::uint8_t>& bytes) const {
        arch::appendParameters({convolution_.bias.at(output), convolution_.rescales.at(output)},
                               datapath_, arithmetic_, bytes);
    }

    const QuantizedConvolution& convolution_;
    const arch::ConvolutionShape& shape_;
    const arch::ConvolutionTiling& tiling_;
    const arch::ArrayConfig& array_;
    const arch::Datapath& datapath_;
    numeric::ScaleArithmetic arithmetic_;
    WeightBytes content_;
    arch::ColumnCut cut_;
};

}  // namespace

std::vector<std::vector<WeightChunk>> packWeights(
    const QuantizedConvolution& convolution, const arch::ConvolutionShape& shape,
    const arch::ConvolutionTiling& tiling, const arch::ArrayConfig& array,
    const arch::Datapath& datapath, numeric::ScaleArithmetic arithmetic, WeightBytes content) {
    return Packer(convolution, shape, tiling, array, datapath, arithmetic, content).pack();
}

}  // namespace systole::sim
