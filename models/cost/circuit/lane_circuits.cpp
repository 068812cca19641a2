// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/lane_circuits.hpp"

#include "models/cost/circuit/accumulator_circuit.hpp"
#include "models/cost/circuit/multiplier_circuit.hpp"
#include "models/numeric/formats/codec.hpp"

namespace systole::cost {
namespace {

const numeric::FloatFormat& binary32() {
    static const numeric::Format format = *numeric::findFormat("fp32");
    return std::get<numeric::FloatFormat>(format);
}
constexpr std::size_t kRealBits = 32;

/// An input, taken apart.
NumberWires operandOf(LaneCircuit& circuit, const numeric::Format& format) {
    Netlist& netlist = circuit.netlist;
    circuit.inputs.push_back(netlist.inputs(static_cast<std::size_t>(numeric::widthOf(format))));
    return withZero(netlist, operandCircuit(netlist, Goal::Area, format, circuit.inputs.back()));
}

Word rounded(Netlist& netlist, const NumberWires& number) {
    return nearestFloat(netlist, Goal::Area, binary32(), number);
}

}  // namespace

LaneCircuit integerAddition() {
    LaneCircuit circuit;
    circuit.inputs = {circuit.netlist.inputs(32), circuit.netlist.inputs(32)};
    circuit.netlist.setPart(Part::Accumulator);
    circuit.output =
        sumModulo(circuit.netlist, Goal::Area, circuit.inputs.front(), circuit.inputs.back());
    return circuit;
}

LaneCircuit realAddition() {
    LaneCircuit circuit;
    const NumberWires number = operandOf(circuit, binary32());
    circuit.inputs.push_back(circuit.netlist.inputs(kRealBits));
    circuit.output = floatSum(circuit.netlist, Goal::Area, binary32(), FloatAdder::Gradual,
                              circuit.inputs.back(), number);
    return circuit;
}

LaneCircuit multiplicationBy(const numeric::Format& format) {
    LaneCircuit circuit;
    const NumberWires value = operandOf(circuit, format);
    const NumberWires real = operandOf(circuit, binary32());
    circuit.netlist.setPart(Part::Multiplier);
    circuit.output = rounded(circuit.netlist, productOf(circuit.netlist, Goal::Area, value, real));
    return circuit;
}

LaneCircuit realMultiplication() { return multiplicationBy(binary32()); }

LaneCircuit conversionToReal() {
    LaneCircuit circuit;
    circuit.inputs = {circuit.netlist.inputs(32)};
    circuit.output =
        rounded(circuit.netlist, {.significand = circuit.inputs.front(), .isSigned = true});
    return circuit;
}

}  // namespace systole::cost
