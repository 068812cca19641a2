// SPDX-License-Identifier: Apache-2.0
#include "sim/config/costed_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "arch/datapath.hpp"
#include "models/cost/machine/area_model.hpp"
#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

cost::ScratchpadDescription describe(const arch::ScratchpadConfig& scratchpad) {
    const bool readsAndWrites = scratchpad.ports == memory::PortKind::OneReadOneWrite;
    return {scratchpad.capacityBytes, scratchpad.banks, scratchpad.wordBytes * 8,
            readsAndWrites ? 2U : 1U};
}

cost::ControlDescription describeControl(const arch::MachineConfig& machine) {
    cost::ControlDescription control{.commandQueueDepth = machine.sequencer.queueDepth,
                                     .issuesInNoTime = machine.sequencer.issueCycles == 0,
                                     .dmaOutstandingBursts = machine.dma.outstandingBursts,
                                     .dmaBytesPerCycle = machine.dma.bytesPerCycle,
                                     .dramBurstBytes = machine.dram.burstBytes()};
    if (machine.dram.ddr) {
        const auto& ddr = *machine.dram.ddr;
        control.dramClockHertz = ddr.clockHertz;
        control.dramChannels = ddr.organization.channels;
        control.dramQueueEntries = ddr.controller.readQueue + ddr.controller.writeQueue;
        control.dramWriteEntries = ddr.controller.writeQueue;
        control.dramBanks = ddr.organization.ranks * ddr.organization.banks();
    }
    return control;
}

}  // namespace

numeric::ProductClass multiplierOf(const arch::DatapathConfig& datapath) {
    return datapath.multiplier.value_or(
        numeric::defaultProductClass(datapath.activation, datapath.weight));
}

namespace {

cost::LaneUnits laneUnits(const arch::VectorUnitConfig& unit) {
    cost::LaneUnits units;
    for (std::size_t i = 0; i < units.size(); ++i) {
        const auto& [circuits, cycles] = unit.operations[i];
        units[i] = {static_cast<double>(circuits), static_cast<double>(cycles)};
    }
    return units;
}

cost::ElementDescription elementOf(const RunConfig& config, const arch::DatapathConfig& datapath) {
    return cost::describeElement(datapath.activation, datapath.weight, datapath.accumulator,
                                 multiplierOf(datapath), config.energy.floatAdder);
}

/// Bits of a sum in the accumulator buffer: those of the widest datapath.
std::uint32_t accumulatorBitsOf(const arch::MachineConfig& machine) {
    int bits = arch::Datapath(machine.datapath).accumulatorBits;
    for (const arch::DatapathConfig& further : machine.furtherDatapaths) {
        bits = std::max(bits, arch::Datapath(further).accumulatorBits);
    }
    return static_cast<std::uint32_t>(bits);
}

cost::MachineDescription describeFirst(const RunConfig& config) {
    const arch::MachineConfig& machine = config.machine;
    const arch::ArrayConfig& array = machine.array;
    const bool outputStationary = array.dataflow == arch::Dataflow::OutputStationary;
    return {.array = {.rows = array.physicalGeometry().rows,
                      .columns = array.physicalGeometry().columns,
                      .isOutputStationary = outputStationary,
                      .isInputStationary = array.dataflow == arch::Dataflow::InputStationary,
                      .overlapsFolds = array.overlapFolds,
                      .hasDrainRegisters = outputStationary && array.drain == arch::Drain::Shadow,
                      .pipelineDepth = array.pipelineDepth},
            .element = elementOf(config, machine.datapath),
            .synthesis = config.synthesis,
            .clockHertz = machine.clockHertz,
            .activationScratchpad = describe(machine.activationScratchpad),
            .weightScratchpad = describe(machine.weightScratchpad),
            .accumulatorRows = machine.accumulatorBuffer.rows,
            .accumulatorBits = accumulatorBitsOf(machine),
            .vectorLanes = machine.vectorUnit.lanes,
            .vectorPipelineDepth = machine.vectorUnit.pipelineDepth,
            .vectorUnits = laneUnits(machine.vectorUnit),
            .control = describeControl(machine),
            .cellsOnly = config.layout == Layout::CellsOnly,
            .energy = config.energy};
}

}  // namespace

cost::MachineDescription describeMachine(const RunConfig& config, arch::DatapathId datapath) {
    cost::MachineDescription machine = describeFirst(config);
    for (std::size_t i = 0; i < config.machine.furtherDatapaths.size(); ++i) {
        machine.idleElements.push_back(
            {elementOf(config, config.machine.furtherDatapaths[i]), config.furtherSynthesis.at(i)});
    }
    return datapath == 0 ? machine : machine.with(datapath - 1);
}

double fastestClock(const RunConfig& config) {
    const double hertz =
        cost::clockLimits(config.technology, describeMachine(config)).reachableHertz();
    return fourDigitsDown(hertz);
}

}  // namespace systole::sim
