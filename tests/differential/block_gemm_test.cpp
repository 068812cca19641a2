// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm/block_gemm.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "models/check.hpp"
#include "models/numeric/sums/register_state.hpp"
#include "tests/oracle/block_oracle.hpp"

namespace systole::numeric {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

using Random = std::mt19937_64;

BlockTensor randomTensor(Random& random, const BlockCodec& codec, std::size_t rows, std::size_t k,
                         bool specials) {
    std::normal_distribution<float> normal;
    std::vector<float> values(rows * k);
    for (std::size_t i = 0; i < values.size(); ++i) {
        // Magnitudes that differ from block to block, so that sums cancel and lose bits.
        values[i] = std::ldexp(normal(random), static_cast<int>(i / 8 * 7 % 29) - 14);
    }
    if (specials) values[random() % values.size()] = kNan;
    return codec.quantize(std::span<const float>(values), k);
}

std::vector<std::int64_t> sumsOf(const BlockGemm& gemm, const BlockTensor& a, const BlockTensor& b,
                                 bool scalar, AccumulatorEvents& events) {
    std::vector<std::int64_t> sums(a.rows * b.rows * gemm.words());
    events = scalar ? gemm.runScalar(a, b, sums) : gemm.run(a, b, sums);
    return sums;
}

void expectFastEqualsScalar(const BlockGemm& gemm, const BlockTensor& a, const BlockTensor& b) {
    AccumulatorEvents fast;
    AccumulatorEvents scalar;
    EXPECT_EQ(sumsOf(gemm, a, b, false, fast), sumsOf(gemm, a, b, true, scalar))
        << gemm.a().format().name << " x " << gemm.b().format().name;
    EXPECT_EQ(fast, scalar);
}

TEST(BlockGemm, IsFastWhereItMayBeAndGivesTheBitsOfTheScalarOne) {
    Random random(11);
    for (const BlockFormat& formatA : knownBlockFormats()) {
        for (const BlockFormat& formatB : knownBlockFormats()) {
            const BlockGemm gemm(formatA, formatB, fp32BlockAccumulator());
            const std::size_t k = 1 + random() % 130;
            const BlockTensor a = randomTensor(random, gemm.a(), 5, k, random() % 2 == 0);
            const BlockTensor b = randomTensor(random, gemm.b(), 7, k, random() % 2 == 0);
            EXPECT_NE(gemm.kernelFor(k), BlockGemm::Kernel::Scalar)
                << formatA.name << " x " << formatB.name;
            expectFastEqualsScalar(gemm, a, b);
        }
    }
}

TEST(BlockGemm, TakesTheKernelOfTheFormats) {
    const auto kernel = [](const char* a, const char* b) {
        return BlockGemm(*blockFormatNamed(a), *blockFormatNamed(b), fp32BlockAccumulator())
            .kernelFor(1000);
    };
    EXPECT_EQ(kernel("mxfp4", "nvfp4"), BlockGemm::Kernel::BlasFp32);
    EXPECT_EQ(kernel("mxint8", "mxint8"), BlockGemm::Kernel::BlasFp32);
    EXPECT_EQ(kernel("mxfp8_e4m3", "mxfp8_e4m3"), BlockGemm::Kernel::BlasFp64);
    EXPECT_EQ(kernel("mxfp8_e5m2", "mxfp8_e5m2"), BlockGemm::Kernel::BlasFp64Digits);
    EXPECT_EQ(kernel("bfp16b65536", "bfp16b65536"), BlockGemm::Kernel::BlasFp64);
}

TEST(BlockGemm, TilesLargeProducts) {
    Random random(12);
    const BlockGemm gemm(*blockFormatNamed("mxfp4"), *blockFormatNamed("nvfp4"),
                         fp32BlockAccumulator());
    expectFastEqualsScalar(gemm, randomTensor(random, gemm.a(), 66, 40, false),
                           randomTensor(random, gemm.b(), 258, 40, false));
}

/// Tensors of any codes, at the ends of the scales: overflow, underflow to binary32's subnormals
/// and to zero, ties of sums.
BlockTensor anyCodes(Random& random, const BlockCodec& codec, std::size_t rows, std::size_t k) {
    BlockTensor tensor{rows, k, std::vector<std::uint16_t>(rows * k),
                       std::vector<std::uint16_t>(rows * codec.blocksOf(k))};
    for (std::uint16_t& code : tensor.elements) {
        do {
            code = static_cast<std::uint16_t>(random() % codec.element().codeCount());
        } while (!codec.element().isFinite(code));
    }
    const std::uint64_t from = random() % codec.scale().codeCount();
    for (std::uint16_t& code : tensor.scales) {
        code = static_cast<std::uint16_t>(
            std::min(from + random() % 16, codec.scale().codeCount() - 1));
    }
    return tensor;
}

TEST(BlockGemm, RoundsOnceAtTheEndsOfBinary32) {
    Random random(13);
    std::uint64_t overflows = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        const auto& formats = knownBlockFormats();
        const BlockGemm gemm(formats[random() % formats.size()], formats[random() % formats.size()],
                             fp32BlockAccumulator());
        const std::size_t k = 1 + random() % 70;
        const BlockTensor a = anyCodes(random, gemm.a(), 2, k);
        const BlockTensor b = anyCodes(random, gemm.b(), 2, k);
        expectFastEqualsScalar(gemm, a, b);
        std::vector<std::int64_t> sums(4);
        overflows += gemm.run(a, b, sums).overflows;
    }
    EXPECT_GT(overflows, 100U);
}

/// A sum of 1, or 1 and its last bit, to which a tie of binary32 is added that is off by less than
/// binary64 keeps: sign * (2^-24 + tiny * (small / big)^2 * 2^-24).
void expectNearTieRoundsOnce(const char* name, double big, double small, bool odd, double sign,
                             double tiny) {
    const BlockGemm gemm(*blockFormatNamed(name), *blockFormatNamed(name), fp32BlockAccumulator());
    const auto code = [&](double value) {
        EXPECT_EQ(gemm.a().element().decode(gemm.a().element().encode(value)), value);
        return static_cast<std::uint16_t>(gemm.a().element().encode(value));
    };
    const auto unit = static_cast<std::uint16_t>(127 - 2 * std::ilogb(big));
    BlockTensor a{
        1, 64, std::vector<std::uint16_t>(64), {unit, static_cast<std::uint16_t>(unit - 24)}};
    BlockTensor b{1, 64, std::vector<std::uint16_t>(64), {127, 127}};
    a.elements[0] = b.elements[0] = code(big);
    a.elements[1] = code(odd ? big * big * 0x1p-23 : 0);
    b.elements[1] = code(1);
    a.elements[32] = code(big);
    b.elements[32] = code(sign * big);
    a.elements[33] = code(tiny * small);
    b.elements[33] = code(sign * small);
    const oracle::Rational offset = oracle::rationalOf(tiny * std::pow(small / big, 2) * 0x1p-24);
    const oracle::Rational exact =
        oracle::rationalOf(odd ? 1 + 0x1p-23 : 1) +
        oracle::rationalOf(sign) * (oracle::rationalOf(0x1p-24) + offset);
    std::vector<std::int64_t> sums(1);
    gemm.run(a, b, sums);
    EXPECT_EQ(std::bit_cast<double>(sums[0]), oracle::nearestBinary32(exact)) << name;
    expectFastEqualsScalar(gemm, a, b);
}

TEST(BlockGemm, DoesNotRoundTwice) {
    for (const bool odd : {false, true}) {
        for (const double sign : {1.0, -1.0}) {
            for (const double tiny : {1.0, -1.0, 0.0}) {
                expectNearTieRoundsOnce("mxfp8_e4m3", 0x1p8, 0x1p-9, odd, sign, tiny);
                expectNearTieRoundsOnce("mxfp8_e5m2", 0x1p15, 0x1p-16, odd, sign, tiny);
            }
        }
    }
}

TEST(BlockGemm, AddsTwoDigitsAsTheNumberTheyMake) {
    Random random(15);
    const BlockFormat wide = *blockFormatNamed("mxfp8_e5m2");
    for (int trial = 0; trial < 1500; ++trial) {
        const BlockGemm gemm(wide, trial % 2 == 0 ? wide : *blockFormatNamed("mxfp8_e4m3"),
                             fp32BlockAccumulator());
        const std::size_t k = 33 + random() % 64;
        const BlockTensor a = anyCodes(random, gemm.a(), 2, k);
        const BlockTensor b = anyCodes(random, gemm.b(), 2, k);
        ASSERT_EQ(gemm.kernelFor(k), BlockGemm::Kernel::BlasFp64Digits);
        expectFastEqualsScalar(gemm, a, b);
    }
}

TEST(BlockGemm, RefusesElementsWithoutAFiniteValueInAnExactInnerRegister) {
    const BlockGemm gemm(*blockFormatNamed("mxfp8_e5m2"), *blockFormatNamed("mxfp4"),
                         fp32BlockAccumulator());
    const BlockTensor a{1, 1, {0x7C}, {127}};
    const BlockTensor b{1, 1, {1}, {127}};
    std::vector<std::int64_t> sums(1);
    EXPECT_THROW(gemm.run(a, b, sums), InvariantError);
    EXPECT_THROW(gemm.runScalar(a, b, sums), InvariantError);
}

struct OracleOperand {
    oracle::BlockOracle oracle;
    std::size_t length;
    const BlockTensor& tensor;

    oracle::Rational element(std::size_t row, std::size_t i) const {
        return oracle::rationalOf(oracle.element(tensor.elements[row * tensor.k + i]));
    }
    oracle::Rational scale(std::size_t row, std::size_t i) const {
        const std::size_t blocks = (tensor.k + length - 1) / length;
        return oracle::rationalOf(oracle.scale(tensor.scales[row * blocks + i / length]));
    }
};

/// A sum in binary32, rounded wherever a block of either operand ends.
float binary32Dot(const OracleOperand& a, const OracleOperand& b, std::size_t m, std::size_t n) {
    float sum = 0;
    oracle::Rational piece = 0;
    for (std::size_t i = 0; i < a.tensor.k; ++i) {
        piece += a.element(m, i) * b.element(n, i);
        const bool ends = (i + 1) % a.length == 0 || (i + 1) % b.length == 0 || i + 1 == a.tensor.k;
        if (!ends) continue;
        piece *= a.scale(m, i) * b.scale(n, i);
        sum = oracle::nearestBinary32(oracle::rationalOf(sum) + piece);
        piece = 0;
    }
    return sum;
}

oracle::Rational exactDot(const OracleOperand& a, const OracleOperand& b, std::size_t m,
                          std::size_t n) {
    oracle::Rational sum = 0;
    for (std::size_t i = 0; i < a.tensor.k; ++i) {
        sum += a.element(m, i) * b.element(n, i) * a.scale(m, i) * b.scale(n, i);
    }
    return sum;
}

/// Calls with products of all pairs of the oracle's formats.
template <typename Check>
void forEachPair(const BlockAccumulator& accumulator, std::size_t rows, const Check& check) {
    Random random(14);
    for (const auto& specificationA : oracle::blockSpecifications()) {
        for (const auto& specificationB : oracle::blockSpecifications()) {
            const BlockGemm gemm(*blockFormatNamed(specificationA.name),
                                 *blockFormatNamed(specificationB.name), accumulator);
            const std::size_t k = 1 + random() % 100;
            const BlockTensor a = randomTensor(random, gemm.a(), rows, k, false);
            const BlockTensor b = randomTensor(random, gemm.b(), rows, k, false);
            check(gemm,
                  OracleOperand{oracle::BlockOracle(specificationA),
                                static_cast<std::size_t>(specificationA.length), a},
                  OracleOperand{oracle::BlockOracle(specificationB),
                                static_cast<std::size_t>(specificationB.length), b});
        }
    }
}

TEST(BlockGemm, RoundsToBinary32WhereverABlockOfEitherOperandEnds) {
    forEachPair(fp32BlockAccumulator(), 3,
                [](const BlockGemm& gemm, const OracleOperand& a, const OracleOperand& b) {
                    std::vector<std::int64_t> sums(9);
                    gemm.run(a.tensor, b.tensor, sums);
                    for (std::size_t i = 0; i < sums.size(); ++i) {
                        EXPECT_EQ(std::bit_cast<double>(sums[i]), binary32Dot(a, b, i / 3, i % 3));
                    }
                });
}

TEST(BlockGemm, IsExactInAnExactOuterRegister) {
    const BlockAccumulator accumulator{ExactRegister{}, ExactRegister{}};
    forEachPair(accumulator, 2,
                [](const BlockGemm& gemm, const OracleOperand& a, const OracleOperand& b) {
                    std::vector<std::int64_t> sums(4 * gemm.words());
                    gemm.run(a.tensor, b.tensor, sums);
                    RegisterState state(ExactRegister{}, gemm.outerBits(), gemm.exponent());
                    for (std::size_t i = 0; i < 4; ++i) {
                        state.load(std::span(sums).subspan(i * gemm.words(), gemm.words()));
                        const Term sum = state.value();
                        oracle::Rational value(oracle::Integer(sum.significand));
                        const oracle::Rational unit =
                            oracle::rationalOf(std::ldexp(1.0, std::abs(sum.exponent)));
                        value = sum.exponent < 0 ? oracle::Rational(value / unit)
                                                 : oracle::Rational(value * unit);
                        EXPECT_EQ(value, exactDot(a, b, i / 2, i % 2));
                    }
                });
}

TEST(BlockGemm, CountsWhatAnInnerRegisterWraps) {
    const BlockAccumulator accumulator{IntegerRegister{.bits = 8}, fp32BlockAccumulator().outer};
    const BlockGemm gemm(*blockFormatNamed("mxint8"), *blockFormatNamed("mxint8"), accumulator);
    EXPECT_EQ(gemm.kernelFor(2), BlockGemm::Kernel::Scalar);
    const BlockTensor a{1, 2, {10, 10}, {127}};
    const BlockTensor b{1, 2, {10, 10}, {128}};
    std::vector<std::int64_t> sums(1);
    const AccumulatorEvents events = gemm.run(a, b, sums);
    EXPECT_EQ(events.overflows, 1U);
    EXPECT_EQ(std::bit_cast<double>(sums[0]), (200 - 256) * 0x1p-12 * 2);
}

TEST(BlockGemm, RefusesAnIntegerOuterRegister) {
    EXPECT_TRUE(problemOf(BlockAccumulator{ExactRegister{}, IntegerRegister{}}));
    EXPECT_FALSE(problemOf(fp32BlockAccumulator()));
}

}  // namespace
}  // namespace systole::numeric
