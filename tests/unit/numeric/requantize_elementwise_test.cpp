// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "models/numeric/sums/requantize.hpp"

namespace systole::numeric {
namespace {

using testing::ElementsAre;

constexpr auto kFp32 = ScaleArithmetic::Fp32Multiplier;
constexpr auto kFixed = ScaleArithmetic::FixedPoint;

const Codec& int8() {
    static const Codec kCodec(*findFormat("int8"));
    return kCodec;
}

const Codec& e4m3() {
    static const Codec kCodec(*findFormat("e4m3"));
    return kCodec;
}

Code int8Code(int value) { return static_cast<Code>(value) & 0xffU; }

TEST(Requantize, MultipliesInBinary32AndRoundsTiesToEven) {
    const auto value = [](std::int64_t sum, float multiplier, bool relu) {
        return int8().decode(requantize(sum, {multiplier, {}}, kFp32, relu, int8()));
    };
    EXPECT_EQ(value(5, 0.5F, false), 2);
    EXPECT_EQ(value(7, 0.5F, false), 4);
    EXPECT_EQ(value(-5, 0.5F, false), -2);
    EXPECT_EQ(value(-7, 0.5F, false), -4);
    EXPECT_EQ(value(1000, 0.5F, false), 127);
    EXPECT_EQ(value(-1000, 0.5F, false), -128);
    EXPECT_EQ(value(-7, 0.5F, true), 0);
    // fl32(2^24 + 1) = 2^24: the half that decides the tie is lost with it.
    EXPECT_EQ(value((1 << 24) + 1, 0x1.8p-24F, false), 2);
}

TEST(Requantize, GivesPositiveZeroForWhatReluCutsOff) {
    EXPECT_EQ(requantize(-100, {1.0F, {}}, kFp32, true, e4m3()), 0x00U);
    EXPECT_EQ(requantize(0, {-1.0F, {}}, kFp32, true, e4m3()), 0x00U);
    EXPECT_EQ(requantize(-1, {1e-9F, {}}, kFp32, false, e4m3()), 0x80U);
}

TEST(AddCodes, RescalesBothOperandsInBinary32) {
    const AdditionScales scales{{0.5F, 0.25F}, 0.5F, {}};
    const auto sum = [&](int a, int b, bool relu) {
        return int8().decode(addCodes(int8Code(a), int8Code(b), scales, kFp32, relu, int8()));
    };
    EXPECT_EQ(sum(10, 4, false), 12);
    EXPECT_EQ(sum(10, 1, false), 10);     // 10.5
    EXPECT_EQ(sum(11, 1, false), 12);     // 11.5
    EXPECT_EQ(sum(-10, -3, false), -12);  // -11.5
    EXPECT_EQ(sum(127, 127, false), 127);
    EXPECT_EQ(sum(-128, -128, false), -128);
    EXPECT_EQ(sum(-10, 4, true), 0);
}

TEST(AddCodes, AddsFixedPointProductsBeforeTheOneRounding) {
    // Ratios 1/2 and 1/4 with a common shift.
    const AdditionScales scales{{1, 1}, 1, {{{1 << 30, 31}, {1 << 29, 31}}}};
    const auto sum = [&](int a, int b, bool relu) {
        return int8().decode(addCodes(int8Code(a), int8Code(b), scales, kFixed, relu, int8()));
    };
    EXPECT_EQ(sum(1, 2, false), 1);   // 1/2 + 1/2, not 1 + 1
    EXPECT_EQ(sum(1, 0, false), 1);   // 1/2 up
    EXPECT_EQ(sum(-1, 0, false), 0);  // -1/2 up
    EXPECT_EQ(sum(-3, 0, false), -1);
    EXPECT_EQ(sum(-3, 0, true), 0);
    EXPECT_EQ(sum(-128, -128, false), -96);
}

}  // namespace
}  // namespace systole::numeric
