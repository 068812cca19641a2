// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "models/numeric/gemm/gemm.hpp"
#include "models/numeric/sums/sum.hpp"
#include "tests/differential/numeric_support.hpp"
#include "tests/oracle/mpfr_float.hpp"

// Whole sums: the order of additions against MPFR, and swamping.
namespace systole::numeric {
namespace {

using namespace testing;

std::vector<std::uint16_t> randomCodes(const Codec& codec, std::size_t count,
                                       std::mt19937& generator) {
    std::vector<std::uint16_t> codes;
    while (codes.size() < count) {
        const auto code = static_cast<std::uint16_t>(generator() % codec.codeCount());
        if (codec.isFinite(code)) codes.push_back(code);
    }
    return codes;
}

/// A register of the oracle's.
class OracleSum {
public:
    explicit OracleSum(const FloatRegister& format)
        : format_(format), mpfr_(specOf(format.format)) {}

    void add(double left, double right, std::uint32_t random) {
        if (std::isfinite(value) && std::isfinite(left)) {
            const auto rounded =
                mpfr_.addProduct(value, left, right, ruleOf(format_.rounding), random);
            value = rounded.value;
            if (rounded.beyond && format_.overflow == Overflow::ToSpecial) {
                const bool ieee = format_.format.specials == SpecialValues::Ieee;
                value = ieee ? std::copysign(kInfinity, value) : kNan;
            }
        } else {
            value += left * right;
        }
        if (value == 0) value = 0;  // minus zero as well
    }

    double value = 0;

private:
    FloatRegister format_;
    oracle::MpfrFloat mpfr_;
};

FloatRegister registerOf(const char* name, Rounding rounding, std::uint64_t seed = 0) {
    return {std::get<FloatFormat>(formatNamed(name).value()), rounding, Overflow::ToSpecial, seed};
}

/// The sum of one output over the products of one fold: chunks from zero, in an outer sum from
/// zero.
class OracleFold {
public:
    OracleFold(const AccumulatorFormat& accumulator, const GemmOrigin& origin)
        : outer_(std::get<FloatRegister>(accumulator.sum)),
          inner_(accumulator.chunk ? std::get<FloatRegister>(accumulator.chunk->inner) : outer_),
          length_(accumulator.chunk ? accumulator.chunk->length : 1U << 20U),
          origin_(origin) {}

    const FloatRegister& outer() const { return outer_; }

    std::uint32_t random(const FloatRegister& format, std::size_t k, RandomStage stage) const {
        return randomBits(format.seed, origin_.m, origin_.n,
                          origin_.k + static_cast<std::uint32_t>(k), stage);
    }

    /// `term(k)` is a pair of factors.
    template <typename TermOf>
    double sum(std::size_t begin, std::size_t end, const TermOf& term) const {
        OracleSum sum(outer_);
        for (std::size_t first = begin; first < end; first += length_) {
            OracleSum chunk(inner_);
            for (std::size_t k = first; k < std::min(first + length_, end); ++k) {
                const auto [left, right] = term(k);
                chunk.add(left, right, random(inner_, k, RandomStage::Product));
            }
            sum.add(chunk.value, 1, random(outer_, first, RandomStage::Chunk));
        }
        return sum.value;
    }

private:
    FloatRegister outer_;
    FloatRegister inner_;
    std::size_t length_;
    GemmOrigin origin_;
};

/// In folds of `rows` products, which the accumulator buffer adds up.
void compareWithMpfr(const AccumulatorFormat& accumulator, const GemmShape& shape, std::size_t rows,
                     std::mt19937& generator) {
    const Gemm gemm(Codec(formatNamed("e4m3").value()), Codec(formatNamed("e5m2").value()),
                    accumulator);
    const auto a = randomCodes(gemm.activation(), shape.m * shape.k, generator);
    const auto b = randomCodes(gemm.weight(), shape.k * shape.n, generator);
    const GemmOrigin origin{5, 700, 64};
    std::vector<std::int64_t> sums(shape.m * shape.n);
    for (std::size_t k = 0; k < shape.k; k += rows) {
        const GemmShape part{shape.m, std::min(rows, shape.k - k), shape.n};
        std::vector<std::uint16_t> left;
        for (std::size_t m = 0; m < shape.m; ++m) {
            const auto* row = a.data() + m * shape.k + k;
            left.insert(left.end(), row, row + part.k);
        }
        const auto right = std::span(b).subspan(k * shape.n, part.k * shape.n);
        gemm.run({part, left, right, {5, 700, 64 + static_cast<std::uint32_t>(k)}}, k > 0, sums);
    }
    for (std::size_t m = 0; m < shape.m; ++m) {
        for (std::size_t n = 0; n < shape.n; ++n) {
            const OracleFold fold(accumulator,
                                  {origin.m + static_cast<std::uint32_t>(m),
                                   origin.n + static_cast<std::uint32_t>(n), origin.k});
            const auto term = [&](std::size_t k) {
                return std::pair(gemm.activation().decode(a[m * shape.k + k]),
                                 gemm.weight().decode(b[k * shape.n + n]));
            };
            OracleSum sum(fold.outer());
            for (std::size_t k = 0; k < shape.k; k += rows) {
                sum.add(fold.sum(k, std::min(k + rows, shape.k), term), 1,
                        fold.random(fold.outer(), k, RandomStage::Fold));
            }
            const double got = std::bit_cast<double>(sums[m * shape.n + n]);
            EXPECT_TRUE(sameValue(got, sum.value)) << accumulator.name << " (" << m << ", " << n
                                                   << "): " << got << ", expected " << sum.value;
        }
    }
}

TEST(NumericAccumulatorGemm, SumsOfProductsAreMpfrsInTheOrderOfK) {
    std::mt19937 generator(50);
    for (const char* name : {"fp32", "fp16", "bf16", "dlfloat16"}) {
        for (const Rounding rounding : kRoundings) {
            const FloatRegister sum = registerOf(name, rounding, 77);
            const FloatRegister inner = registerOf("dlfloat16", rounding, 78);
            // One fold, whole ones, a ragged last one; chunks that divide a fold or do not.
            for (const std::size_t rows : {100, 20, 32}) {
                compareWithMpfr({name, sum, std::nullopt}, {3, 100, 19}, rows, generator);
                for (const std::uint32_t chunk : {1U, 5U, 16U, 40U}) {
                    compareWithMpfr({name, sum, Chunk{inner, chunk}}, {3, 100, 19}, rows,
                                    generator);
                }
            }
        }
    }
}

constexpr std::size_t kTerms = 65'536;

/// Values of E4M3 uniform in [0, 2], of mean 1, times weights of 1.
struct SwampingTerms {
    SwampingTerms() {
        std::mt19937 generator(51);
        const Codec codec(formatNamed("e4m3").value());
        for (std::size_t k = 0; k < kTerms; ++k) {
            const double uniform = std::ldexp(static_cast<double>(generator()), -31);
            a.push_back(static_cast<std::uint16_t>(codec.encode(uniform)));
            b.push_back(static_cast<std::uint16_t>(codec.encode(1)));
            exact += codec.decode(a.back());
        }
    }

    std::vector<std::uint16_t> a;
    std::vector<std::uint16_t> b;
    double exact = 0;
};

double sumOf(const SwampingTerms& terms, const AccumulatorFormat& accumulator) {
    const Gemm gemm(Codec(formatNamed("e4m3").value()), Codec(formatNamed("e4m3").value()),
                    accumulator);
    std::vector<std::int64_t> sum(1);
    gemm.run({{1, kTerms, 1}, terms.a, terms.b}, false, sum);
    return SumArithmetic(accumulator, gemm.activation(), gemm.weight()).toDouble(sum);
}

double relativeError(double sum, const SwampingTerms& terms) {
    return std::fabs(sum - terms.exact) / terms.exact;
}

TEST(NumericAccumulatorGemm, NearestEvenStallsIn169WhereTheTermsFallBelowHalfTheLastBit) {
    const SwampingTerms terms;
    EXPECT_NEAR(terms.exact / kTerms, 1, 0.01);
    const FloatRegister sum = registerOf("dlfloat16", Rounding::NearestEven);
    EXPECT_GT(relativeError(sumOf(terms, {"1-6-9", sum, std::nullopt}), terms), 0.5);
}

TEST(NumericAccumulatorGemm, ChunksOf64KeepNearestEvenWithinTwoPercent) {
    const SwampingTerms terms;
    const FloatRegister sum = registerOf("dlfloat16", Rounding::NearestEven);
    EXPECT_LT(relativeError(sumOf(terms, {"1-6-9", sum, Chunk{sum, 64}}), terms), 0.02);
}

TEST(NumericAccumulatorGemm, StochasticRoundingStaysWithinFivePercentAndRepeatsItsBits) {
    const SwampingTerms terms;
    std::vector<double> sums;
    for (const std::uint64_t seed : {1, 2, 3, 4}) {
        const FloatRegister sum = registerOf("dlfloat16", Rounding::Stochastic, seed);
        const AccumulatorFormat accumulator{"1-6-9", sum, std::nullopt};
        sums.push_back(sumOf(terms, accumulator));
        EXPECT_LT(relativeError(sums.back(), terms), 0.05) << seed;
        EXPECT_EQ(sumOf(terms, accumulator), sums.back()) << seed;
    }
    EXPECT_FALSE(sums[0] == sums[1] && sums[1] == sums[2] && sums[2] == sums[3]);
}

}  // namespace
}  // namespace systole::numeric
