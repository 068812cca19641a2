// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// Sums of binary32 products as docs/arithmetic.md, section 2, orders them: kFloatChunk products
/// after another by fused multiply-adds in binary32, from zero; the sums of the chunks in binary64.
/// Only independent sums share a vector, so that every instruction set gives the same bits. One
/// without fused multiply-adds computes them from binary64 (`fusedMultiplyAdd`), and is slow.
namespace systole::numeric {

inline constexpr std::size_t kFloatChunk = 256;
/// Sums that a kernel takes at once: enough to hide the latency of one.
inline constexpr std::size_t kFloatRows = 12;
inline constexpr std::size_t kFloatColumns = 16;
/// Values from one row of the left operand to the next: no power of two, which would send all rows
/// to the same lines of a cache.
inline constexpr std::size_t kFloatPitch = kFloatChunk + 16;

/// totals[m][n] += sum over k < depth of left[m][k] * right[k][n], for m < kFloatRows and n <
/// kFloatColumns; depth <= kFloatChunk. Rows of `left` are kFloatPitch apart, the others are dense.
void addFloatChunk(const float* left, const float* right, std::size_t depth, double* totals);

/// sums[i] = fma(left[i], right[i], sums[i]), i < count: one product of every sum.
void addFloatProducts(const float* left, const float* right, std::size_t count, float* sums);

/// left * right + sum with one rounding to binary32, by binary64 alone: its sum is rounded to odd,
/// so that the second rounding sees on which side of a tie it lies (Boldo and Melquiond, Emulation
/// of a FMA and correctly rounded sums, IEEE Transactions on Computers 57(4), 2008).
float fusedMultiplyAdd(float left, float right, float sum);

}  // namespace systole::numeric
