// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "arch/program/command.hpp"

namespace systole::arch {

/// The tokens between units. A token is a count: how many commands a unit has completed. A command
/// that waits for 2 commands of the load unit may start once completed(Unit::Load) is 2 or more.
class Scoreboard {
public:
    void reset() { completed_.fill(0); }
    std::uint64_t completed(Unit unit) const { return completed_[index(unit)]; }
    void complete(Unit unit) {
        ++completed_[index(unit)];
        events_[index(unit)].notify(sc_core::SC_ZERO_TIME);
    }
    /// The event is notified after every completion of the unit, in the same cycle.
    const sc_core::sc_event& event(Unit unit) const { return events_[index(unit)]; }

private:
    static std::size_t index(Unit unit) { return static_cast<std::size_t>(unit); }

    std::array<std::uint64_t, kUnitCount> completed_{};
    std::array<sc_core::sc_event, kUnitCount> events_;
};

}  // namespace systole::arch
