// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/float_rounder.hpp"

#include <gtest/gtest.h>

#include "models/numeric/formats/codec.hpp"

namespace systole::numeric {
namespace {

TEST(FloatRounder, DependsOnTheNumberAndNotOnHowItIsWrittenDown) {
    const FloatRounder rounder(FloatFormat{"f", 4, 9, -166, SpecialValues::None});
    // 7 * 2^151 with the significand at either end of its word, far below the first step.
    for (const int shift : {0, 20, 60, 120, 124}) {
        const Unrounded number{false, UInt128{7} << shift, 151 - shift, false};
        EXPECT_EQ(rounder.round(number, Rounding::Stochastic, Overflow::Saturate, 0xffffffff).code,
                  1U)
            << shift;
        EXPECT_EQ(rounder.round(number, Rounding::Stochastic, Overflow::Saturate, 0).code, 0U);
        EXPECT_EQ(rounder.round(number, Rounding::NearestEven, Overflow::Saturate).code, 0U);
    }
}

TEST(FloatRounder, KnowsTheEndsOfFormatsTooWideForATable) {
    const Codec flushed(
        FloatFormat{"f", 8, 10, 127, SpecialValues::None, false, ZeroExponent::Flushed});
    EXPECT_EQ(flushed.smallest(), 0);
    EXPECT_EQ(flushed.smallestPositive(), 0x1p-126);
    EXPECT_EQ(flushed.gridExponent(), -136);
    const Codec hidden(
        FloatFormat{"f", 8, 10, 127, SpecialValues::None, true, ZeroExponent::HiddenOne});
    EXPECT_EQ(hidden.smallest(), -hidden.largest());
    EXPECT_EQ(hidden.smallestPositive(), 0x1p-127 + 0x1p-137);
}

TEST(FloatRounder, WrapsIntegersOfAnyMagnitude) {
    const Codec codec(IntFormat{.name = "fixed", .bits = 16, .fractionBits = 3});
    EXPECT_EQ(codec.encode(-0x1.e42d130773b76p+1023, Rounding::NearestEven, Overflow::Wrap), 0U);
    EXPECT_EQ(codec.encode(0x1p13 - 0.125, Rounding::NearestEven, Overflow::Wrap), 0xffffU);
}

}  // namespace
}  // namespace systole::numeric
