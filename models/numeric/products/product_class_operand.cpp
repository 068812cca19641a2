// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/products/product_class_operand.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace systole::numeric {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kWidestTernary = 2;

Operand takeApart(const IntFormat& format, Code code) {
    const bool negative = format.isSigned && bitOf(code, format.bits - 1);
    const std::int64_t integer =
        static_cast<std::int64_t>(code) - (negative ? std::int64_t{1} << format.bits : 0);
    if (format.halfInteger) return {2 * integer + 1, -format.fractionBits - 1};
    return {integer, -format.fractionBits};
}

/// Significand and exponent of the exponent field 0.
Operand withZeroExponent(const FloatFormat& format, std::int64_t mantissa) {
    const std::int64_t hiddenOne = std::int64_t{1} << format.mantissaBits;
    const int lowest = -format.bias - format.mantissaBits;
    switch (format.zeroExponent) {
        case ZeroExponent::Subnormal:
            return {mantissa, lowest + 1};
        case ZeroExponent::Flushed:
            return {};
        case ZeroExponent::HiddenOne:
            return {mantissa == 0 ? 0 : hiddenOne | mantissa, lowest};
        case ZeroExponent::NoZero:
            break;
    }
    return {hiddenOne | mantissa, lowest};
}

Operand takeApart(const FloatFormat& format, Code code) {
    const int magnitudeBits = format.exponentBits + format.mantissaBits;
    const Code mantissa = code & ((1U << format.mantissaBits) - 1);
    const Code topExponent = (1U << format.exponentBits) - 1;
    const Code exponent = (code >> format.mantissaBits) & topExponent;
    const Code allOnes = (1U << format.mantissaBits) - 1;
    const bool negative = format.isSigned && bitOf(code, magnitudeBits);
    const bool top = exponent == topExponent;
    if (format.specials == SpecialValues::Ieee && top) {
        return {0, 0, mantissa != 0 ? kNan : (negative ? -kInfinity : kInfinity)};
    }
    if (format.specials == SpecialValues::NanOnly && top && mantissa == allOnes) {
        return {0, 0, kNan};
    }
    if (format.specials == SpecialValues::Fnuz && code == 1U << magnitudeBits) return {0, 0, kNan};
    Operand operand{static_cast<std::int64_t>(mantissa | (1U << format.mantissaBits)),
                    static_cast<int>(exponent) - format.bias - format.mantissaBits};
    if (exponent == 0) operand = withZeroExponent(format, mantissa);
    if (negative) operand.significand = -operand.significand;
    return operand;
}

// Posit Standard 2022, section 3: the run of equal bits behind the sign is the regime; the bit that
// ends it, es exponent bits and the fraction follow, as far as there are bits left.
Operand takeApart(const PositFormat& format, Code code) {
    const int signBit = format.bits - 1;
    if (code == 0) return {};
    if (code == 1U << signBit) return {0, 0, kNan};
    const bool negative = bitOf(code, signBit);
    const Code body = (negative ? ~code + 1 : code) & ((1U << signBit) - 1);
    const bool first = bitOf(body, signBit - 1);
    int run = 1;
    while (run < signBit && bitOf(body, signBit - 1 - run) == first) ++run;
    const int rest = std::max(signBit - run - 1, 0);
    const Code tail = body & ((1U << rest) - 1);
    const int exponentBits = std::min(format.exponentBits, rest);
    const int fractionBits = rest - exponentBits;
    const auto exponent =
        static_cast<int>((tail >> fractionBits) << (format.exponentBits - exponentBits));
    const int regime = first ? run - 1 : -run;
    const std::int64_t significand = (std::int64_t{1} << fractionBits) |
                                     static_cast<std::int64_t>(tail & ((1U << fractionBits) - 1));
    return {negative ? -significand : significand,
            regime * (1 << format.exponentBits) + exponent - fractionBits};
}

Operand takeApart(const CodebookFormat& format, Code code) {
    if (code >= format.values.size()) return {0, 0, kNan};
    const Dyadic entry = dyadicOf(format.values[code]);
    return {entry.significand, entry.exponent};
}

/// |operand| with an odd significand.
Dyadic magnitudeOf(const Operand& operand) {
    return dyadicOf(
        std::ldexp(static_cast<double>(std::abs(operand.significand)), operand.exponent));
}

bool equal(const Dyadic& left, const Dyadic& right) {
    return left.significand == right.significand && left.exponent == right.exponent;
}

}  // namespace

Operand operandOf(const Format& format, Code code) {
    return std::visit([&](const auto& family) { return takeApart(family, code); }, format);
}

std::optional<IntegerPort> integerPortOf(const Format& format) {
    const auto* integer = std::get_if<IntFormat>(&format);
    if (integer == nullptr) return std::nullopt;
    const int half = integer->halfInteger ? 1 : 0;
    return IntegerPort{integer->bits + half, integer->isSigned, integer->halfInteger,
                       -integer->fractionBits - half};
}

bool isProduced(const Format& format, Code code) {
    const auto* integer = std::get_if<IntFormat>(&format);
    return integer == nullptr || !integer->narrowRange || code != 1U << (integer->bits - 1);
}

std::optional<TwoValued> twoValuedOf(const Format& format) {
    if (widthOf(format) != 1) return std::nullopt;
    const Operand zero = operandOf(format, 0);
    const Operand one = operandOf(format, 1);
    const Dyadic magnitude = magnitudeOf(one);
    const bool opposite = (zero.significand < 0) != (one.significand < 0);
    if (zero.special != 0 || one.special != 0 || one.significand == 0 || !opposite ||
        !equal(magnitudeOf(zero), magnitude)) {
        return std::nullopt;
    }
    return TwoValued{magnitude, one.significand > 0};
}

std::optional<Dyadic> ternaryStepOf(const Format& format) {
    if (widthOf(format) > kWidestTernary) return std::nullopt;
    std::optional<Dyadic> step;
    for (Code code = 0; code < 1U << widthOf(format); ++code) {
        const Operand operand = operandOf(format, code);
        if (!isProduced(format, code) || (operand.special == 0 && operand.significand == 0)) {
            continue;
        }
        const Dyadic magnitude = magnitudeOf(operand);
        if (operand.special != 0 || (step && !equal(*step, magnitude))) return std::nullopt;
        step = magnitude;
    }
    return step;
}

}  // namespace systole::numeric
