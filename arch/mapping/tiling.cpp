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

}  // namespace systole::arch
