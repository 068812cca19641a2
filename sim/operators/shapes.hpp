// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sim/operators/onnx_node.hpp"

/// What nodes that rename or choose indices make of a shape: the same of constants and of tensors
/// of the graph. Every one of them throws an OnnxObstacle of the node.
namespace systole::operators {

using Sizes = std::vector<std::int64_t>;

/// Elements of a shape; at least 1 along each axis and at most `kLargestTensor`.
std::int64_t countOf(const OnnxNode& node, const Sizes& dims);

Sizes reshapedDims(const OnnxNode& node, const Sizes& dims);
Sizes flattenedDims(const OnnxNode& node, const Sizes& dims);
Sizes squeezedDims(const OnnxNode& node, const Sizes& dims);
Sizes unsqueezedDims(const OnnxNode& node, const Sizes& dims);

/// Of Transpose: axis i of the result is axis `[i]` of the input.
std::vector<std::size_t> permutation(const OnnxNode& node, std::size_t rank);

/// Of Slice: element i along an axis is `begin + i * step` of the input.
struct SliceRange {
    std::int64_t begin = 0;
    std::int64_t step = 1;
    std::int64_t size = 0;
};
std::vector<SliceRange> sliceRanges(const OnnxNode& node, const Sizes& dims);

/// A place along an axis as ONNX's Slice and Shape mean it: a negative one counts from the end, and
/// those beyond the ends are the ends.
std::int64_t clampedPlace(std::int64_t place, std::int64_t size, std::int64_t step);

/// Of a shape that countOf has accepted.
graph::Extents extentsOf(const Sizes& dims);
Sizes sizesOfShape(const graph::Extents& shape);

}  // namespace systole::operators
