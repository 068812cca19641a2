// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/energy_model.hpp"

#include <numeric>

#include "models/check.hpp"
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
        case SramCorner::Nominal:
            return estimate.nominal;
    }
    SYSTOLE_CHECK(false, "corner {}", static_cast<int>(corner));
}

double logicSquareMicrons(const AreaNode& area) {
    switch (area.basis) {
        case AreaBasis::Sum:
            return std::accumulate(
                area.parts.begin(), area.parts.end(), 0.0,
                [](double sum, const AreaNode& part) { return sum + logicSquareMicrons(part); });
        case AreaBasis::Logic:
            return area.squareMicrons;
        case AreaBasis::Memory:
        case AreaBasis::Free:
            return 0;
    }
    SYSTOLE_CHECK(false, "area of basis {}", static_cast<int>(area.basis));
}

/// `watts` and the leakage of the memories, one after the other.
double withMemories(double watts, const AreaNode& area, SramCorner corner) {
    if (area.basis == AreaBasis::Memory) watts += atCorner(area.memoryLeakageWatts, corner);
    for (const AreaNode& part : area.parts) watts = withMemories(watts, part, corner);
    return watts;
}

}  // namespace

double leakageWattsOf(const AreaNode& area, const LogicTechnology& logic, double temperatureKelvin,
                      SramCorner corner) {
    return withMemories(logic.leakageWatts(logicSquareMicrons(area), temperatureKelvin), area,
                        corner);
}

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
    activationScratchpad_ = joules(memories.activationScratchpad.macro);
    weightScratchpad_ = joules(memories.weightScratchpad.macro);
    accumulatorBuffer_ = joules(memories.accumulatorColumn.macro);

    const double clockBit = logic.flipFlop.clockFemtojoules * kFemto;
    toggleJoules_ = logic.flipFlop.toggleFemtojoules * kFemto;
    if (!machine.energy.clockGating) {
        idleJoules_ = ElementModel(logic, machine.element, machine.make()).idleJoules();
    }
    const LogicEstimate edge = arrayEdge(logic, machine);
    edgeJoules_ = edge.registerBits * (clockBit + kRandomToggleRate * toggleJoules_);
    const numeric::Format& stationary =
        machine.array.isInputStationary ? machine.element.activation : machine.element.weight;
    loadJoules_ = numeric::widthOf(stationary) * clockBit;
    if (machine.vectorLanes) vectorOperationJoules_ = vectorLane(logic).joulesPerUse;
    dmaByteJoules_ = kDmaRegisters * kBitsAByte * (clockBit + kRandomToggleRate * toggleJoules_);
    leakageWatts_ = leakageWattsOf(areaOf(technology, machine), logic,
                                   machine.energy.temperatureKelvin, corner);
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
