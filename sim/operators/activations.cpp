// SPDX-License-Identifier: Apache-2.0
// Functions of one tensor, element by element.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>

#include "sim/graph/works.hpp"
#include "sim/operators/operators.hpp"
#include "sim/operators/programs.hpp"

namespace systole::operators {

namespace {

/// A word as an argument of a template.
template <std::size_t kSize>
struct Word {
    // NOLINTNEXTLINE(google-explicit-constructor): so that rows can say `function<"floor">`
    consteval Word(const char (&text)[kSize]) { std::copy_n(text, kSize, letters.begin()); }
    std::array<char, kSize> letters{};
};

/// What a row computes of x; it may read attributes and further inputs of the node.
using Formula = ValueId (*)(ProgramWriter& writer, ValueId x, const OnnxNode& node);

/// Element by element, in the shape and the order of the input.
template <Formula kFormula, Word kKind>
OnnxValue formula(const OnnxNode& node, Build& build) {
    ProgramWriter writer;
    const ValueId x = writer.load();
    const auto result = node.attempt([&] { return kFormula(writer, x, node); });
    const OnnxValue& input = node.activation(0);
    const auto program = writer.stored(known(result));
    const TensorId tensor = build.tensorOf(input);
    return build.add(node, kKind.letters.data(), {tensor}, input.shape, Axes(build[tensor].order),
                     [&](const auto& inputs, const Tensor& output) {
                         return graph::elementwise(inputs, output, program);
                     });
}

template <Word kFunction>
ValueId apply(ProgramWriter& writer, ValueId x, const OnnxNode&) {
    return writer.apply(kFunction.letters.data(), x);
}

/// A function of the table of models/numeric/functions.
template <Word kFunction, Word kKind = kFunction>
OnnxValue function(const OnnxNode& node, Build& build) {
    return formula<apply<kFunction>, kKind>(node, build);
}

ValueId clampedToOne(ProgramWriter& writer, ValueId value) {
    const ValueId positive = writer.apply("maximum", value, writer.constant(0));
    return writer.apply("minimum", positive, writer.constant(1));
}

ValueId clampedLine(ProgramWriter& writer, ValueId x, float alpha, float beta) {
    const ValueId scaled = writer.apply("multiply", x, writer.constant(double{alpha}));
    return clampedToOne(writer, writer.apply("add", scaled, writer.constant(double{beta})));
}

ValueId hardSigmoid(ProgramWriter& writer, ValueId x, const OnnxNode& node) {
    return clampedLine(writer, x, node.real("alpha", 0.2F), node.real("beta", 0.5F));
}

ValueId hardSwish(ProgramWriter& writer, ValueId x, const OnnxNode&) {
    return writer.apply("multiply", x, clampedLine(writer, x, 1.0F / 6.0F, 0.5F));
}

/// ONNX's own function: 0.5 x (1 + erf(x / sqrt(2))), or with a hyperbolic tangent instead.
ValueId gelu(ProgramWriter& writer, ValueId x, const OnnxNode& node) {
    const std::string approximate = node.text("approximate", "none");
    ValueId inner = 0;
    if (approximate == "none") {
        inner = writer.apply("error_function",
                             writer.apply("divide", x, real(writer, std::numbers::sqrt2)));
    } else if (approximate == "tanh") {
        const ValueId cube = writer.apply("multiply", x, writer.apply("multiply", x, x));
        const ValueId sum =
            writer.apply("add", x, writer.apply("multiply", cube, real(writer, 0.044715)));
        const ValueId factor = real(writer, std::sqrt(2 * std::numbers::inv_pi));
        inner = writer.apply("hyperbolic_tangent", writer.apply("multiply", sum, factor));
    } else {
        node.fail("has approximate '" + approximate + "', expected 'none' or 'tanh'");
    }
    const ValueId half = writer.apply("multiply", x, writer.constant(0.5));
    return writer.apply("multiply", half, writer.apply("add", inner, writer.constant(1)));
}

ValueId leakyRelu(ProgramWriter& writer, ValueId x, const OnnxNode& node) {
    const ValueId negative = writer.apply("less", x, writer.constant(0));
    const ValueId slope = writer.constant(double{node.real("alpha", 0.01F)});
    return writer.apply("select", negative, writer.apply("multiply", x, slope), x);
}

/// An end of the range of Clip: an attribute up to opset 10, then a constant of one element.
std::optional<double> clipEnd(const OnnxNode& node, const char* name, int index) {
    if (node.has(name)) return double{node.real(name, 0)};
    if (!node.hasInput(index)) return std::nullopt;
    const OnnxConstant end = node.constant(index);
    if (end.values.size() != 1) {
        node.fail(std::string("has a '") + name + "' of several elements, expected one");
    }
    return double{end.values.front()};
}

ValueId clip(ProgramWriter& writer, ValueId x, const OnnxNode& node) {
    const auto least = node.attempt([&] { return clipEnd(node, "min", 1); });
    const auto most = node.attempt([&] { return clipEnd(node, "max", 2); });
    if (known(least)) x = writer.apply("maximum", x, writer.constant(**least));
    if (known(most)) x = writer.apply("minimum", x, writer.constant(**most));
    return x;
}

/// Of a constant exponent of one element: the powers that other functions are.
ValueId power(ProgramWriter& writer, ValueId x, const OnnxNode& node) {
    const StoredConstant exponent = node.stored(1);
    const double value =
        exponent.bits.size() == 1 ? elementValue(exponent.type, exponent.bits.front()) : 0;
    if (value == 0.5) return writer.apply("square_root", x);
    if (value != 2 && value != 3) {
        node.fail("has another exponent, expected one constant of 2, 3 or 0.5");
    }
    const ValueId square = writer.apply("multiply", x, x);
    return value == 2 ? square : writer.apply("multiply", square, x);
}

constexpr std::array kOperators{
    Operator{.name = "Abs", .convert = function<"absolute">},
    Operator{.name = "Clip",
             .attributes = {"min", "max"},
             .mostInputs = 3,
             .convert = formula<clip, "clip">},
    Operator{.name = "Erf", .convert = function<"error_function">},
    Operator{.name = "Exp", .convert = function<"exponential">},
    Operator{.name = "Floor", .convert = function<"floor">},
    Operator{.name = "Gelu",
             .attributes = {"approximate"},
             .convert = formula<gelu, "gelu">,
             .firstOpset = 20},
    Operator{.name = "HardSigmoid",
             .attributes = {"alpha", "beta"},
             .convert = formula<hardSigmoid, "hard_sigmoid">},
    Operator{.name = "HardSwish", .convert = formula<hardSwish, "hard_swish">, .firstOpset = 14},
    Operator{
        .name = "LeakyRelu", .attributes = {"alpha"}, .convert = formula<leakyRelu, "leaky_relu">},
    Operator{.name = "Log", .convert = function<"logarithm">},
    Operator{.name = "Neg", .convert = function<"negate">},
    Operator{.name = "Pow", .fewestInputs = 2, .mostInputs = 2, .convert = formula<power, "power">},
    Operator{.name = "Reciprocal", .convert = function<"reciprocal">},
    Operator{.name = "Relu", .convert = function<"positive", "relu">},
    Operator{.name = "Sigmoid", .convert = function<"sigmoid">},
    Operator{.name = "Sqrt", .convert = function<"square_root">},
    Operator{.name = "Tanh", .convert = function<"hyperbolic_tangent", "tanh">},
};

}  // namespace

std::span<const Operator> activationOperators() { return kOperators; }

}  // namespace systole::operators
