// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/shapes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace systole::operators {

std::int64_t countOf(const OnnxNode& node, const Sizes& dims) {
    std::int64_t count = 1;
    for (const std::int64_t size : dims) {
        if (size < 1 || size > std::int64_t{kLargestTensor} ||
            (count *= size) > std::int64_t{kLargestTensor}) {
            node.fail(fmt::format(
                "gives the shape [{}], expected sizes of at least 1 and at most {} elements",
                fmt::join(dims, ", "), kLargestTensor));
        }
    }
    return count;
}

Sizes reshapedDims(const OnnxNode& node, const Sizes& source) {
    Sizes dims = node.numbers("shape", 1).value_or(Sizes{});
    const std::int64_t elements = countOf(node, source);
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        if (dims[axis] == 0 && axis < source.size() && node.integer("allowzero", 0) == 0) {
            dims[axis] = source[axis];
        }
    }
    const Sizes asked = dims;
    if (const auto open = std::find(dims.begin(), dims.end(), -1); open != dims.end()) {
        *open = 1;
        *open = elements / countOf(node, dims);
    }
    if (countOf(node, dims) != elements) {
        node.fail(fmt::format("reshapes {} elements to [{}]", elements, fmt::join(asked, ", ")));
    }
    return dims;
}

Sizes flattenedDims(const OnnxNode& node, const Sizes& dims) {
    const std::int64_t asked = node.integer("axis", 1);
    const bool isEnd = asked == static_cast<std::int64_t>(dims.size());
    const std::size_t axis = isEnd ? dims.size() : node.axis(asked, dims.size());
    const Sizes before(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(axis));
    const std::int64_t rows = countOf(node, before);
    return {rows, countOf(node, dims) / rows};
}

Sizes squeezedDims(const OnnxNode& node, const Sizes& dims) {
    const auto axes = node.numbers("axes", 1);
    std::vector<bool> goes(dims.size());
    for (std::size_t i = 0; i < goes.size(); ++i) goes[i] = !axes && dims[i] == 1;
    for (const std::int64_t axis : axes.value_or(Sizes{}))
        goes[node.axis(axis, goes.size())] = true;
    Sizes kept;
    for (std::size_t i = 0; i < goes.size(); ++i) {
        if (goes[i] && dims[i] != 1) {
            node.fail(fmt::format("takes away axis {} of [{}], expected one of size 1", i,
                                  fmt::join(dims, ", ")));
        }
        if (!goes[i]) kept.push_back(dims[i]);
    }
    return kept;
}

Sizes unsqueezedDims(const OnnxNode& node, const Sizes& dims) {
    const Sizes axes = node.numbers("axes", 1).value_or(Sizes{});
    std::vector<bool> isNew(dims.size() + axes.size(), false);
    for (const std::int64_t axis : axes) isNew[node.axis(axis, isNew.size())] = true;
    Sizes result;
    auto old = dims.begin();
    for (const bool one : isNew) {
        if (!one && old == dims.end()) node.fail("has an axis twice, expected each once");
        result.push_back(one ? 1 : *old++);
    }
    return result;
}

std::vector<std::size_t> permutation(const OnnxNode& node, std::size_t rank) {
    Sizes order(rank);
    std::iota(order.rbegin(), order.rend(), 0);
    order = node.numbers("perm", 1).value_or(order);
    Sizes sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < std::max(rank, sorted.size()); ++i) {
        if (sorted.size() != rank || sorted[i] != static_cast<std::int64_t>(i)) {
            node.fail(
                fmt::format("has perm [{}] for a tensor of rank {}", fmt::join(order, ", "), rank));
        }
    }
    return {order.begin(), order.end()};
}

std::int64_t clampedPlace(std::int64_t place, std::int64_t size, std::int64_t step) {
    if (place < 0) place = std::max(place, -size - 1) + size;
    return std::clamp<std::int64_t>(place, step < 0 ? -1 : 0, step < 0 ? size - 1 : size);
}

std::vector<SliceRange> sliceRanges(const OnnxNode& node, const Sizes& dims) {
    const Sizes starts = node.numbers("starts", 1).value_or(Sizes{});
    const Sizes ends = node.numbers("ends", 2).value_or(Sizes{});
    Sizes axes(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
    axes = node.numbers("axes", 3).value_or(axes);
    const Sizes steps = node.numbers("steps", 4).value_or(Sizes(starts.size(), 1));
    if (ends.size() != starts.size() || axes.size() != starts.size() ||
        steps.size() != starts.size() || std::count(steps.begin(), steps.end(), 0) != 0) {
        node.fail("has starts, ends, axes and steps that do not fit together");
    }
    std::vector<SliceRange> ranges;
    for (const std::int64_t size : dims) ranges.push_back({0, 1, size});
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const std::size_t axis = node.axis(axes[i], dims.size());
        const std::int64_t size = dims[axis];
        const std::int64_t step = std::clamp<std::int64_t>(steps[i], -size, size);
        const std::int64_t begin = clampedPlace(starts[i], size, step);
        const std::int64_t end = clampedPlace(ends[i], size, step);
        const std::int64_t count = (end - begin + step - (step < 0 ? -1 : 1)) / step;
        ranges[axis] = {begin, step, std::max<std::int64_t>(0, count)};
    }
    return ranges;
}

graph::Extents extentsOf(const Sizes& dims) {
    graph::Extents shape;
    for (const std::int64_t size : dims) shape.push_back(static_cast<std::uint32_t>(size));
    return shape;
}

Sizes sizesOfShape(const graph::Extents& shape) { return {shape.begin(), shape.end()}; }

}  // namespace systole::operators
