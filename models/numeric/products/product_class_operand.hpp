// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "models/numeric/formats/codec.hpp"
#include "models/numeric/formats/format.hpp"

/// The front ends of multipliers: what the wires behind an operand register carry.
namespace systole::numeric {

/// significand * 2^exponent, as the fields of the code give it (not normalised); infinite or NaN if
/// `special` is not 0.
struct Operand {
    std::int64_t significand = 0;
    int exponent = 0;
    double special = 0;
};

/// Takes a code apart: integers give their two's complement value; floats sign, exponent field and
/// mantissa behind the hidden one; posits the same after the regime; codebooks the significand and
/// exponent stored for the index.
Operand operandOf(const Format& format, Code code);

/// Bits of an integer operand, in units of 2^exponent.
struct IntegerPort {
    int bits = 8;
    bool isSigned = true;
    /// The half-integer c + 1/2 is the odd integer 2 c + 1: a last bit that is always one.
    bool appendsOne = false;
    int exponent = 0;

    std::uint64_t patternOf(Code code) const {
        return appendsOne ? (std::uint64_t{code} << 1) | 1 : code;
    }
    bool operator==(const IntegerPort&) const = default;
};

/// Empty for formats other than integers.
std::optional<IntegerPort> integerPortOf(const Format& format);

/// Bit `bit` of a pattern.
constexpr bool bitOf(std::uint64_t pattern, int bit) { return ((pattern >> bit) & 1) != 0; }

/// Whether encoding gives this code: not so of the most negative one of a narrow range.
bool isProduced(const Format& format, Code code);

/// The magnitude v of a one-bit format with the values +v and -v.
struct TwoValued {
    Dyadic magnitude;
    bool oneIsPositive = true;  ///< the code 1 is +v
};
std::optional<TwoValued> twoValuedOf(const Format& format);

/// The magnitude s of a format whose produced values are some of -s, 0 and s (ternary, binary).
std::optional<Dyadic> ternaryStepOf(const Format& format);

}  // namespace systole::numeric
