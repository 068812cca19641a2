// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/differential/numeric_support.hpp"
#include "tests/oracle/float_table.hpp"
#include "tests/oracle/mpfr_float.hpp"

// Floats. Every code of formats up to 9 bits, every 7th of wider ones: at its value, at the
// midpoint to the next, at a quarter, and one FP64 ulp around each.
namespace systole::numeric {
namespace {

using namespace testing;

std::vector<double> pointsOf(const FloatFormat& format, const oracle::FloatTable& table) {
    std::vector<double> points = farPoints();
    const int width = widthOf(format);
    const Code magnitudes = 1U << (format.exponentBits + format.mantissaBits);
    const Code stride = width <= 9 ? 1 : 7;
    const auto addBoth = [&](double value) {
        addAround(points, value);
        addAround(points, -value);
    };
    for (Code code = 0; code < magnitudes; code += stride) {
        const double value = table.decode(code);
        const double next = code + 1 < magnitudes ? table.decode(code + 1) : kNan;
        if (!std::isfinite(value) || !std::isfinite(next)) continue;
        addBoth(value);
        addBoth(value / 2 + next / 2);
        addBoth(value + (next - value) / 4);
    }
    // The largest value's neighbourhood, in steps of an eighth of its last bit, whatever the
    // stride.
    const double quantum = std::ldexp(1.0, std::ilogb(table.largest()) - format.mantissaBits);
    for (int eighths = -8; eighths <= 20; ++eighths) {
        addBoth(table.largest() + quantum * eighths / 8);
    }
    for (const double factor : {0.25, 0.5, 0.75, 1.0}) addBoth(table.decode(1) * factor);
    return points;
}

bool isOutside(double value, Overflow overflow) {
    return std::isinf(value) && overflow == Overflow::Wrap;
}

void compareWithTable(const FloatFormat& format, Differences& differences) {
    const Codec codec(format);
    const oracle::FloatTable table(specOf(format));
    const std::vector<double> points = pointsOf(format, table);
    for (const Overflow overflow : kOverflows) {
        if (!codec.supports(overflow)) continue;
        for (const Rounding rounding : kRoundings) {
            for (std::size_t i = 0; i < points.size(); ++i) {
                if (isOutside(points[i], overflow)) continue;
                const std::uint32_t random = randomFor(i);
                differences.expectSame(
                    codec, points[i], rounding, overflow, random,
                    codec.encode(points[i], rounding, overflow, random),
                    table.encode(points[i], ruleOf(rounding), policyOf(overflow), random));
            }
        }
    }
}

TEST(NumericEncode, FloatsAreTheCodesThatTheTableOracleGives) {
    Differences differences;
    for (const FloatFormat& format : floatFormats(150, 12)) compareWithTable(format, differences);
}

void compareWithMpfr(const FloatFormat& format, const std::vector<double>& points,
                     Differences& differences) {
    const Codec codec(format);
    oracle::MpfrFloat mpfr(specOf(format));
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (std::isinf(points[i])) continue;
        for (const Rounding rounding : kRoundings) {
            const std::uint32_t random = randomFor(i);
            double expected = mpfr.round(points[i], ruleOf(rounding), random).value;
            const bool hasMinusZero = format.specials != SpecialValues::Fnuz;
            if (expected == 0 && !hasMinusZero) expected = 0;
            const Code code = codec.encode(points[i], rounding, Overflow::Saturate, random);
            differences.expectSame(codec, points[i], rounding, Overflow::Saturate, random,
                                   codec.decode(code), expected);
        }
    }
}

TEST(NumericEncode, FloatsAreTheValuesThatMpfrGives) {
    Differences differences;
    for (const FloatFormat& format : floatFormats(100, 13)) {
        const bool expressible = format.zeroExponent == ZeroExponent::Subnormal ||
                                 format.zeroExponent == ZeroExponent::HiddenOne;
        if (!expressible || format.mantissaBits == 0 || !format.isSigned) continue;
        compareWithMpfr(format, pointsOf(format, oracle::FloatTable(specOf(format))), differences);
    }
}

TEST(NumericEncode, NanBecomesNanWhereThereIsOne) {
    for (const FloatFormat& format : floatFormats(50, 14)) {
        const Codec codec(format);
        if (!codec.hasNan()) continue;
        for (const Overflow overflow : kOverflows) {
            if (!codec.supports(overflow)) continue;
            const Code code = codec.encode(kNan, Rounding::NearestEven, overflow);
            EXPECT_TRUE(std::isnan(codec.decode(code))) << format.name;
            EXPECT_EQ(code, oracle::FloatTable(specOf(format)).nan()) << format.name;
        }
    }
}

TEST(NumericEncode, Fp32IsTheCastOfTheMachineAndWhatMpfrGives) {
    const auto format = std::get<FloatFormat>(formatNamed("fp32").value());
    const Codec codec(format);
    std::mt19937_64 generator(15);
    std::vector<double> points = farPoints();
    while (points.size() < 200'000) {
        const auto bits = static_cast<std::uint32_t>(generator());
        const double value = std::bit_cast<float>(bits);
        const double next = std::bit_cast<float>(bits ^ 1);
        if (!std::isfinite(value) || !std::isfinite(next)) continue;
        addAround(points, value);
        addAround(points, (value + next) / 2);
    }
    for (const double largest : {0x1.fffffep127, -0x1.fffffep127}) {
        for (const double beyond : {1.0, 1 + 0x1p-25, 1 + 0x1p-24, 2.0}) {
            addAround(points, largest * beyond);
        }
    }
    for (const double point : points) {
        const auto expected = std::bit_cast<std::uint32_t>(static_cast<float>(point));
        EXPECT_EQ(codec.encode(point, Rounding::NearestEven, Overflow::ToSpecial), expected);
    }
    Differences differences;
    compareWithMpfr(format, points, differences);
}

}  // namespace
}  // namespace systole::numeric
