// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/numeric/formats/codec.hpp"

namespace systole::numeric {

/// The value that the largest magnitude of a tensor is scaled to (docs/arithmetic.md, section 3):
/// the upper end of the finest steps that a format has, relative to the value. It is `largest()` of
/// integers, of short floats and of most codebooks, 4 of `posit8es1`, whose finest steps lie
/// between 1/4 and 4, and 1 of `bf16`, which has far more exponents than a tensor needs. 0 where no
/// value is positive.
double peakOf(const Codec& codec);

}  // namespace systole::numeric
