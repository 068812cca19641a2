// SPDX-License-Identifier: Apache-2.0
#include "models/cost/cost_model.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::cost {

namespace {

double count(std::uint64_t value) { return static_cast<double>(value); }

double elementsOf(const MachineDescription& machine) {
    return count(machine.arrayRows) * machine.arrayColumns;
}

const ProcessingElement& elementOf(const Technology& technology,
                                   const MachineDescription& machine) {
    static const ProcessingElement kFree;
    return technology.isFree ? kFree
                             : processingElementOf(technology, machine.activation, machine.weight,
                                                   machine.accumulator, machine.multiplier);
}

/// All banks; nothing for a free scratchpad.
SramMacro scratchpadOf(const Technology& technology, const ScratchpadDescription& scratchpad) {
    return scratchpad.isFree()
               ? SramMacro{}
               : technology.sram.at(
                     {.capacityBytes = count(*scratchpad.capacityBytes) / count(*scratchpad.banks),
                      .wordBits = count(scratchpad.wordBits),
                      .banks = *scratchpad.banks});
}

/// The accumulators of one column; nothing where they are free.
SramMacro accumulatorColumn(const Technology& technology, const MachineDescription& machine) {
    return machine.accumulatorRows
               ? technology.sram.at({.capacityBytes = count(*machine.accumulatorRows) *
                                                      machine.accumulatorBits / 8,
                                     .wordBits = count(machine.accumulatorBits)})
               : SramMacro{};
}

ComponentArea sramArea(const Technology& technology, double memories, const SramMacro& memory) {
    const Estimate& area = memory.areaSquareMicrons;
    return {.squareMicrons = memories * area.nominal,
            .lowSquareMicrons = memories * area.low,
            .highSquareMicrons = memories * area.high,
            .isFree = area.nominal == 0,
            .source = technology.sram.source()};
}

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

ComponentArea vectorArea(const Technology& technology, const Limit& lanes) {
    const double lane = technology.fp32Multiply.areaSquareMicrons.value +
                        technology.fp32Add.areaSquareMicrons.value +
                        technology.int32Add.areaSquareMicrons.value;
    const double area = lanes ? count(*lanes) * lane : 0;
    return {.squareMicrons = area,
            .lowSquareMicrons = area,
            .highSquareMicrons = area,
            .isFree = !lanes,
            .source = technology.fp32Multiply.areaSquareMicrons.source};
}

ComponentArea arrayArea(const ProcessingElement& element, double elements) {
    const double area = elements * element.areaSquareMicrons;
    const double fast =
        elements * element.fastAreaSquareMicrons.value_or(element.areaSquareMicrons);
    return {.squareMicrons = area,
            .lowSquareMicrons = std::min(area, fast),
            .highSquareMicrons = std::max(area, fast),
            .isFree = false,
            .source = element.source};
}

}  // namespace

double EnergyBreakdown::totalJoules() const {
    double total = 0;
    for (const EnergyComponent& component : kEnergyComponents) {
        total += this->*component.joules;
    }
    return total;
}

ComponentArea AreaBreakdown::total() const {
    ComponentArea total;
    for (const AreaComponent& component : kAreaComponents) {
        const ComponentArea& area = this->*component.area;
        total.squareMicrons += area.squareMicrons;
        total.lowSquareMicrons += area.lowSquareMicrons;
        total.highSquareMicrons += area.highSquareMicrons;
        total.isFree = total.isFree || area.isFree;
    }
    total.source = "sum of the components";
    return total;
}

EnergyModel::EnergyModel(const Technology& technology, const MachineDescription& machine,
                         SramCorner corner)
    : element_(elementOf(technology, machine)) {
    if (technology.isFree) {
        return;
    }
    const SramMacro activations = scratchpadOf(technology, machine.activationScratchpad);
    const SramMacro weights = scratchpadOf(technology, machine.weightScratchpad);
    const SramMacro accumulators = accumulatorColumn(technology, machine);
    const auto joules = [&](const SramMacro& memory) {
        return AccessJoules{atCorner(memory.readJoules, corner),
                            atCorner(memory.writeJoules, corner)};
    };
    activationScratchpad_ = joules(activations);
    weightScratchpad_ = joules(weights);
    accumulatorBuffer_ = joules(accumulators);
    if (machine.vectorLanes) {
        // Every element passes the whole lane: bias, scale, residual or rounding add.
        vectorOperationJoules_ = 1e-12 * (technology.fp32Multiply.energyPicojoules.value +
                                          technology.fp32Add.energyPicojoules.value +
                                          technology.int32Add.energyPicojoules.value);
    }
    leakageWatts_ = elementsOf(machine) * element_.leakageMicrowatts * 1e-6 +
                    atCorner(activations.leakageWatts, corner) +
                    atCorner(weights.leakageWatts, corner) +
                    count(machine.arrayColumns) * atCorner(accumulators.leakageWatts, corner);
}

EnergyBreakdown EnergyModel::energyOf(const Counters& counters, double seconds, double dramJoules,
                                      double dramIoJoules) const {
    const auto accesses = [](const AccessJoules& joules, std::uint64_t reads,
                             std::uint64_t writes) {
        return count(reads) * joules.read + count(writes) * joules.write;
    };
    EnergyBreakdown energy;
    energy.arrayMacJoules = count(counters.macs) * element_.picojoulesPerMac * 1e-12;
    energy.arrayClockJoules = count(counters.idlePeCycles) * element_.idleClockPicojoules * 1e-12;
    energy.activationScratchpadJoules =
        accesses(activationScratchpad_, counters.activationScratchpadReads,
                 counters.activationScratchpadWrites);
    energy.weightScratchpadJoules = accesses(weightScratchpad_, counters.weightScratchpadReads,
                                             counters.weightScratchpadWrites);
    energy.accumulatorBufferJoules =
        accesses(accumulatorBuffer_, counters.accumulatorReads, counters.accumulatorWrites);
    energy.vectorUnitJoules = count(counters.vectorOperations) * vectorOperationJoules_;
    energy.leakageJoules = leakageWatts_ * seconds;
    energy.dramJoules = dramJoules;
    energy.dramIoJoules = dramIoJoules;
    return energy;
}

AreaModel::AreaModel(const Technology& technology, const MachineDescription& machine) {
    const ProcessingElement& element = elementOf(technology, machine);
    if (technology.isFree) {
        for (const AreaComponent& component : kAreaComponents) {
            ComponentArea& area = area_.*component.area;
            area.isFree = true;
            area.source = "left out";
        }
        meetsClock_ = meetsClockFast_ = true;
        return;
    }
    area_.array = arrayArea(element, elementsOf(machine));
    area_.activationScratchpad =
        sramArea(technology, 1, scratchpadOf(technology, machine.activationScratchpad));
    area_.weightScratchpad =
        sramArea(technology, 1, scratchpadOf(technology, machine.weightScratchpad));
    area_.accumulatorBuffer =
        sramArea(technology, machine.arrayColumns, accumulatorColumn(technology, machine));
    area_.vectorUnit = vectorArea(technology, machine.vectorLanes);

    SYSTOLE_CHECK(machine.clockHertz > 0, "clock of {} Hz", machine.clockHertz);
    const double period = 1e9 / machine.clockHertz;
    meetsClock_ = element.delayNanoseconds <= period;
    meetsClockFast_ = element.fastDelayNanoseconds.value_or(element.delayNanoseconds) <= period;
}

}  // namespace systole::cost
