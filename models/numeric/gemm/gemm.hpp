// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/numeric/sums/accumulator.hpp"

namespace systole::numeric {

/// Shape of C[m][n] = sum_k A[m][k] * B[k][n]; all three row major and dense.
struct GemmShape {
    std::size_t m = 0;
    std::size_t k = 0;
    std::size_t n = 0;
};

/// Place of a product within a larger one; it names the random bits of stochastic rounding.
struct GemmOrigin {
    std::uint32_t m = 0;
    std::uint32_t n = 0;
    std::uint32_t k = 0;
};

/// Matrix products over codes: A of the activation's format, B of the weight's, summed as the
/// accumulator says.
///
/// The order of additions is the array's, and the products of one call are one fold of it: k
/// ascending from zero in the inner register, chunk by chunk into the outer one, which is zero at
/// first as well. (Without chunks the fold is one chunk.) What leaves the array is then added, in
/// the outer register's format, to what the accumulator buffer holds of earlier folds.
///
/// Codes are such as the formats produce (the bounds of exact sums count on it: not -128 of a
/// narrow int8). Sums are written as words, `sums[m][n][word]`; see `sumWords`. Codes that are
/// infinite or NaN follow IEEE 754 in float registers and break an invariant in the others.
class Gemm {
public:
    Gemm(Codec activation, Codec weight, AccumulatorFormat accumulator);

    struct Operands {
        GemmShape shape;
        std::span<const std::uint16_t> a;  ///< codes [m][k]
        std::span<const std::uint16_t> b;  ///< codes [k][n]
        GemmOrigin origin = {};
    };

    /// Adds to `sums` if `accumulate`, else writes them. More products than an exact register has
    /// room for break an invariant. The fastest kernel that gives the bits of
    /// `runScalar` does the work.
    AccumulatorEvents run(const Operands& operands, bool accumulate,
                          std::span<std::int64_t> sums) const;

    /// Defines what `run` gives, one addition at a time.
    AccumulatorEvents runScalar(const Operands& operands, bool accumulate,
                                std::span<std::int64_t> sums) const;

    /// The kernel that `run` takes for this product: `scalar`, `fp32 blas`, ..
    const char* kernelFor(const Operands& operands, bool accumulate,
                          std::span<const std::int64_t> sums) const;

    const Codec& activation() const { return activation_; }
    const Codec& weight() const { return weight_; }
    const AccumulatorFormat& accumulator() const { return accumulator_; }
    std::size_t words() const { return words_; }

private:
    Codec activation_;
    Codec weight_;
    AccumulatorFormat accumulator_;
    std::size_t words_;
};

}  // namespace systole::numeric
