// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "models/numeric/formats/format.hpp"

namespace systole::numeric {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

TEST(FormatProblem, NamesOutsideTheFamiliesStandForNothing) {
    for (const char* name : {"",
                             "e9m3",
                             "e9m3_ieee",
                             "e0m3_none",
                             "e4m11_ieee",
                             "e4m0_ieee",
                             "e4m3_fn",
                             "e4",
                             "m3",
                             "E4M3",
                             "int0",
                             "int17",
                             "int08",
                             "int-4",
                             "int",
                             "int4_",
                             "uint4_narrow",
                             "int1_narrow",
                             "posit2es1",
                             "posit17es1",
                             "posit8es5",
                             "posit8",
                             "posit8es1x",
                             "pow2_1",
                             "pow2_10",
                             "pow2_",
                             "short_e4m3_ieee",
                             "short_e9m0",
                             "int99999999999999999999",
                             "fp32 "}) {
        EXPECT_FALSE(formatNamed(name).has_value()) << name;
    }
}

TEST(FormatProblem, NamesWithinTheFamiliesStandForFormatsWithoutOne) {
    for (const char* name :
         {"int1", "int16", "uint1", "uint16", "int2_narrow", "int16_narrow", "int3_half",
          "uint3_half", "posit3es0", "posit16es4", "pow2_2", "pow2_9", "e1m0_none", "e8m10_ieee",
          "e8m7_fnuz", "e3m4_nan_only", "short_e1m0", "short_e8m10"}) {
        const auto format = formatNamed(name);
        ASSERT_TRUE(format.has_value()) << name;
        EXPECT_EQ(problemOf(*format), std::nullopt) << name;
        EXPECT_EQ(nameOf(*format), name);
    }
}

TEST(FormatProblem, KnownFormatsHaveNoneAndNamesOfTheirOwn) {
    std::set<std::string> names;
    for (const Format& format : knownFormats()) {
        EXPECT_EQ(problemOf(format), std::nullopt) << nameOf(format);
        EXPECT_TRUE(names.insert(nameOf(format)).second) << nameOf(format);
    }
}

TEST(FormatProblem, FloatParametersOutOfRangeAreNamedWithWhatIsExpected) {
    EXPECT_THAT(problemOf(FloatFormat{"", 9, 3, 7}),
                Optional(HasSubstr("exponent: 9, expected 1 to 8")));
    EXPECT_THAT(problemOf(FloatFormat{"", 0, 3, 7}), Optional(HasSubstr("exponent: 0")));
    EXPECT_THAT(problemOf(FloatFormat{"", 4, 11, 7}),
                Optional(HasSubstr("mantissa: 11, expected 0 to 10")));
    EXPECT_THAT(problemOf(FloatFormat{"", 5, 23, 15}), Optional(HasSubstr("mantissa: 23")));
    EXPECT_EQ(problemOf(FloatFormat{"", 8, 23, 127}), std::nullopt);
    EXPECT_THAT(problemOf(FloatFormat{"", 4, 3, 256}),
                Optional(HasSubstr("bias: 256, expected -255 to 255")));
    EXPECT_THAT(problemOf(FloatFormat{"", 4, 3, -256}), Optional(HasSubstr("bias: -256")));
    EXPECT_EQ(problemOf(FloatFormat{"", 4, 3, -255}), std::nullopt);
}

TEST(FormatProblem, SpecialsWithoutACodeAreRefused) {
    using enum SpecialValues;
    EXPECT_THAT(problemOf(FloatFormat{"", 4, 0, 7, Ieee}), Optional(HasSubstr("specials: ieee")));
    EXPECT_THAT(problemOf(FloatFormat{"", 4, 3, 7, Fnuz, false}), Optional(HasSubstr("signed")));
    EXPECT_THAT(problemOf(FloatFormat{"", 4, 3, 7, Fnuz, true, ZeroExponent::NoZero}),
                Optional(HasSubstr("zero")));
}

TEST(FormatProblem, AFormatOfZeroAloneIsRefused) {
    using enum SpecialValues;
    using enum ZeroExponent;
    EXPECT_THAT(problemOf(FloatFormat{"", 1, 2, 1, Ieee, true, Flushed}),
                Optional(HasSubstr("no code is left")));
    EXPECT_THAT(problemOf(FloatFormat{"", 1, 0, 1, NanOnly}),
                Optional(HasSubstr("no code is left")));
    EXPECT_EQ(problemOf(FloatFormat{"", 1, 0, 1, None}), std::nullopt);
    EXPECT_EQ(problemOf(FloatFormat{"", 1, 0, 1, NanOnly, true, NoZero}), std::nullopt);
}

TEST(FormatProblem, CodebooksNeedTwoToTwoHundredAndFiftySixDistinctFiniteValues) {
    EXPECT_THAT(problemOf(CodebookFormat{"", {0.5, 1, 0.5}}),
                Optional(HasSubstr("0.5 is there twice, expected distinct values")));
    EXPECT_THAT(problemOf(CodebookFormat{"", {0.0, -0.0}}), Optional(HasSubstr("twice")));
    EXPECT_THAT(problemOf(CodebookFormat{"", {1}}),
                Optional(HasSubstr("1 values, expected 2 to 256")));
    EXPECT_THAT(problemOf(CodebookFormat{"", std::vector<double>(257)}),
                Optional(HasSubstr("257 values")));
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_THAT(problemOf(CodebookFormat{"", {0, infinity}}), Optional(HasSubstr("finite")));
    EXPECT_THAT(problemOf(CodebookFormat{"", {0, infinity - infinity}}),
                Optional(HasSubstr("finite")));
    EXPECT_EQ(problemOf(CodebookFormat{"", {3, -3}}), std::nullopt);
}

TEST(FormatProblem, IntegerAndPositParametersHaveTheirRange) {
    EXPECT_THAT(problemOf(IntFormat{"", 17}), Optional(HasSubstr("bits: 17, expected 1 to 16")));
    EXPECT_THAT(problemOf(IntFormat{"", 0}), Optional(HasSubstr("bits: 0")));
    EXPECT_THAT(problemOf(IntFormat{"", 8, true, false, 33}), Optional(HasSubstr("fraction: 33")));
    EXPECT_THAT(problemOf(IntFormat{"", 8, false, true}), Optional(HasSubstr("narrow")));
    EXPECT_THAT(problemOf(IntFormat{"", 1, true, true}), Optional(HasSubstr("narrow")));
    EXPECT_THAT(problemOf(IntFormat{"", 4, true, true, 0, true}), Optional(HasSubstr("narrow")));
    EXPECT_THAT(problemOf(PositFormat{"", 2, 1}), Optional(HasSubstr("bits: 2, expected 3 to 16")));
    EXPECT_THAT(problemOf(PositFormat{"", 8, 5}), Optional(HasSubstr("es: 5, expected 0 to 4")));
}

}  // namespace
}  // namespace systole::numeric
