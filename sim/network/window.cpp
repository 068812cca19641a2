// SPDX-License-Identifier: Apache-2.0
#include "sim/network/window.hpp"

#include <algorithm>

namespace systole::sim {

namespace {

/// Multiples of the dilation, at most `kernel`, that are below `distance`.
std::int64_t tapsBelow(const WindowAxis& axis, std::int64_t distance) {
    if (distance <= 0) return 0;
    return std::min<std::int64_t>(axis.kernel, (distance - 1) / axis.dilation + 1);
}

std::int64_t axisTapsInside(const WindowAxis& axis, std::uint32_t input, std::int64_t position) {
    const std::int64_t first = position * axis.stride - axis.padBefore;
    return tapsBelow(axis, std::int64_t{input} - first) - tapsBelow(axis, -first);
}

std::uint64_t axisTapsOnElements(const WindowAxis& axis, std::uint32_t input) {
    std::uint64_t taps = 0;
    const std::int64_t positions = windowPositions(axis, input);
    for (std::int64_t position = 0; position < positions; ++position) {
        const std::int64_t first = position * axis.stride - axis.padBefore;
        for (std::uint32_t k = 0; k < axis.kernel; ++k) {
            const std::int64_t coordinate = first + std::int64_t{k} * axis.dilation;
            taps += elementAt(coordinate, axis.upsample, input) >= 0 ? 1 : 0;
        }
    }
    return taps;
}

}  // namespace

std::int64_t windowPositions(const WindowAxis& axis, std::uint32_t input) {
    const std::int64_t padded = upsampledExtent(axis, input) + axis.padBefore + axis.padAfter;
    return padded < reach(axis) ? 0 : (padded - reach(axis)) / axis.stride + 1;
}

bool everyPositionSeesTheImage(const WindowAxis& axis, std::uint32_t input) {
    const std::int64_t positions = windowPositions(axis, input);
    for (std::int64_t position = 0; position < positions; ++position) {
        if (axisTapsInside(axis, input, position) == 0) return false;
    }
    return true;
}

std::uint32_t tapsInside(const Window& window, const Shape& input, std::uint32_t y,
                         std::uint32_t x) {
    return static_cast<std::uint32_t>(axisTapsInside(verticalAxis(window), input.height, y) *
                                      axisTapsInside(horizontalAxis(window), input.width, x));
}

std::uint64_t tapsOnElements(const Window& window, const Shape& input) {
    return axisTapsOnElements(verticalAxis(window), input.height) *
           axisTapsOnElements(horizontalAxis(window), input.width);
}

}  // namespace systole::sim
