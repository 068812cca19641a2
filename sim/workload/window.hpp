// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sim/workload/network.hpp"

namespace systole::sim {

/// A Window along one of its two axes.
struct WindowAxis {
    std::uint32_t kernel = 1;
    std::uint32_t stride = 1;
    std::uint32_t padBefore = 0;
    std::uint32_t padAfter = 0;
    std::uint32_t dilation = 1;
};

inline WindowAxis verticalAxis(const Window& window) {
    return {window.kernelHeight, window.strideHeight, window.padTop, window.padBottom,
            window.dilationHeight};
}

inline WindowAxis horizontalAxis(const Window& window) {
    return {window.kernelWidth, window.strideWidth, window.padLeft, window.padRight,
            window.dilationWidth};
}

/// Pixels from a window's first tap to its last, both included.
inline std::int64_t reach(const WindowAxis& axis) {
    return std::int64_t{axis.kernel - 1} * axis.dilation + 1;
}

/// Positions of the window along an axis of `input` pixels; 0 where it does not fit even once.
std::int64_t windowPositions(const WindowAxis& axis, std::uint32_t input);

/// Whether every position has at least one tap inside the image.
bool everyPositionSeesTheImage(const WindowAxis& axis, std::uint32_t input);

/// Taps in the image for the output pixel (y, x).
std::uint32_t tapsInside(const Window& window, const Shape& input, std::uint32_t y,
                         std::uint32_t x);

inline std::uint32_t kernelArea(const Window& window) {
    return window.kernelHeight * window.kernelWidth;
}

inline bool pads(const Window& window) {
    return (window.padTop | window.padLeft | window.padBottom | window.padRight) != 0;
}

/// Calls visit(tap, pixel) for the taps of output pixel (y, x) that lie inside the image, in the
/// order of the kernel: tap = ky * kernelWidth + kx, pixel = inputY * width + inputX.
template <typename Visit>
void forEachTap(const Window& window, const Shape& input, std::uint32_t y, std::uint32_t x,
                const Visit& visit) {
    const std::int64_t top = std::int64_t{y} * window.strideHeight - window.padTop;
    const std::int64_t left = std::int64_t{x} * window.strideWidth - window.padLeft;
    for (std::uint32_t ky = 0; ky < window.kernelHeight; ++ky) {
        const std::int64_t inputY = top + std::int64_t{ky} * window.dilationHeight;
        if (inputY < 0 || inputY >= std::int64_t{input.height}) continue;
        for (std::uint32_t kx = 0; kx < window.kernelWidth; ++kx) {
            const std::int64_t inputX = left + std::int64_t{kx} * window.dilationWidth;
            if (inputX < 0 || inputX >= std::int64_t{input.width}) continue;
            visit(static_cast<std::size_t>(ky) * window.kernelWidth + kx,
                  static_cast<std::size_t>(inputY * input.width + inputX));
        }
    }
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
