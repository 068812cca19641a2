// SPDX-License-Identifier: Apache-2.0
// Sums of average pooling: exact on every grid.
#include "models/numeric/sums/tap_sum.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/numeric/sums/requantize.hpp"

namespace systole::numeric {
namespace {

Codec codecOf(const std::string& name) { return Codec(*formatNamed(name)); }

float sumOf(const Codec& codec, const std::vector<double>& taps) {
    TapSum sum;
    for (const double tap : taps) sum.add(codec.encode(tap), codec);
    return sum.toFloat(codec);
}

TEST(TapSumTest, SumsOnAWideGridAreExactInAnyOrder) {
    const Codec bf16 = codecOf("bf16");
    ASSERT_FALSE(tapsAreWords(bf16));
    // Neither binary32 nor binary64 would keep the 1 beside 2^100.
    EXPECT_EQ(sumOf(bf16, {0x1p100, 1, -0x1p100}), 1.0F);
    EXPECT_EQ(sumOf(bf16, {1, 0x1p100, -0x1p100}), 1.0F);
    EXPECT_EQ(sumOf(bf16, {0x1p-133, -0x1p127, 0x1p127, 0x1p-133}), 0x1p-132F);
    EXPECT_EQ(sumOf(bf16, {-3, -0.5, 0.25}), -3.25F);
}

TEST(TapSumTest, TheSumIsRoundedOnceTiesToEven) {
    const Codec bf16 = codecOf("bf16");
    EXPECT_EQ(sumOf(bf16, {0x1p24, 1}), 0x1p24F);                // a tie, to even
    EXPECT_EQ(sumOf(bf16, {0x1p24, 1, 0x1p-100}), 0x1p24F + 2);  // above the tie
    EXPECT_EQ(sumOf(bf16, {0x1p24, 1, -0x1p-100}), 0x1p24F);
}

TEST(TapSumTest, ManyTapsOfTheLargestValueDoNotWrap) {
    for (const char* name : {"fp16", "bf16", "dlfloat16", "posit16es2", "int16"}) {
        const Codec codec = codecOf(name);
        TapSum sum;
        for (int tap = 0; tap < 4096; ++tap) sum.add(codec.encode(codec.largest()), codec);
        EXPECT_EQ(sum.toFloat(codec), static_cast<float>(4096 * codec.largest())) << name;
    }
}

TEST(TapSumTest, AnAverageOnAWideGridHasTheValueOfItsTaps) {
    for (const char* name : {"bf16", "posit16es2", "dlfloat16", "fp16", "e4m3"}) {
        const Codec codec = codecOf(name);
        TapSum sum;
        for (const double tap : {1.0, 2.0, 3.0, 6.0}) sum.add(codec.encode(tap), codec);
        Rescale quarter;
        quarter.multiplier = std::ldexp(0.25F, tapRescaleExponent(codec));
        EXPECT_EQ(codec.decode(requantize(sum, quarter, ScaleArithmetic::Fp32Multiplier, codec)),
                  3.0)
            << name;
    }
}

TEST(TapSumTest, ATapThatIsNoNumberMakesTheAverageNone) {
    const Codec bf16 = codecOf("bf16");
    TapSum sum;
    sum.add(bf16.encode(1.0), bf16);
    sum.add(bf16.encode(std::nan("")), bf16);
    const Code code = requantize(sum, Rescale{}, ScaleArithmetic::Fp32Multiplier, bf16);
    EXPECT_TRUE(std::isnan(bf16.decode(code)));
}

}  // namespace
}  // namespace systole::numeric
