// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/numeric/formats/codec.hpp"

namespace systole::numeric {

/// The sum of an average: exact whatever the order and the format (docs/arithmetic.md, section 5).
/// It counts grid steps in one word where the format's grid is narrow. On a wide grid (bf16's has
/// 261 bits) it keeps digits, as a Kulisch accumulator does.
struct TapSum {
    std::int64_t steps = 0;  ///< of a narrow grid
    /// Of a wide grid: digit i counts 2^(gridExponent + i * kDigitBits), carries not yet passed on.
    std::vector<Int128> digits;
    bool isFinite = true;  ///< no tap was infinite or NaN

    static constexpr int kDigitBits = 32;

    void add(Code code, const Codec& codec);
    /// The sum as a value, rounded once to binary32.
    float toFloat(const Codec& codec) const;
};

/// Whether sums of the format's taps (up to 2^23 of them) are words that count grid steps.
bool tapsAreWords(const Codec& codec);

/// Exponent of what a Rescale of such a sum scales: of grid steps where taps are words, else 0.
int tapRescaleExponent(const Codec& codec);

}  // namespace systole::numeric
