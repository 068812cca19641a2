// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/area_model.hpp"

#include <algorithm>
#include <limits>

#include "models/cost/machine/logic_estimate.hpp"

namespace systole::cost {
namespace {

AreaNode logicNode(std::string name, double area, double error, std::string source) {
    return {.name = std::move(name),
            .basis = AreaBasis::Logic,
            .squareMicrons = area,
            .lowSquareMicrons = area * std::max(0.0, 1 - error),
            .highSquareMicrons = area * (1 + error),
            .source = std::move(source)};
}

AreaNode freeNode(std::string name, std::string source) {
    return {.name = std::move(name), .basis = AreaBasis::Free, .source = std::move(source)};
}

AreaNode sumNode(std::string name, std::vector<AreaNode> parts) {
    AreaNode node{.name = std::move(name), .source = "sum of its parts"};
    for (const AreaNode& part : parts) {
        node.squareMicrons += part.squareMicrons;
        node.lowSquareMicrons += part.lowSquareMicrons;
        node.highSquareMicrons += part.highSquareMicrons;
    }
    node.parts = std::move(parts);
    return node;
}

AreaNode memoryNode(std::string name, const SramMacro& memory, double count) {
    const Estimate& area = memory.areaSquareMicrons;
    if (area.nominal == 0) return freeNode(std::move(name), "unlimited: costs nothing");
    const Estimate& leakage = memory.leakageWatts;
    return {
        .name = std::move(name),
        .basis = AreaBasis::Memory,
        .squareMicrons = count * area.nominal,
        .lowSquareMicrons = count * area.low,
        .highSquareMicrons = count * area.high,
        .source = memory.source,
        .memoryLeakageWatts = {count * leakage.nominal, count * leakage.low, count * leakage.high}};
}

AreaNode arrayNode(const Technology& technology, const MachineDescription& machine) {
    const LogicTechnology& logic = technology.logic;
    const double elements = static_cast<double>(machine.array.rows) * machine.array.columns;
    const ElementModel model(logic, machine.element, machine.make());
    const double error = logic.areaErrorOf(machine.synthesis).largest;
    const ByElementPart area = model.squareMicrons();
    std::vector<AreaNode> parts;
    for (const ElementPart part : kElementParts) {
        if (area[part] == 0) continue;
        parts.push_back(logicNode(nameOf(part), elements * area[part], error, logic.source));
    }
    const LogicEstimate control = elementControl(logic, machine);
    parts.push_back(logicNode("control", elements * control.squareMicrons(logic), kEstimateError,
                              kEstimateSource));
    return sumNode("array", {sumNode("processing_elements", std::move(parts)),
                             logicNode("edge", arrayEdge(logic, machine).squareMicrons(logic),
                                       kEstimateError, kEstimateSource)});
}

AreaNode estimateNode(std::string name, const LogicTechnology& logic,
                      const LogicEstimate& estimate) {
    return logicNode(std::move(name), estimate.squareMicrons(logic), kEstimateError,
                     kEstimateSource);
}

AreaNode vectorNode(const LogicTechnology& logic, const Limit& lanes) {
    if (!lanes) return freeNode("vector_unit", "unlimited: costs nothing");
    return logicNode("vector_unit",
                     static_cast<double>(*lanes) * vectorLane(logic).squareMicrons(logic),
                     kEstimateError, kEstimateSource);
}

}  // namespace

bool AreaNode::isFree() const {
    return basis == AreaBasis::Free ||
           std::any_of(parts.begin(), parts.end(),
                       [](const AreaNode& part) { return part.isFree(); });
}

const AreaNode* AreaNode::find(const std::string& part) const {
    const auto found = std::find_if(parts.begin(), parts.end(),
                                    [&](const AreaNode& each) { return each.name == part; });
    return found == parts.end() ? nullptr : &*found;
}

AreaNode areaOf(const Technology& technology, const MachineDescription& machine) {
    if (technology.isFree) return freeNode("total", "left out");
    const LogicTechnology& logic = technology.logic;
    const MachineMemories memories = memoriesOf(technology, machine);
    std::vector<AreaNode> parts{
        arrayNode(technology, machine),
        memoryNode("activation_scratchpad", memories.activationScratchpad.macro, 1),
        memoryNode("weight_scratchpad", memories.weightScratchpad.macro, 1),
        memoryNode("accumulator_buffer", memories.accumulatorColumn.macro, machine.array.columns),
        vectorNode(logic, machine.vectorLanes),
        estimateNode("dma", logic, dmaEngine(logic, machine.control)),
        estimateNode("sequencer", logic, sequencer(logic, machine.control)),
    };
    if (machine.control.dramChannels > 0) {
        parts.push_back(
            estimateNode("memory_controller", logic, memoryController(logic, machine.control)));
    }
    return sumNode("total", std::move(parts));
}

double ClockLimits::reachableHertz() const {
    const double slowest = std::max(elementNanoseconds, scratchpadNanoseconds);
    return slowest == 0 ? std::numeric_limits<double>::infinity() : 1e9 / slowest;
}

ClockLimits clockLimits(const Technology& technology, const MachineDescription& machine) {
    if (technology.isFree) return {};
    const ElementModel element(technology.logic, machine.element, machine.make());
    ClockLimits limits{.elementNanoseconds = element.nanoseconds()};
    if (technology.logic.speed) {
        const ElementMake fast{Goal::Delay, machine.array.pipelineDepth};
        limits.fastNanoseconds =
            ElementModel(technology.logic, machine.element, fast).nanoseconds();
    }
    for (const MemoryDelay& memory : memoryDelays(technology, machine)) {
        limits.scratchpadNanoseconds = std::max(limits.scratchpadNanoseconds, memory.nanoseconds);
    }
    return limits;
}

}  // namespace systole::cost
