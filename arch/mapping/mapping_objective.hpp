// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arch/config.hpp"
#include "arch/mapping/mapping_costs.hpp"

/// What makes one mapping better than another (docs/mapping.md).
///
/// Candidates of 1000, 1005 and 1020 cycles that move 9, 8 and 1 kB: for `cycles` the second one
/// wins. It is within one percent of the fastest, and moves less than it; the third one is not.
namespace systole::arch {

/// What the objective makes small, and what decides between candidates whose first figures are
/// nearly the least one.
struct MappingScore {
    double first = 0;
    double second = 0;
    double dramBytes = 0;
    /// Whether the mapping changes the folds of a reduction, which only sums that do not depend on
    /// the order allow. Of equals it comes after those that do not.
    bool newFolds = false;
};

/// A mapping with new folds that moves more bytes has to gain so much where another layer comes
/// first. There the gain is mostly that less of the first weights is left to load, which follows
/// from an estimate of the layer before and is not replayed: for less it is not worth that machines
/// with other sums move other bytes.
inline constexpr double kNewFolds = 0.03;
inline double newFoldsGain(Cycle prefetch) { return prefetch > 0 ? kNewFolds : 0; }

/// Estimates are not so good that a smaller difference meant something.
inline constexpr double kNearlyEqual = 0.01;
/// Replays are. What is left is that the layer before leaves the machine in another state.
inline constexpr double kNearlyEqualReplays = 0.005;

/// `cycles`: cycles, then bytes. `dram_bytes`: whole bursts, then cycles. `energy`: energy, then
/// cycles. `energy_delay`: energy times cycles, then bytes.
MappingScore scoreOf(MappingObjective objective, double cycles, double dramBytes, double joules,
                     bool newFolds);
MappingScore scoreOf(MappingObjective objective, const MappingEstimate& estimate, bool newFolds);

/// Whether the objective needs ActionEnergies.
bool needsEnergies(MappingObjective objective);

/// Whether `left` is better than `right`, where their first figures are nearly equal.
bool isBetterOfEquals(const MappingScore& left, const MappingScore& right);

/// The place of the best score in a list that is not empty, where first figures count as equal
/// within such a share of the least one. What is still equal is decided by the first figure, and
/// then by the place: the earlier one wins. Of new folds `newFoldsGain` is asked.
std::size_t bestOf(const std::vector<MappingScore>& scores, double nearlyEqual,
                   double newFoldsGain);

}  // namespace systole::arch
