// SPDX-License-Identifier: Apache-2.0
// What the actions of a machine take in a technology, at an end of the bands.
#include <algorithm>
#include <cmath>

#include "models/cost/machine/energy_model.hpp"
#include "models/cost/machine/ideal_parts.hpp"
#include "models/cost/machine/logic_estimate.hpp"
#include "models/cost/machine/machine_memories.hpp"

namespace systole::cost {
namespace {

constexpr double kFemto = 1e-15;
constexpr double kPico = 1e-12;
constexpr double kMillimetres = 1e-3;  // of a micron
constexpr double kRandomToggleRate = 0.5;

/// What to multiply an estimate by.
double estimateFactor(const LogicErrors& errors, Corner corner) {
    const double doubt = estimateDoubt(errors.ofElements(Goal::Area).energy);
    return atCorner(within(1, doubt, doubt), corner);
}

}  // namespace

/// Fills in a model whose technology has costs.
class EnergyModel::Builder {
public:
    Builder(EnergyModel& model, const Technology& technology, const MachineDescription& machine,
            Corner corner)
        : model_(model),
          technology_(technology),
          machine_(machine),
          corner_(corner),
          area_(areaOf(technology, machine)),
          estimateFactor_(estimateFactor(technology.logic.errors, corner)),
          clockBit_(technology.logic.flipFlop.clockFemtojoules * kFemto),
          toggleBit_(kRandomToggleRate * technology.logic.flipFlop.toggleFemtojoules * kFemto) {}

    void build() {
        model_.clockHertz_ = machine_.clockHertz;
        buildElements();
        buildArray();
        buildMemories();
        buildLanes();
        buildControllers();
        if (const LayoutTechnology* layout = layoutOf(technology_, machine_)) {
            model_.wireShare_ = atCorner(layout->wireEnergy.value, corner_);
            model_.clockTreeShare_ = atCorner(layout->clockTreeEnergy.value, corner_);
        }
        model_.leakageWatts_ =
            leakageWattsOf(area_, technology_.logic, machine_.energy.temperatureKelvin, corner_);
    }

private:
    bool isGated() const { return machine_.energy.clockGating; }

    Action ofAction(const ActionEstimate& estimate) const {
        const double bits = estimate.storedBits + estimate.clockedBits;
        const double clocked = estimate.storedBits + (isGated() ? estimate.clockedBits : 0);
        return {.gates = estimateFactor_ * estimate.gateJoules,
                .toggles = estimateFactor_ * bits * toggleBit_,
                .clocks = estimateFactor_ * clocked * clockBit_};
    }
    /// A cycle of registers that a clock always reaches.
    Action ofCycle(double bits) const {
        return {.clocks = isGated() ? 0 : estimateFactor_ * bits * clockBit_};
    }

    void buildElements() {
        const LogicTechnology& logic = technology_.logic;
        const ElementModel element(logic, machine_.element, machine_.make());
        const EnergyDoubt doubt = element.energyDoubt();
        model_.elementFactor_ = atCorner(within(1, doubt.down, doubt.up), corner_);
        const double clock = model_.elementFactor_ * element.idleJoules();
        const auto cycles = static_cast<double>(element.circuit().schedule.size());
        model_.productClock_ = {.clocks = cycles * clock};
        model_.idle_ = {.clocks = isGated() ? 0 : clock};
        const double control =
            estimateFactor_ * elementControl(logic, machine_).clockedBits * clockBit_;
        model_.productControl_ = {.clocks = cycles * control};
        model_.idleControl_ = {.clocks = isGated() ? 0 : control};
    }

    void buildArray() {
        const double bits = arrayEdge(technology_.logic, machine_).clockedBits;
        model_.edge_ = {.toggles = estimateFactor_ * bits * toggleBit_,
                        .clocks = estimateFactor_ * bits * clockBit_};
        const numeric::Format& stationary = machine_.array.isInputStationary
                                                ? machine_.element.activation
                                                : machine_.element.weight;
        model_.load_ = {.clocks = estimateFactor_ * numeric::widthOf(stationary) * clockBit_};
        model_.toggleJoules_ =
            estimateFactor_ * technology_.logic.flipFlop.toggleFemtojoules * kFemto;
    }

    /// Of a word between a memory and the array, from the middle of one to that of the other, as
    /// blocks beside each other are apart.
    double wireJoules(MachinePart part, double bits) const {
        const LayoutTechnology* layout = layoutOf(technology_, machine_);
        if (layout == nullptr || isIdeal(machine_, part)) return 0;
        const auto side = [&](const char* name) {
            return std::sqrt(atCorner(area_.find(name)->siliconSquareMicrons, corner_));
        };
        const double millimetres = (side("array") + side(nameOf(part))) / 2 * kMillimetres;
        return bits * millimetres * kPico *
               atCorner(layout->wirePicojoulesPerBitMillimetre.value, corner_);
    }

    Access ofMemory(MachinePart part, const SramMacro& memory, double bits) const {
        return {.read = atCorner(memory.readJoules, corner_),
                .write = atCorner(memory.writeJoules, corner_),
                .wires = wireJoules(part, bits)};
    }

    void buildMemories() {
        const MachineMemories memories = memoriesOf(technology_, machine_);
        model_.activationScratchpad_ =
            ofMemory(MachinePart::ActivationScratchpad, memories.activationScratchpad.macro,
                     machine_.activationScratchpad.wordBits);
        model_.weightScratchpad_ =
            ofMemory(MachinePart::WeightScratchpad, memories.weightScratchpad.macro,
                     machine_.weightScratchpad.wordBits);
        model_.accumulatorBuffer_ =
            ofMemory(MachinePart::AccumulatorBuffer, memories.accumulatorColumn.macro,
                     machine_.accumulatorBits);
    }

    void buildLanes() {
        if (isIdeal(machine_, MachinePart::VectorUnit)) return;
        const LogicTechnology& logic = technology_.logic;
        const VectorActions actions = vectorActions(logic, machine_);
        const auto lanes = static_cast<double>(*machine_.vectorLanes);
        model_.lanes_ = {.cycle = ofCycle(lanes * actions.pass.clockedBits),
                         .pass = ofAction(actions.pass),
                         .bias = ofAction(actions.bias),
                         .functions = {}};
        for (std::size_t i = 0; i < actions.functions.size(); ++i) {
            model_.lanes_.functions[i] = ofAction(actions.functions[i]);
        }
    }

    void buildControllers() {
        const LogicTechnology& logic = technology_.logic;
        const ControlDescription& control = machine_.control;
        Controllers& of = model_.controllers_;
        if (!isIdeal(machine_, MachinePart::Dma)) {
            of.dmaCycle = ofCycle(dmaEngine(logic, control).clockedBits);
            of.dmaByte = ofAction(dmaByte(logic));
            of.dmaBurst = ofAction(dmaBurst(logic, control));
        }
        if (!isIdeal(machine_, MachinePart::Sequencer)) {
            of.sequencerCycle = ofCycle(sequencer(logic, control).clockedBits);
            of.command = ofAction(sequencerCommand(logic, control));
        }
        if (!isIdeal(machine_, MachinePart::MemoryController)) {
            of.controllerSecond =
                ofCycle(control.dramClockHertz * memoryController(logic, control).clockedBits);
            of.memoryRequest = ofAction(memoryRequest(logic, control));
            of.memoryCommand = ofAction(memoryCommand(logic, control));
        }
    }

    EnergyModel& model_;
    const Technology& technology_;
    const MachineDescription& machine_;
    Corner corner_;
    AreaNode area_;
    double estimateFactor_;
    double clockBit_;
    double toggleBit_;
};

EnergyModel::EnergyModel(const Technology& technology, const MachineDescription& machine,
                         Corner corner) {
    if (!technology.isFree) Builder(*this, technology, machine, corner).build();
}

}  // namespace systole::cost
