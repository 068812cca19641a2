// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "models/numeric/formats/codec.hpp"
#include "sim/config/format_reader.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using numeric::Codec;
using testing::HasSubstr;
using testing::StartsWith;

numeric::Format parsed(const std::string& text) {
    return std::get<numeric::Format>(parseFormat(text, "t"));
}

class ConfigFormatTest : public ConfigTest {
protected:
    std::string formatComplaint(const std::string& text) const {
        return complaint("weight: " + text + "\n",
                         [](const Section& root) { readFormat(root.at("weight")); });
    }
    std::string accumulatorComplaint(const std::string& text) const {
        return complaint("sum: " + text + "\n",
                         [](const Section& root) { readAccumulator(root.at("sum")); });
    }
};

TEST_F(ConfigFormatTest, ReadsFamiliesByNameAndByParameters) {
    EXPECT_EQ(Codec(parsed("int5")).largest(), 15);
    EXPECT_EQ(Codec(parsed("{bits: 5, narrow: true}")).smallest(), -15);
    EXPECT_EQ(Codec(parsed("{bits: 4, half: true, fraction: 1}")).largest(), 3.75);
    EXPECT_EQ(Codec(parsed("{posit: 8, es: 1}")).largest(), 4096);
    EXPECT_EQ(Codec(parsed("{codebook: [-1, 0.25, 3]}")).decode(1), 0.25);
    EXPECT_EQ(Codec(parsed("pow2_3")).smallestPositive(), 0.25);
}

TEST_F(ConfigFormatTest, LeavesOutWhatAFloatNeedNotSay) {
    const auto format =
        std::get<numeric::FloatFormat>(parsed("{exponent: 4, mantissa: 3, specials: nan_only}"));
    EXPECT_EQ(format.bias, 7);
    EXPECT_TRUE(format.isSigned);
    EXPECT_EQ(format.zeroExponent, numeric::ZeroExponent::Subnormal);
    EXPECT_EQ(Codec(format).largest(), 448);
    const Codec flushed(
        parsed("{exponent: 4, mantissa: 3, specials: nan_only, subnormals: false}"));
    EXPECT_EQ(flushed.smallestPositive(), 0x1p-6);
    const Codec hidden(parsed("{exponent: 3, mantissa: 2, specials: none, hidden_one: true}"));
    EXPECT_EQ(hidden.smallestPositive(), 0.125 * 1.25);
}

TEST_F(ConfigFormatTest, NamesTheRangeOfAFamilyThatANameLeaves) {
    EXPECT_THAT(formatComplaint("e9m3"), StartsWith("t.yaml:1:9: weight: unknown format 'e9m3' "
                                                    "(exponent: 9, expected 1 to 8), expected"));
    EXPECT_THAT(formatComplaint("int17"), HasSubstr("(bits: 17, expected 1 to 16)"));
    EXPECT_THAT(formatComplaint("e3m4"), HasSubstr("(which special values? expected e3m4_none, "));
    EXPECT_THAT(formatComplaint("e2m2b1"), HasSubstr("expected e2m2b1_none, e2m2b1_ieee, "));
    EXPECT_THAT(formatComplaint("e2m2b300_none"), HasSubstr("(bias: 300, expected -255 to 255)"));
    EXPECT_THAT(formatComplaint("e4m33"), HasSubstr("mantissa: 33, expected 0 to 10"));
    EXPECT_THAT(formatComplaint("bf61"), HasSubstr("(did you mean 'bf16'?)"));
}

TEST_F(ConfigFormatTest, PlacesWrongParameters) {
    EXPECT_EQ(formatComplaint("{exponent: 9, mantissa: 3, specials: none}"),
              "t.yaml:1:20: weight.exponent: '9' is out of range, expected an integer from 1 to 8");
    EXPECT_EQ(formatComplaint("{exponent: 3, mantissa: 2, bias: 300, specials: none}"),
              "t.yaml:1:42: weight.bias: '300' is out of range, expected an integer from -255 to "
              "255");
    EXPECT_EQ(formatComplaint("{exponent: 3, mantissa: 0, specials: ieee}"),
              "t.yaml:1:46: weight.specials: ieee has no code for NaN without mantissa bits, "
              "expected nan_only, fnuz or none");
    EXPECT_EQ(formatComplaint("{codebook: [1, 2, 1]}"),
              "t.yaml:1:20: weight.codebook: 1 is there twice, expected distinct values");
    EXPECT_THAT(formatComplaint("{exponent: 3, mantissa: 2}"),
                HasSubstr("weight.specials: missing key, expected one of none, ieee"));
    EXPECT_THAT(formatComplaint("{width: 3}"), HasSubstr("weight: no format, expected the keys"));
    EXPECT_THAT(formatComplaint("[1]"), HasSubstr("weight: found a list"));
}

TEST_F(ConfigFormatTest, OperandsHaveAtMost16Bits) {
    const auto operand = [&](const std::string& text) {
        return complaint("weight: " + text + "\n",
                         [](const Section& root) { readOperandFormat(root.at("weight")); });
    };
    EXPECT_EQ(operand("bf16"), "no error");
    EXPECT_EQ(operand("fp32"),
              "t.yaml:1:9: weight: fp32 has 32 bits, expected an operand of at most 16");
    EXPECT_THAT(operand("{exponent: 8, mantissa: 10, specials: none}"), HasSubstr("has 19 bits"));
}

TEST_F(ConfigFormatTest, RefusesTheNameOfAnotherFormat) {
    EXPECT_THAT(formatComplaint("{bits: 4, name: int8}"),
                HasSubstr("weight.name: 'int8' is the name of a format of its own"));
    EXPECT_EQ(formatComplaint("{bits: 4, name: int4}"), "no error");
    EXPECT_EQ(formatComplaint("{bits: 4, name: mine}"), "no error");
    EXPECT_THAT(accumulatorComplaint("{integer: 20, name: int32}"),
                HasSubstr("sum.name: 'int32' is an accumulator of its own"));
}

TEST_F(ConfigFormatTest, RefusesBlockFormatsWhoseScalesNoMachineHas) {
    for (const char* name : {"mxint8", "mxfp4", "nvfp4", "bfp8b16", "bfp5b7"}) {
        EXPECT_EQ(formatComplaint(name),
                  fmt::format("t.yaml:1:9: weight: {} is a block format, and the machine has no "
                              "block scales; expected the format of single values (only `systole "
                              "pe` and `systole formats` take block formats)",
                              name));
        EXPECT_THAT(formatComplaint(fmt::format("{{bits: 8, fraction: 6, name: {}}}", name)),
                    HasSubstr("is the name of a format of its own"));
    }
    for (const char* parameters : {"{element: e2m1, block: 32}", "{element: int8}", "{block: 16}",
                                   "{element: e2m1, block: 16, scale: e4m3, tensor_scale: true}"}) {
        EXPECT_THAT(formatComplaint(parameters), HasSubstr("this is a block format")) << parameters;
    }
    EXPECT_THAT(accumulatorComplaint("{float: mxint8}"), HasSubstr("mxint8 is a block format"));
    EXPECT_EQ(formatComplaint("int8_fraction6"), "no error");  // the elements, without scales
}

TEST_F(ConfigFormatTest, ReadsAccumulators) {
    std::string name;
    const auto read = [&](const std::string& text) {
        EXPECT_EQ(
            complaint("sum: " + text + "\n",
                      [&](const Section& root) { name = readAccumulator(root.at("sum")).name; }),
            "no error");
        return name;
    };
    EXPECT_EQ(read("fp32"), "fp32");
    EXPECT_EQ(read("{integer: 24, overflow: saturate}"), "int24_saturate");
    EXPECT_EQ(read("{exact: 8}"), "exact_guard8");
    EXPECT_EQ(read("{float: dlfloat16, rounding: stochastic, seed: 3}"), "dlfloat16_stochastic");
    EXPECT_EQ(read("{float: fp32, chunk: 64, inner: fp16}"), "fp32_of_64xfp16");
}

TEST_F(ConfigFormatTest, PlacesWrongAccumulators) {
    EXPECT_THAT(accumulatorComplaint("int99"),
                StartsWith("t.yaml:1:6: sum: unknown accumulator 'int99', expected int8 to int63"));
    EXPECT_THAT(accumulatorComplaint("{integer: 7}"),
                HasSubstr("sum.integer: '7' is out of range, expected an integer from 8 to 63"));
    EXPECT_THAT(accumulatorComplaint("{float: int8}"), HasSubstr("sum.float: int8 is no float"));
    EXPECT_THAT(accumulatorComplaint("{float: fp16, rounding: stochastic}"),
                HasSubstr("sum.seed: missing key"));
    EXPECT_THAT(accumulatorComplaint("{exact: 16, chunk: 64}"),
                HasSubstr("sum.inner: missing key"));
    EXPECT_THAT(accumulatorComplaint("{exact: 16, chunk: 64, inner: fp16}"),
                HasSubstr("sum: inner: a float, expected an integer or exact one"));
}

}  // namespace
}  // namespace systole::sim
