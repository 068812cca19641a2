// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/sums/tap_sum.hpp"

#include <algorithm>

#include "models/numeric/sums/register_state.hpp"

namespace systole::numeric {

bool tapsAreWords(const Codec& codec) {
    constexpr int kWidestSteps = 40;
    return codec.gridBits() <= kWidestSteps;
}

int tapRescaleExponent(const Codec& codec) {
    return tapsAreWords(codec) ? codec.gridExponent() : 0;
}

void TapSum::add(Code code, const Codec& codec) {
    if (!codec.isFinite(code)) {
        isFinite = false;
    } else if (tapsAreWords(codec)) {
        steps += codec.gridSteps(code);
    } else if (const Dyadic value = dyadicOf(codec.decode(code)); value.significand != 0) {
        const int place = value.exponent - codec.gridExponent();
        const auto digit = static_cast<std::size_t>(place / kDigitBits);
        digits.resize(std::max(digits.size(), digit + 1));
        digits[digit] += Int128{value.significand} << (place % kDigitBits);
    }
}

float TapSum::toFloat(const Codec& codec) const {
    if (tapsAreWords(codec)) return nearestFloat(unroundedOf(steps, codec.gridExponent()));
    WideInteger whole = 0;
    for (std::size_t i = digits.size(); i-- > 0;) {
        whole = (whole << kDigitBits) + WideInteger(digits[i]);
    }
    return nearestFloat(unroundedOf(whole, codec.gridExponent()));
}

}  // namespace systole::numeric
