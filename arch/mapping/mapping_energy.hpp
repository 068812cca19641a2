// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/machine/counters.hpp"

/// What the actions of a machine cost, for the objectives `energy` and `energy_delay` of the search
/// (docs/mapping.md). sim fills them in from the technology and the DRAM part that the machine is
/// costed with.
namespace systole::arch {

/// Joules of one action each. A word is one of its scratchpad, a sum one of the accumulator buffer.
struct ActionEnergies {
    double product = 0;            ///< a multiply-accumulate
    double idleElementCycle = 0;   ///< of a processing element while the array works
    double arrayCycle = 0;         ///< of the array's edge while it works
    double stationaryOperand = 0;  ///< that moves on by one processing element
    double activationRead = 0;
    double activationWrite = 0;
    double weightRead = 0;
    double weightWrite = 0;
    double sumRead = 0;
    double sumWrite = 0;
    double vectorPass = 0;  ///< an element through a vector lane
    double vectorBias = 0;
    numeric::ByFunctionClass<double> vectorFunctions{};
    double command = 0;          ///< through the sequencer
    double transferredByte = 0;  ///< through the DMA engine
    double burst = 0;            ///< in the DMA engine and in the memory controller
    double rowOpening = 0;       ///< in the memory controller
    double dramRead = 0;         ///< of a burst, pins included
    double dramWrite = 0;
    double dramActivate = 0;
    double cycle = 0;          ///< leakage, and clocks that never rest
    double dramIdleCycle = 0;  ///< DRAM's refreshes and background, awake all the time
};

/// Joules of a sum that becomes a code: bias, scale, and conversions to a real and to a code.
double requantizationJoules(const ActionEnergies& energies);

/// Joules of a layer, or of a part of it, by what they grow with.
struct MappingEnergy {
    double chip = 0;  ///< with the work on the chip
    double dram = 0;  ///< with bursts and opened rows, in DRAM and in front of it
    double idle = 0;  ///< with time: leakage, refreshes, background

    double total() const { return chip + dram + idle; }
};

/// DRAM's part in what a layer does.
struct DramActions {
    double reads = 0;  ///< bursts
    double writes = 0;
    double activates = 0;

    double joules(const ActionEnergies& energies) const {
        return reads * energies.dramRead + writes * energies.dramWrite +
               activates * energies.dramActivate + chipJoules(energies);
    }
    /// What they take on the chip: in the DMA engine and in the memory controller.
    double chipJoules(const ActionEnergies& energies) const {
        return (reads + writes) * energies.burst + activates * energies.rowOpening;
    }
};

/// What the machine's actions on the chip cost, as a replay has counted them; those of bursts are
/// in DramActions.
double chipJoules(const ActionEnergies& energies, const cost::Counters& counters);

}  // namespace systole::arch
