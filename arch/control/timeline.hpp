// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/units.hpp"

namespace systole::arch {

/// What a unit does with its cycles. Idle: it has no command.
enum class UnitState : std::uint8_t {
    Busy,
    WaitLoad,  ///< for a token of the load queue, and so on
    WaitStore,
    WaitArray,
    WaitVector,
    ScratchpadConflict,  ///< two words of one bank in one cycle
    Memory,              ///< DRAM has not answered
    Idle,
};
inline constexpr std::size_t kUnitStateCount = 8;
inline constexpr std::array<const char*, kUnitStateCount> kUnitStateNames{
    "busy",        "wait_load",           "wait_store", "wait_array",
    "wait_vector", "scratchpad_conflict", "memory",     "idle"};

using StateCycles = std::array<Cycle, kUnitStateCount>;

/// The history of one unit: intervals without overlap, ascending; a gap is idle time.
class UnitTimeline {
public:
    void clear() { intervals_.clear(); }

    /// Cycles begin up to, not including, end; they must not lie before the last one recorded.
    void record(Cycle begin, Cycle end, UnitState state);

    /// Cycles in each state, from begin up to, not including, end. Their sum is end - begin.
    StateCycles between(Cycle begin, Cycle end) const;

private:
    struct Interval {
        Cycle begin;
        Cycle end;
        UnitState state;
    };
    std::vector<Interval> intervals_;
};

}  // namespace systole::arch
