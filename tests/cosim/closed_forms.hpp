// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arch/structural/activity.hpp"
#include "tests/cosim/lockstep.hpp"

/// docs/array.md, written down once more: what a run must look like, from the folds alone.
namespace systole::cosim {

/// A sum that must appear.
struct Expected {
    std::int64_t cycle = 0;
    std::size_t column = 0;  ///< as in Appearance
    std::size_t fold = 0;
    std::size_t stepOrRow = 0;  ///< the row of an output-stationary array
};

/// Cycles in which the folds begin, from those in which their descriptors were taken.
struct FoldStart {
    std::int64_t load = 0;   ///< L; not of output stationary arrays
    std::int64_t steps = 0;  ///< X
};
std::vector<FoldStart> foldStarts(const arch::ArrayConfig& array, const LockstepRun& run);

/// Cycles in which descriptors are taken that are all there from the beginning.
std::vector<std::int64_t> promptTakes(const arch::ArrayConfig& array, const LockstepRun& run);

/// All sums, by cycle, then by column.
std::vector<Expected> appearances(const arch::ArrayConfig& array, const LockstepRun& run);

/// The time of the whole sequence of folds.
std::int64_t sequenceCycles(const arch::ArrayConfig& array, const LockstepRun& run);

/// What an array does that was as built; `products` and events are left out.
arch::structural::Activity activityOf(const arch::ArrayConfig& array, const LockstepRun& run);

}  // namespace systole::cosim
