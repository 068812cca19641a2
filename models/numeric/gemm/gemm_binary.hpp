// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Products of two-valued codes, 64 of them a word: the interface of the kernels that are compiled
/// once for every instruction set.
namespace systole::numeric {

inline constexpr std::size_t kWordBits = 64;

/// Codes 0 and 1 as bits along k, zeros behind the last. An output is
/// scale * (in how many places its row and its column differ) + offset.
struct BitOperands {
    std::size_t m = 0;
    std::size_t n = 0;
    std::size_t words = 0;   ///< of a row or column
    std::int64_t scale = 0;  ///< below 2^31, as are the counts
    std::int64_t offset = 0;
    std::vector<std::uint64_t> a;  ///< [m][words]
    std::vector<std::uint64_t> b;  ///< [n / lanes][words][lanes], lanes of a vector
};

/// Fills `b` from codes [depth][n].
void packWeights(std::span<const std::uint16_t> codes, std::size_t depth, BitOperands& operands);

/// Adds the outputs to sums[m][n].
void addBinaryProducts(const BitOperands& operands, std::int64_t* sums);

}  // namespace systole::numeric
