// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "models/check.hpp"
#include "models/numeric/sums/requantize.hpp"

namespace systole::numeric {
namespace {

constexpr Int128 kOne = 1;

/// ratio * 2^shift, rounded to an integer, nearest even, in integer arithmetic.
Int128 scaledNearestEven(double ratio, int shift) {
    int exponent = 0;
    const double fraction = std::frexp(ratio, &exponent);
    const auto mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
    const int drop = 53 - exponent - shift;  // ratio * 2^shift = mantissa * 2^-drop
    if (drop <= 0) return Int128{mantissa} << -drop;
    if (drop > 120) return 0;
    const Int128 quotient = mantissa / (kOne << drop);
    const Int128 rest = mantissa % (kOne << drop);
    const Int128 half = kOne << (drop - 1);
    const bool up = rest > half || (rest == half && quotient % 2 == 1);
    return quotient + (up ? 1 : 0);
}

void expectNearest(double ratio) {
    const FixedPointScale scale = makeFixedPointScale(ratio);
    SCOPED_TRACE(testing::Message()
                 << "ratio " << ratio << ": " << scale.mantissa << " / 2^" << scale.shift);
    ASSERT_GE(scale.shift, 0);
    ASSERT_LE(scale.shift, 62);
    if (scale.shift < 62) {
        ASSERT_GE(scale.mantissa, 1 << 30);
    }
    // A ratio that rounds up to the next power of two is kept with one bit less.
    const Int128 expected = scaledNearestEven(ratio, scale.shift);
    const Int128 finer = scaledNearestEven(ratio, scale.shift + 1);
    ASSERT_TRUE(expected == scale.mantissa);
    ASSERT_TRUE(scale.shift == 62 || finer >= kOne << 31);
}

TEST(FixedPointScale, IsTheNearestPairForRandomRatios) {
    constexpr unsigned kSeed = 20240711;
    SCOPED_TRACE(testing::Message() << "seed " << kSeed);
    std::mt19937_64 random(kSeed);
    for (int i = 0; i < 200000; ++i) {
        const double mantissa = 1.0 + static_cast<double>(random() >> 12) * 0x1p-52;
        const int exponent = static_cast<int>(random() % 95) - 65;
        ASSERT_NO_FATAL_FAILURE(expectNearest(std::ldexp(mantissa, exponent)));
    }
}

TEST(FixedPointScale, KeepsItsRangeAtTheExtremes) {
    for (int exponent = -70; exponent <= 30; ++exponent) {
        const double power = std::ldexp(1.0, exponent);
        expectNearest(power);
        expectNearest(std::nextafter(power, 0.0));
        expectNearest(std::nextafter(power, 4e9));
        expectNearest(power * (1 - 0x1p-32));  // halfway to the next power of two
        expectNearest(power * (1 - 0x1p-31));
    }
    expectNearest(2147483647.0);
    expectNearest(std::numeric_limits<double>::denorm_min());
}

TEST(FixedPointScale, HasTheseMantissasAndShifts) {
    const auto pair = [](double ratio) {
        const FixedPointScale scale = makeFixedPointScale(ratio);
        return std::array<std::int32_t, 2>{scale.mantissa, scale.shift};
    };
    using Pair = std::array<std::int32_t, 2>;
    EXPECT_EQ(pair(1.0), (Pair{1 << 30, 30}));
    EXPECT_EQ(pair(0.75), (Pair{3 << 29, 31}));
    EXPECT_EQ(pair(1.0 - 0x1p-40), (Pair{1 << 30, 30}));
    EXPECT_EQ(pair(0x1p30), (Pair{1 << 30, 0}));
    EXPECT_EQ(pair(2147483647.0), (Pair{2147483647, 0}));
    EXPECT_EQ(pair(0x1p-32), (Pair{1 << 30, 62}));
    EXPECT_EQ(pair(0x1p-33), (Pair{1 << 29, 62}));
    EXPECT_EQ(pair(0x1p-62), (Pair{1, 62}));
    EXPECT_EQ(pair(0x1p-63), (Pair{0, 62}));
    EXPECT_EQ(pair(0.0), (Pair{0, 62}));
}

TEST(FixedPointScale, RefusesWhatItCannotHold) {
    EXPECT_THROW(makeFixedPointScale(-0.1), InvariantError);
    EXPECT_THROW(makeFixedPointScale(2147483647.5), InvariantError);
    EXPECT_THROW(makeFixedPointScale(0x1p31), InvariantError);
    EXPECT_THROW(makeFixedPointScale(std::nan("")), InvariantError);
}

Int128 floorDivide(Int128 numerator, Int128 denominator) {
    const Int128 quotient = numerator / denominator;
    return numerator % denominator < 0 ? quotient - 1 : quotient;
}

TEST(ShiftRoundHalfUp, IsTheFloorOfTheQuotientPlusOneHalf) {
    constexpr unsigned kSeed = 7;
    SCOPED_TRACE(testing::Message() << "seed " << kSeed);
    std::mt19937_64 random(kSeed);
    for (int i = 0; i < 200000; ++i) {
        const auto sum = static_cast<std::int64_t>(random()) >> (random() % 63);
        const auto mantissa = static_cast<std::int64_t>(random() >> 33);
        const auto shift = static_cast<std::int32_t>(random() % 63);
        const Int128 product = Int128{sum} * mantissa;
        const Int128 expected = floorDivide(2 * product + (kOne << shift), kOne << (shift + 1));
        ASSERT_TRUE(shiftRoundHalfUp(product, shift) == (shift == 0 ? product : expected))
            << sum << " * " << mantissa << " >> " << shift;
    }
}

TEST(ShiftRoundHalfUp, RoundsTiesUp) {
    EXPECT_TRUE(shiftRoundHalfUp(3, 1) == 2);
    EXPECT_TRUE(shiftRoundHalfUp(-3, 1) == -1);
    EXPECT_TRUE(shiftRoundHalfUp(-1, 1) == 0);
    EXPECT_TRUE(shiftRoundHalfUp(-5, 2) == -1);
    EXPECT_TRUE(shiftRoundHalfUp(-6, 2) == -1);
    EXPECT_TRUE(shiftRoundHalfUp(-7, 2) == -2);
    EXPECT_TRUE(shiftRoundHalfUp(-7, 0) == -7);
}

TEST(Requantize, SaturatesInsteadOfOverflowingAtTheWidestSums) {
    const Codec int8(*findFormat("int8"));
    const Codec int16(*findFormat("int16"));
    const Rescale largest{1.0F, {2147483647, 0}};
    constexpr std::int64_t kSum = (std::int64_t{1} << 62) - 1;
    constexpr auto kFixed = ScaleArithmetic::FixedPoint;
    EXPECT_EQ(requantize(kSum, largest, kFixed, false, int8), 0x7fU);
    EXPECT_EQ(requantize(-kSum - 1, largest, kFixed, false, int8), 0x80U);
    EXPECT_EQ(requantize(-kSum - 1, largest, kFixed, true, int8), 0x00U);
    EXPECT_EQ(requantize(kSum, largest, kFixed, true, int16), 0x7fffU);
    EXPECT_EQ(requantize(std::int64_t{3} << 33, largest, kFixed, false, int8), 0x7fU);
}

TEST(Requantize, EqualsLongArithmeticForEverySmallSum) {
    const Codec codec(*findFormat("int8"));
    const FixedPointScale scale = makeFixedPointScale(0.0371);
    for (std::int64_t sum = -5000; sum <= 5000; ++sum) {
        const Int128 rounded = floorDivide(2 * Int128{sum} * scale.mantissa + (kOne << scale.shift),
                                           kOne << (scale.shift + 1));
        const auto clamped = static_cast<int>(std::clamp<Int128>(rounded, -128, 127));
        const Code code = requantize(sum, {1.0F, scale}, ScaleArithmetic::FixedPoint, false, codec);
        ASSERT_EQ(codec.decode(code), clamped) << sum;
        const Code relu = requantize(sum, {1.0F, scale}, ScaleArithmetic::FixedPoint, true, codec);
        ASSERT_EQ(codec.decode(relu), std::max(clamped, 0)) << sum;
    }
}

}  // namespace
}  // namespace systole::numeric
