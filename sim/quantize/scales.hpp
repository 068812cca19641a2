// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/numeric/codec.hpp"
#include "models/numeric/requantize.hpp"

/// The scale arithmetic of docs/arithmetic.md, sections 3 to 5, one rounding after the other.
namespace systole::sim {

/// fl32(amax / largest); 1 where that is 0.
float scaleFor(float amax, const numeric::Codec& codec);

/// rne(bias / (inputScale * weightScale * 2^gridExponent)), saturated to two's complement of
/// `bits`.
std::int64_t biasCode(float bias, float inputScale, float weightScale, int gridExponent, int bits);

/// Scale of sums that count 2^gridExponent * inputScale * factor to codes of scale outputScale.
/// Throws std::range_error where the ratio of the scales is beyond what the arithmetic can hold.
numeric::Rescale makeRescale(float inputScale, float factor, float outputScale, int gridExponent,
                             numeric::ScaleArithmetic arithmetic);

/// For the sum of two tensors; errors as above.
numeric::AdditionScales makeAdditionScales(float left, float right, float output,
                                           numeric::ScaleArithmetic arithmetic);

}  // namespace systole::sim
