// SPDX-License-Identifier: Apache-2.0
// Every name that a format is printed under reads back as the same format.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <variant>

#include "models/numeric/formats/block_format.hpp"
#include "models/numeric/formats/codec.hpp"
#include "models/numeric/sums/accumulator.hpp"

namespace systole::numeric {
namespace {

/// The values of all codes, as text, so that NaN is equal to NaN.
std::vector<std::string> valuesOf(const Format& format) {
    const Codec codec(format);
    std::vector<std::string> values;
    for (Code code = 0; code < codec.codeCount(); ++code) {
        values.push_back(std::to_string(codec.decode(code)));
    }
    return values;
}

void expectReadsBack(const Format& format) {
    const std::string name = spelledName(format);
    ASSERT_EQ(problemOf(format), std::nullopt) << name;
    const auto read = formatNamed(name);
    ASSERT_TRUE(read.has_value()) << name;
    EXPECT_EQ(nameOf(*read), name);
    EXPECT_EQ(spelledName(*read), name);
    EXPECT_EQ(read->index(), format.index()) << name;
    if (widthOf(format) > 12) return;
    EXPECT_EQ(valuesOf(*read), valuesOf(format)) << name;
}

TEST(FormatNames, EveryFloatOfTheFamilyReadsBack) {
    int count = 0;
    for (int exponent = 1; exponent <= 8; ++exponent) {
        for (const int mantissa : {0, 1, 2, 3, 7, 10}) {
            for (const int bias : {-3, 0, 1, 7, 255}) {
                for (const SpecialValues specials : {SpecialValues::None, SpecialValues::Ieee,
                                                     SpecialValues::NanOnly, SpecialValues::Fnuz}) {
                    for (const ZeroExponent zero :
                         {ZeroExponent::Subnormal, ZeroExponent::Flushed, ZeroExponent::HiddenOne,
                          ZeroExponent::NoZero}) {
                        for (const bool isSigned : {true, false}) {
                            const FloatFormat format{"f",      exponent, mantissa, bias,
                                                     specials, isSigned, zero};
                            if (problemOf(Format(format))) continue;
                            expectReadsBack(format);
                            ++count;
                        }
                    }
                }
            }
        }
    }
    EXPECT_GT(count, 3000);
}

TEST(FormatNames, EveryIntegerOfTheFamilyReadsBack) {
    int count = 0;
    for (int bits = 1; bits <= 16; ++bits) {
        for (const int fraction : {-32, -1, 0, 1, 6, 32}) {
            for (int flags = 0; flags < 8; ++flags) {
                const IntFormat format{.name = "i",
                                       .bits = bits,
                                       .isSigned = (flags & 1) != 0,
                                       .narrowRange = (flags & 2) != 0,
                                       .fractionBits = fraction,
                                       .halfInteger = (flags & 4) != 0};
                if (problemOf(Format(format))) continue;
                expectReadsBack(format);
                ++count;
            }
        }
    }
    EXPECT_GT(count, 400);
}

TEST(FormatNames, PositsAndRandomCodebooksReadBack) {
    for (int bits = 3; bits <= 16; ++bits) {
        for (int es = 0; es <= 4; ++es) expectReadsBack(PositFormat{"p", bits, es});
    }
    std::mt19937_64 generator(11);  // NOLINT(cert-msc51-cpp): the same every time
    std::uniform_real_distribution<double> exponent(-199, 199);
    for (int i = 0; i < 100; ++i) {
        CodebookFormat format{"c", {0}};
        for (int k = 0; k < 7; ++k) {
            format.values.push_back((k % 2 == 0 ? 1 : -1) * std::exp2(exponent(generator)));
        }
        const auto read = formatNamed(spelledName(format));
        ASSERT_TRUE(read.has_value()) << spelledName(format);
        EXPECT_EQ(std::get<CodebookFormat>(*read).values, format.values);
    }
}

TEST(FormatNames, KnownFormatsSpellWhatTheyAre) {
    for (const Format& known : knownFormats()) expectReadsBack(known);
    EXPECT_EQ(spelledName(*findFormat("e4m3")), "e4m3b7_nan_only");
    EXPECT_EQ(spelledName(*findFormat("short_e2m1")), "e2m1b1_none_hidden_one");
    EXPECT_EQ(spelledName(*findFormat("int8_fraction6")), "int8_fraction6");
    EXPECT_EQ(findFormat("mxint8"), nullptr);  // a format of blocks: blockFormatNamed
    EXPECT_EQ(spelledName(*findFormat("binary")), "codebook[-1,1]");
}

TEST(FormatNames, BlockFormatsReadBack) {
    for (const BlockFormat& known : knownBlockFormats()) {
        for (const bool tensorScale : {false, true}) {
            BlockFormat format = known;
            format.tensorScale = tensorScale;
            if (problemOf(format)) continue;
            const auto read = blockFormatNamed(spelledName(format));
            ASSERT_TRUE(read.has_value()) << spelledName(format);
            EXPECT_EQ(spelledName(*read), spelledName(format));
            EXPECT_EQ(read->tensorScale, tensorScale);
            EXPECT_EQ(read->rule, known.rule);
            EXPECT_EQ(read->blockLength, known.blockLength);
            EXPECT_EQ(valuesOf(read->element), valuesOf(known.element));
        }
    }
    EXPECT_EQ(spelledName(*blockFormatNamed("nvfp4")), "e2m1_block16_e4m3_tensor");
    EXPECT_FALSE(blockFormatNamed("e2m1_block0_e4m3").has_value());
    EXPECT_FALSE(blockFormatNamed("e2m1_block16_int8").has_value());
    EXPECT_FALSE(blockFormatNamed("e2m1_block16").has_value());
}

TEST(FormatNames, WhatIsNearlyANameStandsForNothing) {
    for (const char* name :
         {"e2m2b1", "e2m2b_none", "e2m2b01_none", "e2m2b-0_none", "e2m2b1_none_", "e2m2b256_none",
          "ue2m2b1_fnuz", "int8_fraction0", "int8_fraction33", "int8_half_narrow", "codebook[]",
          "codebook[1]", "codebook[1,]", "codebook[1,1]", "codebook[1,2", "codebook[1,nan]"}) {
        EXPECT_FALSE(formatNamed(name).has_value()) << name;
    }
}

TEST(FormatNames, AccumulatorsReadBack) {
    for (const char* name : {"exact_guard8", "exact_guard0", "fp16_toward_zero",
                             "e5m2_half_up_saturate", "fp32_of_64xfp16", "fp32_of_8xexact_guard4",
                             "int32_of_4xint16_saturate", "e5m10b15_none_half_away"}) {
        const auto accumulator = parseAccumulator(name);
        ASSERT_TRUE(accumulator.has_value()) << name;
        EXPECT_EQ(accumulator->name, name);
    }
    const auto chunked = parseAccumulator("fp32_of_64xfp16_toward_zero");
    ASSERT_TRUE(chunked && chunked->chunk);
    EXPECT_EQ(chunked->chunk->length, 64U);
    EXPECT_EQ(std::get<FloatRegister>(chunked->chunk->inner).rounding, Rounding::TowardZero);
    for (const char* name : {"fp16_stochastic", "exact_guard", "exact_guard33", "fp32_of_fp16",
                             "fp32_of_0xfp16", "int32_of_8xfp16", "fp32_of_8x", "_of_8xfp16"}) {
        EXPECT_FALSE(parseAccumulator(name).has_value()) << name;
    }
}

}  // namespace
}  // namespace systole::numeric
