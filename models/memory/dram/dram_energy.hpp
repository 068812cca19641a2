// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/memory/dram/dram_config.hpp"
#include "models/memory/dram/dram_counters.hpp"

namespace systole::memory {

/// Energy of one command, and background power, of all devices of a rank together. From the IDD
/// and IPP currents (Micron TN-40-07, "Calculating Memory Power for DDR4 SDRAM"), which know
/// nothing of drivers and termination outside the devices' own supplies: those are `io`.
struct DramCommandEnergy {
    double activateJoules = 0;  ///< with the precharge that follows it
    double readJoules = 0;
    double writeJoules = 0;
    double refreshJoules = 0;
    double refreshBankJoules = 0;
    double ioReadJoules = 0;   ///< of a burst
    double ioWriteJoules = 0;  ///< of a burst
    double activeStandbyWatts = 0;
    double prechargeStandbyWatts = 0;
    double activePowerDownWatts = 0;
    double prechargePowerDownWatts = 0;
    double selfRefreshWatts = 0;
};

DramCommandEnergy dramCommandEnergy(const DdrConfig& config);

struct DramEnergy {
    double activateJoules = 0;
    double readJoules = 0;
    double writeJoules = 0;
    double refreshJoules = 0;
    double backgroundJoules = 0;
    double ioJoules = 0;

    /// What the devices take from their supplies; without `ioJoules`.
    double deviceJoules() const {
        return activateJoules + readJoules + writeJoules + refreshJoules + backgroundJoules;
    }
    double totalJoules() const { return deviceJoules() + ioJoules; }
};

/// Of what the counters say; counters of several channels may be added up before.
DramEnergy dramEnergy(const DdrConfig& config, const DramCounters& counters);

}  // namespace systole::memory
