// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arch/program/unit_id.hpp"
#include "models/units.hpp"

namespace systole::arch {

/// What a unit does with its cycles.
enum class UnitState : std::uint8_t {
    Busy,
    /// It waits for a token of unit number 0; the states after this one belong to the next units.
    Waits,
    ScratchpadConflict = 1 + kMostUnits,  ///< it waits for a port: another word of the bank passes
    Memory,                               ///< it waits for DRAM
    Idle,                                 ///< it has no command
};
inline constexpr std::size_t kUnitStateCount = 4 + kMostUnits;

/// That a unit waits for a token of this one.
constexpr UnitState waitFor(UnitId unit, const UnitSet& units = kMachineUnits) {
    return static_cast<UnitState>(static_cast<std::size_t>(UnitState::Waits) +
                                  units.numberOf(unit));
}
/// The states of a machine's units with their names, in the order in which reports have them.
std::vector<std::pair<UnitState, std::string>> namedStates(const UnitSet& units = kMachineUnits);

/// Cycles by state.
struct StateCycles : std::array<Cycle, kUnitStateCount> {
    Cycle of(UnitState state) const { return (*this)[static_cast<std::size_t>(state)]; }
};
using UnitStates = std::array<StateCycles, kMostUnits>;  ///< by number of the unit

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
