// SPDX-License-Identifier: Apache-2.0
#include "sim/run/mapping_energies.hpp"

#include "models/cost/machine/energy_model.hpp"
#include "models/memory/dram/dram_energy.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/run/machine_cost.hpp"

namespace systole::sim {
namespace {

constexpr std::uint64_t kClocks = 1'000'000'000;  // enough of the DRAM for a mean

std::uint64_t ranksOf(const memory::DdrConfig& ddr) {
    return std::uint64_t{ddr.organization.ranks} * ddr.organization.channels;
}

/// Of all banks at once, in all channels, in kClocks.
std::uint64_t refreshesOf(const memory::DdrConfig& ddr) {
    if (ddr.refresh.mode != memory::RefreshMode::AllBank) return 0;
    return kClocks / ddr.refresh.interval * ranksOf(ddr);
}

/// Joules that all channels take in a DRAM clock in which no burst is served.
double idleJoules(const memory::DdrConfig& ddr) {
    memory::DramCounters counters;
    counters.totalClocks = kClocks;
    counters.activeStandbyClocks = kClocks * ranksOf(ddr);
    counters.refreshes = refreshesOf(ddr);
    return memory::dramEnergy(ddr, counters).deviceJoules() / kClocks;
}

/// A cycle in which nothing is done but what goes on with time.
cost::MachineActions idleCycle(const arch::MachineConfig& machine) {
    cost::MachineActions actions{.seconds = 1 / machine.clockHertz};
    if (machine.dram.ddr) {
        actions.refreshes = static_cast<double>(refreshesOf(*machine.dram.ddr)) / kClocks *
                            machine.dram.ddr->clockHertz / machine.clockHertz;
    }
    return actions;
}

void addDram(const arch::MachineConfig& machine, arch::ActionEnergies& energies) {
    if (!machine.dram.ddr) {
        return;
    }
    const memory::DramCommandEnergy each = memory::dramCommandEnergy(*machine.dram.ddr);
    energies.dramRead = each.readJoules + each.ioReadJoules;
    energies.dramWrite = each.writeJoules + each.ioWriteJoules;
    energies.dramActivate = each.activateJoules;
    energies.dramIdleCycle =
        idleJoules(*machine.dram.ddr) * machine.dram.ddr->clockHertz / machine.clockHertz;
}

}  // namespace

arch::ActionEnergies mappingEnergies(const RunConfig& config) {
    using cost::Counters;
    const cost::EnergyModel model(config.technology, describeMachine(config));
    const auto of = [&](std::uint64_t Counters::*action) {
        cost::MachineActions actions;
        actions.counters.*action = 1;
        return model.energyOf(actions).totalJoules();
    };
    const auto joules = [&](const cost::MachineActions& actions) {
        return model.energyOf(actions).totalJoules();
    };
    cost::MachineActions product;
    product.counters.macs = 1;
    product.perMac = ProductEnergy(config, cost::Stimulus::Rectified).of({});
    arch::ActionEnergies energies{.product = joules(product),
                                  .idleElementCycle = of(&Counters::idlePeCycles),
                                  .arrayCycle = of(&Counters::arrayStepCycles),
                                  .stationaryOperand = of(&Counters::stationaryRegisterWrites),
                                  .activationRead = of(&Counters::activationScratchpadReads),
                                  .activationWrite = of(&Counters::activationScratchpadWrites),
                                  .weightRead = of(&Counters::weightScratchpadReads),
                                  .weightWrite = of(&Counters::weightScratchpadWrites),
                                  .sumRead = of(&Counters::accumulatorReads),
                                  .sumWrite = of(&Counters::accumulatorWrites),
                                  .vectorPass = of(&Counters::vectorOperations),
                                  .vectorRequantization = of(&Counters::vectorRequantizations),
                                  .vectorAddition = of(&Counters::vectorAdditions),
                                  .vectorPooling = of(&Counters::vectorPoolings),
                                  .vectorSoftmax = of(&Counters::vectorSoftmaxes),
                                  .command = of(&Counters::commands),
                                  .transferredByte = of(&Counters::bytesLoaded),
                                  .burst = joules({.bursts = 1}),
                                  .rowOpening = joules({.activates = 1}),
                                  .cycle = joules(idleCycle(config.machine))};
    addDram(config.machine, energies);
    return energies;
}

}  // namespace systole::sim
