// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "arch/program/window.hpp"

/// The address generator: which element of a tile in the scratchpad a sliding window reads.
namespace systole::arch {

/// A window that slides over a tile (a box of one image, channels last) in a scratchpad. Output
/// positions m are numbered row by row, reduction indices k = (ky * axes.x.kernel + kx) *
/// channelCount + c. A tap outside the tile is padding and reads as zero; im2col never exists in
/// any memory. A tap that falls between the rows or columns of an upsampled tile is skipped like
/// one in the padding.
struct TileWindow {
    std::uint32_t address = 0;  ///< of the tile's first byte
    std::uint32_t elementBytes = 1;
    std::uint32_t height = 1;
    std::uint32_t width = 1;
    std::uint32_t channels = 1;
    Window axes{};  ///< pads are those of the tile: the first tap of the first output is before it
    std::uint32_t outputHeight = 1;
    std::uint32_t outputWidth = 1;
    std::uint32_t channelBegin = 0;  ///< the window sees channels channelBegin ..+ channelCount
    std::uint32_t channelCount = 1;

    std::uint32_t outputs() const { return outputHeight * outputWidth; }
    std::uint32_t reduction() const { return axes.taps() * channelCount; }
    std::uint32_t bytes() const { return height * width * channels * elementBytes; }
    bool operator==(const TileWindow&) const = default;
};

/// Calls visit(k - kBegin, byte address, elements) for every run of consecutive elements that
/// output m reads for reduction indices kBegin ..+ kCount; taps that read no element are left out.
template <typename Visit>
void forEachRun(const TileWindow& window, std::uint32_t m, std::uint32_t kBegin,
                std::uint32_t kCount, Visit&& visit) {
    const auto& [rows, columns] = window.axes;
    const std::uint32_t outputY = m / window.outputWidth;
    const std::uint32_t outputX = m % window.outputWidth;
    std::uint32_t k = kBegin;
    while (k < kBegin + kCount) {
        const std::uint32_t tap = k / window.channelCount;
        const std::uint32_t channel = k % window.channelCount;
        const std::uint32_t run = std::min(window.channelCount - channel, kBegin + kCount - k);
        const std::int64_t row =
            rows.elementAt(rows.coordinate(outputY, tap / columns.kernel), window.height);
        const std::int64_t column =
            columns.elementAt(columns.coordinate(outputX, tap % columns.kernel), window.width);
        if (row >= 0 && column >= 0) {
            const auto element =
                static_cast<std::uint32_t>(row * window.width + column) * window.channels +
                window.channelBegin + channel;
            visit(k - kBegin, window.address + element * window.elementBytes, run);
        }
        k += run;
    }
}

}  // namespace systole::arch
