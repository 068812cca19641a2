// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/area_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "models/check.hpp"
#include "models/cost/machine/ideal_parts.hpp"
#include "models/cost/machine/logic_estimate.hpp"
#include "models/cost/machine/machine_memories.hpp"
#include "models/cost/machine/silicon.hpp"
#include "models/cost/technology/corner.hpp"

namespace systole::cost {
namespace {

AreaNode logicNode(std::string name, double area, double registers, double error,
                   std::string source) {
    const Estimate band = within(area, error, error);
    return {.name = std::move(name),
            .basis = AreaBasis::Logic,
            .squareMicrons = band.nominal,
            .lowSquareMicrons = band.low,
            .highSquareMicrons = band.high,
            .source = std::move(source),
            .registerSquareMicrons = registers};
}

AreaNode freeNode(std::string name, std::string source) {
    return {.name = std::move(name), .basis = AreaBasis::Free, .source = std::move(source)};
}

/// `count` memories that hold so many bits in all.
AreaNode memoryNode(const Technology& technology, std::string name, const SramMacro& memory,
                    double count, double bits) {
    const Estimate& area = memory.areaSquareMicrons;
    const Estimate& leakage = memory.leakageWatts;
    AreaNode node{
        .name = std::move(name),
        .basis = AreaBasis::Memory,
        .squareMicrons = count * area.nominal,
        .lowSquareMicrons = count * area.low,
        .highSquareMicrons = count * area.high,
        .source = memory.source,
        .memoryLeakageWatts = {count * leakage.nominal, count * leakage.low, count * leakage.high}};
    if (memory.isRegisterFile) {
        node.basis = AreaBasis::RegisterFile;
        const double each = technology.sram.coefficients().registerFile->flipFlopSquareMicrons;
        node.registerSquareMicrons = std::min(node.squareMicrons, bits * each);
    }
    return node;
}

AreaNode scratchpadNode(const Technology& technology, std::string name, const MachineMemory& memory,
                        const ScratchpadDescription& description) {
    return memoryNode(technology, std::move(name), memory.macro, 1,
                      8 * static_cast<double>(*description.capacityBytes));
}

AreaNode accumulatorNode(const Technology& technology, std::string name,
                         const MachineMemory& memory, const MachineDescription& machine) {
    const double columns = machine.array.columns;
    const double columnBits =
        static_cast<double>(*machine.accumulatorRows) * machine.accumulatorBits;
    return memoryNode(technology, std::move(name), memory.macro, columns, columns * columnBits);
}

AreaNode estimateNode(std::string name, const LogicTechnology& logic,
                      const LogicEstimate& estimate) {
    AreaNode node =
        logicNode(std::move(name), estimate.squareMicrons(logic),
                  estimate.registerBits * logic.flipFlop.squareMicrons,
                  estimateDoubt(logic.errors.ofElements(Goal::Area).area), kEstimateSource);
    if (!estimate.note.empty()) node.notes.push_back(estimate.note);
    return node;
}

/// All elements that work together.
AreaNode elementsNode(const Technology& technology, const MachineDescription& machine,
                      std::string name) {
    const LogicTechnology& logic = technology.logic;
    const double elements = static_cast<double>(machine.array.rows) * machine.array.columns;
    const ElementModel model(logic, machine.element, machine.make());
    const FitWidening widening = model.fitWidening();
    const double error = logic.errors.ofElements(machine.synthesis)
                             .area.value_or(FitError{})
                             .widened(widening.area)
                             .largest;
    const ByElementPart area = model.squareMicrons();
    std::vector<AreaNode> parts;
    for (const ElementPart part : kElementParts) {
        if (area[part] == 0) continue;
        const double all = elements * area[part];
        parts.push_back(logicNode(nameOf(part), all, part == ElementPart::Registers ? all : 0,
                                  error, logic.source));
    }
    parts.push_back(estimateNode("control", logic, elements * elementControl(logic, machine)));
    AreaNode all = sumOf(std::move(name), std::move(parts));
    if (!widening.reasons.empty()) all.notes.push_back(widening.note());
    return all;
}

/// Elements of several datapaths lie side by side, each with registers and control of its own: an
/// upper bound. They share the skew registers, which are as wide as the widest one needs.
AreaNode arrayNode(const Technology& technology, const MachineDescription& machine) {
    std::vector<AreaNode> parts{elementsNode(technology, machine, "processing_elements")};
    LogicEstimate edge = arrayEdge(technology.logic, machine);
    for (std::size_t i = 0; i < machine.idleElements.size(); ++i) {
        const MachineDescription other = machine.with(i);
        parts.push_back(elementsNode(technology, other, fmt::format("further_elements_{}", i + 1)));
        parts.back().notes.emplace_back(
            "beside the first ones, sharing nothing with them: an upper bound");
        const LogicEstimate needed = arrayEdge(technology.logic, other);
        if (needed.registerBits > edge.registerBits) edge = needed;
    }
    parts.push_back(estimateNode("edge", technology.logic, edge));
    return sumOf("array", std::move(parts));
}

/// A part that is built.
AreaNode builtNode(const Technology& technology, const MachineDescription& machine,
                   const MachineMemories& memories, MachinePart part) {
    const LogicTechnology& logic = technology.logic;
    const std::string name = nameOf(part);
    switch (part) {
        case MachinePart::ActivationScratchpad:
            return scratchpadNode(technology, name, memories.activationScratchpad,
                                  machine.activationScratchpad);
        case MachinePart::WeightScratchpad:
            return scratchpadNode(technology, name, memories.weightScratchpad,
                                  machine.weightScratchpad);
        case MachinePart::AccumulatorBuffer:
            return accumulatorNode(technology, name, memories.accumulatorColumn, machine);
        case MachinePart::VectorUnit:
            return estimateNode(
                name, logic,
                static_cast<double>(*machine.vectorLanes) * vectorLane(logic, machine));
        case MachinePart::Dma:
            return estimateNode(name, logic, dmaEngine(logic, machine.control));
        case MachinePart::Sequencer:
            return estimateNode(name, logic, sequencer(logic, machine.control));
        case MachinePart::MemoryController:
            return estimateNode(name, logic, memoryController(logic, machine.control));
    }
    SYSTOLE_CHECK(false, "no part {}", static_cast<int>(part));
}

AreaNode partNode(const Technology& technology, const MachineDescription& machine,
                  const MachineMemories& memories, MachinePart part) {
    const std::string_view reason = idealReason(machine, part);
    if (reason.empty()) return builtNode(technology, machine, memories, part);
    return freeNode(nameOf(part), fmt::format("{}: costs nothing", reason));
}

/// The data paths that the control of a chip is a share of. An ideal sequencer stands for all
/// control.
std::vector<std::string> dataPathsOf(const MachineDescription& machine) {
    if (isIdeal(machine, MachinePart::Sequencer)) return {};
    return {"array", nameOf(MachinePart::VectorUnit)};
}

/// Where there is no layout, silicon is what the cells are.
void takeCellsForSilicon(AreaNode& node) {
    node.siliconSquareMicrons = node.cells();
    for (AreaNode& part : node.parts) takeCellsForSilicon(part);
}

}  // namespace

AreaNode sumOf(std::string name, std::vector<AreaNode> parts) {
    AreaNode node{.name = std::move(name), .source = "sum of its parts"};
    for (const AreaNode& part : parts) {
        node.squareMicrons += part.squareMicrons;
        node.lowSquareMicrons += part.lowSquareMicrons;
        node.highSquareMicrons += part.highSquareMicrons;
        node.siliconSquareMicrons.nominal += part.siliconSquareMicrons.nominal;
        node.siliconSquareMicrons.low += part.siliconSquareMicrons.low;
        node.siliconSquareMicrons.high += part.siliconSquareMicrons.high;
    }
    node.parts = std::move(parts);
    return node;
}

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

const LayoutTechnology* layoutOf(const Technology& technology, const MachineDescription& machine) {
    return technology.layout && !machine.cellsOnly ? &*technology.layout : nullptr;
}

AreaNode areaOf(const Technology& technology, const MachineDescription& machine) {
    if (technology.isFree) return freeNode("total", "left out");
    const MachineMemories memories = memoriesOf(technology, machine);
    std::vector<AreaNode> parts{arrayNode(technology, machine)};
    for (const MachinePart part : kMachineParts) {
        parts.push_back(partNode(technology, machine, memories, part));
    }
    if (const LayoutTechnology* layout = layoutOf(technology, machine)) {
        addLayout(parts, *layout, dataPathsOf(machine));
    } else {
        for (AreaNode& part : parts) takeCellsForSilicon(part);
    }
    return sumOf("total", std::move(parts));
}

double cellsOf(const AreaNode& machine) {
    const AreaNode* layout = machine.find("layout");
    return machine.squareMicrons - (layout == nullptr ? 0 : layout->squareMicrons);
}

double ClockLimits::reachableHertz() const {
    const double slowest = std::max(elementNanoseconds, scratchpadNanoseconds);
    return slowest == 0 ? std::numeric_limits<double>::infinity() : 1e9 / slowest;
}

ClockLimits clockLimits(const Technology& technology, const MachineDescription& machine) {
    if (technology.isFree) return {};
    ClockLimits limits;
    const auto addElement = [&](const ElementDescription& element, Goal goal) {
        const auto with = [&](Goal aim) {
            const ElementMake make{aim, machine.array.pipelineDepth};
            return ElementModel(technology.logic, element, make).nanoseconds();
        };
        limits.elementNanoseconds = std::max(limits.elementNanoseconds, with(goal));
        if (!technology.logic.speed) return;
        limits.fastNanoseconds = std::max(limits.fastNanoseconds, with(Goal::Delay));
    };
    addElement(machine.element, machine.synthesis);
    for (const IdleElement& idle : machine.idleElements) addElement(idle.element, idle.synthesis);
    for (const MemoryDelay& memory : memoryDelays(technology, machine)) {
        limits.scratchpadNanoseconds =
            std::max(limits.scratchpadNanoseconds, memory.fastestNanoseconds);
    }
    return limits;
}

}  // namespace systole::cost
