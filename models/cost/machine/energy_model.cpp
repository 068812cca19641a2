// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/energy_model.hpp"

#include "models/check.hpp"

namespace systole::cost {
namespace {

double count(std::uint64_t value) { return static_cast<double>(value); }

/// At a corner of an area tree, one after the other.
double withLeaks(double watts, const AreaNode& area, const LogicTechnology& logic, double kelvin,
                 Corner corner) {
    switch (area.basis) {
        case AreaBasis::Sum:
            for (const AreaNode& part : area.parts) {
                watts = withLeaks(watts, part, logic, kelvin, corner);
            }
            return watts;
        case AreaBasis::Logic:
            return watts + logic.leakageWatts(atCorner(area.cells(), corner), kelvin);
        case AreaBasis::Memory:
        case AreaBasis::RegisterFile:
            return watts + atCorner(area.memoryLeakageWatts, corner);
        case AreaBasis::Room:
        case AreaBasis::Free:
            return watts;
    }
    SYSTOLE_CHECK(false, "area of basis {}", static_cast<int>(area.basis));
}

}  // namespace

double leakageWattsOf(const AreaNode& area, const LogicTechnology& logic, double temperatureKelvin,
                      Corner corner) {
    return withLeaks(0, area, logic, temperatureKelvin, corner);
}

double EnergyBreakdown::totalJoules() const {
    double total = 0;
    for (const EnergyComponent& component : kEnergyComponents) {
        total += this->*component.joules;
    }
    return total;
}

double EnergyModel::Switching::take(double times, const Action& action) {
    gates += times * action.gates;
    clocks += times * action.clocks;
    return times * action.joules();
}

void EnergyModel::addArray(const MachineActions& actions, EnergyBreakdown& energy,
                           Switching& switching) const {
    const Counters& counters = actions.counters;
    const double macs = count(counters.macs);
    const auto gates = [&](ElementPart part) {
        return switching.take(macs, {.gates = elementFactor_ * actions.perMac[part]});
    };
    energy.arrayMultiplierJoules = gates(ElementPart::Multiplier);
    energy.arrayAlignmentJoules = gates(ElementPart::Alignment);
    energy.arrayAccumulatorJoules = gates(ElementPart::Accumulator);
    energy.arrayNormalisationJoules = gates(ElementPart::Normalisation);
    energy.arrayRoundingJoules = gates(ElementPart::Rounding);
    energy.arrayRegistersJoules = macs * elementFactor_ * actions.perMac[ElementPart::Registers];
    switching.take(macs, productClock_);
    const double idle = count(counters.idlePeCycles);
    energy.arrayIdleJoules = switching.take(idle, idle_);
    energy.arrayControlJoules =
        switching.take(macs, productControl_) + switching.take(idle, idleControl_);
    energy.arrayEdgeJoules =
        switching.take(
            count(counters.arrayStepCycles + counters.arrayFillCycles + counters.arrayDrainCycles),
            edge_) +
        switching.take(count(counters.stationaryRegisterWrites), load_) +
        count(counters.stationaryRegisterToggles) * toggleJoules_;
}

void EnergyModel::addMemories(const Counters& counters, EnergyBreakdown& energy) const {
    const auto accesses = [&](const Access& each, std::uint64_t reads, std::uint64_t writes) {
        energy.wiresJoules += count(reads + writes) * each.wires;
        return count(reads) * each.read + count(writes) * each.write;
    };
    energy.activationScratchpadJoules =
        accesses(activationScratchpad_, counters.activationScratchpadReads,
                 counters.activationScratchpadWrites);
    energy.weightScratchpadJoules = accesses(weightScratchpad_, counters.weightScratchpadReads,
                                             counters.weightScratchpadWrites);
    energy.accumulatorBufferJoules =
        accesses(accumulatorBuffer_, counters.accumulatorReads, counters.accumulatorWrites);
}

void EnergyModel::addControllers(const MachineActions& actions, EnergyBreakdown& energy,
                                 Switching& switching) const {
    const Counters& counters = actions.counters;
    const double cycles = actions.seconds * clockHertz_;
    energy.vectorUnitJoules = switching.take(cycles, lanes_.cycle) +
                              switching.take(count(counters.vectorOperations), lanes_.pass) +
                              switching.take(count(counters.vectorBiasAdditions), lanes_.bias);
    for (std::size_t i = 0; i < kFunctionCounters.size(); ++i) {
        energy.vectorUnitJoules +=
            switching.take(count(counters.*kFunctionCounters[i]), lanes_.functions[i]);
    }
    energy.dmaJoules =
        switching.take(cycles, controllers_.dmaCycle) +
        switching.take(count(counters.bytesLoaded + counters.bytesStored), controllers_.dmaByte) +
        switching.take(actions.bursts, controllers_.dmaBurst);
    energy.sequencerJoules = switching.take(cycles, controllers_.sequencerCycle) +
                             switching.take(count(counters.commands), controllers_.command);
    constexpr double kRowCommands = 2;  // the row is opened and closed
    energy.memoryControllerJoules =
        switching.take(actions.seconds, controllers_.controllerSecond) +
        switching.take(actions.bursts, controllers_.memoryRequest) +
        switching.take(actions.bursts + kRowCommands * actions.activates + actions.refreshes,
                       controllers_.memoryCommand);
}

EnergyBreakdown EnergyModel::energyOf(const MachineActions& actions) const {
    EnergyBreakdown energy;
    Switching switching;
    addArray(actions, energy, switching);
    addMemories(actions.counters, energy);
    addControllers(actions, energy, switching);
    energy.wiresJoules += wireShare_ * switching.gates;
    energy.clockTreeJoules = clockTreeShare_ * switching.clocks;
    energy.leakageJoules = leakageWatts_ * actions.seconds;
    energy.dramJoules = actions.dramJoules;
    energy.dramIoJoules = actions.dramIoJoules;
    return energy;
}

}  // namespace systole::cost
