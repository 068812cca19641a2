// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "models/numeric/sums/accumulator.hpp"

namespace systole::numeric {
namespace {

int exactBits(const char* activation, const char* weight) {
    return accumulatorBits(*parseAccumulator("exact"), Codec(*findFormat(activation)),
                           Codec(*findFormat(weight)));
}

TEST(Accumulator, ParsesIntegersFrom8To63BitsAndExact) {
    for (int bits = 8; bits <= 63; ++bits) {
        const auto accumulator = parseAccumulator("int" + std::to_string(bits));
        ASSERT_TRUE(accumulator.has_value()) << bits;
        ASSERT_TRUE(std::holds_alternative<IntegerRegister>(accumulator->sum));
        EXPECT_EQ(std::get<IntegerRegister>(accumulator->sum).bits, bits);
        EXPECT_EQ(std::get<IntegerRegister>(accumulator->sum).overflow, Overflow::Wrap);
    }
    EXPECT_EQ(std::get<ExactRegister>(parseAccumulator("exact")->sum).guardBits, 16);
}

TEST(Accumulator, ParsesSaturatingIntegersAndFloats) {
    const auto saturating = parseAccumulator("int24_saturate");
    ASSERT_TRUE(saturating.has_value());
    EXPECT_EQ(std::get<IntegerRegister>(saturating->sum).overflow, Overflow::Saturate);
    for (const char* name : {"fp32", "fp16", "bf16", "dlfloat16", "e5m7_ieee"}) {
        const auto accumulator = parseAccumulator(name);
        ASSERT_TRUE(accumulator.has_value()) << name;
        EXPECT_EQ(std::get<FloatRegister>(accumulator->sum).format.name, name);
    }
}

TEST(Accumulator, RefusesEveryOtherName) {
    for (const char* name :
         {"", "int", "int7", "int64", "int-8", "int32 ", "int32x", "uint32", "INT32", "fp31",
          "exact16", "int99999999999", "int8_wrap", "e8m0", "posit8es1", "int08"}) {
        EXPECT_FALSE(parseAccumulator(name).has_value()) << name;
    }
}

// The synthesised reference PE with E4M3 operands and exact accumulation keeps 53 bits.
TEST(Accumulator, ExactWidthHoldsAllProductsSignAndGuardBits) {
    EXPECT_EQ(exactBits("e4m3", "e4m3"), 18 + 18 + 1 + 16);
    EXPECT_EQ(exactBits("int8", "int8"), 8 + 8 + 1 + 16);
    EXPECT_EQ(exactBits("int4", "int8"), 4 + 8 + 1 + 16);
    EXPECT_EQ(exactBits("e2m1", "e2m1"), 4 + 4 + 1 + 16);
    EXPECT_EQ(exactBits("e4m3", "e2m1"), 18 + 4 + 1 + 16);
    EXPECT_EQ(exactBits("e5m2", "e5m2"), 32 + 32 + 1 + 16);
}

TEST(Accumulator, IntegerWidthIsItsOwn) {
    const Codec codec(*findFormat("e4m3"));
    EXPECT_EQ(accumulatorBits(*parseAccumulator("int24"), codec, codec), 24);
}

TEST(Accumulator, WrapsToTwosComplement) {
    EXPECT_EQ(wrapToBits(127, 8), 127);
    EXPECT_EQ(wrapToBits(128, 8), -128);
    EXPECT_EQ(wrapToBits(-129, 8), 127);
    EXPECT_EQ(wrapToBits(256, 8), 0);
    EXPECT_EQ(wrapToBits(-256, 8), 0);
    EXPECT_EQ(wrapToBits(std::int64_t{1} << 31, 32), -(std::int64_t{1} << 31));
    constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(wrapToBits(kLargest, 64), kLargest);
    EXPECT_EQ(wrapToBits(kLargest, 63), -1);
    EXPECT_EQ(wrapToBits(std::int64_t{1} << 62, 63), -(std::int64_t{1} << 62));
}

TEST(Accumulator, AddsModuloItsWidth) {
    EXPECT_EQ(addWrapped(100, 27, 8), 127);
    EXPECT_EQ(addWrapped(100, 28, 8), -128);
    EXPECT_EQ(addWrapped(-128, -1, 8), 127);
    constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(addWrapped(kLargest, 1, 64), -kLargest - 1);
    EXPECT_EQ(addWrapped(-kLargest - 1, -1, 64), kLargest);
    EXPECT_EQ(addWrapped(kLargest >> 1, 1, 63), -(kLargest >> 1) - 1);
}

}  // namespace
}  // namespace systole::numeric
