// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

/// The address generator: which element of a tile in the scratchpad a sliding window reads.
namespace systole::arch {

/// A window that slides over a tile (a box of one image, channels last) in a scratchpad. Output
/// positions m are numbered row by row, reduction indices k = (ky * kernelWidth + kx) *
/// channelCount + c. A tap outside the tile is padding and reads as zero; im2col never exists in
/// any memory. With upsampling (transposed convolutions) the window slides over the tile as if
/// `upsample - 1` zeros lay between two of its rows or columns; a tap that falls between them is
/// skipped like one in the padding. Origins, strides and dilations count in those upsampled steps.
struct TileWindow {
    std::uint32_t address = 0;  ///< of the tile's first byte
    std::uint32_t elementBytes = 1;
    std::uint32_t height = 1;
    std::uint32_t width = 1;
    std::uint32_t channels = 1;
    std::int32_t originY = 0;  ///< row of the tile under the first tap of the first output
    std::int32_t originX = 0;
    std::uint32_t strideY = 1;
    std::uint32_t strideX = 1;
    std::uint32_t dilationY = 1;
    std::uint32_t dilationX = 1;
    std::uint32_t upsampleY = 1;
    std::uint32_t upsampleX = 1;
    std::uint32_t kernelHeight = 1;
    std::uint32_t kernelWidth = 1;
    std::uint32_t outputHeight = 1;
    std::uint32_t outputWidth = 1;
    std::uint32_t channelBegin = 0;  ///< the window sees channels channelBegin ..+ channelCount
    std::uint32_t channelCount = 1;

    std::uint32_t outputs() const { return outputHeight * outputWidth; }
    std::uint32_t reduction() const { return kernelHeight * kernelWidth * channelCount; }
    std::uint32_t bytes() const { return height * width * channels * elementBytes; }
    bool operator==(const TileWindow&) const = default;
};

/// Calls visit(k - kBegin, byte address, elements) for every run of consecutive elements that
/// output m reads for reduction indices kBegin ..+ kCount; taps that read no element are left out.
template <typename Visit>
void forEachRun(const TileWindow& window, std::uint32_t m, std::uint32_t kBegin,
                std::uint32_t kCount, Visit&& visit) {
    const std::uint32_t outputY = m / window.outputWidth;
    const std::uint32_t outputX = m % window.outputWidth;
    const bool dense = window.upsampleY == 1 && window.upsampleX == 1;  // saves divisions
    std::uint32_t k = kBegin;
    while (k < kBegin + kCount) {
        const std::uint32_t tap = k / window.channelCount;
        const std::uint32_t channel = k % window.channelCount;
        const std::uint32_t run = std::min(window.channelCount - channel, kBegin + kCount - k);
        const auto y = window.originY + std::int64_t{outputY} * window.strideY +
                       std::int64_t{tap / window.kernelWidth} * window.dilationY;
        const auto x = window.originX + std::int64_t{outputX} * window.strideX +
                       std::int64_t{tap % window.kernelWidth} * window.dilationX;
        const std::int64_t row = dense ? y : y / window.upsampleY;
        const std::int64_t column = dense ? x : x / window.upsampleX;
        const bool between = !dense && (y % window.upsampleY != 0 || x % window.upsampleX != 0);
        if (y >= 0 && row < window.height && x >= 0 && column < window.width && !between) {
            const auto element =
                static_cast<std::uint32_t>(row * window.width + column) * window.channels +
                window.channelBegin + channel;
            visit(k - kBegin, window.address + element * window.elementBytes, run);
        }
        k += run;
    }
}

}  // namespace systole::arch
