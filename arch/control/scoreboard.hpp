// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <systemc>

#include "arch/program/command.hpp"

namespace systole::arch {

/// The tokens between units. A token is a count: how many commands a unit has completed. A command
/// that waits for 2 commands of the load unit may start once completed({UnitKind::Load}) is 2 or
/// more.
class Scoreboard {
public:
    using Counts = std::array<std::uint64_t, kMostUnits>;  ///< commands, by number of the unit

    explicit Scoreboard(const UnitSet& units) : units_(units) {}

    void reset() { completed_.fill(0); }
    std::uint64_t completed(UnitId unit) const { return completed_[units_.numberOf(unit)]; }
    const Counts& completed() const { return completed_; }
    /// Of all units together.
    std::uint64_t allCompleted() const {
        return std::accumulate(completed_.begin(), completed_.end(), std::uint64_t{0});
    }
    void complete(UnitId unit) {
        const std::size_t number = units_.numberOf(unit);
        ++completed_[number];
        events_[number].notify(sc_core::SC_ZERO_TIME);
    }
    /// The event is notified after every completion of the unit, in the same cycle.
    const sc_core::sc_event& event(UnitId unit) const { return events_[units_.numberOf(unit)]; }
    const UnitSet& units() const { return units_; }

private:
    UnitSet units_;
    Counts completed_{};
    std::array<sc_core::sc_event, kMostUnits> events_;
};

}  // namespace systole::arch
