// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/activity/register_counts.hpp"
#include "arch/config.hpp"
#include "models/numeric/gemm/gemm.hpp"

namespace systole::arch {

using structural::Activity;

/// How often a fold of so many steps writes the registers of the processing elements: the counts of
/// Activity that no operand decides. The others are 0.
Activity registerWrites(const ArrayConfig& array, std::uint64_t steps);

/// What the registers of the structural array count (arch/activity/register_counts.hpp), computed
/// fold by fold from the operands. All PEs of a row see the same streamed operands one after the
/// other, and so do, output stationary, those of a column; the load register of PE(r, c) sees the
/// stationary operands of column c from the last row up to row r. Rows and columns that a fold
/// does not use are fed code 0. Additions that overflow or saturate are not counted.
class OperandActivity {
public:
    explicit OperandActivity(const ArrayConfig& array);

    /// All registers and counts to 0.
    void reset() { *this = OperandActivity(array_); }

    /// Operands that meet in a rectangle of the array.
    struct Block {
        numeric::GemmShape shape;
        std::span<const std::uint16_t> activations;  ///< codes [m][k]
        std::span<const std::uint16_t> weights;      ///< codes [k][n]
        std::uint32_t row = 0;                       ///< of the array, the rectangle's first one
        std::uint32_t column = 0;
    };

    /// One fold: `add` its blocks between the two; no two of them share a row or a column.
    void beginFold();
    void add(const Block& block);
    void endFold(std::uint64_t steps);

    const Activity& counts() const { return counts_; }

private:
    /// Registers along an edge of the array, each of which takes an operand a step.
    struct Edge {
        std::vector<std::uint16_t> held;   ///< since the fold before
        std::vector<std::uint16_t> first;  ///< of this fold
        std::vector<std::uint16_t> last;
    };
    /// Codes of `lanes` neighbours at an edge: [step][lane], or [lane][step].
    struct Streamed {
        const std::uint16_t* codes;
        std::size_t lanes;
        std::size_t steps;
        bool lanesOutside;
    };

    static std::uint64_t stream(const Streamed& operands, std::size_t at, Edge& edge);
    static std::uint64_t follow(Edge& edge);
    void placeStationary(const Block& block);
    void load();

    ArrayConfig array_;
    Activity counts_;
    Edge rows_;
    Edge columns_;                      ///< output stationary
    std::vector<std::uint16_t> held_;   ///< [row][column], stationary
    std::vector<std::uint16_t> loads_;  ///< of this fold
};

}  // namespace systole::arch
