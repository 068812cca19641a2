// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/numeric/formats/codec.hpp"
#include "tests/oracle/rule.hpp"

/// The project's words in the oracle's, and the values that both are asked about.
namespace systole::numeric::testing {

inline constexpr std::array kRoundings{Rounding::NearestEven, Rounding::HalfAway, Rounding::HalfUp,
                                       Rounding::TowardZero, Rounding::Stochastic};
inline constexpr std::array kOverflows{Overflow::Saturate, Overflow::Wrap, Overflow::ToSpecial};
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline oracle::Rule ruleOf(Rounding rounding) {
    switch (rounding) {
        case Rounding::NearestEven:
            return oracle::Rule::NearestEven;
        case Rounding::HalfAway:
            return oracle::Rule::HalfAway;
        case Rounding::HalfUp:
            return oracle::Rule::HalfUp;
        case Rounding::TowardZero:
            return oracle::Rule::TowardZero;
        case Rounding::Stochastic:
            return oracle::Rule::Stochastic;
    }
    throw std::logic_error("rounding");
}

inline oracle::Policy policyOf(Overflow overflow) {
    switch (overflow) {
        case Overflow::Saturate:
            return oracle::Policy::Saturate;
        case Overflow::Wrap:
            return oracle::Policy::Wrap;
        case Overflow::ToSpecial:
            return oracle::Policy::ToSpecial;
    }
    throw std::logic_error("overflow");
}

inline oracle::FloatSpec specOf(const FloatFormat& format) {
    constexpr std::array kSpecials{oracle::Specials::None, oracle::Specials::Ieee,
                                   oracle::Specials::NanOnly, oracle::Specials::Fnuz};
    constexpr std::array kZeros{oracle::Zero::Subnormal, oracle::Zero::Flushed,
                                oracle::Zero::HiddenOne, oracle::Zero::NoZero};
    return {format.exponentBits, format.mantissaBits,
            format.bias,         kSpecials.at(static_cast<std::size_t>(format.specials)),
            format.isSigned,     kZeros.at(static_cast<std::size_t>(format.zeroExponent))};
}

/// The known float formats of at most 16 bits, and valid ones of random parameters.
inline std::vector<FloatFormat> floatFormats(int randomOnes, unsigned seed) {
    std::vector<FloatFormat> formats;
    for (const Format& format : knownFormats()) {
        const auto* minifloat = std::get_if<FloatFormat>(&format);
        if (minifloat != nullptr && widthOf(format) <= 16) formats.push_back(*minifloat);
    }
    std::mt19937 generator(seed);
    const auto pick = [&](int low, int high) {
        return low + static_cast<int>(generator() % static_cast<unsigned>(high - low + 1));
    };
    while (randomOnes > 0) {
        FloatFormat format{"", pick(1, 8), pick(0, 10), 0};
        format.specials = static_cast<SpecialValues>(pick(0, 3));
        format.zeroExponent = static_cast<ZeroExponent>(pick(0, 3));
        format.isSigned = pick(0, 3) != 0;
        format.bias = pick(0, 1) != 0 ? pick(-255, 255) : ieeeBias(format.exponentBits);
        // Small ones more often: their tables are done whole.
        const int width = widthOf(format);
        if (width > 16 || (width > 9 && pick(0, 7) != 0) || problemOf(format)) continue;
        format.name = "random e" + std::to_string(format.exponentBits) + "m" +
                      std::to_string(format.mantissaBits) + " bias " + std::to_string(format.bias) +
                      " specials " + std::to_string(static_cast<int>(format.specials)) +
                      " zero exponent " + std::to_string(static_cast<int>(format.zeroExponent)) +
                      (format.isSigned ? "" : " unsigned");
        formats.push_back(format);
        --randomOnes;
    }
    return formats;
}

/// The value and one ulp of binary64 to each side.
inline void addAround(std::vector<double>& points, double value) {
    points.push_back(value);
    points.push_back(std::nextafter(value, kInfinity));
    points.push_back(std::nextafter(value, -kInfinity));
}

/// What every format is asked about: far beyond any, and the extremes of binary64.
inline std::vector<double> farPoints() {
    std::vector<double> points{kInfinity, -kInfinity};
    for (const double magnitude :
         {0.0, 5e-324, 2.2250738585072014e-308, 1e-100, 1e-40, 1e-12, 0.3, 1.0, 1234.5678, 65520.0,
          3e9, 1e20, 3.5e38, 1e100, 1e300, 1.7976931348623157e308}) {
        points.push_back(magnitude);
        points.push_back(-magnitude);
    }
    return points;
}

/// Random bits for a point: the extremes and two in the middle of nowhere, in turn.
inline std::uint32_t randomFor(std::size_t point) {
    constexpr std::array<std::uint32_t, 6> kBits{0,          0xffffffff, 0x80000000,
                                                 0x7fffffff, 0x12345678, 0xc0000001};
    return kBits.at(point % kBits.size());
}

/// Equal as values, the sign of zero included; all NaN are one.
inline bool sameValue(double left, double right) {
    if (std::isnan(left) || std::isnan(right)) return std::isnan(left) && std::isnan(right);
    return std::bit_cast<std::uint64_t>(left) == std::bit_cast<std::uint64_t>(right);
}

/// Counts comparisons that fail and shows the first few, one line each.
class Differences {
public:
    Differences() = default;
    Differences(const Differences&) = delete;
    Differences& operator=(const Differences&) = delete;
    ~Differences() { EXPECT_EQ(count_, 0U); }

    /// Of encoding `value` so; `got` and `expected` are codes or values.
    void expectSame(const Codec& codec, double value, Rounding rounding, Overflow overflow,
                    std::uint32_t random, double got, double expected) {
        if (sameValue(got, expected) || ++count_ > kShown) return;
        ADD_FAILURE() << nameOf(codec.format()) << ": " << std::hexfloat << value << " rounding "
                      << static_cast<int>(rounding) << " overflow " << static_cast<int>(overflow)
                      << " random " << random << ": " << std::defaultfloat << got << ", expected "
                      << expected;
    }

private:
    static constexpr std::size_t kShown = 10;
    std::size_t count_ = 0;
};

}  // namespace systole::numeric::testing
