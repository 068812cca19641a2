// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/network/network.hpp"

namespace systole::sim {

/// A Window along one of its two axes.
struct WindowAxis {
    std::uint32_t kernel = 1;
    std::uint32_t stride = 1;
    std::int32_t padBefore = 0;
    std::int32_t padAfter = 0;
    std::uint32_t dilation = 1;
    std::uint32_t upsample = 1;
};

inline WindowAxis verticalAxis(const Window& window) {
    return {window.kernelHeight, window.strideHeight,   window.padTop,
            window.padBottom,    window.dilationHeight, window.upsampleHeight};
}

inline WindowAxis horizontalAxis(const Window& window) {
    return {window.kernelWidth, window.strideWidth,   window.padLeft,
            window.padRight,    window.dilationWidth, window.upsampleWidth};
}

/// Pixels from a window's first tap to its last, both included.
inline std::int64_t reach(const WindowAxis& axis) {
    return std::int64_t{axis.kernel - 1} * axis.dilation + 1;
}

/// Pixels of an axis with the zeros that upsampling puts between them.
inline std::int64_t upsampledExtent(const WindowAxis& axis, std::uint32_t input) {
    return std::int64_t{input - 1} * axis.upsample + 1;
}

/// Positions of the window along an axis of `input` pixels; 0 where it does not fit even once.
std::int64_t windowPositions(const WindowAxis& axis, std::uint32_t input);

/// Whether every position has at least one tap inside the image; not of an upsampled one.
bool everyPositionSeesTheImage(const WindowAxis& axis, std::uint32_t input);

/// Taps in the image for the output pixel (y, x); not of an upsampled one.
std::uint32_t tapsInside(const Window& window, const Shape& input, std::uint32_t y,
                         std::uint32_t x);

/// Taps of all output pixels together that lie on an element of the image: neither in the padding
/// nor on an inserted zero.
std::uint64_t tapsOnElements(const Window& window, const Shape& input);

inline std::uint32_t kernelArea(const Window& window) {
    return window.kernelHeight * window.kernelWidth;
}

/// Whether a tap may read a zero that is no element of the image.
inline bool readsZeros(const Window& window) {
    return std::max({window.padTop, window.padLeft, window.padBottom, window.padRight}) > 0 ||
           std::max(window.upsampleHeight, window.upsampleWidth) > 1;
}

/// The element under a coordinate of the upsampled axis; -1 in the padding and between elements.
inline std::int64_t elementAt(std::int64_t coordinate, std::uint32_t upsample, std::uint32_t size) {
    if (coordinate < 0 || coordinate % upsample != 0) return -1;
    const std::int64_t element = coordinate / upsample;
    return element < std::int64_t{size} ? element : -1;
}

/// Calls visit(tap, pixel) for the taps of output pixel (y, x) that lie on the image's elements, in
/// the order of the kernel: tap = ky * kernelWidth + kx, pixel = inputY * width + inputX.
template <typename Visit>
void forEachTap(const Window& window, const Shape& input, std::uint32_t y, std::uint32_t x,
                const Visit& visit) {
    const std::int64_t top = std::int64_t{y} * window.strideHeight - window.padTop;
    const std::int64_t left = std::int64_t{x} * window.strideWidth - window.padLeft;
    for (std::uint32_t ky = 0; ky < window.kernelHeight; ++ky) {
        const std::int64_t inputY = elementAt(top + std::int64_t{ky} * window.dilationHeight,
                                              window.upsampleHeight, input.height);
        if (inputY < 0) continue;
        for (std::uint32_t kx = 0; kx < window.kernelWidth; ++kx) {
            const std::int64_t inputX = elementAt(left + std::int64_t{kx} * window.dilationWidth,
                                                  window.upsampleWidth, input.width);
            if (inputX < 0) continue;
            visit(static_cast<std::size_t>(ky) * window.kernelWidth + kx,
                  static_cast<std::size_t>(inputY * input.width + inputX));
        }
    }
}

/// Calls visit(tap, pixel, taps) for runs of taps that read neighbouring elements of the image, in
/// the order of forEachTap; for single taps where `joined` is false.
template <typename Visit>
void forEachTapRun(const Window& window, const Shape& input, std::uint32_t y, std::uint32_t x,
                   bool joined, const Visit& visit) {
    std::size_t begin = 0;
    std::size_t pixels = 0;
    std::size_t taps = 0;
    const bool neighbours = joined && window.dilationWidth == 1 && window.upsampleWidth == 1;
    forEachTap(window, input, y, x, [&](std::size_t tap, std::size_t pixel) {
        if (neighbours && taps > 0 && tap == begin + taps && tap % window.kernelWidth != 0) {
            ++taps;
            return;
        }
        if (taps > 0) visit(begin, pixels, taps);
        begin = tap;
        pixels = pixel;
        taps = 1;
    });
    if (taps > 0) visit(begin, pixels, taps);
}

/// Calls visit(y, x, pixel) for every pixel of an image, row by row.
template <typename Visit>
void forEachPixel(const Shape& shape, const Visit& visit) {
    std::size_t pixel = 0;
    for (std::uint32_t y = 0; y < shape.height; ++y) {
        for (std::uint32_t x = 0; x < shape.width; ++x) visit(y, x, pixel++);
    }
}

}  // namespace systole::sim
