// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/memory/dram_config.hpp"
#include "models/memory/dram_counters.hpp"

namespace systole::memory {

/// Energy of one command, and background power, of all devices of a channel together. From the IDD
/// and IPP currents (Micron TN-40-07, "Calculating Memory Power for DDR4 SDRAM"). I/O and
/// termination are not included, power-down states are not used.
struct DramCommandEnergy {
    double activateJoules = 0;  ///< with the precharge that follows it
    double readJoules = 0;
    double writeJoules = 0;
    double refreshJoules = 0;
    double bankOpenWatts = 0;   ///< background while at least one bank is open
    double allClosedWatts = 0;  ///< background while all banks are closed
};

DramCommandEnergy dramCommandEnergy(const DdrConfig& config);

struct DramEnergy {
    double activateJoules = 0;
    double readJoules = 0;
    double writeJoules = 0;
    double refreshJoules = 0;
    double backgroundJoules = 0;

    double totalJoules() const {
        return activateJoules + readJoules + writeJoules + refreshJoules + backgroundJoules;
    }
};

/// Of what the counters say; counters of several channels may be added up before.
DramEnergy dramEnergy(const DdrConfig& config, const DramCounters& counters);

}  // namespace systole::memory
