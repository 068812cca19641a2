// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/tile_fit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch {
namespace {

constexpr std::uint64_t kLargestMemory = std::uint64_t{1} << 31;  // stands for "unlimited"

}  // namespace

TileFit::TileFit(const MachineConfig& machine, const Datapath& datapath,
                 const ConvolutionShape& shape, numeric::ScaleArithmetic arithmetic)
    : array_(machine.array),
      shape_(shape),
      cut_(columnCut(machine.array, shape, 1)),
      packedCut_(columnCut(machine.array, shape, groupsPerFold(machine.array, shape))),
      activationBytes_(datapath.activationBytes),
      outputBytes_(datapath.output.imageBytes),
      skipBytes_(datapath.skip.imageBytes),
      weightBytes_(datapath.weightBytes),
      recordBytes_(parameterBytes(datapath, arithmetic)),
      wordBytes_(activationLayout(machine).wordBytes()),
      activationCapacity_(activationLayout(machine).capacityBytes().value_or(kLargestMemory)),
      weightHalf_(weightLayout(machine).capacityBytes().value_or(kLargestMemory) / 2),
      accumulatorHalf_(machine.accumulatorBuffer.rows.value_or(kLargestMemory) / 2) {}

std::uint32_t TileFit::loadedChannels(const ConvolutionTiling& tiling) const {
    if (tiling.channelChunk != 0) {
        return tiling.channelChunk;
    }
    const ColumnCut& cut = cutOf(tiling);
    const std::uint64_t groups =
        std::min<std::uint64_t>(shape_.groups, mostGroups(cut, tiling.blocksPerChunk));
    return static_cast<std::uint32_t>(groups * shape_.channelsPerGroup());
}

/// The most groups that so many blocks in a row touch.
std::uint64_t TileFit::mostGroups(const ColumnCut& cut, std::uint64_t blocks) const {
    const std::uint64_t perGroup = shape_.outputsPerGroup();
    const bool endsWithGroups = cut.period % perGroup == 0;
    if (endsWithGroups && perGroup > cut.width) {
        // A group is several blocks, of which the first block may be the last one.
        const std::uint64_t blocksOfGroup = ceilDivide(perGroup, std::uint64_t{cut.width});
        return (blocks + blocksOfGroup - 2) / blocksOfGroup + 1;
    }
    // Otherwise blocks are whole groups, or may begin and end within one.
    return (blocks * cut.width - 1) / perGroup + (endsWithGroups ? 1 : 2);
}

std::uint64_t TileFit::chunkWeightBytes(const ConvolutionTiling& tiling) const {
    const std::uint32_t perGroup =
        shape_.groups > 1 ? shape_.channelsPerGroup() : tiling.channelChunk;
    const std::uint64_t reduction =
        std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth * perGroup;
    return chunkOutputs(tiling) * (reduction * weightBytes_ + recordBytes_);
}

std::uint64_t TileFit::chunkOutputs(const ConvolutionTiling& tiling) const {
    return std::min<std::uint64_t>(std::uint64_t{tiling.blocksPerChunk} * cutOf(tiling).width,
                                   shape_.outputChannels);
}

/// Rows of one half of the accumulator buffer. A half holds one pass over one block. Where the
/// reduction is split it holds all sums of the chunk, because they stay until the last part.
std::uint64_t TileFit::accumulatorRows(const ConvolutionTiling& tiling) const {
    const std::uint64_t outputs = std::uint64_t{tiling.tileHeight} * tiling.tileWidth;
    const bool splits = tiling.splits(shape_);
    if (array_.dataflow == Dataflow::InputStationary) {
        return chunkOutputs(tiling) * (splits ? ceilDivide(outputs, array_.columns) : 1);
    }
    return outputs * (splits ? tiling.blocksPerChunk : 1);
}

std::uint64_t TileFit::aligned(std::uint64_t bytes) const {
    return ceilDivide(bytes, wordBytes_) * wordBytes_;
}

std::uint64_t TileFit::inputBytes(const ConvolutionTiling& tiling) const {
    const std::uint64_t height =
        std::min(inputExtent(tiling.tileHeight, shape_.strideY, shape_.kernelHeight,
                             shape_.dilationY, shape_.upsampleY),
                 shape_.inputHeight);
    const std::uint64_t width =
        std::min(inputExtent(tiling.tileWidth, shape_.strideX, shape_.kernelWidth, shape_.dilationX,
                             shape_.upsampleX),
                 shape_.inputWidth);
    return aligned(height * width * loadedChannels(tiling) * activationBytes_);
}

std::uint64_t TileFit::outputBytes(const ConvolutionTiling& tiling) const {
    return aligned(outputElements(tiling) * outputBytes_);
}

std::uint64_t TileFit::skipBytes(const ConvolutionTiling& tiling) const {
    return shape_.hasSkip ? aligned(outputElements(tiling) * skipBytes_) : 0;
}

bool TileFit::fits(const ConvolutionTiling& tiling) const {
    return chunkWeightBytes(tiling) <= weightHalf_ && accumulatorRows(tiling) <= accumulatorHalf_ &&
           2 * (inputBytes(tiling) + outputBytes(tiling) + skipBytes(tiling)) <=
               activationCapacity_;
}

ConvolutionTiling TileFit::withBuffers(ConvolutionTiling tiling) const {
    const auto problem = problemOf(tiling);
    SYSTOLE_CHECK(!problem, "{}", *problem);
    tiling.weightBufferBytes = static_cast<std::uint32_t>(chunkWeightBytes(tiling));
    tiling.accumulatorRows = static_cast<std::uint32_t>(accumulatorRows(tiling));
    tiling.buffers = {static_cast<std::uint32_t>(inputBytes(tiling)),
                      static_cast<std::uint32_t>(outputBytes(tiling)),
                      static_cast<std::uint32_t>(skipBytes(tiling))};
    return tiling;
}

std::optional<std::string> TileFit::problemOf(const ConvolutionTiling& tiling) const {
    if (fits(tiling)) {
        return std::nullopt;
    }
    if (const std::uint64_t weights = chunkWeightBytes(tiling); weights > weightHalf_) {
        const std::string blocks = tiling.blocksPerChunk == 1
                                       ? "one block"
                                       : fmt::format("{} blocks", tiling.blocksPerChunk);
        return fmt::format(
            "the weights of {} of {} output channels need {} bytes, half of the weight scratchpad "
            "has {}",
            blocks, cutOf(tiling).width, weights, weightHalf_);
    }
    if (const std::uint64_t rows = accumulatorRows(tiling); rows > accumulatorHalf_) {
        return fmt::format(
            "a tile of {} outputs and {} channels needs {} rows of half of the accumulator buffer, "
            "which has {}",
            std::uint64_t{tiling.tileHeight} * tiling.tileWidth, chunkOutputs(tiling), rows,
            accumulatorHalf_);
    }
    const std::uint64_t output = outputBytes(tiling) + skipBytes(tiling);
    return fmt::format("a tile of {} x {} outputs needs {} bytes, the activation scratchpad has {}",
                       tiling.tileHeight, tiling.tileWidth, 2 * (inputBytes(tiling) + output),
                       activationCapacity_);
}

}  // namespace systole::arch
