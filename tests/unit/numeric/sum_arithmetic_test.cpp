// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "models/numeric/sums/sum.hpp"

namespace systole::numeric {
namespace {

SumArithmetic sumsOf(const char* accumulator, const char* activation, const char* weight) {
    return {*parseAccumulator(accumulator), Codec(*formatNamed(activation)),
            Codec(*formatNamed(weight))};
}

TEST(SumArithmetic, TermsOfOneWordRoundToEvenAndSaturate) {
    const SumArithmetic int32 = sumsOf("int32", "int8", "int8");
    EXPECT_EQ(int32.termOf(2.5), 2);
    EXPECT_EQ(int32.termOf(3.5), 4);
    EXPECT_EQ(int32.termOf(-2.5), -2);
    const SumArithmetic int16 = sumsOf("int16", "int8", "int8");
    EXPECT_EQ(int16.termOf(40000), 32767);
    EXPECT_EQ(int16.termOf(-40000), -32768);
    const SumArithmetic int63 = sumsOf("int63", "int8", "int8");
    EXPECT_EQ(int63.termOf(1e30), (std::int64_t{1} << 62) - 1);
    EXPECT_EQ(int63.termOf(-1e30), -(std::int64_t{1} << 62));
}

TEST(SumArithmetic, TermsOfWideSumsAreNotCutToAWord) {
    const SumArithmetic wide = sumsOf("exact", "e5m2", "e5m2");  // 81 bits in units of 2^-32
    ASSERT_EQ(wide.words(), 2);
    std::array<std::int64_t, 2> sum{};
    wide.add(sum, wide.termOf(0x1p70));
    EXPECT_EQ(sum[0], 0);
    EXPECT_EQ(sum[1], 64);
    EXPECT_EQ(wide.toDouble(sum), 0x1p38);
    EXPECT_EQ(wide.toFloat(sum), 0x1p38F);
    wide.add(sum, wide.termOf(-0x1p70 - 3));  // 3 units are lost: the term is a binary64
    EXPECT_EQ(sum[0] | sum[1], 0);
    EXPECT_LT(std::bit_cast<double>(wide.termOf(1e40)), 0x1p80);
    EXPECT_EQ(std::bit_cast<double>(wide.termOf(-1e40)), -0x1p80);
}

TEST(SumArithmetic, RoundsWideSumsOnceToBinary32) {
    const SumArithmetic wide = sumsOf("exact", "e5m2", "e5m2");
    // 2^64 + 2^40 is a tie between 2^64 and the next binary32; one unit more is not.
    std::array<std::int64_t, 2> sum{std::int64_t{1} << 40, 1};
    EXPECT_EQ(wide.toFloat(sum), 0x1p32F);
    sum[0] += 1;
    EXPECT_EQ(wide.toFloat(sum), std::nextafter(0x1p32F, 1e30F));
    sum = {-(std::int64_t{1} << 40) - 1, -2};
    EXPECT_EQ(wide.toFloat(sum), -std::nextafter(0x1p32F, 1e30F));
}

TEST(SumArithmetic, SaysWhatDidNotFit) {
    std::array<std::int64_t, 1> sum{32767};
    EXPECT_EQ(sumsOf("int16", "int8", "int8").add(sum, 1), (AccumulatorEvents{1, 0}));
    EXPECT_EQ(sum[0], -32768);
    EXPECT_EQ(sumsOf("int16", "int8", "int8").add(sum, 1), AccumulatorEvents{});
    EXPECT_EQ(sumsOf("int16_saturate", "int8", "int8").add(sum, -9), (AccumulatorEvents{0, 1}));
    const SumArithmetic fp16 = sumsOf("fp16", "e4m3", "e4m3");
    sum[0] = std::bit_cast<std::int64_t>(65504.0);
    EXPECT_EQ(fp16.add(sum, fp16.termOf(65504)), (AccumulatorEvents{1, 0}));
}

TEST(SumArithmetic, KnowsWhichTermsItHolds) {
    const SumArithmetic int16 = sumsOf("int16", "int8", "int8");
    EXPECT_TRUE(int16.holds(32767.4));
    EXPECT_FALSE(int16.holds(32767.6));
    EXPECT_TRUE(int16.holds(-32768));
    EXPECT_FALSE(int16.holds(-32769));
    EXPECT_TRUE(sumsOf("fp16", "e4m3", "e4m3").holds(-65504));
    EXPECT_FALSE(sumsOf("fp16", "e4m3", "e4m3").holds(65505));
    EXPECT_TRUE(sumsOf("exact", "e5m2", "e5m2").holds(0x1p79));
    EXPECT_FALSE(sumsOf("exact", "e5m2", "e5m2").holds(0x1p80));
}

TEST(SumArithmetic, FloatTermsAreValuesOfTheRegister) {
    const SumArithmetic fp16 = sumsOf("fp16", "e4m3", "e4m3");
    EXPECT_EQ(std::bit_cast<double>(fp16.termOf(1.0 + 0x1p-11)), 1.0);
    EXPECT_EQ(std::bit_cast<double>(fp16.termOf(1e9)), 65504);
    EXPECT_EQ(fp16.loadedTerm(fp16.storedTerm(fp16.termOf(-0.25))), fp16.termOf(-0.25));
    EXPECT_EQ(fp16.storedTerm(fp16.termOf(1.0)), 0x3c00U);
}

TEST(SumArithmetic, SaturatesWhereTheRegisterDoes) {
    const SumArithmetic sums = sumsOf("int16_saturate", "int8", "int8");
    std::array<std::int64_t, 1> sum{32000};
    sums.add(sum, 1000);
    EXPECT_EQ(sum[0], 32767);
    const SumArithmetic wraps = sumsOf("int16", "int8", "int8");
    sum = {32000};
    wraps.add(sum, 1000);
    EXPECT_EQ(sum[0], 33000 - 65536);
}

/// A parameter record may come from a faulty memory: docs/dram_faults.md.
TEST(SumArithmetic, AnyBitsAreATerm) {
    const SumArithmetic fp16 = sumsOf("fp16", "e4m3", "e4m3");
    EXPECT_EQ(std::bit_cast<double>(fp16.loadedTerm(0xFFFF3C00)), 1.0) << "16 bits are connected";
    const SumArithmetic wide = sumsOf("exact", "e5m2", "e5m2");
    const auto loaded = [&](double units) {
        return std::bit_cast<double>(wide.loadedTerm(std::bit_cast<std::uint64_t>(units)));
    };
    EXPECT_EQ(loaded(1e300), std::nextafter(0x1p80, 0.0));
    EXPECT_EQ(loaded(-std::numeric_limits<double>::infinity()), -0x1p80);
    EXPECT_EQ(loaded(std::numeric_limits<double>::quiet_NaN()), 0);
    EXPECT_EQ(loaded(2.5), 2);
    EXPECT_EQ(loaded(12345), 12345);
}

TEST(SumArithmetic, SpecialTermsFollowIeee754) {
    const SumArithmetic fp32 = sumsOf("fp32", "e4m3", "e4m3");
    const auto infinity = std::bit_cast<std::int64_t>(std::numeric_limits<double>::infinity());
    const std::int64_t minusInfinity = infinity | std::numeric_limits<std::int64_t>::min();
    std::array<std::int64_t, 1> sum{std::bit_cast<std::int64_t>(3.0)};
    fp32.add(sum, infinity);
    EXPECT_EQ(sum[0], infinity);
    fp32.add(sum, minusInfinity);
    EXPECT_TRUE(std::isnan(std::bit_cast<double>(sum[0])));
}

TEST(SumArithmetic, AnExactSumWrapsWhereABiasIsTooMuch) {
    const SumArithmetic wide = sumsOf("exact", "e5m2", "e5m2");  // 81 bits
    std::array<std::int64_t, 2> sum{0, 0x8000};                  // 2^79
    wide.add(sum, std::bit_cast<std::int64_t>(0x1p79));
    EXPECT_EQ(sum[0], 0);
    EXPECT_EQ(sum[1], -0x10000);
}

}  // namespace
}  // namespace systole::numeric
