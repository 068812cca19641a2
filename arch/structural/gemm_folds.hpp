// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "arch/config.hpp"
#include "models/numeric/gemm/gemm.hpp"

namespace systole::arch::structural {

// What travels with a stationary operand.
inline constexpr std::uint8_t kUsed = 1;         ///< its products are added
inline constexpr std::uint8_t kClosesChunk = 2;  ///< .. and are the last ones of a chunk

/// The operands of one fold as they go to the array, and the part of the GEMM that it is. What a
/// fold does not use is code 0, and `used` 0.
struct GemmFold {
    // Where its operands begin, and how many of each it takes.
    std::uint32_t m = 0;
    std::uint32_t k = 0;
    std::uint32_t n = 0;
    numeric::GemmShape size;

    std::uint32_t steps = 0;
    std::vector<std::uint16_t> stationary;  ///< [row][column]; empty if output stationary
    std::vector<std::uint8_t> used;         ///< [row][column], kUsed and kClosesChunk
    std::vector<std::uint16_t> rows;        ///< [step][row]
    std::vector<std::uint16_t> columns;     ///< [step][column]; output stationary only
};

/// Cuts a GEMM (a: [m][k], b: [k][n]) into folds of at most `maxSteps` steps, by docs/array.md.
/// Outputs lie outside, k inside; what is stationary is outside of what streams. `chunk` is the
/// length of the accumulator's chunks, if it has any: they count from the first product of a fold.
std::vector<GemmFold> cutGemm(const ArrayConfig& array, const numeric::GemmShape& shape,
                              std::span<const std::uint16_t> a, std::span<const std::uint16_t> b,
                              std::uint32_t maxSteps,
                              std::optional<std::uint32_t> chunk = std::nullopt);

/// Place of a result of the fold in its [m][n] outputs: result `step` of column `column`; output
/// stationary: the sum of PE(`row`, `column`). Empty for what the fold does not use.
struct OutputPlace {
    std::size_t m;
    std::size_t n;
};
bool placeOf(const GemmFold& fold, Dataflow dataflow, std::size_t stepOrRow, std::size_t column,
             OutputPlace& place);

}  // namespace systole::arch::structural
