// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// The inner loops of the FP32 reference. Every output is the sum over ascending k, one rounding to
/// binary64 an addition; only independent outputs share a vector. The product of two binary32 is
/// exact in binary64, so that a fused multiply-add gives the same bits, and every instruction set
/// does.
namespace systole::sim {

inline constexpr std::size_t kBlockPixels = 4;
inline constexpr std::size_t kBlockChannels = 8;

/// sums[p][n] = sum over k of patches[k][p] * weights[k][n], p < kBlockPixels, n < kBlockChannels.
void multiplyBlock(const float* patches, const float* weights, std::size_t reduction, double* sums);

/// sums[c] += values[c] * weights[c], c < count.
void multiplyElements(const float* values, const float* weights, std::size_t count, double* sums);

}  // namespace systole::sim
