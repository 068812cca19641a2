// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arch/activity/register_counts.hpp"
#include "tests/cosim/lockstep.hpp"

/// docs/array.md, written down once more: what a run must look like, from the folds alone.
namespace systole::cosim {

/// When a fold does what, in array time.
struct FoldCycles {
    std::int64_t loads = 0;   ///< L; not of output-stationary arrays
    std::int64_t begins = 0;  ///< X
};

/// The closed forms of one array, for folds that are taken one after the other, each at once or
/// late.
class ClosedForms {
public:
    explicit ClosedForms(const arch::ArrayConfig& array);

    /// The first cycle in which the fold after this one can be taken.
    std::int64_t takes(const FoldCycles& fold, std::int64_t steps) const;
    /// Of a fold taken in cycle `taken` on an idle array.
    FoldCycles first(std::int64_t taken) const;
    /// Of one of `nextSteps` taken then, after `fold`.
    FoldCycles after(const FoldCycles& fold, std::int64_t steps, std::int64_t taken,
                     std::int64_t nextSteps) const;
    /// Of the sum of a step (stationary) or of a row.
    std::int64_t appearance(const FoldCycles& fold, std::int64_t steps, std::int64_t index,
                            std::int64_t column) const;
    /// Of step `index`.
    std::int64_t step(const FoldCycles& fold, std::int64_t index) const {
        return fold.begins + cycles_ * index;
    }
    /// When the fold is over, and a sequence with it.
    std::int64_t end(const FoldCycles& fold, std::int64_t steps) const;

private:
    std::int64_t rows_;
    std::int64_t columns_;
    std::int64_t depth_;
    std::int64_t cycles_;
    bool overlaps_;
    bool output_;
    arch::Drain drain_;
};

/// A sum that must appear.
struct Expected {
    std::int64_t cycle = 0;
    std::size_t column = 0;  ///< as in Appearance
    std::size_t fold = 0;
    std::size_t stepOrRow = 0;  ///< the row of an output-stationary array
};

/// When the folds of a run begin, from the cycles in which their descriptors were taken.
std::vector<FoldCycles> foldCycles(const arch::ArrayConfig& array, const LockstepRun& run);

/// Cycles in which descriptors are taken that are all there from the beginning.
std::vector<std::int64_t> promptTakes(const arch::ArrayConfig& array, const LockstepRun& run);

/// All sums, by cycle, then by column.
std::vector<Expected> appearances(const arch::ArrayConfig& array, const LockstepRun& run);

/// The time of the whole sequence of folds.
std::int64_t sequenceCycles(const arch::ArrayConfig& array, const LockstepRun& run);

/// What an array does that was as built; `products` and events are left out.
arch::structural::Activity activityOf(const arch::ArrayConfig& array, const LockstepRun& run);

}  // namespace systole::cosim
