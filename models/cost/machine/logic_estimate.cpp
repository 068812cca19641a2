// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/logic_estimate.hpp"

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

/// Gates of a netlist and what a use of random operands takes.
LogicEstimate estimateOf(const LogicTechnology& technology, const Netlist& netlist,
                         const Word& outputs) {
    LogicEstimate estimate;
    const GateCounts counts = countGates(netlist, outputs);
    for (const Part part : kParts) {
        estimate.gateSquareMicrons += technology.area.squareMicronsOf(counts, part);
    }
    const std::vector<bool> live = netlist.liveCells(outputs);
    for (std::size_t i = 0; i < live.size(); ++i) {
        const Cell& cell = netlist.cells()[i];
        if (!live[i] || inputCount(cell.kind) == 0) continue;
        const auto part = static_cast<std::size_t>(cell.part);
        const GateFigures& figures = technology.area;
        estimate.joulesPerUse += kFemto * kRandomToggleRate *
                                 (figures.settledFemtojoules[part] +
                                  kGlitchesPerChange * figures.glitchFemtojoules[part]);
    }
    return estimate;
}

LogicEstimate int32Adder(const LogicTechnology& technology) {
    Netlist netlist;
    const Word a = netlist.inputs(32);
    const Word b = netlist.inputs(32);
    netlist.setPart(Part::Accumulator);
    return estimateOf(technology, netlist, sumModulo(netlist, Goal::Area, a, b));
}

/// As the addition of a float to a register of zero, which rounds a product once, and of one float
/// to another.
LogicEstimate fp32Operator(const LogicTechnology& technology, bool multiplies) {
    const numeric::Format format = *numeric::findFormat("fp32");
    const auto& fp32 = std::get<numeric::FloatFormat>(format);
    Netlist netlist;
    const Word a = netlist.inputs(32);
    const Word b = netlist.inputs(32);
    NumberWires number = operandCircuit(netlist, Goal::Area, format, a);
    if (multiplies) {
        number = multiplierCircuit(netlist, Goal::Area, numeric::ProductClass::Minifloat, format,
                                   format, a, b)
                     .product;
    }
    const Word register32 = multiplies ? Word(32, kFalse) : b;
    return estimateOf(technology, netlist,
                      floatSum(netlist, Goal::Area, fp32, FloatAdder::Gradual, register32, number));
}

double bitsOf(const numeric::Format& format) { return numeric::widthOf(format); }

}  // namespace

LogicEstimate vectorLane(const LogicTechnology& technology) {
    LogicEstimate lane{.registerBits = 3 * 32};
    for (const LogicEstimate& part : {int32Adder(technology), fp32Operator(technology, true),
                                      fp32Operator(technology, false)}) {
        lane.gateSquareMicrons += part.gateSquareMicrons;
        lane.joulesPerUse += part.joulesPerUse;
    }
    lane.joulesPerUse += lane.registerBits * kFemto *
                         (technology.flipFlop.clockFemtojoules +
                          kRandomToggleRate * technology.flipFlop.toggleFemtojoules);
    return lane;
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
    edge.gateSquareMicrons =
        kFoldCounters * kCounterBits * (adderBitArea(technology) + xorArea(technology));
    return edge;
}

LogicEstimate dmaEngine(const LogicTechnology& technology, const ControlDescription& control) {
    const auto bursts = static_cast<double>(control.dmaOutstandingBursts.value());
    const auto width = static_cast<double>(control.dmaBytesPerCycle.value());
    const double generators = kDirections * kAddressLoops * kAddressBits;
    const double queue = kDirections * bursts * (kAddressBits + kTagBits);
    const double buffers = kDirections * 8.0 * (control.dramBurstBytes + width);
    return {.registerBits = 2 * generators + queue + buffers,
            .gateSquareMicrons =
                generators * adderBitArea(technology) + (queue + buffers) * muxArea(technology)};
}

LogicEstimate sequencer(const LogicTechnology& technology, const ControlDescription& control) {
    const double queues =
        kQueues * static_cast<double>(control.commandQueueDepth.value()) * kCommandBits;
    return {.registerBits = queues + kQueues * kCounterBits,
            .gateSquareMicrons = queues * muxArea(technology)};
}

LogicEstimate memoryController(const LogicTechnology& technology,
                               const ControlDescription& control) {
    const double entries = control.dramQueueEntries;
    const double requests = entries * (kAddressBits + kTagBits + kCounterBits);
    const double data = control.dramWriteEntries * 8.0 * control.dramBurstBytes;
    const double banks = control.dramBanks * (kRowBits + kBankTimers * kTimerBits);
    const double compared = entries * kRowBits + control.dramBanks * kBankTimers * kTimerBits;
    return {.registerBits = control.dramChannels * (requests + data + banks),
            .gateSquareMicrons = control.dramChannels * (compared * xorArea(technology) +
                                                         (requests + data) * muxArea(technology))};
}

}  // namespace systole::cost
