// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace systole::numeric {

/// Which of the two neighbours of a value becomes its code. "Half" modes differ in ties only.
enum class Rounding {
    NearestEven,  ///< ties to the even code (docs/arithmetic.md, section 1)
    HalfAway,     ///< ties away from zero
    HalfUp,       ///< ties towards plus infinity
    TowardZero,
    Stochastic,  ///< up in magnitude with the probability of the distance, in steps of 2^-32
};

/// What becomes of a value that rounds to beyond the largest finite one, whatever the rounding.
enum class Overflow {
    Saturate,   ///< the largest finite value of its sign
    Wrap,       ///< the low bits of the code: integers modulo 2^bits; floats the magnitude's code
    ToSpecial,  ///< infinity, or NaN where the format has no infinity
};

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a
/// bijection of a 128-bit counter under a 64-bit key. The numbers depend on nothing else, so the
/// same bits come out at any thread count and vector width.
std::array<std::uint32_t, 4> philox4x32(const std::array<std::uint32_t, 4>& counter,
                                        std::uint64_t key);

/// Which addition of an output asks for random bits.
enum class RandomStage : std::uint32_t { Product = 0, Chunk = 1, Fold = 2 };

/// The 32 random bits for one rounding, named by seed and place: the addition of product k, or of
/// the chunk or the fold that begins with product k, to output (m, n).
std::uint32_t randomBits(std::uint64_t seed, std::uint32_t m, std::uint32_t n, std::uint32_t k,
                         RandomStage stage);

}  // namespace systole::numeric
