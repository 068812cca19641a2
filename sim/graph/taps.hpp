// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/program/window.hpp"

/// The elements of an image that a position of a window reads.
namespace systole::graph {

struct ImageSize {
    std::uint32_t height = 1;
    std::uint32_t width = 1;
};

/// Calls visit(tap, row, column) for the taps of position (y, x) that lie on elements of the image,
/// in the order of the kernel: tap = ky * kernel width + kx.
template <typename Visit>
void forEachTap(const arch::Window& window, const ImageSize& image, std::uint32_t y,
                std::uint32_t x, const Visit& visit) {
    for (std::uint32_t ky = 0; ky < window.y.kernel; ++ky) {
        const std::int64_t row = window.y.elementAt(window.y.coordinate(y, ky), image.height);
        if (row < 0) continue;
        for (std::uint32_t kx = 0; kx < window.x.kernel; ++kx) {
            const std::int64_t column = window.x.elementAt(window.x.coordinate(x, kx), image.width);
            if (column >= 0) visit(ky * window.x.kernel + kx, row, column);
        }
    }
}

/// Calls visit(tap, row, column, taps) for runs of taps that read neighbours along a row of the
/// image, in the order of forEachTap; for single taps where `joined` is false.
template <typename Visit>
void forEachTapRun(const arch::Window& window, const ImageSize& image, std::uint32_t y,
                   std::uint32_t x, bool joined, const Visit& visit) {
    const bool neighbours = joined && window.x.dilation == 1 && window.x.upsample == 1;
    std::uint32_t begin = 0;
    std::int64_t beginRow = 0;
    std::int64_t beginColumn = 0;
    std::uint32_t taps = 0;
    forEachTap(window, image, y, x, [&](std::uint32_t tap, std::int64_t row, std::int64_t column) {
        if (neighbours && taps > 0 && tap == begin + taps && tap % window.x.kernel != 0) {
            ++taps;
            return;
        }
        if (taps > 0) visit(begin, beginRow, beginColumn, taps);
        begin = tap;
        beginRow = row;
        beginColumn = column;
        taps = 1;
    });
    if (taps > 0) visit(begin, beginRow, beginColumn, taps);
}

}  // namespace systole::graph
