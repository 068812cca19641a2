// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "arch/config.hpp"
#include "models/units.hpp"

/// Closed forms of the array's cycles; docs/array.md derives them.
namespace systole::arch {

/// When a fold does what, in array time.
struct FoldTimes {
    Cycle load = 0;         ///< L: its first stationary vector is wanted; firstStep where none is
    Cycle firstStep = 0;    ///< X: its first operands are wanted
    Cycle firstOutput = 0;  ///< its first sum appears at column 0
    Cycle end = 0;          ///< it is over, where no other fold follows
};

/// Folds one after the other, as early as the array takes them.
class FoldSchedule {
public:
    explicit FoldSchedule(const ArrayConfig& array) : array_(array) {}

    /// The next fold, of `steps` >= 1 steps, that begins (wants something for the first time) at
    /// `earliest` or later.
    FoldTimes add(std::uint64_t steps, Cycle earliest = 0);

    /// When a fold of any length may begin behind those added: what `add` takes for `earliest`
    /// where more is known than now. A shadow drain may delay a short fold further.
    Cycle nextBegin() const;

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

/// When a sum of the fold appears at a column: that of step `index`, or of row `index` in an
/// output-stationary array.
Cycle sumAppears(const ArrayConfig& array, const FoldTimes& times, std::uint64_t index,
                 std::uint64_t column);

/// The array as other simulators assume it: isolated folds, sums that leave at once. As it is where
/// the convention is ours.
ArrayConfig assumedArray(ArrayConfig array);

/// Cycles that STONNE takes a fold over and above the closed form (K + R + C + 3).
inline constexpr Cycle kStonneOverhead = 5;

/// Cycles of one isolated fold of `steps` steps.
Cycle isolatedFoldCycles(const ArrayConfig& array, std::uint64_t steps);

/// Cycles between two folds of `steps` steps each in a long sequence.
Cycle foldPeriod(const ArrayConfig& array, std::uint64_t steps);

/// Cycles from the last step's entry to the last sum, over and above the steps' own.
inline Cycle drainCycles(const ArrayConfig& array) {
    const bool shifts =
        array.dataflow == Dataflow::OutputStationary && array.drain != Drain::Direct;
    return Cycle{array.rows} * (shifts ? 2 : 1) + array.columns + array.pipelineDepth - 3;
}

}  // namespace systole::arch
