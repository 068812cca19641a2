// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "models/cost/circuit/operand_circuit.hpp"
#include "models/numeric/products/product_class.hpp"

namespace systole::cost {

/// The integer product, two's complement if an operand is, of the width of both together: rows of
/// partial products by Baugh and Wooley (1973), added by carry-save adders.
Word integerProduct(Netlist& netlist, Goal goal, const Word& a, bool aIsSigned, const Word& w,
                    bool wIsSigned);

/// Significands multiplied, exponents added; either may have no exponent.
NumberWires productOf(Netlist& netlist, Goal goal, const NumberWires& a, const NumberWires& w);

/// What a multiplier needs besides its gates.
struct MultiplierCircuit {
    NumberWires product;
    /// Inputs that say what to do, and what they are in each cycle of a product.
    Word control{};
    std::vector<std::vector<bool>> schedule{{}};
    /// Registers of its own (bit-serial multipliers): what they hold and what they take next.
    Word state{};
    Word nextState{};
};

/// Whether there is a circuit for this class of multiplier and these formats.
bool hasCircuit(numeric::ProductClass productClass, const numeric::Format& activation,
                const numeric::Format& weight);

/// Bits of an operand's port: those of its code, but for composable multipliers, whose ports have a
/// slice of 2 bits for each of sixteen bricks, and three that say how the slices belong together.
std::size_t portBits(numeric::ProductClass productClass, const numeric::Format& format);

/// What the port of a composable multiplier holds for the numbers `codes`, the next one again and
/// again where there are fewer than products. `otherSlices`: 2-bit slices of the other operand's
/// numbers (1, 2 or 4).
std::vector<bool> composablePort(const numeric::Format& format, bool isWeight,
                                 std::size_t otherSlices, std::span<const std::uint16_t> codes);

/// The pair must be accepted by the class and have a circuit; codes are as wide as their ports.
MultiplierCircuit multiplierCircuit(Netlist& netlist, Goal goal, numeric::ProductClass productClass,
                                    const numeric::Format& activation,
                                    const numeric::Format& weight, const Word& activationCode,
                                    const Word& weightCode);

/// Integers kept as sign and magnitude instead of two's complement: magnitudes of `bits` - 1 bits
/// multiplied, signs by XOR.
NumberWires signMagnitudeProduct(Netlist& netlist, Goal goal, const Word& activation,
                                 const Word& weight);

}  // namespace systole::cost
