// SPDX-License-Identifier: Apache-2.0
#include "sim/run/mapping_energies.hpp"

#include "models/cost/machine/energy_model.hpp"
#include "models/memory/dram/dram_energy.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/run/machine_cost.hpp"

namespace systole::sim {
namespace {

/// Joules that all channels take in a DRAM clock in which no burst is served.
double idleJoules(const memory::DdrConfig& ddr) {
    constexpr std::uint64_t kClocks = 1'000'000'000;
    const std::uint64_t ranks = std::uint64_t{ddr.organization.ranks} * ddr.organization.channels;
    memory::DramCounters counters;
    counters.totalClocks = kClocks;
    counters.activeStandbyClocks = kClocks * ranks;
    if (ddr.refresh.mode == memory::RefreshMode::AllBank) {
        counters.refreshes = kClocks / ddr.refresh.interval * ranks;
    }
    return memory::dramEnergy(ddr, counters).deviceJoules() / kClocks;
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

// Refresh commands are left out: of ResNet-8 on edge-16x16 they are five millionths of the energy.
arch::ActionEnergies mappingEnergies(const RunConfig& config, arch::DatapathId datapath) {
    using cost::Counters;
    const cost::EnergyModel model(config.technology, describeMachine(config, datapath));
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
    product.perMac = ProductEnergy(config, cost::Stimulus::Rectified, datapath).of({});
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
                                  .vectorBias = of(&Counters::vectorBiasAdditions),
                                  .command = of(&Counters::commands),
                                  .transferredByte = of(&Counters::bytesLoaded),
                                  .burst = joules({.bursts = 1}),
                                  .rowOpening = joules({.activates = 1}),
                                  .cycle = joules({.seconds = 1 / config.machine.clockHertz})};
    for (std::size_t i = 0; i < cost::kFunctionCounters.size(); ++i) {
        energies.vectorFunctions[i] = of(cost::kFunctionCounters[i]);
    }
    addDram(config.machine, energies);
    return energies;
}

}  // namespace systole::sim
