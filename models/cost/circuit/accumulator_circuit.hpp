// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/circuit/operand_circuit.hpp"
#include "models/numeric/sums/accumulator.hpp"

namespace systole::cost {

/// How a float register's adder treats the ends of its range.
enum class FloatAdder : std::uint8_t {
    Flush,    ///< below the normal numbers zero, beyond the largest one that: no specials
    Gradual,  ///< subnormals, infinities (IEEE 754); no gates are spent on NaN
};

/// What a product adds to a two's complement sum: a word, and the one that completes its
/// complement.
struct FixedTerm {
    Word word;
    Signal carry;
};

/// The product complemented and shifted to its place in a sum of `sumBits` bits, in units of
/// 2^unitExponent. To saturate it comes whole, also where it is wider than the sum.
FixedTerm fixedTerm(Netlist& netlist, std::size_t sumBits, int unitExponent,
                    const NumberWires& product, bool saturates);

/// The next two's complement sum.
Word fixedSum(Netlist& netlist, Goal goal, const Word& sum, const FixedTerm& term, bool saturates);

/// The next float sum, rounded once to nearest even: the exact product is normalised, the term of
/// the smaller exponent aligned to the other, added, normalised and rounded. The register's code is
/// sign, exponent field, mantissa.
Word floatSum(Netlist& netlist, Goal goal, const numeric::FloatFormat& format, FloatAdder adder,
              const Word& sum, const NumberWires& product);

/// The number alone, rounded once to nearest even, with subnormals and infinities (IEEE 754): what
/// is left of an addition to zero.
Word nearestFloat(Netlist& netlist, Goal goal, const numeric::FloatFormat& format,
                  const NumberWires& number);

}  // namespace systole::cost
