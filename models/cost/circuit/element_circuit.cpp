// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/element_circuit.hpp"

#include "models/cost/circuit/resubstitution.hpp"

namespace systole::cost {
namespace {

/// Outputs of a multiplier as one word, to be put together again by `restored`.
Word flattened(const MultiplierCircuit& multiplier) {
    Word word{multiplier.product.negative};
    for (const Word* part :
         {&multiplier.product.exponent, &multiplier.product.significand, &multiplier.nextState}) {
        word.insert(word.end(), part->begin(), part->end());
    }
    return word;
}

void restore(MultiplierCircuit& multiplier, const Word& word) {
    auto bit = word.begin();
    multiplier.product.negative = *bit++;
    for (Word* part :
         {&multiplier.product.exponent, &multiplier.product.significand, &multiplier.nextState}) {
        for (Signal& each : *part) each = *bit++;
    }
}

/// The multiplier, made small by itself, then put into the element.
void addMultiplier(ElementCircuit& circuit, const ElementDescription& element, Goal goal) {
    Netlist alone;
    const Word a = alone.inputs(portBits(element.productClass, element.activation));
    const Word w = alone.inputs(portBits(element.productClass, element.weight));
    MultiplierCircuit multiplier =
        element.signMagnitude
            ? MultiplierCircuit{.product = signMagnitudeProduct(alone, goal, a, w)}
            : multiplierCircuit(alone, goal, element.productClass, element.activation,
                                element.weight, a, w);
    Word outputs = flattened(multiplier);
    if (goal == Goal::Area) alone = resubstitute(alone, outputs);
    circuit.activation = circuit.netlist.inputs(a.size());
    circuit.weight = circuit.netlist.inputs(w.size());
    Word inputs(circuit.activation);
    inputs.insert(inputs.end(), circuit.weight.begin(), circuit.weight.end());
    // Inputs of its own: control, and the state of a bit-serial multiplier.
    const Word own = circuit.netlist.inputs(alone.inputCount() - inputs.size());
    inputs.insert(inputs.end(), own.begin(), own.end());
    restore(multiplier, circuit.netlist.include(alone, inputs, outputs));
    circuit.product = std::move(multiplier.product);
    const auto stateBegin = own.end() - static_cast<std::ptrdiff_t>(multiplier.nextState.size());
    circuit.control = Word(own.begin(), stateBegin);
    circuit.schedule = std::move(multiplier.schedule);
    circuit.state = Word(stateBegin, own.end());
    circuit.nextState = std::move(multiplier.nextState);
}

/// The next value of a register that a number is added to.
Word accumulated(Netlist& netlist, Goal goal, const ElementDescription& element,
                 const numeric::Register& format, const Word& sum, const NumberWires& number) {
    if (const auto* real = std::get_if<numeric::FloatRegister>(&format)) {
        return floatSum(netlist, goal, real->format, element.floatAdder, sum, number);
    }
    const auto* integer = std::get_if<numeric::IntegerRegister>(&format);
    const bool saturates = integer != nullptr && integer->overflow == numeric::Overflow::Saturate;
    return fixedSum(netlist, goal, sum, element.sumExponent, number, saturates);
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

}  // namespace

Word ElementCircuit::outputs() const {
    Word all(nextSum);
    all.insert(all.end(), nextState.begin(), nextState.end());
    all.insert(all.end(), nextOuter.begin(), nextOuter.end());
    return all;
}

std::size_t ElementCircuit::flipFlops() const {
    return activation.size() + weight.size() + sum.size() + state.size() + outer.size() +
           scales.size();
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

ElementCircuit elementCircuit(const ElementDescription& element, Goal goal) {
    ElementCircuit circuit;
    Netlist& netlist = circuit.netlist;
    addMultiplier(circuit, element, goal);
    circuit.sum = netlist.inputs(static_cast<std::size_t>(element.sumBits));
    circuit.nextSum =
        accumulated(netlist, goal, element, element.sum, circuit.sum, circuit.product);
    if (element.outer) {
        circuit.outer = netlist.inputs(static_cast<std::size_t>(element.outerBits));
        NumberWires held = heldNumber(netlist, goal, element, circuit.sum);
        if (element.scales) held = scaledBlock(circuit, element, goal, held);
        circuit.nextOuter =
            accumulated(netlist, goal, element, *element.outer, circuit.outer, held);
    }
    return circuit;
}

ElementCircuit multiplierAlone(const ElementDescription& element, Goal goal) {
    ElementCircuit circuit;
    addMultiplier(circuit, element, goal);
    const NumberWires& product = circuit.product;
    circuit.nextSum = product.significand;
    circuit.nextSum.insert(circuit.nextSum.end(), product.exponent.begin(), product.exponent.end());
    circuit.nextSum.push_back(product.negative);
    return circuit;
}

}  // namespace systole::cost
