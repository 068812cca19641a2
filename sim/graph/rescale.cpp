// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/rescale.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/check.hpp"

namespace systole::graph {

using numeric::FixedPointScale;
using numeric::Rescale;
using numeric::ScaleArithmetic;

namespace {

/// Below it the pair of mantissa and shift has a shift of at least 0.
constexpr double kLargestRatio = 1 << 30;

FixedPointScale fixedPointScale(double ratio) {
    if (!(ratio < kLargestRatio)) {
        throw std::range_error(fmt::format(
            "fixed_point: a ratio of scales is {}, expected less than {}", ratio, kLargestRatio));
    }
    return numeric::makeFixedPointScale(ratio);
}

}  // namespace

float productOf(std::span<const float> factors) {
    float product = factors.front();
    for (const float factor : factors.subspan(1)) product *= factor;
    return product;
}

Rescale rescaleOf(std::span<const float> factors, float output, int gridExponent,
                  ScaleArithmetic arithmetic) {
    Rescale rescale;
    switch (arithmetic) {
        case ScaleArithmetic::Fp32Multiplier:
            rescale.multiplier = std::ldexp(productOf(factors) / output, gridExponent);
            if (!std::isfinite(rescale.multiplier)) {
                throw std::range_error(fmt::format(
                    "fp32_multiplier: scales {} / {} leave binary32, expected a finite ratio",
                    fmt::join(factors, " * "), output));
            }
            return rescale;
        case ScaleArithmetic::FixedPoint: {
            double ratio = double{factors.front()};
            for (const float factor : factors.subspan(1)) ratio *= double{factor};
            rescale.fixedPoint = fixedPointScale(ratio / double{output});
            return rescale;
        }
    }
    SYSTOLE_CHECK(false, "scale arithmetic {}", static_cast<int>(arithmetic));
}

std::vector<FixedPointScale> commonScales(std::span<const float> inputs, float output) {
    std::vector<double> ratios;
    for (const float input : inputs) ratios.push_back(double{input} / double{output});
    const std::int32_t shift =
        fixedPointScale(*std::max_element(ratios.begin(), ratios.end())).shift;
    std::vector<FixedPointScale> scales;
    for (const double ratio : ratios) {
        const double mantissa = std::nearbyint(std::ldexp(ratio, shift));
        scales.push_back({static_cast<std::int32_t>(mantissa), shift});
    }
    return scales;
}

}  // namespace systole::graph
