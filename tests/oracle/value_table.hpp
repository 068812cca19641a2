// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tests/oracle/rule.hpp"

/// Formats that are lists of values: integers and grids, posits, codebooks.
namespace oracle {

struct TableEntry {
    double value;
    std::uint32_t code;
    bool even;
    double boundary;  ///< between this entry and the next; NaN: midway
};

/// Entries in ascending order of their values.
using ValueTable = std::vector<TableEntry>;

struct IntSpec {
    int bits = 8;
    bool isSigned = true;
    bool narrow = false;
    int fraction = 0;
    bool half = false;
};

/// The codes that encoding gives, by counting from the lowest integer; `wide` as many ranges on
/// each side lie around them, with the codes of wrapping.
ValueTable integerTable(const IntSpec& spec, int wide);

ValueTable codebookTable(const std::vector<double>& values);

/// Posits of `bits` bits in ascending order, NaR left out: Gustafson and Yonemoto 2017, "Beating
/// floating point at its own game", section 2: a bit more puts a posit between any two neighbours.
ValueTable positTable(int bits, int exponentBits);

/// The entry that a finite value becomes; values beyond the ends become the ends.
const TableEntry& chooseEntry(const ValueTable& table, double value, Rule rule,
                              std::uint32_t random);

}  // namespace oracle
