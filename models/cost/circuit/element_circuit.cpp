// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/element_circuit.hpp"

#include <algorithm>
#include <optional>

#include "models/check.hpp"
#include "models/cost/netlist/pipeline.hpp"
#include "models/cost/netlist/resubstitution.hpp"

namespace systole::cost {
namespace {

/// What a multiplier hands on: its product or, where that is added to a fixed-point sum, the term
/// that it is there.
struct Front {
    MultiplierCircuit multiplier;
    std::optional<FixedTerm> term{};
};

/// The front's outputs as one word, to be put together again by `restore`.
template <typename Visitor>
void forEachOutput(Front& front, Visitor visit) {
    NumberWires& product = front.multiplier.product;
    const auto visitAll = [&](Word& word) { std::for_each(word.begin(), word.end(), visit); };
    visit(front.term ? front.term->carry : product.negative);
    visitAll(front.term ? front.term->word : product.significand);
    if (!front.term) visitAll(product.exponent);
    visitAll(front.multiplier.nextState);
}

Word flattened(Front& front) {
    Word word;
    forEachOutput(front, [&](Signal& bit) { word.push_back(bit); });
    return word;
}

void restore(Front& front, const Word& word) {
    auto bit = word.begin();
    forEachOutput(front, [&](Signal& output) { output = *bit++; });
}

void makeSmall(Netlist& netlist, Front& front) {
    Word outputs = flattened(front);
    netlist = resubstitute(netlist, outputs);
    restore(front, outputs);
}

bool saturates(const numeric::Register& sum) {
    const auto* integer = std::get_if<numeric::IntegerRegister>(&sum);
    return integer != nullptr && integer->overflow == numeric::Overflow::Saturate;
}

/// The multiplier, made small by itself, and again with its term, if it has one that takes gates.
Front smallFront(Netlist& netlist, const ElementDescription& element, Goal goal, bool hasTerm) {
    const Word a = netlist.inputs(portBits(element.productClass, element.activation));
    const Word w = netlist.inputs(portBits(element.productClass, element.weight));
    Front front{element.signMagnitude
                    ? MultiplierCircuit{.product = signMagnitudeProduct(netlist, goal, a, w)}
                    : multiplierCircuit(netlist, goal, element.productClass, element.activation,
                                        element.weight, a, w)};
    if (goal == Goal::Area) makeSmall(netlist, front);
    if (!hasTerm || std::holds_alternative<numeric::FloatRegister>(element.sum)) return front;
    const std::size_t cells = netlist.cells().size();
    front.term = fixedTerm(netlist, static_cast<std::size_t>(element.sumBits), element.sumExponent,
                           front.multiplier.product, saturates(element.sum));
    if (goal == Goal::Area && netlist.cells().size() > cells) makeSmall(netlist, front);
    return front;
}

/// Bits that the cut's last rank hands to the sum; state of a bit-serial multiplier is not held.
void holdOutputs(Front& front, const Word& cells, const StageCut& cut, std::uint32_t ranks,
                 StageRegisters& registers) {
    std::size_t states = front.multiplier.nextState.size();
    std::size_t others = flattened(front).size() - states;
    forEachOutput(front, [&](Signal& output) {
        const bool isState = others == 0;
        others -= isState ? 0 : 1;
        const std::uint32_t cycles = isState ? 0 : ranks - cut.of(output.cell());
        output = registers.held(cells[output.cell()] ^ output.isComplemented(), cycles);
    });
}

/// Puts the multiplier into the element, its stages between `ranks` ranks of registers.
Front addFront(ElementCircuit& circuit, const ElementDescription& element, const Netlist& alone,
               Front front, const StageCut& cut, std::uint32_t ranks) {
    circuit.activation = circuit.netlist.inputs(portBits(element.productClass, element.activation));
    circuit.weight = circuit.netlist.inputs(portBits(element.productClass, element.weight));
    Word inputs(circuit.activation);
    inputs.insert(inputs.end(), circuit.weight.begin(), circuit.weight.end());
    // Inputs of its own: control, and the state of a bit-serial multiplier.
    const Word own = circuit.netlist.inputs(alone.inputCount() - inputs.size());
    inputs.insert(inputs.end(), own.begin(), own.end());
    StageRegisters registers(circuit.netlist);
    const Word cells =
        includeInStages(circuit.netlist, alone, inputs, flattened(front), cut, registers);
    holdOutputs(front, cells, cut, ranks, registers);
    circuit.held = registers.outputs();
    circuit.nextHeld = registers.next();
    circuit.ranks = ranks;
    const MultiplierCircuit& multiplier = front.multiplier;
    const auto stateBegin = own.end() - static_cast<std::ptrdiff_t>(multiplier.nextState.size());
    circuit.control = Word(own.begin(), stateBegin);
    circuit.schedule = multiplier.schedule;
    circuit.state = Word(stateBegin, own.end());
    circuit.nextState = multiplier.nextState;
    return front;
}

/// The next value of a register that a number is added to.
Word accumulated(Netlist& netlist, Goal goal, const ElementDescription& element,
                 const numeric::Register& format, const Word& sum, const NumberWires& number) {
    if (const auto* real = std::get_if<numeric::FloatRegister>(&format)) {
        return floatSum(netlist, goal, real->format, element.floatAdder, sum, number);
    }
    const FixedTerm term =
        fixedTerm(netlist, sum.size(), element.sumExponent, number, saturates(format));
    return fixedSum(netlist, goal, sum, term, saturates(format));
}

/// What the inner register of a chunk holds.
NumberWires heldNumber(Netlist& netlist, Goal goal, const ElementDescription& element,
                       const Word& sum) {
    if (const auto* real = std::get_if<numeric::FloatRegister>(&element.sum)) {
        const numeric::Format format(real->format);
        return withZero(netlist, operandCircuit(netlist, goal, format, sum));
    }
    return {.significand = sum, .isSigned = true, .unitExponent = element.sumExponent};
}

/// The sum of a block times the scales of both operands.
NumberWires scaledBlock(ElementCircuit& circuit, const ElementDescription& element, Goal goal,
                        const NumberWires& sum) {
    Netlist& netlist = circuit.netlist;
    const auto scaleOf = [&](const numeric::Format& format) {
        const Word code = netlist.inputs(static_cast<std::size_t>(numeric::widthOf(format)));
        circuit.scales.insert(circuit.scales.end(), code.begin(), code.end());
        return operandCircuit(netlist, goal, format, code);
    };
    const NumberWires activation = scaleOf(element.scales->activation);
    const NumberWires weight = scaleOf(element.scales->weight);
    return productOf(netlist, goal, sum, productOf(netlist, goal, activation, weight));
}

/// Multiplier, sum and what is between them.
ElementCircuit wholeElement(const ElementDescription& element, Goal goal, const Netlist& alone,
                            const Front& small, const StageCut& cut, std::uint32_t ranks) {
    ElementCircuit circuit;
    Netlist& netlist = circuit.netlist;
    const Front front = addFront(circuit, element, alone, small, cut, ranks);
    circuit.sum = netlist.inputs(static_cast<std::size_t>(element.sumBits));
    circuit.nextSum =
        front.term ? fixedSum(netlist, goal, circuit.sum, *front.term, saturates(element.sum))
                   : accumulated(netlist, goal, element, element.sum, circuit.sum,
                                 front.multiplier.product);
    if (element.outer) {
        circuit.outer = netlist.inputs(static_cast<std::size_t>(element.outerBits));
        NumberWires held = heldNumber(netlist, goal, element, circuit.sum);
        if (element.scales) held = scaledBlock(circuit, element, goal, held);
        circuit.nextOuter =
            accumulated(netlist, goal, element, *element.outer, circuit.outer, held);
    }
    return circuit;
}

}  // namespace

Word ElementCircuit::outputs() const {
    Word all(nextSum);
    all.insert(all.end(), nextState.begin(), nextState.end());
    all.insert(all.end(), nextOuter.begin(), nextOuter.end());
    all.insert(all.end(), nextHeld.begin(), nextHeld.end());
    return all;
}

Word ElementCircuit::sumOutputs() const {
    Word all(nextSum);
    all.insert(all.end(), nextOuter.begin(), nextOuter.end());
    return all;
}

std::size_t ElementCircuit::flipFlops() const {
    return activation.size() + weight.size() + sum.size() + state.size() + outer.size() +
           scales.size() + held.size();
}

ElementDescription describeElement(const numeric::Format& activation, const numeric::Format& weight,
                                   const numeric::AccumulatorFormat& accumulator,
                                   numeric::ProductClass productClass, FloatAdder floatAdder) {
    const numeric::Codec a(activation);
    const numeric::Codec w(weight);
    ElementDescription element{.activation = activation,
                               .weight = weight,
                               .sum = numeric::productRegister(accumulator),
                               .productClass = productClass,
                               .floatAdder = floatAdder};
    element.sumBits = numeric::registerBits(element.sum, a, w);
    element.sumExponent = a.gridExponent() + w.gridExponent();
    if (accumulator.chunk) {
        element.outer = accumulator.sum;
        element.outerBits = numeric::registerBits(accumulator.sum, a, w);
    }
    return element;
}

ElementCircuit elementCircuit(const ElementDescription& element, Goal goal, std::uint32_t stages,
                              const GateDelays& delays) {
    SYSTOLE_CHECK(stages > 0, "a pipeline of no stages");
    Netlist alone;
    Front front = smallFront(alone, element, goal, stages == 1);
    const std::uint32_t ranks = stages - 1;
    const auto built = [&](const StageCut& cut) {
        return wholeElement(element, goal, alone, front, cut, ranks);
    };
    ElementCircuit circuit = built({});
    if (ranks < 2 || !circuit.state.empty()) return circuit;
    const Word product = flattened(front);
    const double sum =
        criticalPath(circuit.netlist, circuit.outputs(), delays, circuit.sumOutputs()).delay;
    if (criticalPath(alone, product, delays).delay <= sum) return circuit;
    return built(cutIntoStages(alone, product, delays, ranks, sum));
}

ElementCircuit multiplierAlone(const ElementDescription& element, Goal goal) {
    Netlist alone;
    Front small = smallFront(alone, element, goal, false);
    ElementCircuit circuit;
    const Front front = addFront(circuit, element, alone, std::move(small), {}, 0);
    const NumberWires& product = front.multiplier.product;
    circuit.nextSum = product.significand;
    circuit.nextSum.insert(circuit.nextSum.end(), product.exponent.begin(), product.exponent.end());
    circuit.nextSum.push_back(product.negative);
    return circuit;
}

}  // namespace systole::cost
