// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/copies.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::graph {

namespace {

/// Whether neighbours along the last axis of the space lie at equal distances.
bool isEven(const OperandMap& map) {
    return std::all_of(map.axes.begin(), map.axes.end(), [](const AxisMap& axis) {
        return axis.table.empty() || axis.coefficients.back() == 0;
    });
}

std::int64_t placeOf(const OperandMap& map, std::span<const std::int64_t> strides,
                     const Extents& index) {
    std::int64_t place = 0;
    for (std::size_t axis = 0; axis < strides.size(); ++axis) {
        place += map.axes[axis].at(index) * strides[axis];
    }
    return place;
}

std::int64_t lastStride(const OperandMap& map, std::span<const std::int64_t> strides) {
    std::int64_t stride = 0;
    for (std::size_t axis = 0; axis < strides.size(); ++axis) {
        const AxisMap& coordinate = map.axes[axis];
        if (coordinate.table.empty()) stride += coordinate.coefficients.back() * strides[axis];
    }
    return stride;
}

}  // namespace

void forEachCopyRow(const Copy& copy, const Tensor& source, const Tensor& target,
                    const std::function<void(const CopyRow&)>& visit) {
    SYSTOLE_CHECK(!copy.space.empty(), "a copy to '{}' without axes", target.name);
    const std::vector<std::int64_t> from = source.strides();
    const std::vector<std::int64_t> to = target.strides();
    const bool isRow = isEven(copy.source) && isEven(copy.target);
    Extents outer = copy.space;
    if (isRow) outer.back() = 1;
    const std::uint32_t count = isRow ? copy.space.back() : 1;
    const std::int64_t sourceStride = lastStride(copy.source, from);
    const std::int64_t targetStride = lastStride(copy.target, to);
    forEachIndex(outer, [&](const Extents& index) {
        visit({placeOf(copy.source, from, index), sourceStride, placeOf(copy.target, to, index),
               targetStride, count});
    });
}

}  // namespace systole::graph
