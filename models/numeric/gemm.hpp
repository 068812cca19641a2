// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace systole::numeric {

/// Shape of C[m][n] += sum_k A[m][k] * B[k][n]; all three row major and dense.
struct GemmShape {
    std::size_t m = 0;
    std::size_t k = 0;
    std::size_t n = 0;
};

/// Defines the product: k ascending, in 64-bit integers. Operands are grid steps (see Codec).
void gemmReference(const GemmShape& shape, std::span<const std::int64_t> a,
                   std::span<const std::int64_t> b, std::span<std::int64_t> c);

/// The same values through a BLAS in FP64. Exact in any order of summation while every partial sum
/// stays below 2^53: `k * largestA * largestB < 2^53` is checked. Writes c, does not accumulate.
void gemmExact(const GemmShape& shape, std::span<const double> a, std::span<const double> b,
               std::span<double> c, double largestA, double largestB);

}  // namespace systole::numeric
