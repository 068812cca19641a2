// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/float_rounder.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "models/check.hpp"

namespace systole::numeric {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kDoubleBits = 53;
constexpr int kWord = 128;

/// Where a number lies between two neighbouring codes.
struct Fraction {
    int toHalf = -1;           ///< below, at or above the midpoint: -1, 0, 1
    std::uint64_t bits32 = 0;  ///< floor(fraction * 2^32)
};

bool roundsAway(const Fraction& fraction, Rounding rounding, bool lowerIsOdd, bool negative,
                std::uint32_t random) {
    switch (rounding) {
        case Rounding::NearestEven:
            return fraction.toHalf > 0 || (fraction.toHalf == 0 && lowerIsOdd);
        case Rounding::HalfAway:
            return fraction.toHalf >= 0;
        case Rounding::HalfUp:
            return fraction.toHalf > 0 || (fraction.toHalf == 0 && !negative);
        case Rounding::TowardZero:
            return false;
        case Rounding::Stochastic:
            return fraction.bits32 + random >= (std::uint64_t{1} << 32);
    }
    SYSTOLE_CHECK(false, "rounding {}", static_cast<int>(rounding));
}

/// The part of a number below 2^shift steps of its significand; shift >= 1.
Fraction fractionBelow(const Unrounded& number, int shift) {
    if (shift > kWord) {
        // All of the significand lies below the first step: at most 2^32 parts of it are left.
        const int below = shift - 32;
        return {-1, static_cast<std::uint64_t>(below < kWord ? number.significand >> below : 0)};
    }
    const UInt128 rest =
        shift == kWord ? number.significand : number.significand & ((UInt128{1} << shift) - 1);
    const UInt128 half = UInt128{1} << (shift - 1);
    Fraction fraction;
    const bool above = rest > half || (rest == half && number.sticky);
    fraction.toHalf = above ? 1 : (rest == half ? 0 : -1);
    fraction.bits32 =
        static_cast<std::uint64_t>(shift > 32 ? rest >> (shift - 32) : rest << (32 - shift));
    return fraction;
}

int exponentOf(const Unrounded& number) {
    return bitWidth(number.significand) - 1 + number.exponent;
}

/// number / divisor for a divisor of less than 2^16 * 2^exponent, number < divisor.
Fraction ratio(const Unrounded& number, const Unrounded& divisor) {
    constexpr int kKept = 80;  // so that the quotient's numerator fits a word
    const int drop = std::max(bitWidth(number.significand) - kKept, 0);
    const UInt128 kept = number.significand >> drop;
    const bool lost = number.sticky || (kept << drop) != number.significand;
    const int shift = 33 + number.exponent + drop - divisor.exponent;
    Fraction fraction;
    if (shift < -kKept) return fraction;
    // Twice the ratio in units of 2^-32, as quotient and remainder.
    const UInt128 scaled = shift >= 0 ? kept << shift : kept;
    const UInt128 unit = shift >= 0 ? divisor.significand : divisor.significand << -shift;
    const UInt128 twice = scaled / unit;
    const bool exact = scaled % unit == 0 && !lost;
    const UInt128 one = UInt128{1} << 32;
    fraction.toHalf = twice < one ? -1 : (twice == one && exact ? 0 : 1);
    fraction.bits32 = static_cast<std::uint64_t>(twice >> 1);
    return fraction;
}

}  // namespace

int bitWidth(UInt128 value) {
    const auto high = static_cast<std::uint64_t>(value >> 64);
    return static_cast<int>(high != 0 ? 64 + std::bit_width(high)
                                      : std::bit_width(static_cast<std::uint64_t>(value)));
}

Unrounded unroundedOf(double value) {
    SYSTOLE_CHECK(std::isfinite(value), "{} is not finite", value);
    int exponent = 0;
    const double fraction = std::frexp(std::fabs(value), &exponent);
    const auto significand = static_cast<std::uint64_t>(std::ldexp(fraction, kDoubleBits));
    return {std::signbit(value), significand, exponent - kDoubleBits, false};
}

FloatRounder::FloatRounder(const FloatFormat& format) : format_(format) {
    const Code magnitudeCodes = 1U << (format.exponentBits + format.mantissaBits);
    const Code binade = 1U << format.mantissaBits;
    const bool lowestIsNormal = format.zeroExponent == ZeroExponent::HiddenOne ||
                                format.zeroExponent == ZeroExponent::NoZero;
    lowestExponent_ = (lowestIsNormal ? 0 : 1) - format.bias;
    lowestBinadeCode_ = lowestIsNormal ? 0 : binade;
    smallestCode_ = format.zeroExponent == ZeroExponent::Flushed  ? binade
                    : format.zeroExponent == ZeroExponent::NoZero ? 0
                                                                  : 1;
    largestCode_ = magnitudeCodes - 1;
    if (format.specials == SpecialValues::Ieee) largestCode_ -= binade;
    if (format.specials == SpecialValues::NanOnly) largestCode_ -= 1;
    signBit_ = format.isSigned ? magnitudeCodes : 0;
    smallest_ = unroundedOf(decodeMagnitude(smallestCode_));
    const int zeros = std::countr_zero(static_cast<std::uint64_t>(smallest_.significand));
    smallest_.significand >>= zeros;
    smallest_.exponent += zeros;
}

double FloatRounder::decodeMagnitude(Code magnitude) const {
    const Code mantissa = magnitude & ((1U << format_.mantissaBits) - 1);
    const Code exponent = magnitude >> format_.mantissaBits;
    const double fraction = std::ldexp(static_cast<double>(mantissa), -format_.mantissaBits);
    if (exponent > 0) {
        return std::ldexp(1.0 + fraction, static_cast<int>(exponent) - format_.bias);
    }
    switch (format_.zeroExponent) {
        case ZeroExponent::Subnormal:
            return std::ldexp(fraction, 1 - format_.bias);
        case ZeroExponent::Flushed:
            return 0.0;
        case ZeroExponent::HiddenOne:
            return mantissa == 0 ? 0.0 : std::ldexp(1.0 + fraction, -format_.bias);
        case ZeroExponent::NoZero:
            return std::ldexp(1.0 + fraction, -format_.bias);
    }
    SYSTOLE_CHECK(false, "zero exponent {}", static_cast<int>(format_.zeroExponent));
}

double FloatRounder::decode(Code code) const {
    const bool negative = (code & signBit_) != 0;
    const Code magnitude = code & ~signBit_;
    if (magnitude > largestCode_) {
        const bool infinite =
            format_.specials == SpecialValues::Ieee && magnitude == largestCode_ + 1;
        return infinite ? (negative ? -kInfinity : kInfinity) : kNan;
    }
    if (format_.specials == SpecialValues::Fnuz && code == signBit_) return kNan;
    const double value = decodeMagnitude(magnitude);
    return negative ? -value : value;
}

Code FloatRounder::nanCode() const {
    SYSTOLE_CHECK(hasNan(), "{} has no NaN", format_.name);
    if (format_.specials == SpecialValues::Fnuz) return signBit_;
    return (1U << (format_.exponentBits + format_.mantissaBits)) - 1;
}

FloatRounder::Result FloatRounder::outOfRange(std::uint64_t magnitudeCode, bool negative,
                                              Overflow overflow) const {
    SYSTOLE_CHECK(format_.isSigned || !negative || overflow != Overflow::Wrap,
                  "{}: negative values do not wrap in an unsigned float format", format_.name);
    const Code sign = negative ? signBit_ : 0;
    switch (overflow) {
        case Overflow::Saturate:
            // Below an unsigned format's range lies its lowest code.
            return {negative && !format_.isSigned ? 0 : largestCode_ | sign, true};
        case Overflow::Wrap: {
            const auto wrapped = static_cast<Code>(
                magnitudeCode & ((1U << (format_.exponentBits + format_.mantissaBits)) - 1));
            return {wrapped | sign, true};
        }
        case Overflow::ToSpecial:
            if (format_.specials == SpecialValues::Ieee && (format_.isSigned || !negative)) {
                return {(largestCode_ + 1) | sign, true};
            }
            if (format_.specials == SpecialValues::Fnuz) return {nanCode(), true};
            return {nanCode() | sign, true};
    }
    SYSTOLE_CHECK(false, "overflow {}", static_cast<int>(overflow));
}

FloatRounder::Result FloatRounder::finish(std::uint64_t magnitudeCode, bool negative,
                                          Overflow overflow) const {
    const bool zero = magnitudeCode == 0 && format_.zeroExponent != ZeroExponent::NoZero;
    if (magnitudeCode > largestCode_ || (negative && !format_.isSigned && !zero)) {
        return outOfRange(magnitudeCode, negative, overflow);
    }
    const bool keepSign = negative && !(zero && format_.specials == SpecialValues::Fnuz);
    return {static_cast<Code>(magnitudeCode) | (keepSign ? signBit_ : 0), false};
}

std::uint64_t FloatRounder::roundInGap(const Unrounded& number, Rounding rounding,
                                       std::uint32_t random) const {
    if (format_.zeroExponent == ZeroExponent::NoZero) return smallestCode_;
    const Fraction fraction = ratio(number, smallest_);
    // Of zero and the smallest value, zero is the even one.
    return roundsAway(fraction, rounding, false, number.negative, random) ? smallestCode_ : 0;
}

FloatRounder::Result FloatRounder::round(const Unrounded& number, Rounding rounding,
                                         Overflow overflow, std::uint32_t random) const {
    SYSTOLE_CHECK(!number.sticky || bitWidth(number.significand) >= 64, "sticky number of {} bits",
                  bitWidth(number.significand));
    // Minus zero is not below the range of an unsigned format.
    if (number.significand == 0) return finish(0, number.negative && format_.isSigned, overflow);
    const int exponent = exponentOf(number);
    const bool subnormal = exponent < lowestExponent_;
    const bool gap =
        format_.zeroExponent != ZeroExponent::Subnormal &&
        (exponent < exponentOf(smallest_) ||
         (exponent == exponentOf(smallest_) && ratio(number, smallest_).bits32 >> 32 == 0));
    if (gap) return finish(roundInGap(number, rounding, random), number.negative, overflow);
    const int quantum = std::max(exponent, lowestExponent_) - format_.mantissaBits;
    const int shift = quantum - number.exponent;
    UInt128 steps = 0;
    if (shift < kWord)
        steps = shift > 0 ? number.significand >> shift : number.significand << -shift;
    auto code = static_cast<std::uint64_t>(steps);
    if (!subnormal) {
        const auto binades = static_cast<std::uint64_t>(exponent - lowestExponent_);
        code += (binades << format_.mantissaBits) + lowestBinadeCode_ -
                (std::uint64_t{1} << format_.mantissaBits);
    }
    if (shift > 0 && roundsAway(fractionBelow(number, shift), rounding, (code & 1) != 0,
                                number.negative, random)) {
        ++code;
    }
    return finish(code, number.negative, overflow);
}

FloatRounder::Result FloatRounder::ofInfinity(bool negative, Overflow overflow) const {
    SYSTOLE_CHECK(overflow != Overflow::Wrap, "{}: infinity does not wrap", format_.name);
    return outOfRange(0, negative, overflow);
}

}  // namespace systole::numeric
