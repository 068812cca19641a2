// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm/float_sums.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

// Vectors are held in arrays, which scalable ones do not allow.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/numeric/gemm/float_sums.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace systole::numeric::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_NATIVE_FMA

using Lanes = hn::CappedTag<float, kFloatColumns>;
constexpr std::size_t kVectors = kFloatColumns / hn::MaxLanes(Lanes());
/// Rows whose sums stay in registers together.
constexpr std::size_t kRegisterRows = kVectors == 1 ? kFloatRows : kVectors == 2 ? 6 : 3;
static_assert(kFloatRows % kRegisterRows == 0);

void addRows(const float* left, const float* right, std::size_t depth, double* totals) {
    const Lanes d;
    constexpr std::size_t kLanes = hn::MaxLanes(Lanes());
    hn::Vec<Lanes> sums[kRegisterRows][kVectors];
    for (auto& row : sums) {
        for (auto& sum : row) sum = hn::Zero(d);
    }
    for (std::size_t k = 0; k < depth; ++k) {
        hn::Vec<Lanes> columns[kVectors];
        for (std::size_t v = 0; v < kVectors; ++v) {
            columns[v] = hn::LoadU(d, right + k * kFloatColumns + v * kLanes);
        }
        for (std::size_t m = 0; m < kRegisterRows; ++m) {
            const auto value = hn::Set(d, left[m * kFloatPitch + k]);
            for (std::size_t v = 0; v < kVectors; ++v) {
                sums[m][v] = hn::MulAdd(value, columns[v], sums[m][v]);
            }
        }
    }
    float rounded[kFloatColumns];
    for (std::size_t m = 0; m < kRegisterRows; ++m) {
        for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sums[m][v], d, rounded + v * kLanes);
        double* row = totals + m * kFloatColumns;
        for (std::size_t n = 0; n < kFloatColumns; ++n) row[n] += static_cast<double>(rounded[n]);
    }
}

void addChunk(const float* left, const float* right, std::size_t depth, double* totals) {
    for (std::size_t m = 0; m < kFloatRows; m += kRegisterRows) {
        addRows(left + m * kFloatPitch, right, depth, totals + m * kFloatColumns);
    }
}

void addProducts(const float* left, const float* right, std::size_t count, float* sums) {
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const auto sum =
            hn::MulAdd(hn::LoadU(d, left + i), hn::LoadU(d, right + i), hn::LoadU(d, sums + i));
        hn::StoreU(sum, d, sums + i);
    }
    for (; i < count; ++i) sums[i] = fusedMultiplyAdd(left[i], right[i], sums[i]);
}

#else

void addChunk(const float* left, const float* right, std::size_t depth, double* totals) {
    for (std::size_t m = 0; m < kFloatRows; ++m) {
        float sums[kFloatColumns] = {};
        for (std::size_t k = 0; k < depth; ++k) {
            for (std::size_t n = 0; n < kFloatColumns; ++n) {
                sums[n] = fusedMultiplyAdd(left[m * kFloatPitch + k], right[k * kFloatColumns + n],
                                           sums[n]);
            }
        }
        double* row = totals + m * kFloatColumns;
        for (std::size_t n = 0; n < kFloatColumns; ++n) row[n] += static_cast<double>(sums[n]);
    }
}

void addProducts(const float* left, const float* right, std::size_t count, float* sums) {
    for (std::size_t i = 0; i < count; ++i) sums[i] = fusedMultiplyAdd(left[i], right[i], sums[i]);
}

#endif

}  // namespace systole::numeric::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole::numeric {

HWY_EXPORT(addChunk);
HWY_EXPORT(addProducts);

void addFloatChunk(const float* left, const float* right, std::size_t depth, double* totals) {
    HWY_DYNAMIC_DISPATCH(addChunk)(left, right, depth, totals);
}

void addFloatProducts(const float* left, const float* right, std::size_t count, float* sums) {
    HWY_DYNAMIC_DISPATCH(addProducts)(left, right, count, sums);
}

float fusedMultiplyAdd(float left, float right, float sum) {
    const double product = static_cast<double>(left) * static_cast<double>(right);  // exact
    const double addend = static_cast<double>(sum);
    const double total = product + addend;
    if (!std::isfinite(total)) return static_cast<float>(total);
    const double share = total - product;
    const double lost = (product - (total - share)) + (addend - share);
    auto bits = std::bit_cast<std::uint64_t>(total);
    if (lost != 0 && bits % 2 == 0) bits += (lost > 0) == (total > 0) ? 1 : ~std::uint64_t{0};
    return static_cast<float>(std::bit_cast<double>(bits));
}

}  // namespace systole::numeric
#endif
