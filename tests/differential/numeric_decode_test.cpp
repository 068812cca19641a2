// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/differential/numeric_support.hpp"
#include "tests/oracle/float_table.hpp"
#include "tests/oracle/minifloat_codes.hpp"
#include "tests/oracle/value_table.hpp"

namespace systole::numeric {
namespace {

using namespace testing;

constexpr std::array<std::pair<const char*, const char*>, 11> kTableNames{{
    {"float4_e2m1fn", "e2m1"},
    {"float6_e2m3fn", "e2m3"},
    {"float6_e3m2fn", "e3m2"},
    {"float8_e3m4", "e3m4_ieee"},
    {"float8_e4m3", "e4m3_ieee"},
    {"float8_e4m3b11fnuz", "e4m3b11fnuz"},
    {"float8_e4m3fn", "e4m3"},
    {"float8_e4m3fnuz", "e4m3fnuz"},
    {"float8_e5m2", "e5m2"},
    {"float8_e5m2fnuz", "e5m2fnuz"},
    {"float8_e8m0fnu", "e8m0"},
}};

void expectDecodes(const Codec& codec, Code code, double expected) {
    EXPECT_TRUE(sameValue(codec.decode(code), expected))
        << nameOf(codec.format()) << " code " << code << ": " << codec.decode(code) << ", expected "
        << expected;
}

TEST(NumericDecode, EveryCodeOfElevenFormatsHasItsPublishedValue) {
    const auto tables = oracle::readMinifloatCodes(SYSTOLE_SOURCE_DIR "/tests/oracle");
    ASSERT_EQ(tables.size(), kTableNames.size());
    for (const auto& [published, ours] : kTableNames) {
        const Codec codec(formatNamed(ours).value());
        const auto& table = tables.at(published);
        ASSERT_EQ(table.size(), codec.codeCount()) << ours;
        for (const auto& [code, value] : table) expectDecodes(codec, code, value);
    }
}

TEST(NumericDecode, EveryFloatCodeHasTheValueThatCountingUpGives) {
    for (const FloatFormat& format : floatFormats(300, 11)) {
        const Codec codec(format);
        const oracle::FloatTable table(specOf(format));
        for (Code code = 0; code < codec.codeCount(); ++code) {
            expectDecodes(codec, code, table.decode(code));
        }
        EXPECT_EQ(codec.largest(), table.largest()) << format.name;
    }
}

TEST(NumericDecode, Fp32CodesAreTheBitsOfBinary32) {
    const Codec codec(formatNamed("fp32").value());
    const auto expectCode = [&](Code code) {
        expectDecodes(codec, code, static_cast<double>(std::bit_cast<float>(code)));
    };
    // Every 4099th code, and both ends of every binade of both signs.
    for (std::uint64_t code = 0; code < codec.codeCount(); code += 4099) {
        expectCode(static_cast<Code>(code));
    }
    for (Code binade = 0; binade < 512; ++binade) {
        expectCode(binade << 23);
        expectCode((binade << 23) + 1);
        expectCode((binade << 23) + 0x7fffff);
    }
}

TEST(NumericDecode, Fp16CodesAreIeeeHalf) {
    // IEEE 754-2019, table 3.5: 11 significand bits, exponents -14 to 15.
    const Codec codec(formatNamed("fp16").value());
    for (Code code = 0; code < 0x8000; ++code) {
        const int field = static_cast<int>(code / 1024);
        const int fraction = static_cast<int>(code % 1024);
        double value =
            field == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, field - 25);
        if (field == 31) value = fraction == 0 ? kInfinity : kNan;
        expectDecodes(codec, code, value);
        expectDecodes(codec, code + 0x8000, -value);
    }
}

TEST(NumericDecode, DlFloat16CodesHaveNoSubnormalsAndOneCodeForInfinityAndNan) {
    // Agrawal et al. 2019: 1-6-9, bias 31.
    const Codec codec(formatNamed("dlfloat16").value());
    for (Code code = 0; code < 0x8000; ++code) {
        const int field = static_cast<int>(code / 512);
        double value = std::ldexp(512 + static_cast<int>(code % 512), field - 31 - 9);
        if (code == 0) value = 0;
        if (code == 0x7fff) value = kNan;
        expectDecodes(codec, code, value);
        expectDecodes(codec, code + 0x8000, -value);
    }
}

TEST(NumericDecode, ShortFloatsHaveAHiddenOneInEveryCodeButZero) {
    struct Range {
        const char* name;
        double smallest;
        double largest;
    };
    for (const Range& range : std::vector<Range>{{"short_e4m3", 1.125 / 128, 1.875 * 256},
                                                 {"short_e3m2", 1.25 / 8, 1.75 * 16},
                                                 {"short_e2m1", 1.5 / 2, 1.5 * 4},
                                                 {"pow2_4", 1.0 / 64, 1}}) {
        const Codec codec(formatNamed(range.name).value());
        expectDecodes(codec, 0, 0);
        expectDecodes(codec, 1, range.smallest);
        expectDecodes(codec, static_cast<Code>(codec.codeCount() / 2 - 1), range.largest);
        EXPECT_EQ(codec.smallestPositive(), range.smallest) << range.name;
        EXPECT_EQ(codec.largest(), range.largest) << range.name;
    }
}

TEST(NumericDecode, Bf16CodesAreTheUpperHalvesOfBinary32) {
    const Codec codec(formatNamed("bf16").value());
    for (Code code = 0; code < codec.codeCount(); ++code) {
        expectDecodes(codec, code, static_cast<double>(std::bit_cast<float>(code << 16)));
    }
}

TEST(NumericDecode, EveryPositIsWhereOneBitMorePutsIt) {
    for (int bits = 3; bits <= 16; ++bits) {
        for (int exponentBits = 0; exponentBits <= 4; ++exponentBits) {
            const Codec codec(PositFormat{"posit", bits, exponentBits});
            const oracle::ValueTable table = oracle::positTable(bits, exponentBits);
            ASSERT_EQ(table.size() + 1, codec.codeCount());
            for (const auto& entry : table) expectDecodes(codec, entry.code, entry.value);
            EXPECT_TRUE(std::isnan(codec.decode(1U << (bits - 1))));
        }
    }
}

TEST(NumericDecode, IntegersAreTwosComplementOrBinaryScaledAndOffset) {
    for (int bits = 1; bits <= 16; ++bits) {
        for (const bool isSigned : {false, true}) {
            for (const bool half : {false, true}) {
                for (const int fraction : {0, 6, -3, 32, -32}) {
                    const Codec codec(IntFormat{"", bits, isSigned, false, fraction, half});
                    const auto table =
                        oracle::integerTable({bits, isSigned, false, fraction, half}, 0);
                    ASSERT_EQ(table.size(), codec.codeCount());
                    for (const auto& entry : table) expectDecodes(codec, entry.code, entry.value);
                }
            }
        }
    }
}

TEST(NumericDecode, NamedIntegersHaveTheirRange) {
    struct Range {
        const char* name;
        double smallest;
        double largest;
        double step;
    };
    for (const Range& range : std::vector<Range>{{"binary", -1, 1, 2},
                                                 {"ternary", -1, 1, 1},
                                                 {"int8", -128, 127, 1},
                                                 {"int8_narrow", -127, 127, 1},
                                                 {"int4_narrow", -7, 7, 1},
                                                 {"int4_half", -7.5, 7.5, 1},
                                                 {"uint1", 0, 1, 1},
                                                 {"uint16", 0, 65535, 1},
                                                 {"int8_fraction6", -2, 127.0 / 64, 1.0 / 64}}) {
        const Codec codec(formatNamed(range.name).value());
        EXPECT_EQ(codec.smallest(), range.smallest) << range.name;
        EXPECT_EQ(codec.largest(), range.largest) << range.name;
        std::vector<double> values;
        for (Code code = 0; code < codec.codeCount(); ++code) {
            const double value = codec.decode(code);
            if (value >= range.smallest) values.push_back(value);
        }
        std::sort(values.begin(), values.end());
        for (std::size_t i = 1; i < values.size(); ++i) {
            EXPECT_EQ(values[i] - values[i - 1], range.step) << range.name;
        }
    }
}

TEST(NumericDecode, PowersOfTwoEndAtOneAndHaveAZero) {
    for (int bits = 2; bits <= 9; ++bits) {
        const Codec codec(formatNamed("pow2_" + std::to_string(bits)).value());
        const Code sign = 1U << (bits - 1);
        EXPECT_EQ(codec.decode(0), 0);
        double value = 1;
        for (Code code = sign - 1; code > 0; --code, value /= 2) {
            expectDecodes(codec, code, value);
            expectDecodes(codec, code + sign, -value);
        }
    }
}

TEST(NumericDecode, CodebooksAreLookedUpAndUnusedPatternsAreNan) {
    const std::vector<double> values{3, -1, 0.25, 7, -2};
    const Codec codec(CodebookFormat{"five", values});
    ASSERT_EQ(codec.codeCount(), 8U);
    for (Code code = 0; code < 8; ++code) {
        expectDecodes(codec, code, code < values.size() ? values[code] : kNan);
    }
}

}  // namespace
}  // namespace systole::numeric
