// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

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
    double vectorOperation = 0;
    double transferredByte = 0;  ///< through the DMA engine
    double dramRead = 0;         ///< of a burst, pins included
    double dramWrite = 0;
    double dramActivate = 0;
    double cycle = 0;  ///< leakage, and DRAM refreshes and background
};

/// DRAM's part in what a layer does.
struct DramActions {
    double reads = 0;  ///< bursts
    double writes = 0;
    double activates = 0;
};

}  // namespace systole::arch
