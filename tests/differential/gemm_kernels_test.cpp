// SPDX-License-Identifier: Apache-2.0
// Every kernel of Gemm::run against Gemm::runScalar, for every instruction set of this processor.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "models/check.hpp"
#include "models/numeric/gemm/gemm.hpp"
#include "tests/differential/gemm_kernels_operands.hpp"

namespace systole::numeric {
namespace {

/// What a run writes, or the invariant that it breaks.
struct Outcome {
    std::vector<std::int64_t> sums;
    AccumulatorEvents events;
    bool broken = false;

    bool operator==(const Outcome&) const = default;
};

template <typename Run>
Outcome outcomeOf(std::vector<std::int64_t> sums, Run run) {
    Outcome outcome;
    try {
        outcome.events = run(sums);
        outcome.sums = std::move(sums);
    } catch (const InvariantError&) {
        outcome.broken = true;
    }
    return outcome;
}

class GemmKernels : public testing::Test {
protected:
    void TearDown() override { hwy::SetSupportedTargetsForTest(0); }

    /// Runs one product by the scalar kernel and by what `run` takes, on every target.
    void compare(const Gemm& gemm, const GemmShape& shape, Codes kind, bool accumulate) {
        const auto a = randomCodes(gemm.activation(), shape.m * shape.k, kind, random_);
        const auto b = randomCodes(gemm.weight(), shape.k * shape.n, kind, random_);
        const GemmOrigin origin{static_cast<std::uint32_t>(random_()), 0xFFFFFFF0,
                                static_cast<std::uint32_t>(random_())};
        compare(gemm, {shape, a, b, origin}, accumulate, static_cast<int>(kind));
    }

    void compare(const Gemm& gemm, const Gemm::Operands& operands, bool accumulate, int kind) {
        const GemmShape& shape = operands.shape;
        const auto sums = heldSums(gemm, shape.m * shape.n, random_);
        const Outcome expected =
            outcomeOf(sums, [&](auto& to) { return gemm.runScalar(operands, accumulate, to); });
        for (const std::int64_t target : targets_) {
            hwy::SetSupportedTargetsForTest(target);
            const std::string kernel = gemm.kernelFor(operands, accumulate, sums);
            kernels_.insert(kernel);
            if (kernel == "scalar") break;  // it is what `run` takes
            const Outcome actual =
                outcomeOf(sums, [&](auto& to) { return gemm.run(operands, accumulate, to); });
            ASSERT_EQ(actual, expected)
                << nameOf(gemm.activation().format()) << " x " << nameOf(gemm.weight().format())
                << " in " << gemm.accumulator().name << ": " << shape.m << " x " << shape.k << " x "
                << shape.n << ", codes " << kind << ", accumulate " << accumulate << ", kernel "
                << kernel << ", target " << hwy::TargetName(target);
        }
    }

    void compareAll(const Gemm& gemm, const std::vector<Codes>& kinds, std::size_t deepest) {
        for (const Codes kind : kinds) {
            const GemmShape shape{1 + below(random_, 6), 1 + below(random_, deepest),
                                  1 + below(random_, 20)};
            compare(gemm, shape, kind, below(random_, 2) == 0);
            if (HasFatalFailure()) return;
        }
    }

    static std::vector<std::int64_t> supportedTargets() {
        std::vector<std::int64_t> targets;
        for (std::int64_t rest = hwy::SupportedTargets(); rest != 0; rest &= rest - 1) {
            targets.push_back(rest & -rest);
        }
        return targets;
    }

    Random random_{20261121};
    std::vector<std::int64_t> targets_ = supportedTargets();
    std::set<std::string> kernels_;
};

const std::vector<Codes> kAllKinds{Codes::Finite, Codes::Any, Codes::Large, Codes::Small,
                                   Codes::Few};
const std::vector<Codes> kFiniteKinds{Codes::Finite, Codes::Large, Codes::Small, Codes::Few};

/// Made once: the tables of wide formats take their time.
const Codec& codecNamed(const std::string& name) {
    static std::map<std::string, Codec> codecs;
    return codecs.try_emplace(name, formatNamed(name).value()).first->second;
}

FloatRegister randomFloatRegister(Random& random) {
    using enum ZeroExponent;
    const std::vector<ZeroExponent> zeros{Subnormal, Flushed, HiddenOne};
    const std::vector<Rounding> roundings{Rounding::NearestEven, Rounding::HalfAway,
                                          Rounding::HalfUp, Rounding::TowardZero,
                                          Rounding::Stochastic};
    for (;;) {
        FloatRegister sum;
        sum.format.exponentBits = 1 + static_cast<int>(below(random, 8));
        sum.format.mantissaBits = static_cast<int>(below(random, 11));
        sum.format.bias =
            (1 << (sum.format.exponentBits - 1)) + static_cast<int>(below(random, 12)) - 6;
        sum.format.specials = static_cast<SpecialValues>(below(random, 4));
        sum.format.zeroExponent = anyOf(random, zeros);
        sum.rounding = anyOf(random, roundings);
        sum.overflow = below(random, 2) == 0 ? Overflow::Saturate : Overflow::ToSpecial;
        sum.seed = random();
        const auto& [name, e, m, bias, specials, isSigned, zero] = sum.format;
        sum.format.name = "e" + std::to_string(e) + "m" + std::to_string(m) + " bias " +
                          std::to_string(bias) + " specials " +
                          std::to_string(static_cast<int>(specials)) + " zero " +
                          std::to_string(static_cast<int>(zero)) + " rounding " +
                          std::to_string(static_cast<int>(sum.rounding)) + " overflow " +
                          std::to_string(static_cast<int>(sum.overflow));
        if (!problemOf(AccumulatorFormat{"", sum, std::nullopt})) return sum;
    }
}

IntegerRegister randomIntegerRegister(Random& random, int widest) {
    return {8 + static_cast<int>(below(random, static_cast<std::size_t>(widest) - 7)),
            below(random, 2) == 0 ? Overflow::Wrap : Overflow::Saturate};
}

TEST_F(GemmKernels, RandomFloatRegistersRoundAsScalar) {
    const std::vector<std::string> formats{"e4m3", "e5m2",      "e4m3b11fnuz", "e2m1",  "int4",
                                           "int8", "posit8es1", "short_e4m3",  "binary"};
    for (int i = 0; i < 1500; ++i) {
        const FloatRegister sum = randomFloatRegister(random_);
        const Gemm gemm(codecNamed(anyOf(random_, formats)), codecNamed(anyOf(random_, formats)),
                        {sum.format.name, sum, std::nullopt});
        compareAll(gemm, kAllKinds, 40);
        if (HasFatalFailure()) return;
    }
    EXPECT_TRUE(kernels_.contains("floats in fp32 lanes"));
    EXPECT_TRUE(kernels_.contains("floats in fp64 lanes"));
}

TEST_F(GemmKernels, NamedFloatRegistersRoundAsScalar) {
    const std::vector<std::string> formats{"e4m3", "e5m2",  "int8",       "fp16",     "bf16",
                                           "e8m0", "int16", "posit16es1", "dlfloat16"};
    const std::vector<std::string> registers{"fp32", "fp16", "bf16", "dlfloat16", "e4m3", "e5m2"};
    for (const std::string& activation : formats) {
        for (const std::string& weight : formats) {
            for (const std::string& name : registers) {
                const Gemm gemm(codecNamed(activation), codecNamed(weight),
                                parseAccumulator(name).value());
                compareAll(gemm, kAllKinds, 16);
                if (HasFatalFailure()) return;
            }
        }
    }
    EXPECT_TRUE(kernels_.contains("fp32 fma"));
}

TEST_F(GemmKernels, DeepSumsRoundAsScalar) {
    for (const std::string name : {"fp32", "fp16", "bf16", "dlfloat16"}) {
        for (const std::string format : {"e4m3", "e5m2", "fp16", "bf16"}) {
            const Gemm gemm(codecNamed(format), codecNamed(format), parseAccumulator(name).value());
            for (const Codes kind : kAllKinds) {
                compare(gemm, {2, 1000, 5}, kind, true);
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST_F(GemmKernels, CodebooksOfManyBitsRoundAsScalar) {
    const auto any = [&] {
        return std::ldexp(static_cast<double>(static_cast<std::int64_t>(random_())),
                          static_cast<int>(below(random_, 200)) - 163);
    };
    for (int i = 0; i < 60; ++i) {
        CodebookFormat wide{"wide", {any(), any(), any(), any()}};
        CodebookFormat narrow{"narrow", {}};
        for (int j = 0; j < 5; ++j) {
            narrow.values.push_back(static_cast<float>(any()) * std::ldexp(1.0, 8 * j));
        }
        const FloatRegister sum = randomFloatRegister(random_);
        const Format& second = below(random_, 2) == 0 ? Format(wide) : codecNamed("e4m3").format();
        compareAll(Gemm(Codec(Format(narrow)), Codec(second), {sum.format.name, sum, std::nullopt}),
                   kFiniteKinds, 20);
        if (HasFatalFailure()) return;
    }
}

TEST_F(GemmKernels, StochasticRoundingGoesUpAtTheVeryDistance) {
    const GemmOrigin origin{7, 9, 11};
    FloatRegister sum{.format = {"e5m10", 5, 10, 15}, .rounding = Rounding::Stochastic, .seed = 5};
    sum.format.zeroExponent = ZeroExponent::Flushed;
    // Row m of one product: 1 and a part of a step, or a part of the smallest value, of the
    // distance that the random bits ask for or a little less.
    CodebookFormat values{"distances", {}};
    std::vector<std::uint16_t> a;
    for (std::uint32_t m = 0; m < 16; ++m) {
        const std::uint32_t random =
            randomBits(sum.seed, origin.m + m, origin.n, origin.k, RandomStage::Product);
        const double distance = 1 - std::ldexp(random + (m % 4 < 2 ? 0.0 : 0.5), -32);
        values.values.push_back(m % 2 == 0 ? 1 + std::ldexp(distance, -10)
                                           : std::ldexp(distance, -14));
        a.push_back(static_cast<std::uint16_t>(m));
    }
    const Gemm gemm(Codec(Format(values)), codecNamed("uint1"), {"e5m10", sum, std::nullopt});
    compare(gemm, {{16, 1, 1}, a, std::vector<std::uint16_t>{1}, origin}, false, 0);
    EXPECT_EQ(kernels_, std::set<std::string>{"floats in fp64 lanes"});
}

TEST_F(GemmKernels, IntegerRegistersWrapAndSaturateAsScalar) {
    const std::vector<std::string> formats{"int8", "uint8", "int4",   "int16",  "uint16",
                                           "e4m3", "e2m1",  "binary", "ternary"};
    for (int i = 0; i < 300; ++i) {
        const IntegerRegister sum = randomIntegerRegister(random_, 63);
        const std::string name = "int" + std::to_string(sum.bits);
        const Gemm gemm(codecNamed(anyOf(random_, formats)), codecNamed(anyOf(random_, formats)),
                        {name, sum, std::nullopt});
        compareAll(gemm, kAllKinds, 60);
        if (HasFatalFailure()) return;
    }
    EXPECT_TRUE(kernels_.contains("integers in fp32 lanes"));
    EXPECT_TRUE(kernels_.contains("integers in fp64 lanes"));
    EXPECT_TRUE(kernels_.contains("blas fp32"));
}

TEST_F(GemmKernels, ChunksOfEveryMixtureAddAsScalar) {
    const std::vector<std::string> formats{"int8", "e4m3", "e5m2", "int4", "e2m1"};
    for (int i = 0; i < 1500; ++i) {
        const auto any = [&]() -> Register {
            const std::size_t kind = below(random_, 4);
            if (kind == 0) return randomIntegerRegister(random_, 40);
            if (kind == 1) return ExactRegister{};
            return randomFloatRegister(random_);
        };
        AccumulatorFormat accumulator{"chunks", any(), std::nullopt};
        accumulator.chunk = Chunk{any(), 1 + static_cast<std::uint32_t>(below(random_, 20))};
        if (problemOf(accumulator)) continue;
        const Gemm gemm(codecNamed(anyOf(random_, formats)), codecNamed(anyOf(random_, formats)),
                        accumulator);
        compareAll(gemm, kAllKinds, 50);
        if (HasFatalFailure()) return;
    }
    EXPECT_TRUE(kernels_.contains("blas fp32 by chunks"));
    EXPECT_TRUE(kernels_.contains("blas fp64 by chunks"));
}

TEST_F(GemmKernels, ExactSumsAreScalarOnes) {
    const std::vector<std::string> formats{"int8", "e2m1",   "e4m3",      "e5m2",     "int16",
                                           "fp16", "binary", "posit8es2", "int4_half"};
    for (const std::string& activation : formats) {
        for (const std::string& weight : formats) {
            const Gemm gemm(codecNamed(activation), codecNamed(weight),
                            parseAccumulator("exact").value());
            compareAll(gemm, kAllKinds, 50);
            if (HasFatalFailure()) return;
        }
    }
    EXPECT_TRUE(kernels_.contains("blas fp32"));
    EXPECT_TRUE(kernels_.contains("blas fp64"));
    EXPECT_TRUE(kernels_.contains("blas fp64 digits"));
    EXPECT_TRUE(kernels_.contains("xnor popcount"));
}

TEST_F(GemmKernels, BinaryProductsAreScalarOnes) {
    const std::vector<Format> formats{CodebookFormat{"binary", {-1, 1}},
                                      CodebookFormat{"swapped", {0.75, -0.75}},
                                      IntFormat{.name = "half", .bits = 1, .halfInteger = true}};
    for (const Format& activation : formats) {
        for (const Format& weight : formats) {
            const Gemm gemm{Codec(activation), Codec(weight), parseAccumulator("int32").value()};
            for (const std::size_t k : {1, 63, 64, 65, 511, 512, 513, 700}) {
                const GemmShape shape{1 + below(random_, 9), k, 1 + below(random_, 18)};
                compare(gemm, shape, Codes::Finite, k % 2 == 0);
                if (HasFatalFailure()) return;
            }
        }
    }
    EXPECT_EQ(kernels_, std::set<std::string>{"xnor popcount"});
}

TEST_F(GemmKernels, EmptyAndRaggedShapesAreScalarOnes) {
    for (const std::string name : {"fp32", "fp16", "int16", "int8_saturate", "exact"}) {
        const Gemm gemm(codecNamed("int8"), codecNamed("int8"), parseAccumulator(name).value());
        for (const std::size_t n : {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33}) {
            for (const std::size_t k : {0, 1, 2}) {
                for (const std::size_t m : {0, 1, 5, 9}) {
                    compare(gemm, {m, k, n}, Codes::Finite, (n + m) % 2 == 0);
                    if (HasFatalFailure()) return;
                }
            }
        }
    }
}

TEST_F(GemmKernels, CommonProductsTakeFastKernels) {
    const auto kernelOf = [](const std::string& format, const std::string& accumulator) {
        const Gemm gemm(codecNamed(format), codecNamed(format),
                        parseAccumulator(accumulator).value());
        const std::vector<std::uint16_t> codes(64 * 64);
        const std::vector<std::int64_t> sums(64 * 64 * gemm.words());
        return std::string(gemm.kernelFor({{64, 64, 64}, codes, codes}, false, sums));
    };
    EXPECT_EQ(kernelOf("int8", "int32"), "blas fp32");
    EXPECT_EQ(kernelOf("e2m1", "exact"), "blas fp32");
    EXPECT_EQ(kernelOf("e4m3", "exact"), "blas fp64");
    EXPECT_EQ(kernelOf("binary", "int32"), "xnor popcount");
    EXPECT_EQ(kernelOf("e4m3", "fp32"), "fp32 fma");
    for (const std::string format : {"e4m3", "e5m2"}) {
        for (const std::string sum : {"fp16", "bf16", "dlfloat16"}) {
            EXPECT_EQ(kernelOf(format, sum), "floats in fp32 lanes") << format << " in " << sum;
        }
    }
    EXPECT_EQ(kernelOf("bf16", "bf16"), "floats in fp64 lanes");
    EXPECT_EQ(kernelOf("int8", "int16_saturate"), "integers in fp32 lanes");
}

}  // namespace
}  // namespace systole::numeric
