// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/onnx_folding.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <string_view>

#include "models/check.hpp"
#include "sim/operators/shapes.hpp"

namespace systole::operators {
namespace {

/// The elements of a result, each taken from the place that `from` gives for its indices.
template <typename From>
StoredConstant taken(const OnnxNode& node, const StoredConstant& source, Sizes dims,
                     const From& from) {
    StoredConstant result{source.type, std::move(dims), {}};
    Sizes index(result.dims.size(), 0);
    for (std::int64_t left = countOf(node, result.dims); left > 0; --left) {
        result.bits.push_back(source.bits[static_cast<std::size_t>(from(index))]);
        for (std::size_t axis = index.size(); axis-- > 0;) {
            if (++index[axis] < result.dims[axis]) break;
            index[axis] = 0;
        }
    }
    return result;
}

/// How many elements lie between neighbours along each axis.
Sizes stridesOf(const Sizes& dims) {
    Sizes strides(dims.size(), 1);
    for (std::size_t axis = dims.size(); axis-- > 1;) {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    return strides;
}

StoredConstant identity(const OnnxNode& node) { return node.stored(0); }

StoredConstant cast(const OnnxNode& node) {
    StoredConstant constant = node.stored(0);
    const auto to = static_cast<int>(node.integer("to", 0));
    for (std::uint64_t& bits : constant.bits) {
        if (to != constant.type) bits = elementBits(to, elementValue(constant.type, bits));
    }
    constant.type = to;
    return constant;
}

/// A constant under another shape.
template <Sizes (*kDims)(const OnnxNode&, const Sizes&)>
StoredConstant renamed(const OnnxNode& node) {
    StoredConstant constant = node.stored(0);
    constant.dims = kDims(node, constant.dims);
    return constant;
}

StoredConstant transpose(const OnnxNode& node) {
    const StoredConstant source = node.stored(0);
    const std::size_t rank = source.dims.size();
    const std::vector<std::size_t> order = permutation(node, rank);
    const Sizes strides = stridesOf(source.dims);
    Sizes dims;
    for (const std::size_t axis : order) dims.push_back(source.dims[axis]);
    return taken(node, source, dims, [&](const Sizes& index) {
        std::int64_t at = 0;
        for (std::size_t i = 0; i < rank; ++i) at += index[i] * strides[order[i]];
        return at;
    });
}

StoredConstant concat(const OnnxNode& node) {
    StoredConstant all = node.stored(0);
    const std::size_t axis = node.axis(node.integer("axis", 0), all.dims.size());
    for (int i = 1; i < node.inputCount(); ++i) {
        const StoredConstant next = node.stored(i);
        Sizes expected = all.dims;
        if (next.dims.size() == expected.size()) expected[axis] = next.dims[axis];
        if (next.dims != expected || next.type != all.type) {
            node.fail(
                fmt::format("joins shapes [{}] and [{}] along axis {}, expected one type and "
                            "sizes that differ there alone",
                            fmt::join(all.dims, ", "), fmt::join(next.dims, ", "), axis));
        }
        Sizes dims = all.dims;
        dims[axis] += next.dims[axis];
        // The second constant's elements stand behind those of the first one.
        const auto second = static_cast<std::int64_t>(all.bits.size());
        const std::array strides{stridesOf(all.dims), stridesOf(next.dims)};
        StoredConstant both = all;
        both.bits.insert(both.bits.end(), next.bits.begin(), next.bits.end());
        all = taken(node, both, dims, [&](Sizes index) {
            const bool isSecond = index[axis] >= all.dims[axis];
            if (isSecond) index[axis] -= all.dims[axis];
            const Sizes& stride = strides.at(isSecond ? 1 : 0);
            return std::inner_product(index.begin(), index.end(), stride.begin(),
                                      isSecond ? second : 0);
        });
    }
    return all;
}

StoredConstant gather(const OnnxNode& node) {
    const StoredConstant source = node.stored(0);
    const StoredConstant places = node.stored(1);
    const std::size_t axis = node.axis(node.integer("axis", 0), source.dims.size());
    Sizes which;
    for (const std::uint64_t bits : places.bits) {
        const auto place = static_cast<std::int64_t>(elementValue(places.type, bits));
        const std::int64_t size = source.dims[axis];
        if (place < -size || place >= size) {
            node.fail(fmt::format("takes element {} of {}", place, size));
        }
        which.push_back(place < 0 ? place + size : place);
    }
    const auto at = static_cast<std::ptrdiff_t>(axis);
    const auto rank = static_cast<std::ptrdiff_t>(places.dims.size());
    Sizes dims = source.dims;
    dims.erase(dims.begin() + at);
    dims.insert(dims.begin() + at, places.dims.begin(), places.dims.end());
    const Sizes strides = stridesOf(source.dims);
    const Sizes placeStrides = stridesOf(places.dims);
    return taken(node, source, dims, [&](const Sizes& index) {
        const std::int64_t place = std::inner_product(placeStrides.begin(), placeStrides.end(),
                                                      index.begin() + at, std::int64_t{0});
        Sizes full(index.begin(), index.begin() + at);
        full.push_back(which[static_cast<std::size_t>(place)]);
        full.insert(full.end(), index.begin() + at + rank, index.end());
        return std::inner_product(full.begin(), full.end(), strides.begin(), std::int64_t{0});
    });
}

StoredConstant slice(const OnnxNode& node) {
    const StoredConstant source = node.stored(0);
    const std::vector<SliceRange> ranges = sliceRanges(node, source.dims);
    Sizes dims;
    for (const SliceRange& range : ranges) dims.push_back(range.size);
    const Sizes strides = stridesOf(source.dims);
    return taken(node, source, dims, [&](const Sizes& index) {
        std::int64_t at = 0;
        for (std::size_t i = 0; i < index.size(); ++i) {
            at += (ranges[i].begin + index[i] * ranges[i].step) * strides[i];
        }
        return at;
    });
}

StoredConstant constantOfShape(const OnnxNode& node) {
    const Sizes dims = node.numbers("", 0).value_or(Sizes{});
    StoredConstant value{onnx::TensorProto::FLOAT, {1}, {0}};
    if (const auto* tensor = node.tensor("value")) value = storedConstant(*tensor, {});
    return taken(node, value, dims, [](const Sizes&) { return 0; });
}

/// Of a constant, or of an activation as ONNX sees it.
StoredConstant shapeOf(const OnnxNode& node) {
    Sizes dims;
    if (node.readsConstant(0)) {
        dims = node.stored(0).dims;
    } else {
        const graph::Extents& shape = node.activation(0).shape;
        dims.assign(shape.begin(), shape.end());
    }
    const auto rank = static_cast<std::int64_t>(dims.size());
    const std::int64_t begin = clampedPlace(node.integer("start", 0), rank, 1);
    const std::int64_t end = std::max(begin, clampedPlace(node.integer("end", rank), rank, 1));
    StoredConstant shape{onnx::TensorProto::INT64, {end - begin}, {}};
    shape.bits.assign(dims.begin() + begin, dims.begin() + end);
    return shape;
}

/// Sums and products of shapes and of weights with factors, each rounded once. Sizes of 1 are
/// repeated.
template <typename Function>
StoredConstant elementwise(const OnnxNode& node) {
    const StoredConstant left = node.stored(0);
    const StoredConstant right = node.stored(1);
    const std::size_t rank = std::max(left.dims.size(), right.dims.size());
    const auto widened = [&](const StoredConstant& constant) {
        Sizes dims(rank - constant.dims.size(), 1);
        dims.insert(dims.end(), constant.dims.begin(), constant.dims.end());
        return dims;
    };
    const std::array shapes{widened(left), widened(right)};
    Sizes dims(rank);
    for (std::size_t i = 0; i < rank; ++i) {
        dims[i] = std::max(shapes[0][i], shapes[1][i]);
        if ((shapes[0][i] != dims[i] && shapes[0][i] != 1) ||
            (shapes[1][i] != dims[i] && shapes[1][i] != 1) || left.type != right.type) {
            node.fail(
                fmt::format("combines shapes [{}] and [{}], expected one type and equal "
                            "sizes, or 1",
                            fmt::join(left.dims, ", "), fmt::join(right.dims, ", ")));
        }
    }
    const auto spread = [&](const StoredConstant& constant, const Sizes& shape) {
        const Sizes strides = stridesOf(shape);
        return taken(node, constant, dims, [&](const Sizes& index) {
            std::int64_t at = 0;
            for (std::size_t i = 0; i < rank; ++i) at += shape[i] == 1 ? 0 : index[i] * strides[i];
            return at;
        });
    };
    StoredConstant result = spread(left, shapes[0]);
    const StoredConstant other = spread(right, shapes[1]);
    for (std::size_t i = 0; i < result.bits.size(); ++i) {
        const double value = Function()(elementValue(left.type, result.bits[i]),
                                        elementValue(left.type, other.bits[i]));
        result.bits[i] = elementBits(left.type, value);
    }
    return result;
}

struct Fold {
    std::string_view name;
    StoredConstant (*fold)(const OnnxNode&);
    AttributeNames attributes{};
};

constexpr std::array kFolds{
    Fold{"Add", elementwise<std::plus<>>},
    Fold{"Cast", cast, {"to", "saturate"}},
    Fold{"Concat", concat, {"axis"}},
    Fold{"ConstantOfShape", constantOfShape, {"value"}},
    Fold{"Div", elementwise<std::divides<>>},
    Fold{"Flatten", renamed<flattenedDims>, {"axis"}},
    Fold{"Gather", gather, {"axis"}},
    Fold{"Identity", identity},
    Fold{"Mul", elementwise<std::multiplies<>>},
    Fold{"Reshape", renamed<reshapedDims>, {"allowzero"}},
    Fold{"Shape", shapeOf, {"start", "end"}},
    Fold{"Slice", slice, {"starts", "ends", "axes"}},
    Fold{"Squeeze", renamed<squeezedDims>, {"axes"}},
    Fold{"Sub", elementwise<std::minus<>>},
    Fold{"Transpose", transpose, {"perm"}},
    Fold{"Unsqueeze", renamed<unsqueezedDims>, {"axes"}},
};

const Fold* foldOf(const std::string& operatorName) {
    const auto* found = std::find_if(kFolds.begin(), kFolds.end(),
                                     [&](const Fold& row) { return operatorName == row.name; });
    return found == kFolds.end() ? nullptr : found;
}

}  // namespace

bool isFoldable(const std::string& operatorName) { return foldOf(operatorName) != nullptr; }

onnx::TensorProto foldNode(const OnnxNode& node) {
    const auto* fold = foldOf(node.operatorName());
    SYSTOLE_CHECK(fold != nullptr, "no operator {}", node.operatorName());
    node.expectAttributes(fold->attributes);
    try {
        return tensorOf(fold->fold(node));
    } catch (const OnnxObstacle& obstacle) {
        // Of the constant, which knows nothing of nodes.
        if (obstacle.operatorName.empty()) node.fail(obstacle.problem);
        throw;
    }
}

}  // namespace systole::operators
