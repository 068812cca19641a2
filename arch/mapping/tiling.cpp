// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/tiling.hpp"

#include <algorithm>

namespace systole::arch {

std::uint32_t groupsPerFold(const ArrayConfig& array, const ConvolutionShape& shape) {
    if (!array.depthwisePacking || array.dataflow != Dataflow::WeightStationary) {
        return 1;
    }
    const std::uint64_t reduction = shape.reduction();
    const auto fits = std::min<std::uint64_t>(
        {shape.groups, array.rows / reduction, array.columns / shape.outputsPerGroup()});
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, fits));
}

ConvolutionShape asVector(const ConvolutionShape& shape) {
    const auto isWhole = [](const WindowAxis& axis, std::uint32_t inputs, std::uint32_t outputs) {
        return axis.kernel == inputs && outputs == 1 && axis.padBefore == 0 && axis.upsample == 1 &&
               (axis.dilation == 1 || axis.kernel == 1);
    };
    if (!isWhole(shape.window.y, shape.inputHeight, shape.outputHeight) ||
        !isWhole(shape.window.x, shape.inputWidth, shape.outputWidth) || shape.groups > 1) {
        return shape;
    }
    return {.inputChannels = shape.inputHeight * shape.inputWidth * shape.inputChannels,
            .outputChannels = shape.outputChannels,
            .hasSkip = shape.hasSkip,
            .vectorInterval = shape.vectorInterval};
}

}  // namespace systole::arch
