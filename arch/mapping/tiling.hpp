// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "arch/config.hpp"

/// How a layer is cut so that its pieces fit the scratchpads. A piece is a *tile* of output
/// positions, times a *column chunk* of output channels (a whole number of column blocks, each as
/// wide as the array), times a *channel chunk* of the reduction.
namespace systole::arch {

/// A convolution (or GEMM: 1 x 1 kernel, height M, width 1) as the array sees it.
struct ConvolutionShape {
    std::uint32_t inputHeight = 1;
    std::uint32_t inputWidth = 1;
    std::uint32_t inputChannels = 1;
    std::uint32_t outputHeight = 1;
    std::uint32_t outputWidth = 1;
    std::uint32_t outputChannels = 1;
    std::uint32_t kernelHeight = 1;
    std::uint32_t kernelWidth = 1;
    std::uint32_t strideY = 1;
    std::uint32_t strideX = 1;
    std::uint32_t dilationY = 1;
    std::uint32_t dilationX = 1;
    std::uint32_t upsampleY = 1;  ///< of a transposed convolution: its stride
    std::uint32_t upsampleX = 1;
    std::int32_t padTop = 0;
    std::int32_t padLeft = 0;
    std::uint32_t groups = 1;
    bool hasSkip = false;  ///< a residual operand is loaded with every output tile

    std::uint32_t channelsPerGroup() const { return inputChannels / groups; }
    std::uint32_t outputsPerGroup() const { return outputChannels / groups; }
    std::uint64_t macs() const {
        return std::uint64_t{outputHeight} * outputWidth * outputChannels * kernelHeight *
               kernelWidth * channelsPerGroup();
    }
};

/// Bytes of one of the two buffers of each kind in the activation scratchpad.
struct ActivationBuffers {
    std::uint32_t input = 0;
    std::uint32_t output = 0;
    std::uint32_t skip = 0;

    std::uint64_t total() const { return 2 * (std::uint64_t{input} + output + skip); }
};

struct ConvolutionTiling {
    std::uint32_t tileHeight =
        1;  ///< output rows and columns of a tile; the last ones may be smaller
    std::uint32_t tileWidth = 1;
    /// Input channels of a load: all of them, a part (dense layers: the reduction is split), or, in
    /// grouped layers, those of the column chunk's groups (0).
    std::uint32_t channelChunk = 1;
    std::uint32_t blocksPerChunk = 1;  ///< column blocks whose weights are loaded together
    bool weightsOuter = true;  ///< column chunks outside, tiles inside; else the other way round
    ActivationBuffers buffers;
    std::uint32_t weightBufferBytes = 0;  ///< of one half
    std::uint32_t accumulatorRows = 0;    ///< of one half

    bool splits(const ConvolutionShape& shape) const {
        return shape.groups == 1 && channelChunk < shape.inputChannels;
    }
};

/// What does not fit: `needs N bytes, ... has M`.
struct DoesNotFit {
    std::string reason;
};

/// Groups that one fold holds block-diagonally: 1 without depthwise packing, and where the
/// reduction of a group is longer than half of the array's rows.
std::uint32_t groupsPerFold(const ArrayConfig& array, const ConvolutionShape& shape);

/// Input rows (or columns) that `outputs` output positions read; at most, where zeros lie between
/// them.
inline std::uint32_t inputExtent(std::uint32_t outputs, std::uint32_t stride, std::uint32_t kernel,
                                 std::uint32_t dilation, std::uint32_t upsample = 1) {
    return ((outputs - 1) * stride + (kernel - 1) * dilation) / upsample + 1;
}

}  // namespace systole::arch
