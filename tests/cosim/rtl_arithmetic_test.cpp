// SPDX-License-Identifier: Apache-2.0
// Multipliers and accumulators of the RTL against models/numeric.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "models/numeric/products/product_class.hpp"
#include "models/numeric/sums/register_state.hpp"
#include "tests/cosim/rtl_circuits.hpp"

namespace systole::cosim {
namespace {

using numeric::Code;
using numeric::Codec;
using numeric::ProductClass;

struct ProductCase {
    ProductClass productClass;
    const char* activation;
    const char* weight;
};

// rtl_arithmetic.sv, in its order.
constexpr std::array kProducts{
    ProductCase{ProductClass::ParallelInteger, "int8", "int8"},
    ProductCase{ProductClass::ParallelInteger, "uint8", "int8"},
    ProductCase{ProductClass::ParallelInteger, "int8", "uint8"},
    ProductCase{ProductClass::ParallelInteger, "uint8", "uint8"},
    ProductCase{ProductClass::ParallelInteger, "int4", "int4"},
    ProductCase{ProductClass::ParallelInteger, "int5", "uint3"},
    ProductCase{ProductClass::ParallelInteger, "int2", "int7"},
    ProductCase{ProductClass::ParallelInteger, "int8", "int1"},
    ProductCase{ProductClass::Minifloat, "e4m3", "e4m3"},
    ProductCase{ProductClass::Minifloat, "e5m2", "e5m2"},
    ProductCase{ProductClass::Minifloat, "e2m1", "e2m1"},
    ProductCase{ProductClass::Minifloat, "e3m2", "e2m3"},
    ProductCase{ProductClass::Minifloat, "e4m3fnuz", "e5m2fnuz"},
    ProductCase{ProductClass::Minifloat, "e4m3", "e5m2"},
    ProductCase{ProductClass::Minifloat, "e3m4_ieee", "e2m1"},
    ProductCase{ProductClass::BitSerialWeight, "int8", "int8"},
    ProductCase{ProductClass::BitSerialWeight, "uint8", "uint8"},
    ProductCase{ProductClass::BitSerialWeight, "int8", "uint3"},
    ProductCase{ProductClass::BitSerialWeight, "uint8", "int4"},
    ProductCase{ProductClass::BitSerialWeight, "int4", "int4"},
    ProductCase{ProductClass::Shift, "int8", "pow2_4"},
    ProductCase{ProductClass::Shift, "uint8", "pow2_4"},
    ProductCase{ProductClass::Shift, "int8", "pow2_3"},
    ProductCase{ProductClass::Minifloat, "short_e4m3", "short_e4m3"},
    ProductCase{ProductClass::Minifloat, "short_e2m1", "short_e3m2"},
    ProductCase{ProductClass::Minifloat, "short_e4m3", "e2m1"},
    ProductCase{ProductClass::Minifloat, "short_e3m2", "pow2_4"},
    ProductCase{ProductClass::XnorPopcount, "binary", "binary"},
};

double valueOf(const numeric::ProductValue& product) {
    if (product.special != 0) return product.special;
    return std::ldexp(static_cast<double>(product.significand), product.exponent);
}

class RtlMultiplier : public testing::TestWithParam<std::size_t> {};

TEST_P(RtlMultiplier, formsTheProductOfAnyTwoCodes) {
    const ProductCase& product = kProducts.at(GetParam());
    const Codec activation(*numeric::formatNamed(product.activation));
    const Codec weight(*numeric::formatNamed(product.weight));
    const numeric::Multiplier multiplier(product.productClass, activation, weight);
    const int cycles =
        numeric::cyclesOf(product.productClass, activation.format(), weight.format());
    const int unit = activation.gridExponent() + weight.gridExponent();
    Circuits circuits;
    for (Code a = 0; a < activation.codeCount(); ++a) {
        for (Code w = 0; w < weight.codeCount(); ++w) {
            const double got = valueOfLane(circuits.multiply(GetParam(), a, w, cycles), unit);
            const double expected = valueOf(multiplier.multiply(a, w));
            ASSERT_TRUE(got == expected || (std::isnan(got) && std::isnan(expected)))
                << "codes " << a << " and " << w << ": " << got << ", expected " << expected;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Products, RtlMultiplier, testing::Range<std::size_t>(0, kProducts.size()),
                         [](const auto& test) {
                             const ProductCase& product = kProducts.at(test.param);
                             return std::string(nameOf(product.productClass)) + "_" +
                                    product.activation + "_" + product.weight;
                         });

struct AdditionCase {
    const char* operand;
    const char* sum;
    bool flushes = false;  ///< instead of subnormals and specials of the register
};

constexpr std::array kAdditions{AdditionCase{"e4m3", "fp32"},
                                AdditionCase{"e4m3", "fp16"},
                                AdditionCase{"e4m3", "bf16"},
                                AdditionCase{"e5m2", "fp32"},
                                AdditionCase{"e5m2", "fp16"},
                                AdditionCase{"e5m2", "bf16"},
                                AdditionCase{"e2m1", "fp32", true},
                                AdditionCase{"e2m1", "fp16", true},
                                AdditionCase{"e2m1", "bf16", true},
                                AdditionCase{"e2m1", "dlfloat16", true},
                                AdditionCase{"e3m2", "fp32", true},
                                AdditionCase{"e3m2", "fp16", true},
                                AdditionCase{"e3m2", "bf16", true},
                                AdditionCase{"e3m2", "dlfloat16", true},
                                AdditionCase{"e4m3_none", "fp32", true},
                                AdditionCase{"e4m3_none", "fp16", true},
                                AdditionCase{"e4m3_none", "bf16", true},
                                AdditionCase{"e4m3_none", "dlfloat16", true},
                                AdditionCase{"e5m2_none", "fp32", true},
                                AdditionCase{"e5m2_none", "fp16", true},
                                AdditionCase{"e5m2_none", "bf16", true},
                                AdditionCase{"e5m2_none", "dlfloat16", true},
                                AdditionCase{"short_e4m3", "fp16"},
                                AdditionCase{"short_e4m3", "fp32", true},
                                AdditionCase{"short_e4m3", "fp16", true}};

numeric::FloatRegister registerOf(const AdditionCase& addition) {
    numeric::FloatRegister sum{
        .format = std::get<numeric::FloatFormat>(*numeric::formatNamed(addition.sum))};
    if (addition.flushes) {
        sum.format.specials = numeric::SpecialValues::None;
        sum.format.zeroExponent = numeric::ZeroExponent::Flushed;
        sum.overflow = numeric::Overflow::Saturate;
    }
    return sum;
}

/// Registers that make the addition of `product` hard: its own negative and what lies next to it,
/// multiples of half a last place away, the ends of the range, anything.
class AdversarialRegister {
public:
    explicit AdversarialRegister(const Codec& codec)
        : codec_(codec),
          format_(std::get<numeric::FloatFormat>(codec.format())),
          sign_(1U << (numeric::widthOf(codec.format()) - 1)) {}

    Code draw(double product, std::mt19937_64& random) const {
        const Code code = drawAny(product, random) & (2 * sign_ - 1);
        // A register never holds minus zero, nor a zero with a mantissa.
        return codec_.decode(code) == 0 ? 0 : code;
    }

private:
    Code drawAny(double product, std::mt19937_64& random) const {
        const auto bits = static_cast<Code>(random());
        const auto step = static_cast<Code>(random() % 7);
        const Code sign = (random() & 1) != 0 ? sign_ : 0;
        const Code binade = 1U << format_.mantissaBits;
        switch (random() % 6) {
            case 0:
                return bits;
            case 1:
                return near(std::isfinite(product) ? -product : 0, step);
            case 2: {
                // A last place of the register is the product's, or half of it, or thereabouts.
                const int places = static_cast<int>(random() % 5) - 2 + format_.mantissaBits;
                const double scaled = std::ldexp(std::isfinite(product) ? product : 1, places);
                return near(scaled, 3) ^ sign ^ (bits & (binade - 1));
            }
            case 3:
                return sign | (flushes() ? binade + step : step);
            case 4:
                return sign | (bits & (2 * binade - 1)) | (flushes() ? binade : 0);
            default:
                return sign | (codec_.encode(INFINITY) + 3 - step);
        }
    }

    bool flushes() const { return format_.zeroExponent == numeric::ZeroExponent::Flushed; }
    Code near(double value, Code step) const { return codec_.encode(value) + step - 3; }

    const Codec& codec_;
    const numeric::FloatFormat& format_;
    Code sign_;
};

class RtlFloatAccumulator : public testing::TestWithParam<std::size_t> {};

TEST_P(RtlFloatAccumulator, roundsRegisterAndExactProductOnce) {
    constexpr int kPairs = 150'000;
    const AdditionCase& addition = kAdditions.at(GetParam());
    const Codec operand(*numeric::formatNamed(addition.operand));
    const numeric::FloatRegister format = registerOf(addition);
    const Codec sum(format.format);
    const AdversarialRegister registers(sum);
    numeric::RegisterState state(format, numeric::widthOf(sum.format()), 0);
    std::mt19937_64 random(GetParam());
    Circuits circuits;
    for (int i = 0; i < kPairs; ++i) {
        const auto a = static_cast<Code>(random() & (operand.codeCount() - 1));
        const auto w = static_cast<Code>(random() & (operand.codeCount() - 1));
        const auto product = numeric::productOf(operand.decode(a), operand.decode(w));
        const Code held = registers.draw(operand.decode(a) * operand.decode(w), random);
        auto word = std::bit_cast<std::int64_t>(sum.decode(held));
        state.load(std::span(&word, 1));
        numeric::AccumulatorEvents unused;
        state.add(product, 0, unused);
        state.store(std::span(&word, 1));
        const double value = sum.decode(circuits.add(GetParam(), held, a, w));
        ASSERT_EQ(std::bit_cast<std::int64_t>(value), word)
            << "codes " << a << " and " << w << " to register " << held << ": " << value
            << ", expected " << std::bit_cast<double>(word);
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, RtlFloatAccumulator,
                         testing::Range<std::size_t>(0, kAdditions.size()), [](const auto& test) {
                             const AdditionCase& addition = kAdditions.at(test.param);
                             return std::string(addition.operand) + "_" + addition.sum +
                                    (addition.flushes ? "_flush" : "");
                         });

}  // namespace
}  // namespace systole::cosim
