// SPDX-License-Identifier: Apache-2.0
// Elements that change their places.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "sim/graph/works.hpp"
#include "sim/operators/operators.hpp"
#include "sim/operators/shapes.hpp"

namespace systole::operators {

namespace {

OnnxValue passedOn(const OnnxNode& node, const OnnxValue& value) {
    return {value.tensor, value.shape, node.outputName()};
}

/// All inputs of Concat, of one shape but along the axis.
std::vector<OnnxValue> concatInputs(const OnnxNode& node, Build& build,
                                    std::optional<std::size_t>& axis) {
    std::vector<std::optional<OnnxValue>> read;
    for (int i = 0; i < node.inputCount(); ++i) {
        read.push_back(node.attempt([&]() -> OnnxValue {
            return node.readsConstant(i) ? build.constant(node, i) : node.activation(i);
        }));
    }
    std::vector<OnnxValue> values;
    for (const auto& value : read) values.push_back(known(value));
    const Extents& first = values.front().shape;
    axis = node.axis(node.integer("axis", 1), first.size());
    for (const OnnxValue& value : values) {
        Extents expected = first;
        if (value.shape.size() == first.size()) expected[*axis] = value.shape[*axis];
        if (value.shape == expected) continue;
        node.fail(
            fmt::format("joins shapes [{}] and [{}] along axis {}, expected sizes that differ "
                        "there alone",
                        fmt::join(first, ", "), fmt::join(value.shape, ", "), *axis));
    }
    return values;
}

/// That of the first input which is no constant.
Axes orderOf(const Build& build, const std::vector<TensorId>& inputs) {
    const auto found = std::find_if(inputs.begin(), inputs.end(), [&](TensorId input) {
        return build[input].origin != graph::Origin::Constant;
    });
    return build[found == inputs.end() ? inputs.front() : *found].order;
}

OnnxValue convertConcat(const OnnxNode& node, Build& build) {
    std::optional<std::size_t> axis;
    const std::vector<OnnxValue> values = concatInputs(node, build, axis);
    if (values.size() == 1) return passedOn(node, values.front());
    Extents shape = values.front().shape;
    shape[*axis] = 0;
    std::vector<TensorId> inputs;
    std::vector<Extents> begins;
    for (const OnnxValue& value : values) {
        begins.emplace_back(shape.size(), 0);
        begins.back()[*axis] = shape[*axis];
        shape[*axis] += value.shape[*axis];
        node.checked(shape);
        inputs.push_back(build.tensorOf(value));
    }
    return build.add(node, "concat", inputs, shape, orderOf(build, inputs),
                     [&](const auto& tensors, const Tensor&) {
                         graph::MoveWork work;
                         for (std::size_t i = 0; i < tensors.size(); ++i) {
                             work.copies.push_back(graph::boxCopy(static_cast<std::uint32_t>(i),
                                                                  *tensors[i], begins[i]));
                         }
                         return work;
                     });
}

OnnxValue convertSlice(const OnnxNode& node, Build& build) {
    const OnnxValue& input = node.activation(0);
    const std::vector<SliceRange> ranges = sliceRanges(node, sizesOfShape(input.shape));
    Sizes dims;
    bool isWhole = true;
    for (std::size_t axis = 0; axis < ranges.size(); ++axis) {
        dims.push_back(ranges[axis].size);
        isWhole = isWhole && ranges[axis].size == input.shape[axis] && ranges[axis].step > 0;
    }
    countOf(node, dims);
    if (isWhole) return passedOn(node, input);
    const TensorId tensor = build.tensorOf(input);
    return build.add(node, "slice", {tensor}, extentsOf(dims), Axes(build[tensor].order),
                     [&](const auto&, const Tensor& output) {
                         graph::Copy copy = graph::boxCopy(0, output, {});
                         for (std::size_t axis = 0; axis < ranges.size(); ++axis) {
                             graph::AxisMap& map = copy.source.axes[axis];
                             map.offset = ranges[axis].begin;
                             for (std::int64_t& each : map.coefficients) each *= ranges[axis].step;
                         }
                         return graph::MoveWork{{std::move(copy)}};
                     });
}

/// Nothing moves where the elements lie as an image or in the natural order already.
OnnxValue convertTranspose(const OnnxNode& node, Build& build) {
    const OnnxValue& input = node.activation(0);
    Axes axes;
    for (const std::size_t axis : permutation(node, input.shape.size())) {
        axes.push_back(static_cast<std::uint8_t>(axis));
    }
    const OnnxValue turned = build.transposed(input, axes);
    const Tensor& view = build[turned.tensor];
    const std::size_t rank = view.shape.size();
    const bool isImage = (rank == 3 || rank == 4) &&
                         graph::sameOrder(view.shape, view.order, graph::channelsLast(rank));
    const Axes natural = graph::naturalOrder(rank);
    if (isImage || graph::sameOrder(view.shape, view.order, natural)) return passedOn(node, turned);
    return build.add(node, "transpose", {turned.tensor}, turned.shape, natural,
                     [&](const auto&, const Tensor& output) {
                         return graph::MoveWork{{graph::boxCopy(0, output, {})}};
                     });
}

/// To a shape that broadcasting makes of the input's and the one that is asked for.
OnnxValue convertExpand(const OnnxNode& node, Build& build) {
    const OnnxValue& input = node.activation(0);
    Sizes shape = node.numbers("", 1).value_or(Sizes{});
    const Sizes from = sizesOfShape(input.shape);
    if (from.size() > shape.size()) shape.insert(shape.begin(), from.size() - shape.size(), 1);
    const std::size_t missing = shape.size() - from.size();
    for (std::size_t axis = 0; axis < from.size(); ++axis) {
        std::int64_t& size = shape[missing + axis];
        if (size != from[axis] && size != 1 && from[axis] != 1) {
            node.fail(fmt::format("expands [{}] to [{}], expected equal sizes, or 1",
                                  fmt::join(from, ", "), fmt::join(shape, ", ")));
        }
        if (size == 1) size = from[axis];
    }
    countOf(node, shape);
    return build.expanded(node, input, node.checked(extentsOf(shape)));
}

constexpr std::array kOperators{
    Operator{.name = "Concat",
             .attributes = {"axis"},
             .mostInputs = kAnyInputs,
             .convert = convertConcat},
    Operator{.name = "Expand", .fewestInputs = 2, .mostInputs = 2, .convert = convertExpand},
    Operator{.name = "Slice",
             .attributes = {"starts", "ends", "axes"},
             .mostInputs = 5,
             .convert = convertSlice},
    Operator{.name = "Transpose", .attributes = {"perm"}, .convert = convertTranspose},
};

}  // namespace

std::span<const Operator> moveOperators() { return kOperators; }

}  // namespace systole::operators
