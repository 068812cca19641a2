// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arch/config.hpp"
#include "models/units.hpp"

/// Closed forms of the array's cycles; docs/array.md derives them. The RTL and the structural model
/// keep the same contract. An isolated weight-stationary fold of 112 steps on an array of 16 x 16
/// takes 16 + 112 + 16 + 16 - 2 = 158 cycles.
namespace systole::arch {

/// The times of a fold's events, in array time: cycles in which the array does not stand.
struct FoldTimes {
    Cycle load = 0;         ///< L: it wants its first stationary vector; firstStep if it has none
    Cycle firstStep = 0;    ///< X: it wants its first operands
    Cycle firstOutput = 0;  ///< its first sum appears at column 0
    Cycle end = 0;          ///< it is over, if no other fold follows
};

/// Folds one after the other, as early as the array takes them.
class FoldSchedule {
public:
    explicit FoldSchedule(const ArrayConfig& array) : array_(array) {}

    /// Adds the next fold, of `steps` >= 1 steps. It begins, that is, wants something for the first
    /// time, at `earliest` or later.
    FoldTimes add(std::uint64_t steps, Cycle earliest = 0);

    /// When a fold of any length may begin after those added. A shadow drain may delay a short fold
    /// further.
    Cycle nextBegin() const;

    /// Appends what the times of further folds depend on, counted from `now`.
    void appendState(Cycle now, std::vector<std::uint64_t>& state) const;

private:
    FoldTimes addStationary(std::uint64_t steps, Cycle earliest) const;
    FoldTimes addOutputStationary(std::uint64_t steps, Cycle earliest) const;
    Cycle nextOutputStationary(std::uint64_t steps) const;

    struct Fold {
        std::uint64_t steps;
        FoldTimes times;
    };
    ArrayConfig array_;
    std::optional<Fold> last_;
};

/// When a sum of the fold appears at a column: the sum of step `index`, or in an output-stationary
/// array the sum of row `index`.
Cycle sumAppears(const ArrayConfig& array, const FoldTimes& times, std::uint64_t index,
                 std::uint64_t column);

/// The array as other simulators assume it, with isolated folds and sums that leave at once. With
/// the convention of the hardware the array is unchanged.
ArrayConfig assumedArray(ArrayConfig array);

/// Cycles by which a fold of STONNE is longer than the closed form: it takes K + R + C + 3.
inline constexpr Cycle kStonneOverhead = 5;

/// Cycles of one isolated fold of `steps` steps.
Cycle isolatedFoldCycles(const ArrayConfig& array, std::uint64_t steps);

/// Cycles from one fold to the next, in a long sequence of folds of `steps` steps each.
Cycle foldPeriod(const ArrayConfig& array, std::uint64_t steps);

/// Cycles from the entry of the last step to the last sum, without those of the steps themselves.
inline Cycle drainCycles(const ArrayConfig& array) {
    const bool shifts =
        array.dataflow == Dataflow::OutputStationary && array.drain != Drain::Direct;
    return Cycle{array.rows} * (shifts ? 2 : 1) + array.columns + array.pipelineDepth - 3;
}

}  // namespace systole::arch
