// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/differential/numeric_support.hpp"
#include "tests/oracle/value_table.hpp"

// Integers, grids, posits and codebooks: every code of formats up to 8 bits, every 7th of wider
// ones, at its value, at the boundary to the next, at a quarter, and one FP64 ulp around each.
namespace systole::numeric {
namespace {

using namespace testing;

std::vector<double> pointsOf(const oracle::ValueTable& table) {
    std::vector<double> points = farPoints();
    const std::size_t stride = table.size() <= 256 ? 1 : 7;
    for (std::size_t i = 0; i < table.size(); i += stride) {
        addAround(points, table[i].value);
        if (i + 1 == table.size()) break;
        const double value = table[i].value;
        const double next = table[i + 1].value;
        addAround(points, value / 2 + next / 2);
        addAround(points, value + (next - value) / 4);
        if (!std::isnan(table[i].boundary)) addAround(points, table[i].boundary);
    }
    for (const auto* end : {&table.front(), &table.back()}) {
        for (const double factor : {0.5, 1.5, 2.0}) addAround(points, end->value * factor);
    }
    return points;
}

void compare(const Codec& codec, double value, Rounding rounding, Overflow overflow,
             std::uint32_t random, Code expected, Differences& differences) {
    differences.expectSame(codec, value, rounding, overflow, random,
                           codec.encode(value, rounding, overflow, random), expected);
}

double withinEnds(double value, const oracle::ValueTable& table) {
    return std::isnan(value) ? value
                             : std::fmin(std::fmax(value, table.front().value), table.back().value);
}

void compareSaturated(const Codec& codec, const oracle::ValueTable& table,
                      Differences& differences) {
    const std::vector<double> points = pointsOf(table);
    for (const Rounding rounding : kRoundings) {
        for (std::size_t i = 0; i < points.size(); ++i) {
            const double inside = withinEnds(points[i], table);
            const auto& entry = oracle::chooseEntry(table, inside, ruleOf(rounding), randomFor(i));
            compare(codec, points[i], rounding, Overflow::Saturate, randomFor(i), entry.code,
                    differences);
        }
    }
}

void compareWrapped(const Codec& codec, const oracle::IntSpec& spec, Differences& differences) {
    const oracle::ValueTable inner = oracle::integerTable(spec, 0);
    const oracle::ValueTable wide = oracle::integerTable(spec, 3);
    const double range = std::ldexp(1.0, spec.bits - spec.fraction);
    for (const Rounding rounding : kRoundings) {
        std::size_t i = 0;
        for (const double point : pointsOf(inner)) {
            for (const double x : {point, point + range, point - 2 * range}) {
                ++i;
                const bool known = x > wide.front().value && x < wide.back().value;
                if (!known) continue;
                const auto& entry = oracle::chooseEntry(wide, x, ruleOf(rounding), randomFor(i));
                compare(codec, x, rounding, Overflow::Wrap, randomFor(i), entry.code, differences);
            }
        }
    }
}

/// The known ones and others of every kind.
std::vector<IntFormat> integerFormats() {
    std::vector<IntFormat> formats;
    for (const Format& format : knownFormats()) {
        if (const auto* integer = std::get_if<IntFormat>(&format)) formats.push_back(*integer);
    }
    for (const int bits : {1, 2, 3, 5, 8, 11}) {
        for (int variant = 0; variant < 24; ++variant) {
            constexpr std::array kFractions{0, 6, -5};
            const IntFormat format{
                "int" + std::to_string(bits) + " variant " + std::to_string(variant),
                bits,
                variant % 2 == 0,
                variant % 4 >= 2,
                kFractions.at(static_cast<std::size_t>(variant / 8)),
                variant % 8 >= 4};
            if (!problemOf(format)) formats.push_back(format);
        }
    }
    return formats;
}

TEST(NumericEncodeTable, IntegersAreTheCodesThatCountingGives) {
    Differences differences;
    for (const IntFormat& format : integerFormats()) {
        const Codec codec(format);
        const oracle::IntSpec spec{format.bits, format.isSigned, format.narrowRange,
                                   format.fractionBits, format.halfInteger};
        compareSaturated(codec, oracle::integerTable(spec, 0), differences);
        if (codec.supports(Overflow::Wrap)) compareWrapped(codec, spec, differences);
        EXPECT_EQ(codec.supports(Overflow::Wrap), !format.narrowRange);
        EXPECT_FALSE(codec.supports(Overflow::ToSpecial));
    }
}

TEST(NumericEncodeTable, LargeIntegersWrapModuloTheRange) {
    std::mt19937_64 generator(21);
    for (const int bits : {1, 4, 8, 16}) {
        const Codec codec(IntFormat{"", bits});
        for (int i = 0; i < 10'000; ++i) {
            const auto integer = static_cast<std::int64_t>(generator()) >> (11 + i % 40);
            const auto expected = static_cast<Code>(integer) & ((1U << bits) - 1);
            EXPECT_EQ(
                codec.encode(static_cast<double>(integer), Rounding::NearestEven, Overflow::Wrap),
                expected);
        }
    }
}

Code expectedPosit(const oracle::ValueTable& table, int bits, double value, Rounding rounding,
                   Overflow overflow, std::uint32_t random) {
    const bool beyond = std::fabs(value) > table.back().value;
    if (beyond && overflow == Overflow::ToSpecial) return 1U << (bits - 1);
    // Nothing but zero becomes zero.
    const double smallest = table[table.size() / 2 + 1].value;
    if (value != 0) value = std::copysign(std::fmax(std::fabs(value), smallest), value);
    return oracle::chooseEntry(table, withinEnds(value, table), ruleOf(rounding), random).code;
}

void comparePosit(const PositFormat& format, Differences& differences) {
    const Codec codec(format);
    const oracle::ValueTable table = oracle::positTable(format.bits, format.exponentBits);
    const std::vector<double> points = pointsOf(table);
    EXPECT_FALSE(codec.supports(Overflow::Wrap));
    EXPECT_EQ(codec.encode(kNan), 1U << (format.bits - 1));
    for (const Overflow overflow : {Overflow::Saturate, Overflow::ToSpecial}) {
        for (const Rounding rounding : kRoundings) {
            for (std::size_t i = 0; i < points.size(); ++i) {
                const std::uint32_t random = randomFor(i);
                compare(codec, points[i], rounding, overflow, random,
                        expectedPosit(table, format.bits, points[i], rounding, overflow, random),
                        differences);
            }
        }
    }
}

TEST(NumericEncodeTable, PositsAreTheCodesThatTheirBoundariesGive) {
    Differences differences;
    for (const char* name :
         {"posit3es0", "posit4es1", "posit5es2", "posit6es0", "posit7es3", "posit8es0", "posit8es1",
          "posit8es2", "posit8es4", "posit11es1", "posit16es1", "posit16es2", "posit16es4"}) {
        comparePosit(std::get<PositFormat>(formatNamed(name).value()), differences);
    }
}

std::vector<double> randomCodebook(std::mt19937& generator) {
    std::vector<double> values;
    while (values.size() < 2 + generator() % 40) {
        const double value = std::ldexp(static_cast<double>(generator() % 4001) - 2000,
                                        -static_cast<int>(generator() % 12));
        if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
    }
    return values;
}

TEST(NumericEncodeTable, CodebooksAreTheNearestOfTheirValues) {
    std::mt19937 generator(22);
    Differences differences;
    std::vector<std::vector<double>> codebooks{
        {-1, 1},
        {1, -1},
        {0, 1},
        {5, 3},
        {0.1, 0.7, -0.3},
        {1e-60, 1e60, -1e60},
        {1.5e60, 1e60, -1.6e60, -1.5e-60},
        // The 16 values of NF4 (Dettmers et al. 2023, appendix E), shortened.
        {-1.0, -0.6961928, -0.5250730, -0.3949174, -0.2844413, -0.1847734, -0.0910500, 0.0,
         0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.5626170, 0.7229568, 1.0}};
    for (const Format& format : knownFormats()) {
        if (const auto* known = std::get_if<CodebookFormat>(&format)) {
            codebooks.push_back(known->values);
        }
    }
    for (int i = 0; i < 100; ++i) codebooks.push_back(randomCodebook(generator));
    for (const std::vector<double>& values : codebooks) {
        const Codec codec(CodebookFormat{"codebook of " + std::to_string(values.size()), values});
        EXPECT_FALSE(codec.supports(Overflow::Wrap) || codec.supports(Overflow::ToSpecial));
        compareSaturated(codec, oracle::codebookTable(values), differences);
    }
}

}  // namespace
}  // namespace systole::numeric
