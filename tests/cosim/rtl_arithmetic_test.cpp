// SPDX-License-Identifier: Apache-2.0
// Multipliers and accumulators of the RTL against models/numeric.
#include <Vrtl_arithmetic.h>
#include <gtest/gtest.h>
#include <verilated.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <tuple>

#include "models/numeric/product_class.hpp"
#include "models/numeric/register_state.hpp"

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

class Circuits {
public:
    Circuits() : model_(std::make_unique<Vrtl_arithmetic>(&context_)) {}
    ~Circuits() { model_->final(); }
    Circuits(const Circuits&) = delete;
    Circuits& operator=(const Circuits&) = delete;

    /// Lane of the product, in the last of its cycles.
    std::uint64_t multiply(std::size_t lane, Code activation, Code weight, int cycles) {
        model_->activation = static_cast<std::uint8_t>(activation);
        model_->weight = static_cast<std::uint8_t>(weight);
        for (int cycle = 0; cycle + 1 < cycles; ++cycle) {
            model_->first = cycle == 0;
            model_->clock = 1;
            model_->eval();
            model_->clock = 0;
            model_->eval();
        }
        model_->first = cycles == 1;
        model_->eval();
        return model_->products[2 * lane] | (std::uint64_t{model_->products[2 * lane + 1]} << 32);
    }

    /// Sum of the products of a composable multiplier of 8 or 4 bits.
    std::int32_t compose(int bits, std::uint64_t activation, std::uint64_t weight) {
        model_->composed_activation = activation;
        model_->composed_weight = weight;
        model_->eval();
        const int width = 2 * bits + 1;
        const std::uint32_t code = bits == 8 ? model_->composed_of_eight : model_->composed_of_four;
        return static_cast<std::int32_t>(numeric::wrapToBits(code, width));
    }

    Code add(std::size_t lane, Code sum, Code activation, Code weight) {
        model_->activation = static_cast<std::uint8_t>(activation);
        model_->weight = static_cast<std::uint8_t>(weight);
        model_->sum = sum;
        model_->eval();
        return model_->results[lane];
    }

private:
    VerilatedContext context_;
    std::unique_ptr<Vrtl_arithmetic> model_;
};

/// What the lane says, in units of 2^unit; exact: significands have less than 24 bits.
double valueOf(std::uint64_t lane, int unit) {
    const auto significand = static_cast<std::int32_t>(static_cast<std::uint32_t>(lane));
    const int exponent = static_cast<int>((lane >> 32) & 0xffff);
    const bool negate = ((lane >> 48) & 1) != 0;
    const bool infinite = ((lane >> 49) & 1) != 0;
    if (((lane >> 50) & 1) != 0) return std::nan("");
    const double magnitude = infinite ? INFINITY : std::ldexp(significand, exponent + unit);
    return negate ? -magnitude : magnitude;
}

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
            const double got = valueOf(circuits.multiply(GetParam(), a, w, cycles), unit);
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

/// Integers of sign and magnitude: rtl_arithmetic.sv's lanes after kProducts.
int signMagnitude(Code code, int bits) {
    const Code sign = 1U << (bits - 1);
    const int magnitude = static_cast<int>(code & (sign - 1));
    return (code & sign) != 0 ? -magnitude : magnitude;
}

TEST(RtlSignMagnitude, multipliesAnyTwoCodes) {
    Circuits circuits;
    for (const auto& [lane, bits, weightBits] : {std::tuple{28U, 8, 8}, {29U, 5, 3}}) {
        for (Code a = 0; a < 1U << bits; ++a) {
            for (Code w = 0; w < 1U << weightBits; ++w) {
                ASSERT_EQ(valueOf(circuits.multiply(lane, a, w, 1), 0),
                          signMagnitude(a, bits) * signMagnitude(w, weightBits))
                    << "codes " << a << " and " << w;
            }
        }
    }
}

TEST(RtlSignMagnitude, isAddedToAnExactAndToASaturatingSum) {
    constexpr std::size_t kExact = 25;
    constexpr std::size_t kSaturating = 26;
    constexpr int kLargest = 0x7fff;
    std::mt19937_64 random(1);
    Circuits circuits;
    for (int i = 0; i < 100'000; ++i) {
        const auto a = static_cast<Code>(random() & 0xff);
        const auto w = static_cast<Code>(random() & 0xff);
        const auto held = static_cast<std::int16_t>(random());
        const int sum = held + signMagnitude(a, 8) * signMagnitude(w, 8);
        ASSERT_EQ(numeric::wrapToBits(circuits.add(kExact, static_cast<Code>(held), a, w), 31), sum)
            << "codes " << a << " and " << w << " to " << held;
        ASSERT_EQ(
            static_cast<std::int16_t>(circuits.add(kSaturating, static_cast<Code>(held), a, w)),
            std::clamp(sum, -kLargest - 1, kLargest))
            << "codes " << a << " and " << w << " to " << held;
    }
}

/// Factors of one operand of a composable multiplier of `bits` bits.
struct Factors {
    int bits;
    int width;
    bool isSigned;

    int slices() const { return width / 2; }

    int value(Code code) const {
        return isSigned ? static_cast<int>(numeric::wrapToBits(code, width))
                        : static_cast<int>(code);
    }

    /// The operand, of which brick `k` has slice `sliceOf(k)` of the factor `factorOf(k)`.
    template <typename FactorOf, typename SliceOf>
    std::uint64_t operand(FactorOf factorOf, SliceOf sliceOf) const {
        const int bricks = bits * bits / 4;
        std::uint64_t operand = 0;
        for (int k = 0; k < bricks; ++k) {
            const Code slice = (factorOf(k) >> (2 * sliceOf(k))) & 3;
            operand |= std::uint64_t{slice} << (2 * k);
        }
        const std::uint64_t fused = (width >= 4 ? 1 : 0) | (width == 8 ? 2 : 0);
        const std::uint64_t mode = fused | (std::uint64_t{isSigned} << (bits / 4));
        return operand | (mode << (2 * bricks));
    }
};

class RtlComposable : public testing::TestWithParam<std::tuple<int, int, int, bool, bool>> {
protected:
    /// The products by their place: [activation's slices above it][weight's].
    using Codes = std::array<std::array<Code, 4>, 4>;

    void expectSum(const Codes& as, const Codes& ws) {
        const auto [bits, aWidth, wWidth, aSigned, wSigned] = GetParam();
        const Factors a{bits, aWidth, aSigned};
        const Factors w{bits, wWidth, wSigned};
        const auto column = [](int k) { return (k & 1) | ((k >> 1) & 2); };
        const auto row = [](int k) { return ((k >> 1) & 1) | ((k >> 2) & 2); };
        const auto in = [&](const Codes& codes) {
            return [&, codes](int k) { return codes[column(k) / a.slices()][row(k) / w.slices()]; };
        };
        int sum = 0;
        for (int i = 0; i < bits / aWidth; ++i) {
            for (int j = 0; j < bits / wWidth; ++j) sum += a.value(as[i][j]) * w.value(ws[i][j]);
        }
        const auto activation = a.operand(in(as), [&](int k) { return column(k) % a.slices(); });
        const auto weight = w.operand(in(ws), [&](int k) { return row(k) % w.slices(); });
        ASSERT_EQ(circuits_.compose(bits, activation, weight), sum)
            << std::hex << activation << " and " << weight;
    }

    Circuits circuits_;
};

TEST_P(RtlComposable, addsTheProductsOfAllItsFactors) {
    const auto [bits, aWidth, wWidth, aSigned, wSigned] = GetParam();
    if (bits == aWidth && bits == wWidth) {
        for (Code a = 0; a < 1U << bits; ++a) {
            for (Code w = 0; w < 1U << bits; ++w) {
                ASSERT_NO_FATAL_FAILURE(expectSum({{{a}}}, {{{w}}}));
            }
        }
        return;
    }
    std::mt19937_64 random(bits + 10 * aWidth + wWidth);
    // A third are the ends of the range.
    const auto draw = [&](int width) {
        const Code half = 1U << (width - 1);
        const std::array<Code, 3> ends{half, half - 1, 2 * half - 1};
        const auto drawn = static_cast<Code>(random());
        return drawn % 3 == 0 ? ends.at((drawn >> 8) % 3) : (drawn >> 8) & (2 * half - 1);
    };
    for (int i = 0; i < 5'000; ++i) {
        Codes as{};
        Codes ws{};
        for (std::size_t at = 0; at < 16; ++at) {
            as[at / 4][at % 4] = draw(aWidth);
            ws[at / 4][at % 4] = draw(wWidth);
        }
        ASSERT_NO_FATAL_FAILURE(expectSum(as, ws));
    }
}

std::string composableName(const testing::TestParamInfo<RtlComposable::ParamType>& test) {
    const auto [bits, aWidth, wWidth, aSigned, wSigned] = test.param;
    return "of" + std::to_string(bits) + (aSigned ? "_int" : "_uint") + std::to_string(aWidth) +
           (wSigned ? "_int" : "_uint") + std::to_string(wWidth);
}

INSTANTIATE_TEST_SUITE_P(Eight, RtlComposable,
                         testing::Combine(testing::Values(8), testing::Values(2, 4, 8),
                                          testing::Values(2, 4, 8), testing::Bool(),
                                          testing::Bool()),
                         composableName);
INSTANTIATE_TEST_SUITE_P(Four, RtlComposable,
                         testing::Combine(testing::Values(4), testing::Values(2, 4),
                                          testing::Values(2, 4), testing::Bool(), testing::Bool()),
                         composableName);

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
        std::int64_t word = std::bit_cast<std::int64_t>(sum.decode(held));
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
