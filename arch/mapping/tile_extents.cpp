// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/tile_extents.hpp"

#include <algorithm>

namespace systole::arch {
namespace {

/// One past the last input that the outputs up to `output` read. Negative quotients, here and
/// below, are clamped afterwards, so it does not matter how the division rounds them.
std::int64_t inputEnd(const TileAxis& axis, std::uint32_t output) {
    const std::int64_t lastTap = axis.window.coordinate(output, axis.window.kernel - 1);
    return std::clamp<std::int64_t>(lastTap / axis.window.upsample + 1, 1, axis.inputs);
}

}  // namespace

TileAxis verticalAxis(const ConvolutionShape& shape) {
    return {shape.window.y, shape.inputHeight, shape.outputHeight};
}

TileAxis horizontalAxis(const ConvolutionShape& shape) {
    return {shape.window.x, shape.inputWidth, shape.outputWidth};
}

TileExtent tileExtent(const TileAxis& axis, std::uint32_t firstOutput, std::uint32_t outputs) {
    const std::int64_t upsample = axis.window.upsample;
    const std::int64_t first = axis.window.coordinate(firstOutput, 0);
    const std::int64_t end = inputEnd(axis, firstOutput + outputs - 1);
    const std::int64_t firstElement = (first + upsample - 1) / upsample;
    const std::int64_t begin = std::clamp<std::int64_t>(firstElement, 0, end - 1);
    const std::int64_t seen = firstOutput == 0 ? 0 : inputEnd(axis, firstOutput - 1);
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin),
            static_cast<std::int32_t>(first - begin * upsample),
            static_cast<std::uint32_t>(std::max<std::int64_t>(0, seen - begin))};
}

AxisTiles::AxisTiles(const TileAxis& imageAxis, std::uint32_t tileSize)
    : axis(imageAxis), size(tileSize), last(tileSize) {
    TileExtent before;
    for (std::uint32_t begin = 0; begin < axis.outputs; begin += size, ++tiles) {
        last = std::min(size, axis.outputs - begin);
        const TileExtent extent = tileExtent(axis, begin, last);
        inputs += extent.length;
        fresh += extent.length - extent.halo;
        unchanged += tiles > 0 && extent.sameInputs(before) ? extent.length : 0;
        before = extent;
    }
    returns = sameInputs(0, tiles - 1);
}

}  // namespace systole::arch
