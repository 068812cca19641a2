// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/check.hpp"
#include "models/numeric/gemm.hpp"
#include "models/numeric/register_state.hpp"

namespace systole::numeric {
namespace {

/// The sum of one output, product by product.
class OutputSum {
public:
    OutputSum(const Gemm& gemm, const Gemm::Operands& operands)
        : gemm_(gemm),
          operands_(operands),
          outer_(makeState(gemm, gemm.accumulator().sum)),
          inner_(makeState(gemm, innerOf(gemm.accumulator()))),
          length_(gemm.accumulator().chunk ? gemm.accumulator().chunk->length
                                           : std::max<std::size_t>(operands.shape.k, 1)) {}

    void run(std::size_t m, std::size_t n, bool accumulate, std::span<std::int64_t> sum,
             AccumulatorEvents& events) {
        outer_.clear();
        if (accumulate) outer_.load(sum);
        for (std::size_t begin = 0; begin < operands_.shape.k; begin += length_) {
            inner_.clear();
            const std::size_t end = std::min(begin + length_, operands_.shape.k);
            for (std::size_t k = begin; k < end; ++k) {
                inner_.add(product(m, n, k), random(inner_, m, n, k, RandomStage::Product), events);
            }
            outer_.add(inner_.value(), random(outer_, m, n, begin, RandomStage::Chunk), events);
        }
        outer_.store(sum);
    }

private:
    static const Register& innerOf(const AccumulatorFormat& accumulator) {
        return accumulator.chunk ? accumulator.chunk->inner : accumulator.sum;
    }

    static RegisterState makeState(const Gemm& gemm, const Register& format) {
        return {format, registerBits(format, gemm.activation(), gemm.weight()),
                gemm.activation().gridExponent() + gemm.weight().gridExponent()};
    }

    Term product(std::size_t m, std::size_t n, std::size_t k) const {
        const GemmShape& shape = operands_.shape;
        return productOf(gemm_.activation().decode(operands_.a[m * shape.k + k]),
                         gemm_.weight().decode(operands_.b[k * shape.n + n]));
    }

    std::uint32_t random(const RegisterState& state, std::size_t m, std::size_t n, std::size_t k,
                         RandomStage stage) const {
        if (state.seed() == nullptr) return 0;
        const GemmOrigin& origin = operands_.origin;
        return randomBits(*state.seed(), origin.m + static_cast<std::uint32_t>(m),
                          origin.n + static_cast<std::uint32_t>(n),
                          origin.k + static_cast<std::uint32_t>(k), stage);
    }

    const Gemm& gemm_;
    const Gemm::Operands& operands_;
    RegisterState outer_;
    RegisterState inner_;
    std::size_t length_;
};

}  // namespace

AccumulatorEvents Gemm::runScalar(const Operands& operands, bool accumulate,
                                  std::span<std::int64_t> sums) const {
    AccumulatorEvents events;
    OutputSum output(*this, operands);
    for (std::size_t m = 0; m < operands.shape.m; ++m) {
        for (std::size_t n = 0; n < operands.shape.n; ++n) {
            const std::size_t at = (m * operands.shape.n + n) * words_;
            output.run(m, n, accumulate, sums.subspan(at, words_), events);
        }
    }
    return events;
}

}  // namespace systole::numeric
