// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/logic_estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/cost/circuit/lane_circuits.hpp"
#include "models/cost/technology/corner.hpp"
#include "models/numeric/formats/codec.hpp"

namespace systole::cost {
namespace {

constexpr double kFemto = 1e-15;
constexpr double kRandomToggleRate = 0.5;
/// Changes that do not last, for each that does: what deep float adders show (docs/accuracy.md).
constexpr double kGlitchesPerChange = 1.0;

// Field widths of the controllers, in bits.
constexpr double kAddressBits = 40;
constexpr double kTagBits = 16;
constexpr double kCommandBits = 128;
constexpr double kCounterBits = 16;
constexpr double kRowBits = 17;
constexpr double kBankTimers = 6;
constexpr double kTimerBits = 10;
constexpr double kAddressLoops = 4;  ///< nested loops of an address generator
constexpr double kDirections = 2;
constexpr double kQueues = 4;  ///< units that commands are dispatched to
constexpr double kFoldCounters = 5;
constexpr double kDmaRegisters = 2;        ///< that a byte passes
constexpr double kElementControlBits = 4;  ///< load, swap, first, accumulate (arch/rtl)

double figure(const LogicTechnology& technology, Part part, CellKind kind) {
    return technology.area.squareMicrons[static_cast<std::size_t>(part)][gateIndex(kind)];
}
double muxArea(const LogicTechnology& technology) {
    return figure(technology, Part::Alignment, CellKind::Mux);
}
double xorArea(const LogicTechnology& technology) {
    return figure(technology, Part::Accumulator, CellKind::Xor);
}
double adderBitArea(const LogicTechnology& technology) {
    return 2 * xorArea(technology) + figure(technology, Part::Accumulator, CellKind::Majority);
}

/// Of gates that serve `part`, half of which change with an action, glitches included.
double gateJoules(const LogicTechnology& technology, Part part, double gates) {
    const auto index = static_cast<std::size_t>(part);
    const GateFigures& figures = technology.area;
    return kFemto * kRandomToggleRate * gates *
           (figures.settledFemtojoules[index] +
            kGlitchesPerChange * figures.glitchFemtojoules[index]);
}
double muxJoules(const LogicTechnology& technology, double muxes) {
    return gateJoules(technology, Part::Alignment, muxes);
}

/// An operator of a lane.
struct Operator {
    double squareMicrons = 0;
    double joules = 0;  ///< of a use with random operands
};

Operator operatorOf(const LogicTechnology& technology, const LaneCircuit& circuit) {
    Operator result;
    const GateCounts counts = countGates(circuit.netlist, circuit.output);
    for (const Part part : kParts) {
        result.squareMicrons += technology.area.squareMicronsOf(counts, part);
    }
    const std::vector<bool> live = circuit.netlist.liveCells(circuit.output);
    for (std::size_t i = 0; i < live.size(); ++i) {
        const Cell& cell = circuit.netlist.cells()[i];
        if (!live[i] || inputCount(cell.kind) == 0) continue;
        result.joules += gateJoules(technology, cell.part, 1);
    }
    return result;
}

Operator operator+(const Operator& left, const Operator& right) {
    return {left.squareMicrons + right.squareMicrons, left.joules + right.joules};
}
Operator operator*(double times, const Operator& each) {
    return {times * each.squareMicrons, times * each.joules};
}

/// The operators of a lane. Divisions and transcendental functions are multiples of the others, as
/// if an element passed in every cycle.
struct LaneOperators {
    Operator bias;
    numeric::ByFunctionClass<Operator> functions;

    LaneOperators(const LogicTechnology& technology, const MachineDescription& machine)
        : bias(operatorOf(technology, integerAddition())) {
        using numeric::FunctionClass;
        const Operator sum = operatorOf(technology, realAddition());
        const Operator product = operatorOf(technology, realMultiplication());
        const auto of = [&](FunctionClass which) -> Operator& {
            return functions[static_cast<std::size_t>(which)];
        };
        of(FunctionClass::Add) = sum;
        of(FunctionClass::Multiply) = product;
        of(FunctionClass::MultiplyCode) = byCode(technology, machine);
        of(FunctionClass::Convert) = operatorOf(technology, conversionToReal());
        of(FunctionClass::Compare) = bias;
        of(FunctionClass::Divide) = 2 * product;
        of(FunctionClass::Transcendental) = 2 * product + 2 * sum;
    }

    /// One that takes codes of every datapath: the largest.
    static Operator byCode(const LogicTechnology& technology, const MachineDescription& machine) {
        Operator largest = operatorOf(technology, multiplicationBy(machine.element.activation));
        for (const IdleElement& idle : machine.idleElements) {
            const Operator other =
                operatorOf(technology, multiplicationBy(idle.element.activation));
            if (other.squareMicrons > largest.squareMicrons) largest = other;
        }
        return largest;
    }
};

constexpr double kLaneBits = 32;
double laneBits(std::uint32_t stages) { return kLaneBits * std::max(stages, 1U); }

double bitsOf(const numeric::Format& format) { return numeric::widthOf(format); }

/// Multiplexers that a bit passes on its way out of a queue.
double levelsOf(double places) { return std::ceil(std::log2(std::max(places, 2.0))); }

double burstPlaces(const ControlDescription& control) {
    return static_cast<double>(control.dmaOutstandingBursts.value());
}
double commandPlaces(const ControlDescription& control) {
    return static_cast<double>(control.commandQueueDepth.value());
}
double requestBits() { return kAddressBits + kTagBits + kCounterBits; }
double timerBits() { return kBankTimers * kTimerBits; }

/// Bits that a controller compares to choose a command.
double comparedBits(const ControlDescription& control) {
    return control.dramQueueEntries * kRowBits + control.dramBanks * timerBits();
}

/// A queue beyond this many bits is likelier a memory than flip-flops.
constexpr double kMostQueueBits = 65'536;

std::string queueNote(double bits) {
    if (bits <= kMostQueueBits) return {};
    return fmt::format(
        "its queues of {:.0f} KiB are priced as flip-flops, beyond the {:.0f} KiB that are built "
        "so; a memory would be smaller",
        bits / 8192, kMostQueueBits / 8192);
}

}  // namespace

double estimateDoubt(const std::optional<FitError>& figures) {
    return joinedDoubt(kEstimateError, figures.value_or(FitError{}).largest);
}

LogicEstimate vectorLane(const LogicTechnology& technology, const MachineDescription& machine) {
    const LaneOperators operators(technology, machine);
    Operator all = operators.bias;
    for (std::size_t i = 0; i < machine.vectorUnits.size(); ++i) {
        const FunctionUnits& units = machine.vectorUnits[i];
        all = all + units.circuits / units.cycles * operators.functions[i];
    }
    const double bits = laneBits(machine.vectorPipelineDepth);
    return {.registerBits = bits, .clockedBits = bits, .gateSquareMicrons = all.squareMicrons};
}

VectorActions vectorActions(const LogicTechnology& technology, const MachineDescription& machine) {
    const LaneOperators operators(technology, machine);
    VectorActions actions{.pass = {.clockedBits = laneBits(machine.vectorPipelineDepth)},
                          .bias = {.gateJoules = operators.bias.joules},
                          .functions = {}};
    for (std::size_t i = 0; i < actions.functions.size(); ++i) {
        actions.functions[i].gateJoules = operators.functions[i].joules;
    }
    return actions;
}

LogicEstimate elementControl(const LogicTechnology& technology, const MachineDescription& machine) {
    const ArrayDescription& array = machine.array;
    const double mux = muxArea(technology);
    const double sumBits = machine.element.sumBits;
    LogicEstimate control{.registerBits = kElementControlBits};
    control.registerBits += array.pipelineDepth - 1;  // whether there is a product
    if (array.isOutputStationary) {
        control.registerBits += array.hasDrainRegisters ? sumBits : 0;
        control.gateSquareMicrons += sumBits * mux;  // sums shift down, or begin at zero
    } else {
        const double stationary = 1 + bitsOf(array.isInputStationary ? machine.element.activation
                                                                     : machine.element.weight);
        control.registerBits += 1;                   // whether the operand is used
        control.gateSquareMicrons += sumBits * mux;  // the sum passes where it is not
        if (array.overlapsFolds) {
            control.registerBits += stationary;
            control.gateSquareMicrons += stationary * mux;
        }
    }
    if (machine.energy.zeroGating) {
        control.registerBits += 1;
        control.gateSquareMicrons += array.isOutputStationary ? 0 : sumBits * mux;
    }
    control.clockedBits = control.registerBits;
    return control;
}

LogicEstimate arrayEdge(const LogicTechnology& technology, const MachineDescription& machine) {
    const ArrayDescription& array = machine.array;
    const double rows = array.rows;
    const double columns = array.columns;
    const double rowBits =
        bitsOf(array.isInputStationary ? machine.element.weight : machine.element.activation);
    LogicEstimate edge{.registerBits = rows * (rows - 1) / 2 * rowBits};
    if (array.isOutputStationary) {
        edge.registerBits += columns * (columns - 1) / 2 * bitsOf(machine.element.weight);
    }
    edge.registerBits += rows * kElementControlBits + kFoldCounters * kCounterBits;
    edge.clockedBits = edge.registerBits;
    edge.gateSquareMicrons =
        kFoldCounters * kCounterBits * (adderBitArea(technology) + xorArea(technology));
    return edge;
}

LogicEstimate dmaEngine(const LogicTechnology& technology, const ControlDescription& control) {
    const auto width = static_cast<double>(control.dmaBytesPerCycle.value());
    const double generators = kDirections * kAddressLoops * kAddressBits;
    const double queue = kDirections * burstPlaces(control) * (kAddressBits + kTagBits);
    const double buffers = kDirections * 8.0 * (control.dramBurstBytes + width);
    return {.registerBits = 2 * generators + queue + buffers,
            .clockedBits = 2 * generators,
            .gateSquareMicrons =
                generators * adderBitArea(technology) + (queue + buffers) * muxArea(technology),
            .note = queueNote(queue)};
}

ActionEstimate dmaByte(const LogicTechnology& technology) {
    const double bits = 8 * kDmaRegisters;
    return {.gateJoules = muxJoules(technology, bits), .storedBits = bits};
}

ActionEstimate dmaBurst(const LogicTechnology& technology, const ControlDescription& control) {
    const double entry = kAddressBits + kTagBits;
    return {.gateJoules = gateJoules(technology, Part::Accumulator, 3 * kAddressBits) +
                          muxJoules(technology, entry * levelsOf(burstPlaces(control))),
            .storedBits = entry,
            .clockedBits = kAddressBits};
}

LogicEstimate sequencer(const LogicTechnology& technology, const ControlDescription& control) {
    const double queues = kQueues * commandPlaces(control) * kCommandBits;
    return {.registerBits = queues + kQueues * kCounterBits,
            .clockedBits = kQueues * kCounterBits,
            .gateSquareMicrons = queues * muxArea(technology),
            .note = queueNote(queues)};
}

ActionEstimate sequencerCommand(const LogicTechnology& technology,
                                const ControlDescription& control) {
    return {.gateJoules = muxJoules(technology, kCommandBits * levelsOf(commandPlaces(control))),
            .storedBits = kCommandBits,
            .clockedBits = kCounterBits};
}

LogicEstimate memoryController(const LogicTechnology& technology,
                               const ControlDescription& control) {
    const double requests = control.dramQueueEntries * requestBits();
    const double data = control.dramWriteEntries * 8.0 * control.dramBurstBytes;
    const double banks = control.dramBanks * (kRowBits + timerBits());
    const double channels = control.dramChannels;
    return {.registerBits = channels * (requests + data + banks),
            .clockedBits = channels * banks,
            .gateSquareMicrons = channels * (comparedBits(control) * xorArea(technology) +
                                             (requests + data) * muxArea(technology)),
            .note = queueNote(channels * (requests + data))};
}

ActionEstimate memoryRequest(const LogicTechnology& technology, const ControlDescription& control) {
    const double bits = requestBits() + 8.0 * control.dramBurstBytes;
    return {.gateJoules = muxJoules(technology, bits), .storedBits = bits};
}

ActionEstimate memoryCommand(const LogicTechnology& technology, const ControlDescription& control) {
    return {.gateJoules = gateJoules(technology, Part::Accumulator, comparedBits(control)),
            .clockedBits = timerBits() + kRowBits};
}

}  // namespace systole::cost
