// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/check.hpp"
#include "models/numeric/gemm/gemm.hpp"
#include "models/numeric/sums/sum_register.hpp"

namespace systole::numeric {
namespace {

/// The sum of one output, product by product.
class OutputSum {
public:
    OutputSum(const Gemm& gemm, const Gemm::Operands& operands)
        : gemm_(gemm),
          operands_(operands),
          sum_(gemm.accumulator(), gemm.activation(), gemm.weight()),
          length_(gemm.accumulator().chunk ? gemm.accumulator().chunk->length
                                           : std::max<std::size_t>(operands.shape.k, 1)) {}

    void run(std::size_t m, std::size_t n, bool accumulate, std::span<std::int64_t> sum,
             AccumulatorEvents& events) {
        sum_.clear();
        for (std::size_t begin = 0; begin < operands_.shape.k; begin += length_) {
            const std::size_t end = std::min(begin + length_, operands_.shape.k);
            for (std::size_t k = begin; k < end; ++k) {
                sum_.add(product(m, n, k), random(sum_.innerSeed(), m, n, k, RandomStage::Product),
                         events);
            }
            sum_.close(random(sum_.outerSeed(), m, n, begin, RandomStage::Chunk), events);
        }
        if (!accumulate) return sum_.store(sum);
        if (operands_.shape.k == 0) return;  // no fold, nothing to add
        sum_.addTo(sum, random(sum_.outerSeed(), m, n, 0, RandomStage::Fold), events);
    }

private:
    Term product(std::size_t m, std::size_t n, std::size_t k) const {
        const GemmShape& shape = operands_.shape;
        return productOf(gemm_.activation().decode(operands_.a[m * shape.k + k]),
                         gemm_.weight().decode(operands_.b[k * shape.n + n]));
    }

    std::uint32_t random(const std::uint64_t* seed, std::size_t m, std::size_t n, std::size_t k,
                         RandomStage stage) const {
        if (seed == nullptr) return 0;
        const GemmOrigin& origin = operands_.origin;
        return randomBits(*seed, origin.m + static_cast<std::uint32_t>(m),
                          origin.n + static_cast<std::uint32_t>(n),
                          origin.k + static_cast<std::uint32_t>(k), stage);
    }

    const Gemm& gemm_;
    const Gemm::Operands& operands_;
    SumRegister sum_;
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
