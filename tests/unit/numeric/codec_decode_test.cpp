// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "models/check.hpp"
#include "models/numeric/formats/codec.hpp"

namespace systole::numeric {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum class Special { None, Ieee, NanOnly, Fnuz };

/// The float formats again, from the specifications and not from the code under test.
struct Fields {
    int exponentBits;
    int mantissaBits;
    int bias;
    Special special;
};
const std::map<std::string, Fields> kFloats{
    {"e4m3", {4, 3, 7, Special::NanOnly}},  {"e5m2", {5, 2, 15, Special::Ieee}},
    {"e4m3fnuz", {4, 3, 8, Special::Fnuz}}, {"e5m2fnuz", {5, 2, 16, Special::Fnuz}},
    {"e3m2", {3, 2, 3, Special::None}},     {"e2m3", {2, 3, 1, Special::None}},
    {"e2m1", {2, 1, 1, Special::None}},
};
const std::map<std::string, int> kIntegerBits{
    {"int2", 2}, {"int4", 4}, {"int6", 6}, {"int8", 8}, {"int16", 16}};

double floatValue(const Fields& fields, int code) {
    const int mantissaCount = 1 << fields.mantissaBits;
    const int exponentCount = 1 << fields.exponentBits;
    const int mantissa = code % mantissaCount;
    const int exponent = code / mantissaCount % exponentCount;
    const bool negative = code / mantissaCount / exponentCount == 1;
    const bool allOnes = exponent == exponentCount - 1 && mantissa == mantissaCount - 1;
    if (fields.special == Special::NanOnly && allOnes) return kNan;
    if (fields.special == Special::Fnuz && negative && exponent == 0 && mantissa == 0) return kNan;
    double magnitude = 0;
    if (fields.special == Special::Ieee && exponent == exponentCount - 1) {
        magnitude = mantissa == 0 ? kInfinity : kNan;
    } else if (exponent == 0) {
        magnitude = std::ldexp(mantissa, 1 - fields.bias - fields.mantissaBits);
    } else {
        magnitude =
            std::ldexp(mantissaCount + mantissa, exponent - fields.bias - fields.mantissaBits);
    }
    return negative ? -magnitude : magnitude;
}

std::vector<std::string> namesHere() {
    std::vector<std::string> names;
    for (const auto& [name, fields] : kFloats) names.push_back(name);
    for (const auto& [name, bits] : kIntegerBits) names.push_back(name);
    return names;
}

double expectedValue(const std::string& name, int code) {
    const auto integer = kIntegerBits.find(name);
    if (integer != kIntegerBits.end()) {
        return code < 1 << (integer->second - 1) ? code : code - (1 << integer->second);
    }
    return floatValue(kFloats.at(name), code);
}

TEST(CodecDecode, GivesEveryCodeOfEveryKnownFormatTheValueOfItsFields) {
    for (const std::string& name : namesHere()) {
        const Format& format = *findFormat(name);
        const Codec codec(format);
        ASSERT_EQ(codec.codeCount(), std::size_t{1} << widthOf(format)) << name;
        for (Code code = 0; code < codec.codeCount(); ++code) {
            const double expected = expectedValue(name, static_cast<int>(code));
            const double value = codec.decode(code);
            ASSERT_TRUE(value == expected || (std::isnan(value) && std::isnan(expected)))
                << name << " code " << code << ": " << value << ", expected " << expected;
            if (!std::isnan(expected)) {
                ASSERT_EQ(std::signbit(value), std::signbit(expected)) << name << " code " << code;
            }
            ASSERT_EQ(codec.isFinite(code), std::isfinite(expected)) << name << " code " << code;
        }
    }
}

TEST(CodecDecode, FindsEveryKnownFormatByItsName) {
    for (const Format& format : knownFormats()) {
        EXPECT_EQ(findFormat(nameOf(format)), &format);
        EXPECT_FALSE(problemOf(format).has_value()) << nameOf(format);
    }
    EXPECT_EQ(findFormat("e9m9"), nullptr);
}

TEST(CodecDecode, MatchesTheValuesThatTheSpecificationsPrint) {
    const auto value = [](const char* name, Code code) {
        return Codec(*findFormat(name)).decode(code);
    };
    // OCP OFP8 1.0, table 2.
    EXPECT_EQ(value("e4m3", 0x7e), 448);
    EXPECT_EQ(value("e4m3", 0x08), std::ldexp(1.0, -6));
    EXPECT_EQ(value("e4m3", 0x07), std::ldexp(0.875, -6));
    EXPECT_EQ(value("e4m3", 0x01), std::ldexp(1.0, -9));
    EXPECT_EQ(value("e5m2", 0x7b), 57344);
    EXPECT_EQ(value("e5m2", 0x01), std::ldexp(1.0, -16));
    EXPECT_EQ(value("e5m2", 0xfc), -kInfinity);
    // OCP MX 1.0, section 5.3.
    EXPECT_EQ(value("e3m2", 0x1f), 28);
    EXPECT_EQ(value("e2m3", 0x1f), 7.5);
    EXPECT_EQ(value("e2m1", 0x07), 6);
    EXPECT_EQ(value("e2m1", 0x09), -0.5);
}

TEST(CodecDecode, CountsEveryFiniteValueInGridSteps) {
    for (const std::string& name : namesHere()) {
        const Codec codec(*findFormat(name));
        std::int64_t largest = 0;
        for (Code code = 0; code < codec.codeCount(); ++code) {
            if (!codec.isFinite(code)) {
                EXPECT_TRUE(std::isnan(codec.gridStepTable()[code]));
                continue;
            }
            const auto steps = static_cast<double>(codec.gridSteps(code));
            ASSERT_EQ(std::ldexp(steps, codec.gridExponent()), codec.decode(code));
            ASSERT_EQ(codec.gridStepTable()[code], steps);
            largest = std::max(largest, std::abs(codec.gridSteps(code)));
        }
        EXPECT_EQ(codec.largestGridSteps(), largest) << name;
    }
    EXPECT_EQ(Codec(*findFormat("e4m3")).gridExponent(), -9);
    EXPECT_EQ(Codec(*findFormat("int8")).gridExponent(), 0);
}

TEST(CodecDecode, ReadsUnsignedIntegersAsPlainBinary) {
    const Codec codec(*findFormat("uint4"));
    EXPECT_EQ(codec.decode(15), 15);
    EXPECT_EQ(codec.smallest(), 0);
    EXPECT_EQ(codec.largest(), 15);
}

TEST(CodecDecode, RefusesFormatsWiderThan16Bits) {
    EXPECT_THROW(Codec(IntFormat{.name = "int17", .bits = 17}), InvariantError);
}

}  // namespace
}  // namespace systole::numeric
