// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/cost/netlist/netlist.hpp"

/// Arithmetic on words of signals. Words are unsigned, or two's complement where it is said.
namespace systole::cost {

/// What the synthesis was asked for: the least area (carries ripple), or the least delay (carries
/// by a parallel prefix: Sklansky 1960).
enum class Goal : std::uint8_t { Area, Delay };

/// Bits of a constant, `bits` of them.
Word constantWord(std::uint64_t value, std::size_t bits);

/// Cut or extended to `bits`: by its last bit if signed, else by zeros.
Word resized(const Word& word, std::size_t bits, bool isSigned = false);

/// `word` without its `count` lowest bits; zeros below it.
Word shiftedLeft(const Word& word, std::size_t count);
/// Every bit complemented where the signal is true.
Word complementedIf(Netlist& netlist, const Word& word, Signal condition);
Word gatedBy(Netlist& netlist, const Word& word, Signal condition);
Word chosen(Netlist& netlist, Signal select, const Word& one, const Word& zero);

/// Trees.
Signal anyOf(Netlist& netlist, const Word& word);
Signal allOf(Netlist& netlist, const Word& word);

/// One bit wider than the wider word.
Word sumOf(Netlist& netlist, Goal goal, const Word& a, const Word& b, Signal carry = kFalse);
/// As wide as `a`, modulo that.
Word sumModulo(Netlist& netlist, Goal goal, const Word& a, const Word& b, Signal carry = kFalse);
/// a - b as wide as the wider word, and whether a >= b.
struct Difference {
    Word value;
    Signal notNegative;
};
Difference differenceOf(Netlist& netlist, Goal goal, const Word& a, const Word& b);

/// Bits to be added, by weight.
using Columns = std::vector<Word>;
/// The sum of all of them modulo 2^columns.size(): full and half adders until two rows are left
/// (Dadda 1965), and an adder.
Word sumOfColumns(Netlist& netlist, Goal goal, Columns columns);

/// word * 2^amount in `bits` bits. What is shifted in is `fill`.
Word barrelLeft(Netlist& netlist, const Word& word, const Word& amount, std::size_t bits,
                Signal fill = kFalse);
/// word / 2^amount and, in `sticky`, whether a one was lost.
struct Shifted {
    Word value;
    Signal sticky;
};
Shifted barrelRight(Netlist& netlist, Word word, const Word& amount);

/// Zeros above the highest one, counted by halves; the width or more for zero.
Word leadingZeros(Netlist& netlist, const Word& word);

/// The highest one moved to the top, by halves, and how far; the count means nothing for zero.
struct NormalisedWord {
    Word value;
    Word zeros;
};
NormalisedWord normalised(Netlist& netlist, Word word);

/// Bits that count up to `value` need.
std::size_t bitsFor(std::uint64_t value);

}  // namespace systole::cost
