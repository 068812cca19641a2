// SPDX-License-Identifier: Apache-2.0
// What the largest magnitude of a tensor is scaled to: a property of a format's values.
#include "models/numeric/formats/peak.hpp"

#include <gtest/gtest.h>

namespace systole::numeric {
namespace {

double peakOfName(const std::string& name) { return peakOf(Codec(*formatNamed(name))); }

TEST(Peak, IntegersAndShortFloatsAreFilled) {
    for (const char* name : {"int8", "int4", "uint8", "int4_half", "ternary", "e4m3", "e5m2",
                             "e4m3fnuz", "e3m2", "e2m1", "fp16", "pow2_4"}) {
        EXPECT_EQ(peakOfName(name), Codec(*formatNamed(name)).largest()) << name;
    }
}

TEST(Peak, CodebooksAreFilledWhereTheirStepsAreAlike) {
    const std::vector<double> nf4{-1.0,    -0.6962, -0.5251, -0.3949, -0.2844, -0.1848,
                                  -0.0911, 0.0,     0.0796,  0.1609,  0.2461,  0.3379,
                                  0.4407,  0.5626,  0.7230,  1.0};
    EXPECT_EQ(peakOf(Codec(CodebookFormat{"nf4", nf4})), 1.0);
    EXPECT_EQ(peakOf(Codec(CodebookFormat{"signs", {-1, 1}})), 1.0);
}

TEST(Peak, PositsAreScaledToTheEndOfTheirFinestSteps) {
    EXPECT_EQ(peakOfName("posit8es0"), 2.0);
    EXPECT_EQ(peakOfName("posit8es1"), 4.0);
    EXPECT_EQ(peakOfName("posit16es1"), 4.0);
    EXPECT_EQ(peakOfName("posit8es2"), 16.0);
    EXPECT_EQ(peakOfName("posit4es1"), 4.0);
}

TEST(Peak, ATaperedCodebookIsAsAPosit) {
    // Fine around 1, then by factors of 4.
    EXPECT_EQ(peakOf(Codec(CodebookFormat{"tapered", {0, 0.25, 1, 1.25, 1.5, 6, 24}})), 1.5);
}

TEST(Peak, FormatsWithMoreExponentsThanATensorNeedsAreNotFilled) {
    EXPECT_EQ(peakOfName("bf16"), 1.0);
    // 32 powers of two above the smallest value, 2^-31 (1 + 2^-9).
    EXPECT_EQ(peakOfName("dlfloat16"), 2 * (1 + 0x1p-9));
    EXPECT_EQ(peakOf(Codec(FloatFormat{"e6m3", 6, 3, 31, SpecialValues::None})), 4.0);
}

TEST(Peak, NoPositiveValueNoPeak) {
    EXPECT_EQ(peakOf(Codec(CodebookFormat{"negative", {-1, 0}})), 0.0);
}

}  // namespace
}  // namespace systole::numeric
