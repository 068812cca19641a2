// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/scales.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "models/check.hpp"

namespace systole::sim {

namespace {

/// Below it the pair of mantissa and shift has a shift of at least 0.
constexpr double kLargestRatio = 1 << 30;

numeric::FixedPointScale fixedPointScale(double ratio) {
    if (!(ratio < kLargestRatio)) {
        throw std::range_error(fmt::format(
            "fixed_point: a ratio of scales is {}, expected less than {}", ratio, kLargestRatio));
    }
    return numeric::makeFixedPointScale(ratio);
}

/// Both inputs with the shift of the larger one.
std::array<numeric::FixedPointScale, 2> fixedPointScales(float left, float right, float output) {
    const double ratios[2] = {double{left} / double{output}, double{right} / double{output}};
    const std::int32_t shift = fixedPointScale(std::max(ratios[0], ratios[1])).shift;
    std::array<numeric::FixedPointScale, 2> scales;
    for (std::size_t i = 0; i < 2; ++i) {
        const double mantissa = std::nearbyint(std::ldexp(ratios[i], shift));
        scales[i] = {static_cast<std::int32_t>(mantissa), shift};
    }
    return scales;
}

}  // namespace

float scaleFor(float amax, double peak) {
    const float scale = amax / static_cast<float>(peak);
    return scale == 0 ? 1.0F : scale;
}

numeric::Rescale makeRescale(const ScaleChange& change, int gridExponent,
                             numeric::ScaleArithmetic arithmetic) {
    const auto& [input, factor, output] = change;
    numeric::Rescale rescale;
    switch (arithmetic) {
        case numeric::ScaleArithmetic::Fp32Multiplier:
            rescale.multiplier = std::ldexp(input * factor / output, gridExponent);
            if (!std::isfinite(rescale.multiplier)) {
                throw std::range_error(fmt::format(
                    "fp32_multiplier: scales {} * {} / {} leave binary32, expected a finite ratio",
                    input, factor, output));
            }
            return rescale;
        case numeric::ScaleArithmetic::FixedPoint:
            rescale.fixedPoint = fixedPointScale(double{input} * double{factor} / double{output});
            return rescale;
    }
    SYSTOLE_CHECK(false, "scale arithmetic {}", static_cast<int>(arithmetic));
}

numeric::AdditionScales makeAdditionScales(float left, float right, float output,
                                           numeric::ScaleArithmetic arithmetic) {
    numeric::AdditionScales scales{.inputs = {left, right}, .output = output, .fixedPoint = {}};
    switch (arithmetic) {
        case numeric::ScaleArithmetic::Fp32Multiplier:
            return scales;
        case numeric::ScaleArithmetic::FixedPoint:
            scales.fixedPoint = fixedPointScales(left, right, output);
            return scales;
    }
    SYSTOLE_CHECK(false, "scale arithmetic {}", static_cast<int>(arithmetic));
}

}  // namespace systole::sim
