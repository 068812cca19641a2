// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/functions/functions.hpp"

#include <algorithm>
#include <cmath>

namespace systole::numeric {
namespace {

using Arguments = const double*;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// ReLU: +0 unless the argument is above it.
double positive(double x) { return x > 0 ? x : 0.0; }

// NaN where an argument is NaN, as ONNX's; of equal arguments (+0 and -0) the first.
double minimum(double a, double b) { return std::isnan(a) || !(b < a || std::isnan(b)) ? a : b; }
double maximum(double a, double b) { return std::isnan(a) || !(b > a || std::isnan(b)) ? a : b; }

template <std::size_t kArguments, auto kReference>
void computeAll(const double* const* arguments, std::size_t count, double* results) {
    for (std::size_t i = 0; i < count; ++i) {
        std::array<double, kArguments> x{};
        for (std::size_t a = 0; a < kArguments; ++a) x[a] = arguments[a][i];
        results[i] = kReference(x.data());
    }
    // Apart, so that a choice between two values needs no branch for the rounding.
    for (std::size_t i = 0; i < count; ++i) results[i] = static_cast<float>(results[i]);
}

template <std::size_t kArguments, auto kReference>
constexpr Function row(std::string_view name, FunctionClass costs) {
    return {name, kArguments, costs, kReference, computeAll<kArguments, kReference>};
}

// Comparisons are 1 or 0.
constexpr std::array kFunctions{
    row<2, [](Arguments x) { return x[0] + x[1]; }>("add", FunctionClass::Add),
    row<2, [](Arguments x) { return x[0] - x[1]; }>("subtract", FunctionClass::Add),
    row<1, [](Arguments x) { return -x[0]; }>("negate", FunctionClass::Add),
    row<2, [](Arguments x) { return x[0] * x[1]; }>("multiply", FunctionClass::Multiply),
    row<2, [](Arguments x) { return x[0] / x[1]; }>("divide", FunctionClass::Divide),
    row<1, [](Arguments x) { return 1 / x[0]; }>("reciprocal", FunctionClass::Divide),
    row<2, [](Arguments x) { return minimum(x[0], x[1]); }>("minimum", FunctionClass::Compare),
    row<2, [](Arguments x) { return maximum(x[0], x[1]); }>("maximum", FunctionClass::Compare),
    row<1, [](Arguments x) { return positive(x[0]); }>("positive", FunctionClass::Compare),
    row<1, [](Arguments x) { return std::fabs(x[0]); }>("absolute", FunctionClass::Compare),
    row<2, [](Arguments x) { return x[0] < x[1] ? 1.0 : 0.0; }>("less", FunctionClass::Compare),
    row<2, [](Arguments x) { return x[0] == x[1] ? 1.0 : 0.0; }>("equal", FunctionClass::Compare),
    /// The second argument where the first one is not zero, else the third.
    row<3, [](Arguments x) { return x[0] != 0 ? x[1] : x[2]; }>("select", FunctionClass::Compare),
    row<1, [](Arguments x) { return std::floor(x[0]); }>("floor", FunctionClass::Compare),
    row<1, [](Arguments x) { return std::sqrt(x[0]); }>("square_root", FunctionClass::Divide),
    row<1, [](Arguments x) { return std::exp(x[0]); }>("exponential",
                                                       FunctionClass::Transcendental),
    row<1, [](Arguments x) { return std::log(x[0]); }>("logarithm", FunctionClass::Transcendental),
    row<1, [](Arguments x) { return std::erf(x[0]); }>("error_function",
                                                       FunctionClass::Transcendental),
    row<1, [](Arguments x) { return sigmoid(x[0]); }>("sigmoid", FunctionClass::Transcendental),
    row<1, [](Arguments x) { return std::tanh(x[0]); }>("hyperbolic_tangent",
                                                        FunctionClass::Transcendental),
};

}  // namespace

std::span<const Function> functions() { return kFunctions; }

const Function* findFunction(std::string_view name) {
    const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                     [&](const Function& row) { return row.name == name; });
    return found == kFunctions.end() ? nullptr : found;
}

}  // namespace systole::numeric
