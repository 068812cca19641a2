// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/numeric/sums/requantize.hpp"

/// The scale arithmetic of docs/arithmetic.md, sections 3 to 5, one rounding after the other.
namespace systole::sim {

/// fl32(amax / peak), with the peak of a format (`numeric::peakOf`); 1 where that is 0.
float scaleFor(float amax, double peak);

/// From sums in units of input * factor to codes in units of output.
struct ScaleChange {
    float input = 1.0F;
    float factor = 1.0F;  ///< the weights' scale, or one over the count of an average
    float output = 1.0F;
};

/// For sums that count grid steps, 2^gridExponent each. Throws std::range_error where the ratio of
/// the scales is beyond what the arithmetic can hold.
numeric::Rescale makeRescale(const ScaleChange& change, int gridExponent,
                             numeric::ScaleArithmetic arithmetic);

/// For the sum of two tensors; errors as above.
numeric::AdditionScales makeAdditionScales(float left, float right, float output,
                                           numeric::ScaleArithmetic arithmetic);

}  // namespace systole::sim
