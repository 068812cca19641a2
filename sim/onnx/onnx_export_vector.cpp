// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "models/check.hpp"
#include "models/overloaded.hpp"
#include "sim/graph/works.hpp"
#include "sim/onnx/onnx_exporter.hpp"

namespace systole::sim {

using graph::AxisMap;
using graph::Tensor;
using graph::VectorWork;
using numeric::ApplyStep;
using numeric::ReduceStep;
using numeric::ValueId;

namespace {

/// The ONNX operator of every function but the comparisons and the choice.
constexpr std::array<std::pair<std::string_view, const char*>, 17> kOperators{{
    {"add", "Add"},
    {"subtract", "Sub"},
    {"negate", "Neg"},
    {"multiply", "Mul"},
    {"divide", "Div"},
    {"reciprocal", "Reciprocal"},
    {"minimum", "Min"},
    {"maximum", "Max"},
    {"positive", "Relu"},
    {"absolute", "Abs"},
    {"floor", "Floor"},
    {"square_root", "Sqrt"},
    {"exponential", "Exp"},
    {"logarithm", "Log"},
    {"error_function", "Erf"},
    {"sigmoid", "Sigmoid"},
    {"hyperbolic_tangent", "Tanh"},
}};

constexpr int kNone = -1;
constexpr int kSeveral = -2;

/// The one axis of the space, reduced or kept, that a coordinate depends on.
int axisOf(const AxisMap& map, const numeric::VectorSpace& space, bool reduced) {
    int found = kNone;
    for (std::size_t axis = 0; axis < map.coefficients.size(); ++axis) {
        if (map.coefficients[axis] == 0 || space.reduced[axis] != reduced) continue;
        found = found == kNone ? static_cast<int>(axis) : kSeveral;
    }
    return found;
}

/// A window along one axis of an image; none where the coordinate is no such thing.
std::optional<arch::WindowAxis> windowAxis(const AxisMap& map, const numeric::VectorSpace& space,
                                           std::uint32_t extent) {
    const int kept = axisOf(map, space, false);
    const int taps = axisOf(map, space, true);
    if (kept == kSeveral || taps == kSeveral) return std::nullopt;
    const auto of = [&](const auto& list, int axis) {
        return axis < 0 ? 1 : static_cast<std::int64_t>(list[static_cast<std::size_t>(axis)]);
    };
    const std::int64_t stride = of(map.coefficients, kept);
    const std::int64_t dilation = of(map.coefficients, taps);
    if (stride < 1 || dilation < 1) return std::nullopt;
    arch::WindowAxis axis{.kernel = static_cast<std::uint32_t>(of(space.extents, taps)),
                          .stride = static_cast<std::uint32_t>(stride),
                          .padBefore = static_cast<std::int32_t>(-map.offset),
                          .dilation = static_cast<std::uint32_t>(dilation)};
    const std::int64_t end =
        map.offset + (of(space.extents, kept) - 1) * stride + axis.reach() - extent;
    axis.padAfter = static_cast<std::int32_t>(std::max<std::int64_t>(0, end));
    return axis;
}

/// The window of work over the rows and columns of an image; none of other work.
std::optional<arch::Window> windowOf(const VectorWork& work, const Tensor& input) {
    const std::size_t rank = input.shape.size();
    if (rank != 3 && rank != 4) return std::nullopt;
    const auto& axes = work.operands.front().axes;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const int kept = axisOf(axes[axis], work.space, false);
        const bool isPlain = axisOf(axes[axis], work.space, true) == kNone && kept != kSeveral;
        if (!isPlain || axes[axis].offset != 0) return std::nullopt;
    }
    const auto x = windowAxis(axes[rank - 1], work.space, input.shape[rank - 1]);
    const auto y = rank == 3 ? std::optional(arch::WindowAxis{})
                             : windowAxis(axes[2], work.space, input.shape[2]);
    if (!x || !y) return std::nullopt;
    return arch::Window{*y, *x};
}

/// A program that reduces what it loads and scales it at most, before a `positive` perhaps.
struct Pooled {
    ReduceStep::Kind kind = ReduceStep::Kind::Sum;
    float factor = 1.0F;
    bool counts = false;  ///< divides by the taps inside the image
    bool relu = false;
};

std::optional<Pooled> pooledOf(const numeric::VectorProgram& program) {
    Pooled pooled;
    ValueId value = std::get<numeric::StoreStep>(program.steps.back()).value;
    const auto functionAt = [&](ValueId step) {
        const auto* apply = std::get_if<ApplyStep>(&program.steps[step]);
        return apply == nullptr ? std::string_view() : apply->function->name;
    };
    if (functionAt(value) == "positive") {
        pooled.relu = true;
        value = std::get<ApplyStep>(program.steps[value]).arguments[0];
    }
    if (functionAt(value) == "divide") {
        const auto& arguments = std::get<ApplyStep>(program.steps[value]).arguments;
        const auto* constant = std::get_if<numeric::ConstantStep>(&program.steps[arguments[1]]);
        pooled.counts = std::holds_alternative<numeric::RoundStep>(program.steps[arguments[1]]);
        if (constant == nullptr && !pooled.counts) return std::nullopt;
        if (constant != nullptr) pooled.factor = 1.0F / static_cast<float>(constant->value);
        value = arguments[0];
    }
    const auto* reduce = std::get_if<ReduceStep>(&program.steps[value]);
    if (reduce == nullptr ||
        !std::holds_alternative<numeric::LoadStep>(program.steps[reduce->value])) {
        return std::nullopt;
    }
    pooled.kind = reduce->kind;
    return pooled;
}

}  // namespace

/// A sum over a window as a depthwise convolution of ones.
void OnnxExporter::addAverage(const arch::Window& window, float factor) {
    const Tensor& input = tensor(node_->inputs[0]);
    const std::uint32_t channels = input.shape[1];
    QLinearConvParameters parameters;
    parameters.window = window;
    parameters.groups = channels;
    parameters.dims = {channels, 1, window.y.kernel, window.x.kernel};
    parameters.weights.assign(std::size_t{channels} * window.taps(), 1);
    parameters.scales.assign(channels, factor);
    parameters.bias.assign(channels, 0);
    addImageWork([&](const OnnxCodes& image, const OnnxCodes& output) {
        builder_.addQLinearConv(node_->name, parameters, image, output);
    });
}

/// Work over a window that ONNX has on codes; returns whether it is such.
bool OnnxExporter::addWindow(const VectorWork& work) {
    const Tensor& input = tensor(node_->inputs[0]);
    const auto pooled =
        node_->inputs.size() == 1 ? pooledOf(work.program) : std::optional<Pooled>();
    const auto window = pooled ? windowOf(work, input) : std::optional<arch::Window>();
    if (!window) return false;
    if (pooled->kind == ReduceStep::Kind::Sum) {
        if (pooled->relu) return false;
        if (pooled->counts && window->readsZeros()) {
            fail(fmt::format("node '{}' averages without its padding, expected count_include_pad",
                             node_->name));
        }
        const float factor =
            pooled->counts ? 1.0F / static_cast<float>(window->taps()) : pooled->factor;
        addAverage(*window, factor);
        return true;
    }
    if (pooled->kind != ReduceStep::Kind::Maximum || pooled->relu || pooled->factor != 1.0F) {
        return false;
    }
    addImageWork([&](const OnnxCodes& image, const OnnxCodes& output) {
        onnx::NodeProto& node = builder_.addNode("MaxPool", node_->name, {image.name}, output.name);
        OnnxBuilder::addWindow(node, *window);
    });
    return true;
}

void OnnxExporter::addWork(const VectorWork& work) {
    if (!addWindow(work)) addProgram(work);
}

std::string OnnxExporter::loaded(const VectorWork& work, const numeric::LoadStep& load,
                                 const std::string& output) {
    const TensorId input = node_->inputs.at(load.operand);
    const auto& reduced = work.space.reduced;
    const bool reduces = std::find(reduced.begin(), reduced.end(), true) != reduced.end();
    const Tensor& whole = tensor(reduces ? node_->inputs[0] : node_->output);
    if (work.operands.at(load.operand) != graph::broadcastMap(tensor(input), whole)) {
        fail(
            fmt::format("node '{}' reads '{}' through a window, expected a plain maximum or "
                        "average of one",
                        node_->name, tensor(input).name));
    }
    if (!network_.quantizerOf(input)) return nameOf(input);
    builder_.addDequantize(codesOf(input), output);
    return output;
}

std::string OnnxExporter::applied(const ApplyStep& apply, const std::vector<std::string>& values,
                                  const std::string& output) {
    const std::string_view function = apply.function->name;
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < apply.function->arguments; ++i) {
        inputs.push_back(values[apply.arguments[i]]);
    }
    const auto cast = [&](const std::string& from, const std::string& to,
                          onnx::TensorProto::DataType type) {
        onnx::NodeProto& node = builder_.addNode("Cast", to + "/cast", {from}, to);
        OnnxBuilder::addInteger(node, "to", type);
    };
    if (function == "less" || function == "equal") {
        builder_.addNode(function == "less" ? "Less" : "Equal", output + "/compare", inputs,
                         output + "/holds");
        cast(output + "/holds", output, onnx::TensorProto::FLOAT);
        return output;
    }
    if (function == "select") {
        cast(inputs[0], output + "/choice", onnx::TensorProto::BOOL);
        builder_.addNode("Where", output + "/select", {output + "/choice", inputs[1], inputs[2]},
                         output);
        return output;
    }
    const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                     [&](const auto& row) { return row.first == function; });
    SYSTOLE_CHECK(found != kOperators.end(), "no ONNX operator for '{}'", function);
    builder_.addNode(found->second, output + "/" + std::string(function), inputs, output);
    return output;
}

std::string OnnxExporter::reduced(const VectorWork& work, const ReduceStep& reduce,
                                  const std::string& value, const std::string& output) {
    const Tensor& whole = tensor(node_->inputs[0]);
    std::vector<std::int64_t> axes;
    std::uint64_t count = 1;
    for (std::size_t axis = 0; axis < whole.order.size(); ++axis) {
        if (!work.space.reduced.at(axis)) continue;
        axes.push_back(whole.order[axis]);
        count *= work.space.extents[axis];
    }
    std::sort(axes.begin(), axes.end());
    switch (reduce.kind) {
        case ReduceStep::Kind::Sum:
            builder_.addNode("ReduceSum", output + "/sum",
                             {value, builder_.addIndices(output + "/axes", axes)}, output);
            return output;
        case ReduceStep::Kind::Maximum:
        case ReduceStep::Kind::Minimum: {
            const bool isMaximum = reduce.kind == ReduceStep::Kind::Maximum;
            onnx::NodeProto& node = builder_.addNode(isMaximum ? "ReduceMax" : "ReduceMin",
                                                     output + "/extreme", {value}, output);
            OnnxBuilder::addIntegers(node, "axes", axes);
            return output;
        }
        case ReduceStep::Kind::Count:
            return builder_.addFloats(output, {}, {static_cast<float>(count)});
    }
    SYSTOLE_CHECK(false, "a reduction of kind {}", static_cast<int>(reduce.kind));
}

/// One operator a step, on real values.
void OnnxExporter::addProgram(const VectorWork& work) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < work.program.steps.size(); ++i) {
        const std::string output = fmt::format("{}/step{}", outputName(), i);
        values.push_back(std::visit(
            Overloaded{
                [&](const numeric::LoadStep& load) { return loaded(work, load, output); },
                [&](const numeric::ConstantStep& constant) {
                    return builder_.addFloats(output, {}, {static_cast<float>(constant.value)});
                },
                [&](const ApplyStep& apply) { return applied(apply, values, output); },
                [&](const ReduceStep& reduce) {
                    return reduced(work, reduce, values[reduce.value], output);
                },
                [&](const numeric::RoundStep& round) { return values[round.value]; },
                [&](const numeric::StoreStep& store) {
                    builder_.addQuantize(values[store.value], outputCodes());
                    return outputName();
                },
                [&](const auto&) -> std::string {
                    fail(fmt::format("node '{}' has a step that no operator has", node_->name));
                }},
            work.program.steps[i]));
    }
}

}  // namespace systole::sim
