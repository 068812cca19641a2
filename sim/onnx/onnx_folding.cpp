// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_folding.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

#include "models/check.hpp"

namespace systole::sim {
namespace {

using Sizes = std::vector<std::int64_t>;

std::int64_t countOf(const Sizes& dims) {
    std::int64_t count = 1;
    for (const std::int64_t size : dims) {
        if (size < 1 || (count *= size) > std::int64_t{kLargestTensor}) {
            throw OnnxObstacle(fmt::format(
                "gives a constant of the shape [{}], expected sizes of at least 1 and at most {} "
                "elements",
                fmt::join(dims, ", "), kLargestTensor));
        }
    }
    return count;
}

/// An axis, of which -1 is the last one, of `rank` axes.
std::size_t axisOf(const OnnxNode& node, std::int64_t axis, std::size_t rank) {
    const auto axes = static_cast<std::int64_t>(rank);
    if (axis < -axes || axis >= axes) {
        node.fail(fmt::format("has the axis {} of a constant of rank {}", axis, rank));
    }
    return static_cast<std::size_t>(axis < 0 ? axis + axes : axis);
}

/// The elements of a result, each taken from the place that `from` gives for its indices.
template <typename From>
StoredConstant taken(const StoredConstant& source, Sizes dims, const From& from) {
    StoredConstant result{source.type, std::move(dims), {}};
    Sizes index(result.dims.size(), 0);
    for (std::int64_t left = countOf(result.dims); left > 0; --left) {
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

StoredConstant withDims(StoredConstant constant, Sizes dims) {
    constant.dims = std::move(dims);
    return constant;
}

StoredConstant identity(const OnnxNode& node) {
    node.expectAttributes({});
    return node.stored(0);
}

StoredConstant cast(const OnnxNode& node) {
    node.expectAttributes({"to", "saturate"});
    StoredConstant constant = node.stored(0);
    const auto to = static_cast<int>(node.integer("to", 0));
    for (std::uint64_t& bits : constant.bits) {
        if (to != constant.type) bits = elementBits(to, elementValue(constant.type, bits));
    }
    constant.type = to;
    return constant;
}

StoredConstant reshape(const OnnxNode& node) {
    node.expectAttributes({"allowzero"});
    const StoredConstant source = node.stored(0);
    Sizes dims = node.numbers("shape", 1).value_or(Sizes{});
    const auto elements = static_cast<std::int64_t>(source.bits.size());
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        if (dims[axis] == 0 && axis < source.dims.size() && node.integer("allowzero", 0) == 0) {
            dims[axis] = source.dims[axis];
        }
    }
    const Sizes asked = dims;
    if (const auto open = std::find(dims.begin(), dims.end(), -1); open != dims.end()) {
        *open = 1;
        *open = elements / countOf(dims);
    }
    if (countOf(dims) != elements) {
        node.fail(fmt::format("reshapes {} elements to [{}]", elements, fmt::join(asked, ", ")));
    }
    return withDims(source, dims);
}

StoredConstant flatten(const OnnxNode& node) {
    node.expectAttributes({"axis"});
    const StoredConstant source = node.stored(0);
    const std::int64_t asked = node.integer("axis", 1);
    const auto rank = static_cast<std::int64_t>(source.dims.size());
    const std::size_t axis =
        asked == rank ? source.dims.size() : axisOf(node, asked, source.dims.size());
    const Sizes before(source.dims.begin(),
                       source.dims.begin() + static_cast<std::ptrdiff_t>(axis));
    const std::int64_t rows = countOf(before);
    return withDims(source, {rows, static_cast<std::int64_t>(source.bits.size()) / rows});
}

StoredConstant squeeze(const OnnxNode& node) {
    node.expectAttributes({"axes"});
    const StoredConstant source = node.stored(0);
    const auto axes = node.numbers("axes", 1);
    std::vector<bool> goes(source.dims.size());
    for (std::size_t i = 0; i < goes.size(); ++i) goes[i] = !axes && source.dims[i] == 1;
    for (const std::int64_t axis : axes.value_or(Sizes{})) {
        goes[axisOf(node, axis, goes.size())] = true;
    }
    Sizes dims;
    for (std::size_t i = 0; i < goes.size(); ++i) {
        if (goes[i] && source.dims[i] != 1) {
            node.fail(fmt::format("takes away axis {} of [{}], expected one of size 1", i,
                                  fmt::join(source.dims, ", ")));
        }
        if (!goes[i]) dims.push_back(source.dims[i]);
    }
    return withDims(source, dims);
}

StoredConstant unsqueeze(const OnnxNode& node) {
    node.expectAttributes({"axes"});
    const StoredConstant source = node.stored(0);
    const Sizes axes = node.numbers("axes", 1).value_or(Sizes{});
    std::vector<bool> isNew(source.dims.size() + axes.size(), false);
    for (const std::int64_t axis : axes) isNew[axisOf(node, axis, isNew.size())] = true;
    Sizes dims;
    auto old = source.dims.begin();
    for (const bool one : isNew) {
        if (!one && old == source.dims.end()) node.fail("has an axis twice, expected each once");
        dims.push_back(one ? 1 : *old++);
    }
    return withDims(source, dims);
}

StoredConstant transpose(const OnnxNode& node) {
    node.expectAttributes({"perm"});
    const StoredConstant source = node.stored(0);
    const std::size_t rank = source.dims.size();
    Sizes order(rank);
    std::iota(order.rbegin(), order.rend(), 0);
    order = node.numbers("perm", 1).value_or(order);
    Sizes sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < std::max(rank, sorted.size()); ++i) {
        if (sorted.size() != rank || sorted[i] != static_cast<std::int64_t>(i)) {
            node.fail(fmt::format("has perm [{}] for a constant of rank {}", fmt::join(order, ", "),
                                  rank));
        }
    }
    const Sizes strides = stridesOf(source.dims);
    Sizes dims;
    for (const std::int64_t axis : order)
        dims.push_back(source.dims[static_cast<std::size_t>(axis)]);
    return taken(source, dims, [&](const Sizes& index) {
        std::int64_t at = 0;
        for (std::size_t i = 0; i < rank; ++i) {
            at += index[i] * strides[static_cast<std::size_t>(order[i])];
        }
        return at;
    });
}

StoredConstant concat(const OnnxNode& node) {
    node.expectAttributes({"axis"});
    StoredConstant all = node.stored(0);
    const std::size_t axis = axisOf(node, node.integer("axis", 0), all.dims.size());
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
        all = taken(both, dims, [&](Sizes index) {
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
    node.expectAttributes({"axis"});
    const StoredConstant source = node.stored(0);
    const StoredConstant places = node.stored(1);
    const std::size_t axis = axisOf(node, node.integer("axis", 0), source.dims.size());
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
    return taken(source, dims, [&](const Sizes& index) {
        const std::int64_t place = std::inner_product(placeStrides.begin(), placeStrides.end(),
                                                      index.begin() + at, std::int64_t{0});
        Sizes full(index.begin(), index.begin() + at);
        full.push_back(which[static_cast<std::size_t>(place)]);
        full.insert(full.end(), index.begin() + at + rank, index.end());
        return std::inner_product(full.begin(), full.end(), strides.begin(), std::int64_t{0});
    });
}

/// ONNX, Slice: a negative place counts from the end, and places beyond the ends are the ends.
std::int64_t clamped(std::int64_t place, std::int64_t size, std::int64_t step) {
    if (place < 0) place = std::max(place, -size - 1) + size;
    return std::clamp<std::int64_t>(place, step < 0 ? -1 : 0, step < 0 ? size - 1 : size);
}

StoredConstant slice(const OnnxNode& node) {
    node.expectAttributes({"starts", "ends", "axes"});
    const StoredConstant source = node.stored(0);
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
    Sizes dims = source.dims;
    Sizes begin(dims.size(), 0);
    Sizes step(dims.size(), 1);
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const std::size_t axis = axisOf(node, axes[i], dims.size());
        step[axis] = std::clamp<std::int64_t>(steps[i], -source.dims[axis], source.dims[axis]);
        begin[axis] = clamped(starts[i], source.dims[axis], step[axis]);
        const std::int64_t end = clamped(ends[i], source.dims[axis], step[axis]);
        const std::int64_t sign = step[axis] < 0 ? -1 : 1;
        dims[axis] =
            std::max<std::int64_t>(0, (end - begin[axis] + step[axis] - sign) / step[axis]);
    }
    const Sizes strides = stridesOf(source.dims);
    return taken(source, dims, [&](const Sizes& index) {
        std::int64_t at = 0;
        for (std::size_t i = 0; i < index.size(); ++i) {
            at += (begin[i] + index[i] * step[i]) * strides[i];
        }
        return at;
    });
}

StoredConstant constantOfShape(const OnnxNode& node) {
    node.expectAttributes({"value"});
    const Sizes dims = node.numbers("", 0).value_or(Sizes{});
    StoredConstant value{onnx::TensorProto::FLOAT, {1}, {0}};
    if (const auto* tensor = node.tensor("value")) value = storedConstant(*tensor, {});
    return taken(value, dims, [](const Sizes&) { return 0; });
}

/// Of a constant, or of an activation as ONNX sees it.
StoredConstant shapeOf(const OnnxNode& node) {
    node.expectAttributes({"start", "end"});
    Sizes dims;
    if (node.readsConstant(0)) {
        dims = node.stored(0).dims;
    } else {
        const OnnxValue& value = node.activation(0);
        const Shape& shape = value.shape;
        dims = value.flat ? Sizes{1, static_cast<std::int64_t>(shape.elements())}
                          : Sizes{1, shape.channels, shape.height, shape.width};
    }
    const auto rank = static_cast<std::int64_t>(dims.size());
    const std::int64_t begin = clamped(node.integer("start", 0), rank, 1);
    const std::int64_t end = std::max(begin, clamped(node.integer("end", rank), rank, 1));
    StoredConstant shape{onnx::TensorProto::INT64, {end - begin}, {}};
    shape.bits.assign(dims.begin() + begin, dims.begin() + end);
    return shape;
}

/// Sums and products of shapes and of weights with factors, each rounded once. Sizes of 1 are
/// repeated.
template <typename Function>
StoredConstant elementwise(const OnnxNode& node) {
    node.expectAttributes({});
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
        return taken(constant, dims, [&](const Sizes& index) {
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

using Fold = StoredConstant (*)(const OnnxNode&);
constexpr std::array<std::pair<const char*, Fold>, 16> kFolds{{
    {"Add", elementwise<std::plus<>>},
    {"Cast", cast},
    {"Concat", concat},
    {"ConstantOfShape", constantOfShape},
    {"Div", elementwise<std::divides<>>},
    {"Flatten", flatten},
    {"Gather", gather},
    {"Identity", identity},
    {"Mul", elementwise<std::multiplies<>>},
    {"Reshape", reshape},
    {"Shape", shapeOf},
    {"Slice", slice},
    {"Squeeze", squeeze},
    {"Sub", elementwise<std::minus<>>},
    {"Transpose", transpose},
    {"Unsqueeze", unsqueeze},
}};

const std::pair<const char*, Fold>* foldOf(const std::string& operatorName) {
    const auto* found = std::find_if(kFolds.begin(), kFolds.end(),
                                     [&](const auto& row) { return operatorName == row.first; });
    return found == kFolds.end() ? nullptr : found;
}

}  // namespace

bool isFoldable(const std::string& operatorName) { return foldOf(operatorName) != nullptr; }

onnx::TensorProto foldNode(const OnnxNode& node) {
    const auto* fold = foldOf(node.operatorName());
    SYSTOLE_CHECK(fold != nullptr, "no operator {}", node.operatorName());
    try {
        return tensorOf(fold->second(node));
    } catch (const OnnxObstacle& obstacle) {
        // Of the constant, which knows nothing of nodes.
        if (obstacle.operatorName.empty()) node.fail(obstacle.problem);
        throw;
    }
}

}  // namespace systole::sim
