// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/block_oracle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace oracle {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int kE8m0Bias = 127;
constexpr std::uint16_t kE8m0Nan = 0xFF;
constexpr std::uint16_t kE4m3Nan = 0x7F;
constexpr double kLargestE4m3 = 448;
constexpr double kLargestE2m1 = 6;

constexpr std::array kSpecifications{
    BlockSpecification{"mxfp8_e4m3", true, 4, 3, 7, 1, 8, 8, 32, false},
    BlockSpecification{"mxfp8_e5m2", true, 5, 2, 15, 4, 8, 15, 32, false},
    BlockSpecification{"mxfp6_e3m2", true, 3, 2, 3, 0, 6, 4, 32, false},
    BlockSpecification{"mxfp6_e2m3", true, 2, 3, 1, 0, 6, 2, 32, false},
    BlockSpecification{"mxfp4", true, 2, 1, 1, 0, 4, 2, 32, false},
    BlockSpecification{"mxint8", false, 0, 6, 0, 0, 8, 0, 32, false},
    BlockSpecification{"nvfp4", true, 2, 1, 1, 0, 4, 2, 16, true},
    BlockSpecification{"bfp8b16", false, 0, 6, 0, 0, 8, 0, 16, false},
    BlockSpecification{"bfp5b7", false, 0, 3, 0, 0, 5, 0, 7, false}};

/// Exponent field, then mantissa: 2^(e - bias) * 1.m, and 2^(1 - bias) * 0.m for e = 0.
Magnitudes floatMagnitudes(int exponentBits, int mantissaBits, int bias, int topCodes) {
    Magnitudes magnitudes;
    const int codes = (1 << (exponentBits + mantissaBits)) - topCodes;
    for (int code = 0; code < codes; ++code) {
        const int exponent = code >> mantissaBits;
        const int mantissa = code - (exponent << mantissaBits);
        const int significand = exponent == 0 ? mantissa : mantissa + (1 << mantissaBits);
        magnitudes.values.push_back(
            std::ldexp(significand, std::max(exponent, 1) - bias - mantissaBits));
    }
    magnitudes.largestPositive = magnitudes.largestNegative = magnitudes.values.size() - 1;
    return magnitudes;
}

Magnitudes integerMagnitudes(int bits, int fractionBits) {
    Magnitudes magnitudes;
    for (int integer = 0; integer <= 1 << (bits - 1); ++integer) {
        magnitudes.values.push_back(std::ldexp(integer, -fractionBits));
    }
    magnitudes.largestNegative = magnitudes.values.size() - 1;
    magnitudes.largestPositive = magnitudes.largestNegative - 1;
    return magnitudes;
}

/// Index of the magnitude that |value| / unit rounds to.
std::size_t nearestIndex(const Magnitudes& magnitudes, double value, double unit,
                         Nearest rounding) {
    const double magnitude = std::fabs(value);
    const bool negative = std::signbit(value);
    const auto begin = magnitudes.values.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(negative ? magnitudes.largestNegative
                                                                  : magnitudes.largestPositive);
    // The last one at or below, but for the largest.
    const auto above = std::upper_bound(begin, end, magnitude,
                                        [&](double x, double entry) { return x < entry * unit; });
    if (above == begin) return 0;
    if (above == end && magnitude >= *end * unit) return static_cast<std::size_t>(end - begin);
    const auto lower = static_cast<std::size_t>(above - begin) - 1;
    const double middle = (magnitudes.values[lower] + magnitudes.values[lower + 1]) / 2 * unit;
    if (rounding == Nearest::TowardZero || magnitude < middle) return lower;
    if (magnitude > middle) return lower + 1;
    const bool up = rounding == Nearest::TiesToEven ? lower % 2 == 1
                    : rounding == Nearest::TiesUp   ? !negative
                                                    : true;
    return up ? lower + 1 : lower;
}

float largestFinite(std::span<const float> values) {
    float largest = 0;
    for (const float value : values) {
        if (std::isfinite(value)) largest = std::max(largest, std::fabs(value));
    }
    return largest;
}

}  // namespace

std::span<const BlockSpecification> blockSpecifications() { return kSpecifications; }

BlockOracle::BlockOracle(const BlockSpecification& specification)
    : specification_(specification),
      elements_(specification.isFloat
                    ? floatMagnitudes(specification.exponentBits, specification.mantissaBits,
                                      specification.bias, specification.topCodes)
                    : integerMagnitudes(specification.bits, specification.mantissaBits)),
      scales_(floatMagnitudes(4, 3, 7, 1)) {}

float BlockOracle::tensorScale(std::span<const float> tensor) const {
    const double largest = largestFinite(tensor);
    if (!specification_.isNvfp4 || largest == 0) return 1;
    // The first binary32 whose successor is farther from largest / (448 * 6): by bits, which are in
    // the order of the values; the midpoint of two counts for the even one.
    std::uint32_t low = 1;
    auto high = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::max());
    while (low < high) {
        const std::uint32_t bits = (low + high) / 2;
        const double middle = (static_cast<double>(std::bit_cast<float>(bits)) +
                               static_cast<double>(std::bit_cast<float>(bits + 1))) /
                              2 * (kLargestE4m3 * kLargestE2m1);
        const bool stays = largest < middle || (largest == middle && bits % 2 == 0);
        if (stays) {
            high = bits;
        } else {
            low = bits + 1;
        }
    }
    return std::bit_cast<float>(low);
}

std::uint16_t BlockOracle::scaleCode(float largest, float tensorScale) const {
    if (specification_.isNvfp4) {
        const double unit = kLargestE2m1 * static_cast<double>(tensorScale);
        return static_cast<std::uint16_t>(
            nearestIndex(scales_, largest, unit, Nearest::TiesToEven));
    }
    if (largest == 0) return 0;
    int exponent = 0;  // largest = 0.1.. * 2^exponent
    std::frexp(largest, &exponent);
    const int shared = std::clamp(exponent - 1 - specification_.emax, -kE8m0Bias, kE8m0Bias);
    return static_cast<std::uint16_t>(shared + kE8m0Bias);
}

std::uint16_t BlockOracle::elementCode(float value, double unit, Nearest rounding) const {
    const std::size_t index = nearestIndex(elements_, value, unit, rounding);
    const std::size_t codes = std::size_t{1} << specification_.bits;
    if (!std::signbit(value)) return static_cast<std::uint16_t>(index);
    return static_cast<std::uint16_t>(specification_.isFloat ? codes / 2 + index
                                                             : (codes - index) % codes);
}

std::uint16_t BlockOracle::quantize(std::span<const float> block, float tensorScale,
                                    Nearest rounding, std::span<std::uint16_t> elements) const {
    std::fill(elements.begin(), elements.end(), 0);
    for (const float value : block) {
        if (!std::isfinite(value)) return specification_.isNvfp4 ? kE4m3Nan : kE8m0Nan;
    }
    const std::uint16_t code = scaleCode(largestFinite(block), tensorScale);
    const double unit = scale(code) * static_cast<double>(tensorScale);
    if (unit == 0) return code;
    for (std::size_t i = 0; i < block.size(); ++i) {
        elements[i] = elementCode(block[i], unit, rounding);
    }
    return code;
}

double BlockOracle::element(std::uint16_t code) const {
    const int sign = 1 << (specification_.bits - 1);
    if (code < sign) return elements_.values.at(code);
    if (specification_.isFloat) return -elements_.values.at(static_cast<std::size_t>(code - sign));
    return -elements_.values.at(static_cast<std::size_t>(2 * sign - code));
}

double BlockOracle::scale(std::uint16_t code) const {
    if (specification_.isNvfp4) return code == kE4m3Nan ? kNan : scales_.values.at(code);
    return code == kE8m0Nan ? kNan : std::ldexp(1.0, code - kE8m0Bias);
}

Rational rationalOf(double value) {
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    const Integer integer(static_cast<std::int64_t>(std::ldexp(fraction, 53)));
    const Integer power = Integer(1) << std::abs(exponent - 53);
    return exponent >= 53 ? Rational(integer * power) : Rational(integer) / Rational(power);
}

float nearestBinary32(const Rational& value) {
    const Rational magnitude = abs(value);
    // Infinity takes the place of 2^128 in the order of the codes.
    const auto valueOf = [](std::uint32_t bits) {
        const auto number = std::bit_cast<float>(bits);
        return std::isinf(number) ? rationalOf(0x1p128) : rationalOf(number);
    };
    std::uint32_t low = 0;
    auto high = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::infinity());
    while (low < high) {
        const std::uint32_t bits = (low + high) / 2;
        const Rational middle = (valueOf(bits) + valueOf(bits + 1)) / 2;
        const bool stays = magnitude < middle || (magnitude == middle && bits % 2 == 0);
        if (stays) {
            high = bits;
        } else {
            low = bits + 1;
        }
    }
    const auto nearest = std::bit_cast<float>(low);
    return value < 0 ? -nearest : nearest;
}

}  // namespace oracle
