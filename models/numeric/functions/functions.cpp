// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/functions/functions.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace systole::numeric {
namespace {

using Arguments = const double*;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Comparisons are 1 or 0. Minimum and maximum give NaN where an argument is NaN, as ONNX's do; of
// equal arguments (+0 and -0) the first.
constexpr std::array kFunctions{
    Function{"add", 2, FunctionClass::Add, [](Arguments x) { return x[0] + x[1]; }},
    Function{"subtract", 2, FunctionClass::Add, [](Arguments x) { return x[0] - x[1]; }},
    Function{"negate", 1, FunctionClass::Add, [](Arguments x) { return -x[0]; }},
    Function{"multiply", 2, FunctionClass::Multiply, [](Arguments x) { return x[0] * x[1]; }},
    Function{"divide", 2, FunctionClass::Divide, [](Arguments x) { return x[0] / x[1]; }},
    Function{"reciprocal", 1, FunctionClass::Divide, [](Arguments x) { return 1 / x[0]; }},
    Function{"minimum", 2, FunctionClass::Compare,
             [](Arguments x) {
                 return std::isnan(x[0]) || !(x[1] < x[0] || std::isnan(x[1])) ? x[0] : x[1];
             }},
    Function{"maximum", 2, FunctionClass::Compare,
             [](Arguments x) {
                 return std::isnan(x[0]) || !(x[1] > x[0] || std::isnan(x[1])) ? x[0] : x[1];
             }},
    /// ReLU: +0 unless the argument is above it.
    Function{"positive", 1, FunctionClass::Compare,
             [](Arguments x) { return x[0] > 0 ? x[0] : 0.0; }},
    Function{"absolute", 1, FunctionClass::Compare, [](Arguments x) { return std::fabs(x[0]); }},
    Function{"less", 2, FunctionClass::Compare,
             [](Arguments x) { return x[0] < x[1] ? 1.0 : 0.0; }},
    Function{"equal", 2, FunctionClass::Compare,
             [](Arguments x) { return x[0] == x[1] ? 1.0 : 0.0; }},
    /// The second argument where the first one is not zero, else the third.
    Function{"select", 3, FunctionClass::Compare,
             [](Arguments x) { return x[0] != 0 ? x[1] : x[2]; }},
    Function{"floor", 1, FunctionClass::Compare, [](Arguments x) { return std::floor(x[0]); }},
    Function{"square_root", 1, FunctionClass::Root, [](Arguments x) { return std::sqrt(x[0]); }},
    Function{"exponential", 1, FunctionClass::Transcendental,
             [](Arguments x) { return std::exp(x[0]); }},
    Function{"logarithm", 1, FunctionClass::Transcendental,
             [](Arguments x) { return std::log(x[0]); }},
    Function{"error_function", 1, FunctionClass::Transcendental,
             [](Arguments x) { return std::erf(x[0]); }},
    Function{"sigmoid", 1, FunctionClass::Transcendental,
             [](Arguments x) { return sigmoid(x[0]); }},
    Function{"hyperbolic_tangent", 1, FunctionClass::Transcendental,
             [](Arguments x) { return std::tanh(x[0]); }},
};

}  // namespace

std::span<const Function> functions() { return kFunctions; }

const Function* findFunction(std::string_view name) {
    const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                     [&](const Function& row) { return row.name == name; });
    return found == kFunctions.end() ? nullptr : found;
}

}  // namespace systole::numeric
