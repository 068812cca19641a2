// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram_energy.hpp"

namespace systole::memory {

DramCommandEnergy dramCommandEnergy(const DdrConfig& config) {
    const DramTiming& t = config.timing;
    const DramPower& p = config.power;
    const double burst = config.organization.burstLength / 2.0;
    const double devices = config.organization.devices;
    // Currents are in mA: mA * V * clocks -> joules.
    const double joules = 1e-3 / config.clockHertz * devices;
    DramCommandEnergy energy;
    // The background that flows anyway is taken off: IDD3N while the row is open, IDD2N afterwards.
    energy.activateJoules =
        (p.VDD * (p.IDD0 * t.tRC - p.IDD3N * t.tRAS - p.IDD2N * t.tRP) + p.VPP * p.IPP0 * t.tRC) *
        joules;
    energy.readJoules = p.VDD * (p.IDD4R - p.IDD3N) * burst * joules;
    energy.writeJoules = p.VDD * (p.IDD4W - p.IDD3N) * burst * joules;
    energy.refreshJoules = p.VDD * (p.IDD5 - p.IDD3N) * t.tRFC * joules;
    energy.bankOpenWatts = p.VDD * p.IDD3N * 1e-3 * devices;
    energy.allClosedWatts = p.VDD * p.IDD2N * 1e-3 * devices;
    return energy;
}

DramEnergy dramEnergy(const DdrConfig& config, const DramCounters& counters) {
    const DramCommandEnergy each = dramCommandEnergy(config);
    const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
    DramEnergy energy;
    energy.activateJoules = each.activateJoules * count(counters.activates);
    energy.readJoules = each.readJoules * count(counters.reads);
    energy.writeJoules = each.writeJoules * count(counters.writes);
    energy.refreshJoules = each.refreshJoules * count(counters.refreshes);
    energy.backgroundJoules = (each.bankOpenWatts * count(counters.bankOpenClocks) +
                               each.allClosedWatts * count(counters.allClosedClocks)) /
                              config.clockHertz;
    return energy;
}

}  // namespace systole::memory
