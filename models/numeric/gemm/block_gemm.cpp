// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm/block_gemm.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "models/check.hpp"
#include "models/numeric/sums/register_state.hpp"

namespace systole::numeric {

BlockAccumulator fp32BlockAccumulator() {
    return {ExactRegister{}, FloatRegister{.format = std::get<FloatFormat>(*findFormat("fp32"))}};
}

std::optional<std::string> problemOf(const BlockAccumulator& accumulator) {
    if (std::holds_alternative<IntegerRegister>(accumulator.outer)) {
        return "outer: an integer, expected a float or exact one: scaled sums have no common unit";
    }
    return problemOf(
        AccumulatorFormat{"blocks", accumulator.outer, Chunk{.inner = accumulator.inner}});
}

BlockGemm::BlockGemm(BlockFormat a, BlockFormat b, BlockAccumulator accumulator)
    : a_(std::move(a)), b_(std::move(b)), accumulator_(std::move(accumulator)) {
    const auto problem = problemOf(accumulator_);
    SYSTOLE_CHECK(!problem, "block accumulator: {}", problem.value_or(""));
}

int BlockGemm::innerBits() const {
    return registerBits(accumulator_.inner, a_.element(), b_.element());
}

int BlockGemm::innerExponent() const {
    return a_.element().gridExponent() + b_.element().gridExponent();
}

int BlockGemm::outerBits() const {
    const int products = registerBits(accumulator_.outer, a_.element(), b_.element());
    if (std::holds_alternative<FloatRegister>(accumulator_.outer)) return products;
    return products + a_.scale().gridBits() + b_.scale().gridBits();
}

int BlockGemm::exponent() const {
    if (std::holds_alternative<FloatRegister>(accumulator_.outer)) return 0;
    return innerExponent() + a_.scale().gridExponent() + b_.scale().gridExponent();
}

void BlockGemm::forEachPiece(std::size_t k, const std::function<void(const Piece&)>& visit) const {
    const auto lengthA = static_cast<std::size_t>(a_.format().blockLength);
    const auto lengthB = static_cast<std::size_t>(b_.format().blockLength);
    for (Piece piece{}; piece.begin < k; piece.begin = piece.end) {
        piece.blockA = piece.begin / lengthA;
        piece.blockB = piece.begin / lengthB;
        piece.end = std::min({k, (piece.blockA + 1) * lengthA, (piece.blockB + 1) * lengthB});
        visit(piece);
    }
}

void BlockGemm::checkSizes(const BlockTensor& a, const BlockTensor& b, std::size_t words) const {
    const auto complete = [](const BlockCodec& codec, const BlockTensor& tensor) {
        return tensor.elements.size() == tensor.rows * tensor.k &&
               tensor.scales.size() == tensor.rows * codec.blocksOf(tensor.k);
    };
    SYSTOLE_CHECK(a.k == b.k, "rows of {} and {} values", a.k, b.k);
    SYSTOLE_CHECK(complete(a_, a) && complete(b_, b), "{} x {} and {} x {} values", a.rows, a.k,
                  b.rows, b.k);
    SYSTOLE_CHECK(words == a.rows * b.rows * this->words(),
                  "{} words of sums, expected {} x {} x {}", words, a.rows, b.rows, this->words());
}

namespace {

/// The sum of one output.
class OutputSum {
public:
    OutputSum(const BlockGemm& gemm, const BlockTensor& a, const BlockTensor& b)
        : gemm_(gemm),
          a_(a),
          b_(b),
          inner_(gemm.accumulator().inner, gemm.innerBits(), gemm.innerExponent()),
          outer_(gemm.accumulator().outer, gemm.outerBits(), gemm.exponent()) {}

    void run(std::size_t m, std::size_t n, std::span<std::int64_t> sum, AccumulatorEvents& events) {
        outer_.clear();
        gemm_.forEachPiece(a_.k, [&](const BlockGemm::Piece& piece) {
            inner_.clear();
            for (std::size_t k = piece.begin; k < piece.end; ++k) {
                const double left = gemm_.a().element().decode(a_.elements[m * a_.k + k]);
                const double right = gemm_.b().element().decode(b_.elements[n * b_.k + k]);
                inner_.add(productOf(left, right), random(inner_, m, n, k, RandomStage::Product),
                           events);
            }
            outer_.add(scaled(inner_.value(), m, n, piece),
                       random(outer_, m, n, piece.begin, RandomStage::Chunk), events);
        });
        outer_.store(sum);
    }

private:
    /// The value times the two scales, exactly.
    Term scaled(const Term& sum, std::size_t m, std::size_t n,
                const BlockGemm::Piece& piece) const {
        const double scaleA =
            gemm_.a().scale().decode(a_.scales[m * gemm_.a().blocksOf(a_.k) + piece.blockA]);
        const double scaleB =
            gemm_.b().scale().decode(b_.scales[n * gemm_.b().blocksOf(b_.k) + piece.blockB]);
        const Term scale = productOf(scaleA, scaleB);
        if (sum.special != 0 || scale.special != 0) {
            const double left = sum.special != 0 ? sum.special : sum.significand.sign();
            const double right = scale.special != 0 ? scale.special : scale.significand.sign();
            return {0, 0, left * right};
        }
        return {sum.significand * scale.significand, sum.exponent + scale.exponent, 0};
    }

    static std::uint32_t random(const RegisterState& state, std::size_t m, std::size_t n,
                                std::size_t k, RandomStage stage) {
        if (state.seed() == nullptr) return 0;
        return randomBits(*state.seed(), static_cast<std::uint32_t>(m),
                          static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(k), stage);
    }

    const BlockGemm& gemm_;
    const BlockTensor& a_;
    const BlockTensor& b_;
    RegisterState inner_;
    RegisterState outer_;
};

}  // namespace

AccumulatorEvents BlockGemm::runScalar(const BlockTensor& a, const BlockTensor& b,
                                       std::span<std::int64_t> sums) const {
    checkSizes(a, b, sums.size());
    AccumulatorEvents events;
    OutputSum output(*this, a, b);
    for (std::size_t m = 0; m < a.rows; ++m) {
        for (std::size_t n = 0; n < b.rows; ++n) {
            output.run(m, n, sums.subspan((m * b.rows + n) * words(), words()), events);
        }
    }
    return events;
}

}  // namespace systole::numeric
