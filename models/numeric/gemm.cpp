// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm.hpp"

#include <cblas.h>

#include <cmath>

#include "models/check.hpp"

namespace systole::numeric {

void gemmReference(const GemmShape& shape, std::span<const std::int64_t> a,
                   std::span<const std::int64_t> b, std::span<std::int64_t> c) {
    for (std::size_t m = 0; m < shape.m; ++m) {
        for (std::size_t n = 0; n < shape.n; ++n) {
            for (std::size_t k = 0; k < shape.k; ++k) {
                c[m * shape.n + n] += a[m * shape.k + k] * b[k * shape.n + n];
            }
        }
    }
}

void gemmExact(const GemmShape& shape, std::span<const double> a, std::span<const double> b,
               std::span<double> c, double largestA, double largestB) {
    const double bound = static_cast<double>(shape.k) * largestA * largestB;
    SYSTOLE_CHECK(bound < std::ldexp(1.0, 53), "partial sums of up to {} are not exact in FP64",
                  bound);
    static const bool kSingleThread = [] {
        openblas_set_num_threads(1);
        return true;
    }();
    static_cast<void>(kSingleThread);
    const auto m = static_cast<blasint>(shape.m);
    const auto n = static_cast<blasint>(shape.n);
    const auto k = static_cast<blasint>(shape.k);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0, a.data(), k, b.data(), n,
                0.0, c.data(), n);
}

}  // namespace systole::numeric
