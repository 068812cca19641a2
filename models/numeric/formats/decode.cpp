// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/decode.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace systole::numeric {

double decodeInteger(const IntFormat& format, Code code) {
    const bool negative = format.isSigned && (code >> (format.bits - 1)) != 0;
    const double integer =
        static_cast<double>(code) - (negative ? std::ldexp(1.0, format.bits) : 0.0);
    return std::ldexp(integer + (format.halfInteger ? 0.5 : 0.0), -format.fractionBits);
}

// Posit Standard 2022, section 3: sign, regime (a run of equal bits), es exponent bits, fraction;
// negative codes are two's complements; bits that the regime pushes out count as 0.
double decodePosit(int bits, int exponentBits, Code code) {
    const Code sign = 1U << (bits - 1);
    if (code == 0) return 0.0;
    if (code == sign) return std::numeric_limits<double>::quiet_NaN();
    const bool negative = (code & sign) != 0;
    const Code magnitude = negative ? (~code + 1) & (sign - 1) : code;
    // The bits after the sign at the left end of a word, zeros behind them.
    const std::uint32_t body = magnitude << (33 - bits);
    const bool ones = (body >> 31) != 0;
    const int run = ones ? std::countl_one(body) : std::countl_zero(body);
    const int regime = ones ? run - 1 : -run;
    const std::uint32_t tail = run + 1 >= 32 ? 0 : body << (run + 1);
    const auto exponent = exponentBits == 0 ? 0 : static_cast<int>(tail >> (32 - exponentBits));
    const std::uint32_t fraction = tail << exponentBits;
    const double value = std::ldexp(1.0 + std::ldexp(static_cast<double>(fraction), -32),
                                    (regime << exponentBits) + exponent);
    return negative ? -value : value;
}

double decodeCodebook(const CodebookFormat& format, Code code) {
    return code < format.values.size() ? format.values[code]
                                       : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace systole::numeric
