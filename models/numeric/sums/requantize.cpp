// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/sums/requantize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "models/check.hpp"

namespace systole::numeric {
namespace {

constexpr int kMantissaBits = 31;
constexpr int kLargestShift = 62;
constexpr double kLargestRatio = 2147483647.0;  // the largest mantissa, with no shift

}  // namespace

FixedPointScale makeFixedPointScale(double ratio) {
    SYSTOLE_CHECK(ratio >= 0 && ratio <= kLargestRatio, "scale ratio {}", ratio);
    if (ratio == 0) {
        return {0, kLargestShift};
    }
    // 2^30 <= ratio * 2^shift < 2^31
    int shift = std::min(kMantissaBits - 1 - std::ilogb(ratio), kLargestShift);
    double mantissa = std::nearbyint(std::ldexp(ratio, shift));
    if (mantissa == std::ldexp(1.0, kMantissaBits)) {
        mantissa /= 2;
        --shift;
    }
    return {static_cast<std::int32_t>(mantissa), shift};
}

Int128 shiftRoundHalfUp(Int128 product, std::int32_t shift) {
    const Int128 half = shift == 0 ? 0 : Int128{1} << (shift - 1);
    return (product + half) >> shift;
}

namespace {

double rescaled(std::int64_t sum, const Rescale& rescale, ScaleArithmetic arithmetic) {
    switch (arithmetic) {
        case ScaleArithmetic::Fp32Multiplier:
            return static_cast<float>(sum) * rescale.multiplier;
        case ScaleArithmetic::FixedPoint: {
            const Int128 product = static_cast<Int128>(sum) * rescale.fixedPoint.mantissa;
            return static_cast<double>(shiftRoundHalfUp(product, rescale.fixedPoint.shift));
        }
    }
    SYSTOLE_CHECK(false, "scale arithmetic {}", static_cast<int>(arithmetic));
}

/// Of the sum of two codes.
double rescaledSum(Code a, Code b, const AdditionScales& scales, ScaleArithmetic arithmetic,
                   const Codec& codec) {
    switch (arithmetic) {
        case ScaleArithmetic::Fp32Multiplier: {
            const float left = static_cast<float>(codec.decode(a)) * scales.inputs[0];
            const float right = static_cast<float>(codec.decode(b)) * scales.inputs[1];
            return (left + right) / scales.output;
        }
        case ScaleArithmetic::FixedPoint: {
            const auto term = [&](Code code, const FixedPointScale& scale) {
                return static_cast<Int128>(codec.gridSteps(code)) * scale.mantissa;
            };
            return static_cast<double>(
                shiftRoundHalfUp(term(a, scales.fixedPoint[0]) + term(b, scales.fixedPoint[1]),
                                 scales.fixedPoint[0].shift));
        }
    }
    SYSTOLE_CHECK(false, "scale arithmetic {}", static_cast<int>(arithmetic));
}

Code encodeRescaled(double value, bool relu, const Codec& output) {
    const bool lost = std::isnan(value) && !output.hasNan();
    return output.encode(lost || (relu && !(value > 0)) ? 0.0 : value);
}

}  // namespace

Code requantize(std::int64_t sum, const Rescale& rescale, ScaleArithmetic arithmetic, bool relu,
                const Codec& output) {
    return encodeRescaled(rescaled(sum, rescale, arithmetic), relu, output);
}

Code requantize(float sum, const Rescale& rescale, bool relu, const Codec& output) {
    return encodeRescaled(sum * rescale.multiplier, relu, output);
}

Code addCodes(Code a, Code b, const AdditionScales& scales, ScaleArithmetic arithmetic, bool relu,
              const Codec& codec) {
    const double value = rescaledSum(a, b, scales, arithmetic, codec);
    return codec.encode(relu && !(value > 0) ? 0.0 : value);
}

}  // namespace systole::numeric
