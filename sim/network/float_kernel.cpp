// SPDX-License-Identifier: Apache-2.0
#include "sim/network/float_kernel.hpp"

#include <array>

// One function a vector width, picked when the program is loaded. Sanitizers run before the
// relocations are done by which that works, and clang before 16 does not build it.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SYSTOLE_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define SYSTOLE_VECTOR_CLONES
#endif

namespace systole::sim {

SYSTOLE_VECTOR_CLONES
void multiplyBlock(const float* patches, const float* weights, std::size_t reduction,
                   double* sums) {
    std::array<std::array<double, kBlockChannels>, kBlockPixels> block{};
    for (std::size_t k = 0; k < reduction; ++k) {
        const float* patch = patches + k * kBlockPixels;
        const float* row = weights + k * kBlockChannels;
        for (std::size_t p = 0; p < kBlockPixels; ++p) {
            const double value = patch[p];
            for (std::size_t n = 0; n < kBlockChannels; ++n) {
                block[p][n] += value * static_cast<double>(row[n]);
            }
        }
    }
    for (std::size_t p = 0; p < kBlockPixels; ++p) {
        for (std::size_t n = 0; n < kBlockChannels; ++n) {
            sums[p * kBlockChannels + n] = block[p][n];
        }
    }
}

SYSTOLE_VECTOR_CLONES
void multiplyElements(const float* values, const float* weights, std::size_t count, double* sums) {
    for (std::size_t c = 0; c < count; ++c) {
        sums[c] += static_cast<double>(values[c]) * static_cast<double>(weights[c]);
    }
}

}  // namespace systole::sim
