// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "arch/config.hpp"
#include "arch/program/window.hpp"

/// The words of the mapping (docs/mapping.md). A layer is too large for the scratchpads, so it is
/// cut into pieces. A piece is one *tile* of output positions, times one *column chunk* of output
/// channels, times one *channel chunk* of the reduction. A column chunk is a whole number of
/// *column blocks*, and a block is as wide as the array.
///
/// MappingSpace lists the ways to cut a layer, TileFit says which of them fit, MappingCosts
/// estimates their time, and searchMapping takes the best one. sim/lowering then writes the
/// commands of that one. This file holds what all of them share: the layer's shape and its tiling.
///
/// The example of this folder: a 3 x 3 convolution, padded by 1, makes 14 x 14 x 64 outputs (height
/// x width x channels) of 14 x 14 x 32 inputs, on a weight-stationary array of 16 x 16, with
/// operands of one byte. Tiles of 8 x 14 outputs give two tiles, of 8 and of 6 rows. Two blocks a
/// chunk give two column chunks of 32 output channels each. With all 32 input channels in one
/// channel chunk the layer has 2 x 2 x 1 = 4 pieces.
namespace systole::arch {

/// A convolution as the array sees it; docs/arithmetic.md defines what it computes. A GEMM is a
/// convolution with a 1 x 1 kernel over an image of height M and width 1. Sizes count elements.
struct ConvolutionShape {
    std::uint32_t inputHeight = 1;
    std::uint32_t inputWidth = 1;
    std::uint32_t inputChannels = 1;
    std::uint32_t outputHeight = 1;
    std::uint32_t outputWidth = 1;
    std::uint32_t outputChannels = 1;
    Window window{};
    std::uint32_t groups = 1;
    std::uint32_t images = 1;  ///< that the same weights meet, one after another
    bool hasSkip = false;      ///< a residual operand is loaded with every output tile
    /// Cycles from one group of sums into the vector unit to the next.
    std::uint32_t vectorInterval = 1;

    std::uint32_t channelsPerGroup() const { return inputChannels / groups; }
    std::uint32_t outputsPerGroup() const { return outputChannels / groups; }
    /// Of one sum.
    std::uint64_t reduction() const { return std::uint64_t{window.taps()} * channelsPerGroup(); }
    /// Output positions of all images.
    std::uint64_t positions() const { return std::uint64_t{images} * outputHeight * outputWidth; }
    std::uint64_t macs() const {
        return std::uint64_t{images} * outputHeight * outputWidth * outputChannels * reduction();
    }
};

/// A layer whose kernel covers its whole image is a product of one row: the image's elements lie
/// one after another, as its reduction indices do. The result has them as the channels of an image
/// of 1 x 1, so that the reduction can be cut anywhere. A kernel of 7 x 7 over 7 x 7 x 64 becomes
/// 1 x 1 over 3136 channels. Every other layer comes back unchanged.
ConvolutionShape asVector(const ConvolutionShape& shape);

/// Bytes of a buffer in the activation scratchpad. There are two buffers of each kind, so that one
/// can be filled while the other one is in use: buffers of 4480 input bytes and 3584 output bytes
/// take 2 x (4480 + 3584) = 16128 bytes together.
struct ActivationBuffers {
    std::uint32_t input = 0;
    std::uint32_t output = 0;
    std::uint32_t skip = 0;

    std::uint64_t total() const { return 2 * (std::uint64_t{input} + output + skip); }
};

/// How a convolution is cut. TileFit fills in the sizes of the buffers.
struct ConvolutionTiling {
    std::uint32_t tileHeight =
        1;  ///< output rows and columns of a tile; the last tile may be smaller
    std::uint32_t tileWidth = 1;
    /// Input channels of a load. A dense layer loads all of them, or a part, and then its reduction
    /// is split. A grouped layer loads all of them, or, if this is 0, only the channels of the
    /// groups that the column chunk touches.
    std::uint32_t channelChunk = 1;
    std::uint32_t blocksPerChunk = 1;  ///< column blocks whose weights are loaded together
    std::uint32_t groupsTogether = 1;  ///< whole groups that share a fold, if as many follow
    bool weightsOuter = true;  ///< the outer loop is over column chunks; else it is over tiles
    ActivationBuffers buffers;
    std::uint32_t weightBufferBytes = 0;  ///< needed in a half of the weight scratchpad
    std::uint32_t accumulatorRows = 0;    ///< needed in a half of the accumulator buffer

    /// Whether a sum needs several loads of input channels.
    bool splits(const ConvolutionShape& shape) const {
        return shape.groups == 1 && channelChunk < shape.inputChannels;
    }
};

/// The reason why no tiling fits, as part of a sentence for the user: "a tile of 1 x 1 outputs
/// needs 48 bytes, the activation scratchpad has 32".
struct DoesNotFit {
    std::string reason;
};

/// The most groups that one fold holds block-diagonally. An array of 32 x 32 holds 3 groups of a
/// depthwise 3 x 3 layer, because a group takes 9 rows and 32 / 9 is 3. The result is 1 without
/// depthwise packing, for other dataflows, and where two groups do not fit the rows or the columns.
std::uint32_t groupsPerFold(const ArrayConfig& array, const ConvolutionShape& shape);

/// Input rows (or columns) that `outputs` output positions read, without regard to padding: 8 rows
/// of a 3 x 3 kernel read 10 rows. With upsampling, where zeros lie between the inputs, this is an
/// upper bound.
inline std::uint32_t inputExtent(std::uint32_t outputs, const WindowAxis& axis) {
    return ((outputs - 1) * axis.stride + (axis.kernel - 1) * axis.dilation) / axis.upsample + 1;
}

}  // namespace systole::arch
