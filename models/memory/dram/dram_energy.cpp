// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/dram_energy.hpp"

namespace systole::memory {

DramCommandEnergy dramCommandEnergy(const DdrConfig& config) {
    const DramPower& p = config.power;
    const double watts = 1e-3 * config.organization.devices;  // of a milliwatt of each device
    const double joules = watts / config.clockHertz;          // of a milliwatt for a clock
    const double bits = config.organization.burstBytes() * 8.0;
    return {.activateJoules = p.activate * joules,
            .readJoules = p.read * joules,
            .writeJoules = p.write * joules,
            .refreshJoules = p.refresh * joules,
            .refreshBankJoules = p.refreshBank * joules,
            .ioReadJoules = p.ioReadPicojoulesPerBit * 1e-12 * bits,
            .ioWriteJoules = p.ioWritePicojoulesPerBit * 1e-12 * bits,
            .activeStandbyWatts = p.activeStandby * watts,
            .prechargeStandbyWatts = p.prechargeStandby * watts,
            .activePowerDownWatts = p.activePowerDown * watts,
            .prechargePowerDownWatts = p.prechargePowerDown * watts,
            .selfRefreshWatts = p.selfRefresh * watts};
}

DramEnergy dramEnergy(const DdrConfig& config, const DramCounters& counters) {
    const DramCommandEnergy each = dramCommandEnergy(config);
    const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
    DramEnergy energy;
    energy.activateJoules = each.activateJoules * count(counters.activates);
    energy.readJoules = each.readJoules * count(counters.reads);
    energy.writeJoules = each.writeJoules * count(counters.writes);
    energy.refreshJoules = each.refreshJoules * count(counters.refreshes) +
                           each.refreshBankJoules * count(counters.bankRefreshes);
    energy.backgroundJoules =
        (each.activeStandbyWatts * count(counters.activeStandbyClocks) +
         each.prechargeStandbyWatts * count(counters.prechargeStandbyClocks) +
         each.activePowerDownWatts * count(counters.activePowerDownClocks) +
         each.prechargePowerDownWatts * count(counters.prechargePowerDownClocks) +
         each.selfRefreshWatts * count(counters.selfRefreshClocks)) /
        config.clockHertz;
    energy.ioJoules =
        each.ioReadJoules * count(counters.reads) + each.ioWriteJoules * count(counters.writes);
    return energy;
}

}  // namespace systole::memory
