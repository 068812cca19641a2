// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "models/cost/netlist/netlist.hpp"

namespace systole::cost {

/// Delays of gates, in any unit.
struct GateDelays {
    std::array<std::array<double, kGateKindCount>, kPartCount> gate{};  ///< [part][kind]
    double perFanoutDoubling = 0;  ///< for every doubling of what a gate drives
};

/// The longest path, by what is on it.
struct CriticalPath {
    double delay = 0;
    std::array<std::array<std::uint32_t, kGateKindCount>, kPartCount> gates{};
    double fanoutDoublings = 0;  ///< sum over its gates and its first input
};

/// What each cell adds to a path: a gate its own delay, and gates and inputs that of what they
/// drive.
std::vector<double> cellDelays(const Netlist& netlist, const Word& outputs,
                               const GateDelays& delays);

/// From any input to any of `ends`, which are of `outputs`: all that the circuit has to drive.
CriticalPath criticalPath(const Netlist& netlist, const Word& outputs, const GateDelays& delays,
                          const Word& ends);
/// From any input to any of `outputs`.
CriticalPath criticalPath(const Netlist& netlist, const Word& outputs, const GateDelays& delays);

}  // namespace systole::cost
