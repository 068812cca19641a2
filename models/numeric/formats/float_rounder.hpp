// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/numeric/formats/format.hpp"
#include "models/numeric/formats/rounding.hpp"

namespace systole::numeric {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// A real number on its way to a format: (-1)^negative * (significand + rest) * 2^exponent, where
/// the rest is 0, or, if `sticky`, somewhere strictly between 0 and 1. A sticky number has a
/// significand of at least 64 bits, so that the rest lies below everything that rounding looks at.
struct Unrounded {
    bool negative = false;
    UInt128 significand = 0;
    int exponent = 0;
    bool sticky = false;
};

/// The finite double `value`, exactly.
Unrounded unroundedOf(double value);

/// Number of bits up to the leading one; 0 of 0.
int bitWidth(UInt128 value);

/// Rounds numbers to one float format, in integers: the one meaning of rounding to floats.
class FloatRounder {
public:
    explicit FloatRounder(const FloatFormat& format);

    struct Result {
        Code code = 0;
        bool outOfRange = false;  ///< the overflow policy has decided
    };

    /// `random` counts for stochastic rounding only.
    Result round(const Unrounded& number, Rounding rounding, Overflow overflow,
                 std::uint32_t random = 0) const;

    /// What an infinite value becomes: out of range, by the policy (`Wrap` has no meaning for it).
    Result ofInfinity(bool negative, Overflow overflow) const;

    /// The format must have a NaN.
    Code nanCode() const;
    bool hasNan() const { return format_.specials != SpecialValues::None; }

    /// Magnitude code of the smallest value above zero.
    Code smallestCode() const { return smallestCode_; }
    /// Exponent of the finest step between values.
    int lowestQuantum() const { return lowestExponent_ - format_.mantissaBits; }

    /// Value of a code by its fields.
    double decode(Code code) const;

private:
    Result finish(std::uint64_t magnitudeCode, bool negative, Overflow overflow) const;
    Result outOfRange(std::uint64_t magnitudeCode, bool negative, Overflow overflow) const;
    std::uint64_t roundInGap(const Unrounded& number, Rounding rounding,
                             std::uint32_t random) const;
    double decodeMagnitude(Code magnitude) const;

    FloatFormat format_;
    int lowestExponent_;     ///< of the lowest binade with a hidden one, the zero code's included
    Code lowestBinadeCode_;  ///< magnitude code of 2^lowestExponent_
    Code smallestCode_;      ///< magnitude code of the smallest value above zero
    Code largestCode_;       ///< magnitude code of the largest finite value
    Code signBit_;           ///< 0 for an unsigned format
    Unrounded smallest_;     ///< value of smallestCode_
};

}  // namespace systole::numeric
