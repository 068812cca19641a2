// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/products/product_class.hpp"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <limits>
#include <random>

namespace systole::numeric {
namespace {

using Wide = boost::multiprecision::int128_t;
using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;

constexpr int kWidestExhaustive = 8;

/// A value as odd * 2^exponent (0 * 2^0): a rational with a power of two below in lowest terms.
struct Lowest {
    Wide odd;
    int exponent = 0;
    double special = 0;
};

Lowest lowestOf(double value) {
    if (!std::isfinite(value)) return {0, 0, value};
    if (value == 0) return {};
    int exponent = 0;
    auto integer = static_cast<std::int64_t>(std::ldexp(std::frexp(value, &exponent), 53));
    exponent -= 53;
    while (integer % 2 == 0) {
        integer /= 2;
        ++exponent;
    }
    return {integer, exponent};
}

std::vector<Lowest> valuesOf(const Codec& codec) {
    std::vector<Lowest> values;
    for (Code code = 0; code < codec.codeCount(); ++code) {
        values.push_back(lowestOf(codec.decode(code)));
    }
    return values;
}

Lowest timesExactly(const Lowest& a, const Lowest& w) {
    if (a.special != 0 || w.special != 0) {
        const auto factor = [](const Lowest& number) {
            return number.special != 0 ? number.special : static_cast<double>(number.odd);
        };
        return {0, 0, factor(a) * factor(w)};
    }
    if (a.odd == 0 || w.odd == 0) return {};
    return {a.odd * w.odd, a.exponent + w.exponent};
}

bool same(const ProductValue& product, const Lowest& expected) {
    if (product.special != 0 || expected.special != 0) {
        return product.special == expected.special ||
               (std::isnan(product.special) && std::isnan(expected.special));
    }
    Int128 significand = product.significand;
    if (significand == 0) return expected.odd == 0;
    int exponent = product.exponent;
    while ((significand & 1) == 0) {
        significand /= 2;
        ++exponent;
    }
    return exponent == expected.exponent && Wide(significand) == expected.odd;
}

cpp_rational rationalOf(double value) {
    cpp_rational result(cpp_int(static_cast<std::int64_t>(std::ldexp(value, 40))));
    return result / (cpp_int(1) << 40);
}

cpp_rational rationalOf(const ProductValue& product) {
    cpp_rational result{cpp_int(product.significand)};
    if (product.exponent >= 0) return result * (cpp_int(1) << product.exponent);
    return result / (cpp_int(1) << -product.exponent);
}

bool takesUnproduced(ProductClass productClass) {
    return productClass != ProductClass::AddSubtract && productClass != ProductClass::Packed;
}

/// Codecs of the known formats up to 8 bits, and of some that are not listed but take other ways.
const std::vector<Codec>& narrowCodecs() {
    static const std::vector<Codec> kCodecs = [] {
        std::vector<Codec> codecs;
        for (const Format& format : knownFormats()) {
            if (widthOf(format) <= kWidestExhaustive) codecs.emplace_back(format);
        }
        for (const char* name :
             {"int1", "uint3", "int8_half", "pow2_2", "e3m4_fnuz", "posit5es0"}) {
            codecs.emplace_back(*formatNamed(name));
        }
        codecs.emplace_back(CodebookFormat{"thirds", {-1.0 / 3, 0, 1.0 / 3, 0.7, 1}});
        codecs.emplace_back(CodebookFormat{"turned", {0.3, -0.3}});
        codecs.emplace_back(IntFormat{.name = "scaled", .bits = 3, .fractionBits = -2});
        return codecs;
    }();
    return kCodecs;
}

std::string label(ProductClass productClass, const Codec& a, const Codec& w) {
    return std::string(nameOf(productClass)) + ": " + nameOf(a.format()) + " x " +
           nameOf(w.format());
}

/// Failures are counted, not asserted one by one: assertions in the loop cost more than products.
std::string firstDifference(ProductClass productClass, const Codec& a, const Codec& w,
                            const std::vector<Lowest>& valuesA,
                            const std::vector<Lowest>& valuesW) {
    const Multiplier multiplier(productClass, a, w);
    const bool all = takesUnproduced(productClass);
    for (Code i = 0; i < a.codeCount(); ++i) {
        if (!all && !isProduced(a.format(), i)) continue;
        for (Code j = 0; j < w.codeCount(); ++j) {
            if (!all && !isProduced(w.format(), j)) continue;
            if (!same(multiplier.multiply(i, j), timesExactly(valuesA[i], valuesW[j]))) {
                return label(productClass, a, w) + ", codes " + std::to_string(i) + " and " +
                       std::to_string(j);
            }
        }
    }
    return "";
}

TEST(ProductClass, GivesTheExactProductOfEveryPairOfCodesOfEveryPairOfNarrowFormats) {
    std::vector<std::vector<Lowest>> values;
    for (const Codec& codec : narrowCodecs()) values.push_back(valuesOf(codec));
    std::size_t combinations = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (std::size_t j = 0; j < values.size(); ++j) {
            const Codec& a = narrowCodecs()[i];
            const Codec& w = narrowCodecs()[j];
            for (const ProductClass productClass : productClasses()) {
                if (!accepts(productClass, a.format(), w.format())) continue;
                ++combinations;
                EXPECT_EQ(firstDifference(productClass, a, w, values[i], values[j]), "");
            }
        }
    }
    EXPECT_GT(combinations, 6000U);
}

TEST(ProductClass, GivesTheExactProductOfSampledCodesOfWideFormats) {
    std::mt19937_64 random(3);
    std::vector<Codec> wide;
    for (const Format& format : knownFormats()) {
        if (widthOf(format) > kWidestExhaustive) wide.emplace_back(format);
    }
    wide.emplace_back(*formatNamed("int16_half"));
    const auto check = [&](ProductClass productClass, const Codec& a, const Codec& w) {
        const Multiplier multiplier(productClass, a, w);
        for (int sample = 0; sample < 4000; ++sample) {
            // The extreme codes, then any.
            const auto i =
                static_cast<Code>((sample < 4 ? sample % 2 - 1 : random()) & (a.codeCount() - 1));
            const auto j =
                static_cast<Code>((sample < 4 ? sample / 2 - 1 : random()) & (w.codeCount() - 1));
            if (!isProduced(w.format(), j)) continue;
            ASSERT_TRUE(same(multiplier.multiply(i, j),
                             timesExactly(lowestOf(a.decode(i)), lowestOf(w.decode(j)))))
                << label(productClass, a, w) << ", codes " << i << " and " << j;
        }
    };
    for (const ProductClass productClass : productClasses()) {
        for (const Codec& a : wide) {
            for (const auto* others : {&narrowCodecs(), &std::as_const(wide)}) {
                for (const Codec& w : *others) {
                    if (accepts(productClass, a.format(), w.format())) check(productClass, a, w);
                    if (accepts(productClass, w.format(), a.format())) check(productClass, w, a);
                }
            }
        }
    }
}

TEST(ProductClass, GivesTheRationalProductOfTheSmallFormats) {
    for (const Codec& a : narrowCodecs()) {
        for (const Codec& w : narrowCodecs()) {
            if (widthOf(a.format()) > 4 || widthOf(w.format()) > 4) continue;
            if (std::holds_alternative<CodebookFormat>(a.format()) ||
                std::holds_alternative<CodebookFormat>(w.format())) {
                continue;  // more bits than rationalOf takes
            }
            for (const ProductClass productClass : productClasses()) {
                if (!accepts(productClass, a.format(), w.format())) continue;
                const Multiplier multiplier(productClass, a, w);
                for (Code i = 0; i < a.codeCount(); ++i) {
                    for (Code j = 0; j < w.codeCount(); ++j) {
                        if (!a.isFinite(i) || !w.isFinite(j) || !isProduced(a.format(), i) ||
                            !isProduced(w.format(), j)) {
                            continue;
                        }
                        EXPECT_EQ(rationalOf(multiplier.multiply(i, j)),
                                  rationalOf(a.decode(i)) * rationalOf(w.decode(j)))
                            << label(productClass, a, w);
                    }
                }
            }
        }
    }
}

TEST(ProductClass, OfEveryPairIsOneThatAcceptsIt) {
    for (const Format& a : knownFormats()) {
        for (const Format& w : knownFormats()) {
            EXPECT_TRUE(accepts(defaultProductClass(a, w), a, w))
                << nameOf(a) << " x " << nameOf(w);
        }
    }
}

ProductClass defaultOf(const char* a, const char* w) {
    return defaultProductClass(*formatNamed(a), *formatNamed(w));
}

TEST(ProductClass, ByDefaultIsTheOneOfTheLeastHardware) {
    EXPECT_EQ(defaultOf("binary", "binary"), ProductClass::XnorPopcount);
    EXPECT_EQ(defaultOf("int8", "binary"), ProductClass::AddSubtract);
    EXPECT_EQ(defaultOf("e4m3", "ternary"), ProductClass::AddSubtract);
    EXPECT_EQ(defaultOf("int8", "pow2_4"), ProductClass::Shift);
    EXPECT_EQ(defaultOf("int8", "int4"), ProductClass::ParallelInteger);
    EXPECT_EQ(defaultOf("fp16", "int4"), ProductClass::Minifloat);
    EXPECT_EQ(defaultOf("posit8es1", "e4m3"), ProductClass::Minifloat);
}

TEST(ProductClass, IsFoundByItsName) {
    for (const ProductClass productClass : productClasses()) {
        EXPECT_EQ(productClassNamed(nameOf(productClass)), productClass);
    }
    EXPECT_EQ(productClassNamed("parallel"), std::nullopt);
    EXPECT_STREQ(nameOf(ProductClass::Packed), "packed");
}

int cyclesOf(ProductClass productClass, const char* a, const char* w) {
    return systole::numeric::cyclesOf(productClass, *formatNamed(a), *formatNamed(w));
}

int composed(const char* a, const char* w) {
    return composedProducts(*formatNamed(a), *formatNamed(w));
}

TEST(ProductClass, TakesACycleAStep) {
    EXPECT_EQ(cyclesOf(ProductClass::ParallelInteger, "int8", "int8"), 1);
    EXPECT_EQ(cyclesOf(ProductClass::BitSerialWeight, "int8", "int3"), 3);
    EXPECT_EQ(cyclesOf(ProductClass::BitSerialWeight, "fp16", "int4_half"), 5);
    EXPECT_EQ(cyclesOf(ProductClass::BitSerialBoth, "int8", "int3"), 24);
    EXPECT_EQ(cyclesOf(ProductClass::Composable, "int8", "int8"), 1);
    EXPECT_EQ(cyclesOf(ProductClass::Composable, "int16", "int8"), 2);
    EXPECT_EQ(cyclesOf(ProductClass::Composable, "int16", "int16"), 4);
}

TEST(ProductClass, ComposesAsManyProductsAsTheBricksAllow) {
    EXPECT_EQ(composed("int8", "int8"), 1);
    EXPECT_EQ(composed("int8", "int4"), 2);
    EXPECT_EQ(composed("int8", "ternary"), 4);
    EXPECT_EQ(composed("int4", "int4"), 4);
    EXPECT_EQ(composed("uint4", "int2"), 8);
    EXPECT_EQ(composed("int2", "int2"), 16);
    EXPECT_EQ(composed("int6", "int3"), 2);
    EXPECT_EQ(composed("int16", "int8"), 1);
}

}  // namespace
}  // namespace systole::numeric
