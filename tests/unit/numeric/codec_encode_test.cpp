// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "models/check.hpp"
#include "models/numeric/formats/codec.hpp"

namespace systole::numeric {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::array kRoundings{Rounding::NearestEven, Rounding::HalfAway, Rounding::TowardZero};
constexpr std::array kOverflows{Overflow::Saturate, Overflow::ToSpecial};

/// Integers and floats whose codes follow the order of their values; the formats of other kinds are
/// compared with oracles in tests/differential.
std::vector<Codec> orderedCodecs() {
    std::vector<Codec> codecs;
    for (const char* name : {"int2", "int4", "int6", "int8", "int16", "e4m3", "e5m2", "e4m3fnuz",
                             "e5m2fnuz", "e3m2", "e2m3", "e2m1"}) {
        codecs.emplace_back(*findFormat(name));
    }
    return codecs;
}

/// A finite value and a code that has it; of the two zeros, the positive one's.
struct Entry {
    double value;
    Code code;
};

std::vector<Entry> finiteValues(const Codec& codec) {
    std::vector<Entry> entries;
    for (Code code = 0; code < codec.codeCount(); ++code) {
        const double value = codec.decode(code);
        if (codec.isFinite(code) && !(value == 0 && std::signbit(value))) {
            entries.push_back({value, code});
        }
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& left, const Entry& right) { return left.value < right.value; });
    return entries;
}

bool hasMinusZero(const Codec& codec) {
    for (Code code = 0; code < codec.codeCount(); ++code) {
        if (codec.decode(code) == 0 && std::signbit(codec.decode(code))) return true;
    }
    return false;
}

/// What x, strictly between its neighbours, rounds to.
const Entry& chosen(const Entry& below, const Entry& above, double x, Rounding rounding) {
    const Entry& inner = std::fabs(below.value) < std::fabs(above.value) ? below : above;
    const Entry& outer = &inner == &below ? above : below;
    if (rounding == Rounding::TowardZero) return inner;
    const double middle = (below.value + above.value) / 2;
    if (x != middle) return x < middle ? below : above;
    if (rounding == Rounding::HalfAway) return outer;
    return below.code % 2 == 0 ? below : above;  // neighbours differ in their last bit
}

void expectCode(const Codec& codec, double x, Rounding rounding, const Entry& expected) {
    const Code code = codec.encode(x, rounding);
    const std::string place = nameOf(codec.format()) + " encode(" + std::to_string(x) +
                              "), rounding " + std::to_string(static_cast<int>(rounding));
    ASSERT_EQ(codec.decode(code), expected.value) << place;
    if (expected.value != 0 || !std::signbit(x)) {
        ASSERT_EQ(code, expected.code) << place;
    } else {
        ASSERT_EQ(std::signbit(codec.decode(code)), hasMinusZero(codec)) << place;
    }
}

TEST(CodecEncode, GivesEveryFiniteValueItsOwnCodeUnderEveryRounding) {
    for (const Codec& codec : orderedCodecs()) {
        for (const Entry& entry : finiteValues(codec)) {
            for (const Rounding rounding : kRoundings) {
                for (const Overflow overflow : kOverflows) {
                    if (!codec.supports(overflow)) continue;
                    ASSERT_EQ(codec.encode(entry.value, rounding, overflow), entry.code)
                        << nameOf(codec.format()) << ' ' << entry.value;
                }
            }
        }
    }
}

TEST(CodecEncode, RoundsRightAtEveryMidpointAndOneUlpAroundIt) {
    for (const Codec& codec : orderedCodecs()) {
        const std::vector<Entry> entries = finiteValues(codec);
        for (std::size_t i = 0; i + 1 < entries.size(); ++i) {
            const double middle = (entries[i].value + entries[i + 1].value) / 2;
            for (const double x :
                 {std::nextafter(middle, -kInfinity), middle, std::nextafter(middle, kInfinity)}) {
                for (const Rounding rounding : kRoundings) {
                    expectCode(codec, x, rounding, chosen(entries[i], entries[i + 1], x, rounding));
                }
            }
        }
    }
}

TEST(CodecEncode, RoundsRightOneUlpAroundEveryValue) {
    for (const Codec& codec : orderedCodecs()) {
        const std::vector<Entry> entries = finiteValues(codec);
        for (std::size_t i = 0; i + 1 < entries.size(); ++i) {
            for (const double x : {std::nextafter(entries[i].value, kInfinity),
                                   std::nextafter(entries[i + 1].value, -kInfinity)}) {
                for (const Rounding rounding : kRoundings) {
                    expectCode(codec, x, rounding, chosen(entries[i], entries[i + 1], x, rounding));
                }
            }
        }
    }
}

TEST(CodecEncode, SaturatesPastTheLargestFiniteValue) {
    for (const Codec& codec : orderedCodecs()) {
        for (const Rounding rounding : kRoundings) {
            for (const double factor : {1.0001, 1.5, 1e30, kInfinity}) {
                EXPECT_EQ(codec.decode(codec.encode(codec.largest() * factor, rounding)),
                          codec.largest())
                    << nameOf(codec.format());
                EXPECT_EQ(codec.decode(codec.encode(codec.smallest() * factor, rounding)),
                          codec.smallest())
                    << nameOf(codec.format());
            }
        }
    }
}

TEST(CodecEncode, OverflowsToTheSpecialValueOnlyWhereRoundingLeavesTheRange) {
    const auto encode = [](const char* name, double x, Rounding rounding) {
        return Codec(*findFormat(name)).encode(x, rounding, Overflow::ToSpecial);
    };
    constexpr auto kEven = Rounding::NearestEven;
    constexpr auto kAway = Rounding::HalfAway;
    constexpr auto kZero = Rounding::TowardZero;
    // 448 has an even mantissa: the tie at 464 goes down, what is above it becomes NaN.
    EXPECT_EQ(encode("e4m3", 464, kEven), 0x7eU);
    EXPECT_EQ(encode("e4m3", std::nextafter(464, kInfinity), kEven), 0x7fU);
    EXPECT_EQ(encode("e4m3", -465, kEven), 0xffU);
    EXPECT_EQ(encode("e4m3", 464, kAway), 0x7fU);
    EXPECT_EQ(encode("e4m3", std::nextafter(480, 0.0), kZero), 0x7eU);
    EXPECT_EQ(encode("e4m3", 480, kZero), 0x7fU);
    // 57344 has an odd one: the tie goes up, to infinity.
    EXPECT_EQ(encode("e5m2", std::nextafter(61440, 0.0), kEven), 0x7bU);
    EXPECT_EQ(encode("e5m2", 61440, kEven), 0x7cU);
    EXPECT_EQ(encode("e5m2", -61440, kEven), 0xfcU);
    EXPECT_EQ(encode("e5m2", -kInfinity, kEven), 0xfcU);
    EXPECT_EQ(encode("e4m3fnuz", std::nextafter(248, 0.0), kEven), 0x7fU);
    EXPECT_EQ(encode("e4m3fnuz", 248, kEven), 0x80U);
    EXPECT_EQ(encode("e4m3fnuz", -kInfinity, kEven), 0x80U);
    EXPECT_EQ(encode("e5m2fnuz", kInfinity, kEven), 0x80U);
}

TEST(CodecEncode, RefusesTheSpecialValueThatAFormatDoesNotHave) {
    for (const char* name : {"e3m2", "e2m1", "int8", "binary"}) {
        const Codec codec(*findFormat(name));
        EXPECT_FALSE(codec.supports(Overflow::ToSpecial)) << name;
        EXPECT_THROW(codec.encode(1e9, Rounding::NearestEven, Overflow::ToSpecial), InvariantError);
    }
}

TEST(CodecEncode, WrapsIntegersModuloTheirRangeAfterRounding) {
    const auto encode = [](const char* name, double x) {
        return Codec(*findFormat(name)).encode(x, Rounding::NearestEven, Overflow::Wrap);
    };
    EXPECT_EQ(encode("int8", 128), 0x80U);
    EXPECT_EQ(encode("int8", 127.5), 0x80U);
    EXPECT_EQ(encode("int8", -129), 0x7fU);
    EXPECT_EQ(encode("int8", 1e15 + 3), static_cast<Code>((1'000'000'000'000'003) & 0xff));
    EXPECT_EQ(encode("uint8", -1), 0xffU);
    EXPECT_EQ(encode("uint4", 16), 0U);
}

TEST(CodecEncode, KeepsTheSignOfZeroWhereTheFormatHasOne) {
    EXPECT_EQ(Codec(*findFormat("e4m3")).encode(-0.0), 0x80U);
    EXPECT_EQ(Codec(*findFormat("e2m1")).encode(-0.1), 0x08U);
    EXPECT_EQ(Codec(*findFormat("e4m3fnuz")).encode(-0.0), 0x00U);
    EXPECT_EQ(Codec(*findFormat("e4m3fnuz")).encode(-1e-9), 0x00U);
    EXPECT_EQ(Codec(*findFormat("int8")).encode(-0.0), 0x00U);
    EXPECT_EQ(Codec(*findFormat("int8")).encode(-0.4), 0x00U);
}

TEST(CodecEncode, GivesNanItsCodeAndStopsWhereThereIsNone) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const char* name : {"e4m3", "e5m2", "e4m3fnuz", "e5m2fnuz"}) {
        const Codec codec(*findFormat(name));
        EXPECT_TRUE(std::isnan(codec.decode(codec.encode(nan)))) << name;
    }
    for (const char* name : {"e3m2", "e2m3", "e2m1", "int8"}) {
        EXPECT_THROW(Codec(*findFormat(name)).encode(nan), InvariantError) << name;
    }
}

TEST(CodecEncode, NeverProducesTheMostNegativeCodeOfANarrowRange) {
    const Codec codec(*findFormat("int8_narrow"));
    EXPECT_EQ(codec.encode(-128), 0x81U);
    EXPECT_EQ(codec.encode(-1e9), 0x81U);
    EXPECT_EQ(codec.encode(-127.4), 0x81U);
    EXPECT_EQ(codec.smallest(), -127);
}

TEST(CodecEncode, ClampsNegativeValuesOfUnsignedIntegersToZero) {
    const Codec codec(*findFormat("uint8"));
    EXPECT_EQ(codec.encode(-3), 0U);
    EXPECT_EQ(codec.encode(254.5), 254U);
    EXPECT_EQ(codec.encode(300), 255U);
}

}  // namespace
}  // namespace systole::numeric
