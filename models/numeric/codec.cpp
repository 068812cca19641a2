// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/codec.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/check.hpp"

namespace systole::numeric {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double decodeInteger(const IntFormat& format, Code code) {
    const bool negative = format.isSigned && (code >> (format.bits - 1)) != 0;
    return static_cast<double>(code) - (negative ? std::ldexp(1.0, format.bits) : 0.0);
}

double decodeMagnitude(const FloatFormat& format, Code exponent, Code mantissa) {
    const double fraction = std::ldexp(static_cast<double>(mantissa), -format.mantissaBits);
    return exponent == 0 ? std::ldexp(fraction, 1 - format.bias)
                         : std::ldexp(1.0 + fraction, static_cast<int>(exponent) - format.bias);
}

double decodeFloat(const FloatFormat& format, Code code) {
    const Code mantissaMask = (1U << format.mantissaBits) - 1;
    const Code topExponent = (1U << format.exponentBits) - 1;
    const Code mantissa = code & mantissaMask;
    const Code exponent = (code >> format.mantissaBits) & topExponent;
    const bool negative = (code >> (format.mantissaBits + format.exponentBits)) != 0;
    const bool top = exponent == topExponent;
    switch (format.specials) {
        case SpecialValues::Ieee:
            if (top) {
                return std::copysign(mantissa == 0 ? kInfinity : kNan, negative ? -1.0 : 1.0);
            }
            break;
        case SpecialValues::NanOnly:
            if (top && mantissa == mantissaMask) return kNan;
            break;
        case SpecialValues::Fnuz:
            if (negative && exponent == 0 && mantissa == 0) return kNan;
            break;
        case SpecialValues::None:
            break;
    }
    const double magnitude = decodeMagnitude(format, exponent, mantissa);
    return negative ? -magnitude : magnitude;
}

double roundToInteger(double value, Rounding rounding) {
    switch (rounding) {
        case Rounding::NearestEven: {
            const double floor = std::floor(value);
            const double rest = value - floor;  // exact: value and floor are within a factor of two
            const bool up = rest > 0.5 || (rest == 0.5 && std::fmod(floor, 2.0) != 0.0);
            return up ? floor + 1.0 : floor;
        }
        case Rounding::HalfAway:
            return std::round(value);
        case Rounding::TowardZero:
            return std::trunc(value);
    }
    SYSTOLE_CHECK(false, "rounding {}", static_cast<int>(rounding));
}

/// Exponent of the spacing of codes around a magnitude.
int spacingExponent(const FloatFormat& format, double magnitude) {
    const int lowest = 1 - format.bias;
    const int exponent = magnitude == 0 ? lowest : std::max(std::ilogb(magnitude), lowest);
    return exponent - format.mantissaBits;
}

/// Code of a magnitude that the format has; sign bit clear.
Code composeMagnitude(const FloatFormat& format, double magnitude) {
    const int spacing = spacingExponent(format, magnitude);
    const auto steps = static_cast<Code>(std::ldexp(magnitude, -spacing));
    const Code hidden = 1U << format.mantissaBits;
    if (steps < hidden) {
        return steps;
    }
    const auto exponent = static_cast<Code>(spacing + format.mantissaBits + format.bias);
    return (exponent << format.mantissaBits) | (steps - hidden);
}

Code signBit(const FloatFormat& format) {
    return 1U << (format.exponentBits + format.mantissaBits);
}

Code nanCode(const FloatFormat& format) {
    SYSTOLE_CHECK(format.specials != SpecialValues::None, "{} has no NaN", format.name);
    return format.specials == SpecialValues::Fnuz ? signBit(format) : signBit(format) - 1;
}

Code overflowCode(const FloatFormat& format, bool negative) {
    if (format.specials != SpecialValues::Ieee) {
        return nanCode(format) | (negative ? signBit(format) : 0);
    }
    const Code infinity = ((1U << format.exponentBits) - 1) << format.mantissaBits;
    return infinity | (negative ? signBit(format) : 0);
}

Code encodeInteger(const IntFormat& format, double value, double smallest, double largest,
                   Rounding rounding) {
    SYSTOLE_CHECK(!std::isnan(value), "{} has no NaN", format.name);
    const double clamped = std::clamp(
        roundToInteger(std::clamp(value, smallest, largest), rounding), smallest, largest);
    const Code mask = (1U << format.bits) - 1;
    return static_cast<Code>(static_cast<std::int64_t>(clamped)) & mask;
}

Code encodeFloat(const FloatFormat& format, double value, double largest, Rounding rounding,
                 Overflow overflow) {
    if (std::isnan(value)) {
        return nanCode(format);
    }
    const bool negative = std::signbit(value);
    double magnitude = std::fabs(value);
    if (std::isfinite(magnitude)) {
        const int spacing = spacingExponent(format, magnitude);
        magnitude = std::ldexp(roundToInteger(std::ldexp(magnitude, -spacing), rounding), spacing);
    }
    if (magnitude > largest) {
        if (overflow == Overflow::ToSpecial && format.specials != SpecialValues::None) {
            return overflowCode(format, negative);
        }
        magnitude = largest;
    }
    const bool hasMinusZero = format.specials != SpecialValues::Fnuz;
    const bool keepSign = negative && (magnitude != 0 || hasMinusZero);
    return composeMagnitude(format, magnitude) | (keepSign ? signBit(format) : 0);
}

double decodeCode(const Format& format, Code code) {
    if (const auto* integer = std::get_if<IntFormat>(&format)) {
        return decodeInteger(*integer, code);
    }
    return decodeFloat(std::get<FloatFormat>(format), code);
}

int gridExponentOf(const Format& format) {
    const auto* minifloat = std::get_if<FloatFormat>(&format);
    return minifloat == nullptr ? 0 : 1 - minifloat->bias - minifloat->mantissaBits;
}

}  // namespace

Codec::Codec(Format format) : format_(std::move(format)), gridExponent_(gridExponentOf(format_)) {
    SYSTOLE_CHECK(widthOf(format_) <= 16, "{} is wider than 16 bits", nameOf(format_));
    const std::size_t count = std::size_t{1} << widthOf(format_);
    values_.reserve(count);
    steps_.reserve(count);
    for (Code code = 0; code < count; ++code) {
        const double value = decodeCode(format_, code);
        values_.push_back(value);
        steps_.push_back(std::isfinite(value) ? std::ldexp(value, -gridExponent_) : kNan);
        if (std::isfinite(value)) {
            largest_ = std::max(largest_, value);
            smallest_ = std::min(smallest_, value);
        }
    }
    if (const auto* integer = std::get_if<IntFormat>(&format_);
        integer != nullptr && integer->narrowRange) {
        smallest_ = -largest_;
    }
}

Code Codec::encode(double value, Rounding rounding, Overflow overflow) const {
    if (const auto* integer = std::get_if<IntFormat>(&format_)) {
        return encodeInteger(*integer, value, smallest_, largest_, rounding);
    }
    return encodeFloat(std::get<FloatFormat>(format_), value, largest_, rounding, overflow);
}

std::int64_t Codec::largestGridSteps() const {
    return static_cast<std::int64_t>(std::ldexp(std::max(largest_, -smallest_), -gridExponent_));
}

bool Codec::isFinite(Code code) const { return std::isfinite(values_[code]); }

}  // namespace systole::numeric
