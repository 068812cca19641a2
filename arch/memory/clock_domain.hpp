// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <systemc>

#include "models/units.hpp"

namespace systole::arch {

/// The edges of a clock of any frequency on the simulator's time axis, without drift. Edge k lies
/// at floor(k / frequency), in units of the time resolution (femtoseconds): edge 2 of a clock of
/// 300 MHz lies at 6666666 fs.
class ClockDomain {
public:
    explicit ClockDomain(double hertz);

    sc_core::sc_time edge(Cycle cycle) const;
    /// The first cycle whose edge is not before `time`.
    Cycle cycleAt(const sc_core::sc_time& time) const;
    double seconds(Cycle cycles) const { return static_cast<double>(cycles) / hertz_; }

private:
    std::uint64_t edgeTicks(Cycle cycle) const;

    double hertz_;
    std::uint64_t wholeHertz_;
};

/// Sets the time resolution. It is called once, before the first sc_time of the process exists.
void useFemtoseconds();

}  // namespace systole::arch
