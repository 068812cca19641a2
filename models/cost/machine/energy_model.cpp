// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/energy_model.hpp"

#include "models/cost/machine/area_model.hpp"
#include "models/cost/machine/logic_estimate.hpp"

namespace systole::cost {
namespace {

constexpr double kFemto = 1e-15;
constexpr double kDmaRegisters = 2;  ///< that a byte passes
constexpr double kRandomToggleRate = 0.5;
constexpr double kBitsAByte = 8;

double count(std::uint64_t value) { return static_cast<double>(value); }

double atCorner(const Estimate& estimate, SramCorner corner) {
    switch (corner) {
        case SramCorner::Low:
            return estimate.low;
        case SramCorner::High:
            return estimate.high;
        default:
            return estimate.nominal;
    }
}

/// Logic of the whole machine; memories leak by themselves.
double logicSquareMicrons(const AreaNode& area) {
    double sum = 0;
    for (const char* name : {"array", "vector_unit", "dma", "sequencer", "memory_controller"}) {
        const AreaNode* node = area.find(name);
        sum += node == nullptr ? 0 : node->squareMicrons;
    }
    return sum;
}

}  // namespace

double EnergyBreakdown::totalJoules() const {
    double total = 0;
    for (const EnergyComponent& component : kEnergyComponents) {
        total += this->*component.joules;
    }
    return total;
}

EnergyModel::EnergyModel(const Technology& technology, const MachineDescription& machine,
                         SramCorner corner) {
    if (technology.isFree) return;
    const LogicTechnology& logic = technology.logic;
    const MachineMemories memories = memoriesOf(technology, machine);
    const auto joules = [&](const SramMacro& memory) {
        return AccessJoules{atCorner(memory.readJoules, corner),
                            atCorner(memory.writeJoules, corner)};
    };
    activationScratchpad_ = joules(memories.activationScratchpad);
    weightScratchpad_ = joules(memories.weightScratchpad);
    accumulatorBuffer_ = joules(memories.accumulatorColumn);

    const double clockBit = logic.flipFlop.clockFemtojoules * kFemto;
    toggleJoules_ = logic.flipFlop.toggleFemtojoules * kFemto;
    if (!machine.energy.clockGating) {
        idleJoules_ = ElementModel(logic, machine.element).idleJoules();
    }
    const LogicEstimate edge = arrayEdge(logic, machine);
    edgeJoules_ = edge.registerBits * (clockBit + kRandomToggleRate * toggleJoules_);
    const numeric::Format& stationary =
        machine.array.isInputStationary ? machine.element.activation : machine.element.weight;
    loadJoules_ = numeric::widthOf(stationary) * clockBit;
    if (machine.vectorLanes) vectorOperationJoules_ = vectorLane(logic).joulesPerUse;
    dmaByteJoules_ = kDmaRegisters * kBitsAByte * (clockBit + kRandomToggleRate * toggleJoules_);
    leakageWatts_ =
        logic.leakageWatts(logicSquareMicrons(areaOf(technology, machine)),
                           machine.energy.temperatureKelvin) +
        atCorner(memories.activationScratchpad.leakageWatts, corner) +
        atCorner(memories.weightScratchpad.leakageWatts, corner) +
        machine.array.columns * atCorner(memories.accumulatorColumn.leakageWatts, corner);
}

EnergyBreakdown EnergyModel::energyOf(const Counters& counters, double seconds, double dramJoules,
                                      double dramIoJoules, const ByElementPart& perMac) const {
    const auto accesses = [](const AccessJoules& joules, std::uint64_t reads,
                             std::uint64_t writes) {
        return count(reads) * joules.read + count(writes) * joules.write;
    };
    const double macs = count(counters.macs);
    EnergyBreakdown energy;
    energy.arrayMultiplierJoules = macs * perMac[ElementPart::Multiplier];
    energy.arrayAlignmentJoules = macs * perMac[ElementPart::Alignment];
    energy.arrayAccumulatorJoules = macs * perMac[ElementPart::Accumulator];
    energy.arrayNormalisationJoules = macs * perMac[ElementPart::Normalisation];
    energy.arrayRoundingJoules = macs * perMac[ElementPart::Rounding];
    energy.arrayRegistersJoules = macs * perMac[ElementPart::Registers];
    energy.arrayIdleJoules = count(counters.idlePeCycles) * idleJoules_;
    energy.arrayEdgeJoules =
        count(counters.arrayStepCycles + counters.arrayFillCycles + counters.arrayDrainCycles) *
            edgeJoules_ +
        count(counters.stationaryRegisterWrites) * loadJoules_ +
        count(counters.stationaryRegisterToggles) * toggleJoules_;
    energy.activationScratchpadJoules =
        accesses(activationScratchpad_, counters.activationScratchpadReads,
                 counters.activationScratchpadWrites);
    energy.weightScratchpadJoules = accesses(weightScratchpad_, counters.weightScratchpadReads,
                                             counters.weightScratchpadWrites);
    energy.accumulatorBufferJoules =
        accesses(accumulatorBuffer_, counters.accumulatorReads, counters.accumulatorWrites);
    energy.vectorUnitJoules = count(counters.vectorOperations) * vectorOperationJoules_;
    energy.dmaJoules = count(counters.bytesLoaded + counters.bytesStored) * dmaByteJoules_;
    energy.leakageJoules = leakageWatts_ * seconds;
    energy.dramJoules = dramJoules;
    energy.dramIoJoules = dramIoJoules;
    return energy;
}

}  // namespace systole::cost
