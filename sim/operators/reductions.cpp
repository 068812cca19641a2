// SPDX-License-Identifier: Apache-2.0
// Work that reduces axes: sums, means, extremes, softmax.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/graph/works.hpp"
#include "sim/operators/operators.hpp"
#include "sim/operators/programs.hpp"

namespace systole::operators {

namespace {

/// The axes that a node reduces, ascending: an attribute, or a constant since opset 18 (of sums:
/// 13). Without them all, or none where the node says so.
Axes reducedAxes(const OnnxNode& node, std::size_t rank) {
    const auto asked = node.numbers("axes", 1);
    Axes axes;
    if (!asked || asked->empty()) {
        if (node.integer("noop_with_empty_axes", 0) == 0) axes = graph::naturalOrder(rank);
        return axes;
    }
    for (const std::int64_t axis : *asked) {
        axes.push_back(static_cast<std::uint8_t>(node.axis(axis, rank)));
    }
    std::sort(axes.begin(), axes.end());
    axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
    return axes;
}

enum class Reduction : std::uint8_t { Sum, Mean, Maximum, Minimum };

struct Row {
    const char* kind;
    Reduction reduction;
};

numeric::VectorProgram programOf(Reduction reduction, std::uint64_t count) {
    switch (reduction) {
        case Reduction::Sum:
            return reduceProgram(ReduceStep::Kind::Sum);
        case Reduction::Mean:
            return meanProgram(count);
        case Reduction::Maximum:
            return reduceProgram(ReduceStep::Kind::Maximum);
        case Reduction::Minimum:
            return reduceProgram(ReduceStep::Kind::Minimum);
    }
    return {};
}

template <const Row& kRow>
OnnxValue convertReduction(const OnnxNode& node, Build& build) {
    const auto keeps = node.attempt([&] { return node.integer("keepdims", 1) != 0; });
    const OnnxValue& input = node.activation(0);
    const Axes reduced = reducedAxes(node, input.shape.size());
    if (reduced.empty()) return {input.tensor, input.shape, node.outputName()};
    Extents kept = input.shape;
    std::uint64_t count = 1;
    for (const std::uint8_t axis : reduced) {
        count *= kept[axis];
        kept[axis] = 1;
    }
    const TensorId tensor = build.tensorOf(input);
    const auto program = programOf(kRow.reduction, count);
    OnnxValue value = build.add(node, kRow.kind, {tensor}, kept, Axes(build[tensor].order),
                                [&](const auto& inputs, const Tensor& output) {
                                    return graph::reducing(inputs, output, reduced, program);
                                });
    if (known(keeps)) return value;
    value.shape.clear();
    for (std::size_t axis = 0; axis < kept.size(); ++axis) {
        const bool isReduced = std::find(reduced.begin(), reduced.end(), axis) != reduced.end();
        if (!isReduced) value.shape.push_back(kept[axis]);
    }
    return value;
}

numeric::VectorProgram softmaxProgram() {
    ProgramWriter writer;
    const ValueId x = writer.load();
    const ValueId most = writer.reduce(ReduceStep::Kind::Maximum, x);
    const ValueId power = writer.apply("exponential", writer.apply("subtract", x, most));
    const ValueId sum = writer.reduce(ReduceStep::Kind::Sum, power);
    return writer.stored(writer.apply("divide", power, sum));
}

/// Up to opset 12 all axes from the given one on are one.
OnnxValue convertSoftmax(const OnnxNode& node, Build& build) {
    constexpr std::int64_t kFirstOfOneAxis = 13;
    const bool isOfOneAxis = node.opset() >= kFirstOfOneAxis;
    const std::int64_t given = node.integer("axis", isOfOneAxis ? -1 : 1);
    const OnnxValue& input = node.activation(0);
    const std::size_t rank = input.shape.size();
    const std::size_t first = node.axis(given, rank);
    const std::size_t end = isOfOneAxis ? first + 1 : rank;
    Axes reduced;
    for (std::size_t axis = first; axis < end; ++axis) {
        reduced.push_back(static_cast<std::uint8_t>(axis));
    }
    const TensorId tensor = build.tensorOf(input);
    return build.add(node, "softmax", {tensor}, input.shape, Axes(build[tensor].order),
                     [&](const auto& inputs, const Tensor& output) {
                         return graph::reducing(inputs, output, reduced, softmaxProgram());
                     });
}

constexpr Row kMax{"maximum", Reduction::Maximum};
constexpr Row kMean{"mean", Reduction::Mean};
constexpr Row kMin{"minimum", Reduction::Minimum};
constexpr Row kSum{"sum", Reduction::Sum};

constexpr AttributeNames kAttributes{"axes", "keepdims", "noop_with_empty_axes"};

constexpr std::array kOperators{
    Operator{.name = "ReduceMax",
             .attributes = kAttributes,
             .mostInputs = 2,
             .convert = convertReduction<kMax>},
    Operator{.name = "ReduceMean",
             .attributes = kAttributes,
             .mostInputs = 2,
             .convert = convertReduction<kMean>},
    Operator{.name = "ReduceMin",
             .attributes = kAttributes,
             .mostInputs = 2,
             .convert = convertReduction<kMin>},
    Operator{.name = "ReduceSum",
             .attributes = kAttributes,
             .mostInputs = 2,
             .convert = convertReduction<kSum>},
    Operator{.name = "Softmax", .attributes = {"axis"}, .convert = convertSoftmax},
};

}  // namespace

std::span<const Operator> reductionOperators() { return kOperators; }

}  // namespace systole::operators
