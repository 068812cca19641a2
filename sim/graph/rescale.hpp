// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/numeric/sums/requantize.hpp"

/// The scale arithmetic of docs/arithmetic.md, sections 4 and 5, one rounding after the other.
namespace systole::graph {

/// fl32(..fl32(fl32(factors[0] * factors[1]) * factors[2])..); one at least.
float productOf(std::span<const float> factors);

/// From sums in units of the product of `factors` to codes in units of `output`: an input's scale,
/// then the weights' scale, one over the count of an average, .. The sums count grid steps of
/// 2^gridExponent each. Throws std::range_error where the ratio of the scales is beyond what the
/// arithmetic can hold.
numeric::Rescale rescaleOf(std::span<const float> factors, float output, int gridExponent,
                           numeric::ScaleArithmetic arithmetic);

/// Fixed point: by input, its scale divided by the output's; all with the shift of the largest one.
/// Errors as above.
std::vector<numeric::FixedPointScale> commonScales(std::span<const float> inputs, float output);

}  // namespace systole::graph
