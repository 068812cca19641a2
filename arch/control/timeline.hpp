// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/units.hpp"

namespace systole::arch {

/// What a unit does with its cycles.
enum class UnitState : std::uint8_t {
    Busy,
    WaitLoad,  ///< it waits for a token of the load unit; the next three likewise
    WaitStore,
    WaitArray,
    WaitVector,
    ScratchpadConflict,  ///< it waits for a port, as two words of a bank cannot pass in one cycle
    Memory,              ///< it waits for DRAM
    Idle,                ///< it has no command
};
inline constexpr std::size_t kUnitStateCount = 8;
inline constexpr std::array<const char*, kUnitStateCount> kUnitStateNames{
    "busy",        "wait_load",           "wait_store", "wait_array",
    "wait_vector", "scratchpad_conflict", "memory",     "idle"};

using StateCycles = std::array<Cycle, kUnitStateCount>;

/// The history of one unit, as ascending intervals without overlap. A gap is idle time.
class UnitTimeline {
public:
    void clear() { *this = UnitTimeline(); }

    /// Records the cycles begin up to, not including, end. They must come after the cycles that are
    /// already recorded.
    void record(Cycle begin, Cycle end, UnitState state);

    /// The number of cycles in each state, from begin up to, not including, end. The sum over the
    /// states is end - begin.
    StateCycles between(Cycle begin, Cycle end) const;

    /// Says that nobody will ask for a part of what was recorded from `begin` on, but for all of it
    /// or nothing, so that its intervals can be added up. The cycles that are not recorded yet
    /// remain free to ask for.
    void addUpFrom(Cycle begin);
    std::size_t intervals() const { return intervals_.size(); }

private:
    struct Interval {
        Cycle begin;
        Cycle end;
        UnitState state;
    };
    struct Sum {
        Cycle begin;
        Cycle end;
        StateCycles cycles;
    };
    std::vector<Interval> intervals_;
    std::vector<Sum> sums_;  ///< of intervals that were added up, ascending
    Cycle end_ = 0;          ///< of the last interval
};

}  // namespace systole::arch
