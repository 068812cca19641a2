// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/tiling.hpp"

#include <algorithm>

namespace systole::arch {

std::uint32_t groupsPerFold(const ArrayConfig& array, const ConvolutionShape& shape) {
    if (!array.depthwisePacking || array.dataflow != Dataflow::WeightStationary) {
        return 1;
    }
    const std::uint64_t reduction =
        std::uint64_t{shape.kernelHeight} * shape.kernelWidth * shape.channelsPerGroup();
    const auto fits = std::min<std::uint64_t>(
        {shape.groups, array.rows / reduction, array.columns / shape.outputsPerGroup()});
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, fits));
}

ConvolutionShape asVector(const ConvolutionShape& shape) {
    const bool isWhole = shape.kernelHeight == shape.inputHeight &&
                         shape.kernelWidth == shape.inputWidth && shape.outputHeight == 1 &&
                         shape.outputWidth == 1;
    const bool isPlain = shape.padTop == 0 && shape.padLeft == 0 && shape.upsampleY == 1 &&
                         shape.upsampleX == 1 &&
                         (shape.dilationY == 1 || shape.kernelHeight == 1) &&
                         (shape.dilationX == 1 || shape.kernelWidth == 1);
    if (!isWhole || !isPlain || shape.groups > 1) {
        return shape;
    }
    return {.inputChannels = shape.inputHeight * shape.inputWidth * shape.inputChannels,
            .outputChannels = shape.outputChannels,
            .hasSkip = shape.hasSkip,
            .vectorInterval = shape.vectorInterval};
}

}  // namespace systole::arch
