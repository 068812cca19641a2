// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/cost/netlist/words.hpp"
#include "models/numeric/formats/format.hpp"

/// Circuits of a lane of the vector unit, whose reals are binary32 with subnormals and infinities.
/// No gates are spent on operands that are infinite or NaN.
namespace systole::cost {

struct LaneCircuit {
    Netlist netlist;
    std::vector<Word> inputs;
    Word output;
};

/// Two integers of 32 bits, modulo 2^32.
LaneCircuit integerAddition();
/// Two reals, rounded once.
LaneCircuit realAddition();
/// A value of the format, given as its code, and a real; rounded once.
LaneCircuit multiplicationBy(const numeric::Format& format);
LaneCircuit realMultiplication();
/// An integer of 32 bits, two's complement, to the nearest real.
LaneCircuit conversionToReal();

}  // namespace systole::cost
