// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/element_circuit.hpp"

#include "models/cost/circuit/resubstitution.hpp"

namespace systole::cost {
namespace {

/// Outputs of a multiplier as one word, to be put together again by `restored`.
Word flattened(const MultiplierCircuit& multiplier) {
    Word word{multiplier.product.negative, multiplier.product.nonzero};
    for (const Word* part : {&multiplier.product.exponent, &multiplier.product.significand,
                             &multiplier.nextState}) {
        word.insert(word.end(), part->begin(), part->end());
    }
    return word;
}

void restore(MultiplierCircuit& multiplier, const Word& word) {
    auto bit = word.begin();
    multiplier.product.negative = *bit++;
    multiplier.product.nonzero = *bit++;
    for (Word* part : {&multiplier.product.exponent, &multiplier.product.significand,
                       &multiplier.nextState}) {
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
    const auto stateBegin =
        own.end() - static_cast<std::ptrdiff_t>(multiplier.nextState.size());
    circuit.control = Word(own.begin(), stateBegin);
    circuit.schedule = std::move(multiplier.schedule);
    circuit.state = Word(stateBegin, own.end());
    circuit.nextState = std::move(multiplier.nextState);
}

}  // namespace

Word ElementCircuit::outputs() const {
    Word all(nextSum);
    all.insert(all.end(), nextState.begin(), nextState.end());
    return all;
}

std::size_t ElementCircuit::flipFlops() const {
    return activation.size() + weight.size() + sum.size() + state.size();
}

ElementCircuit elementCircuit(const ElementDescription& element, Goal goal) {
    ElementCircuit circuit;
    addMultiplier(circuit, element, goal);
    circuit.sum = circuit.netlist.inputs(static_cast<std::size_t>(element.sumBits));
    if (const auto* sum = std::get_if<numeric::FloatRegister>(&element.sum)) {
        circuit.nextSum = floatSum(circuit.netlist, goal, sum->format, element.floatAdder,
                                   circuit.sum, circuit.product);
        return circuit;
    }
    const auto* integer = std::get_if<numeric::IntegerRegister>(&element.sum);
    const bool saturates =
        integer != nullptr && integer->overflow == numeric::Overflow::Saturate;
    circuit.nextSum = fixedSum(circuit.netlist, goal, circuit.sum, element.sumExponent,
                               circuit.product, saturates);
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
