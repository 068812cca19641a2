// SPDX-License-Identifier: Apache-2.0
#include "arch/program/window.hpp"

namespace systole::arch {

namespace {

/// Multiples of the dilation, at most `kernel`, that are below `distance`.
std::int64_t tapsBelow(const WindowAxis& axis, std::int64_t distance) {
    if (distance <= 0) return 0;
    return std::min<std::int64_t>(axis.kernel, (distance - 1) / axis.dilation + 1);
}

}  // namespace

bool everyPositionSeesTheImage(const WindowAxis& axis, std::uint32_t extent) {
    const auto positions = static_cast<std::uint32_t>(axis.positions(extent));
    for (std::uint32_t position = 0; position < positions; ++position) {
        const std::int64_t first = axis.coordinate(position, 0);
        if (tapsBelow(axis, std::int64_t{extent} - first) == tapsBelow(axis, -first)) return false;
    }
    return true;
}

std::uint64_t tapsOnElements(const WindowAxis& axis, std::uint32_t extent) {
    std::uint64_t taps = 0;
    const auto positions = static_cast<std::uint32_t>(axis.positions(extent));
    for (std::uint32_t position = 0; position < positions; ++position) {
        for (std::uint32_t tap = 0; tap < axis.kernel; ++tap) {
            taps += axis.elementAt(axis.coordinate(position, tap), extent) >= 0 ? 1 : 0;
        }
    }
    return taps;
}

}  // namespace systole::arch
