// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/netlist/words.hpp"
#include "models/numeric/formats/format.hpp"

namespace systole::cost {

/// A number on wires: (-1)^negative * significand * 2^(exponent + unitExponent). The significand is
/// two's complement or, if not `isSigned`, not negative.
struct NumberWires {
    Signal negative = kFalse;
    Word exponent{};  ///< not negative; empty for a fixed one
    Word significand{};
    bool isSigned = false;
    int unitExponent = 0;
    /// False for a zero whose significand is not 0: that of a format whose hidden one is always
    /// there.
    Signal nonzero = kTrue;
};

/// The same number with a significand of 0 for zero.
NumberWires withZero(Netlist& netlist, NumberWires wires);

/// Takes a code apart as the front end of a multiplier does. Integers are their own significand;
/// floats give sign, exponent field and mantissa behind the hidden one; posits the same behind
/// their regime; codebooks a table of significands and exponents. Codes of infinities and NaNs are
/// taken for the numbers that they would be without: no gates are spent on them, as in the
/// synthesised elements.
NumberWires operandCircuit(Netlist& netlist, Goal goal, const numeric::Format& format,
                           const Word& code);

}  // namespace systole::cost
