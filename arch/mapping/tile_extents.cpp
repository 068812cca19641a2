// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/tile_extents.hpp"

#include <algorithm>

namespace systole::arch {
namespace {

/// One past the last input that the outputs up to `output` read. Negative quotients, here and
/// below, are clamped afterwards, so it does not matter how the division rounds them.
std::int64_t inputEnd(const TileAxis& axis, std::int64_t output) {
    const std::int64_t reach = std::int64_t{axis.kernel - 1} * axis.dilation;
    const std::int64_t lastTap = output * axis.stride - axis.padBefore + reach;
    return std::clamp<std::int64_t>(lastTap / axis.upsample + 1, 1, axis.inputs);
}

}  // namespace

TileAxis verticalAxis(const ConvolutionShape& shape) {
    return {shape.kernelHeight, shape.strideY,     shape.padTop,      shape.dilationY,
            shape.upsampleY,    shape.inputHeight, shape.outputHeight};
}

TileAxis horizontalAxis(const ConvolutionShape& shape) {
    return {shape.kernelWidth, shape.strideX,    shape.padLeft,    shape.dilationX,
            shape.upsampleX,   shape.inputWidth, shape.outputWidth};
}

TileExtent tileExtent(const TileAxis& axis, std::uint32_t firstOutput, std::uint32_t outputs) {
    const std::int64_t first = std::int64_t{firstOutput} * axis.stride - axis.padBefore;
    const std::int64_t end = inputEnd(axis, std::int64_t{firstOutput} + outputs - 1);
    const std::int64_t firstElement = (first + axis.upsample - 1) / axis.upsample;
    const std::int64_t begin = std::clamp<std::int64_t>(firstElement, 0, end - 1);
    const std::int64_t seen = firstOutput == 0 ? 0 : inputEnd(axis, std::int64_t{firstOutput} - 1);
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin),
            static_cast<std::int32_t>(first - begin * axis.upsample),
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
