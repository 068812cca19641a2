// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <systemc>
#include <type_traits>

/// What the wires between the parts of the structural array carry, as values of sc_signals.
namespace systole::arch::structural {

/// From the left edge to the right, one column a cycle: the streamed operand of a row and the
/// control bits of the elements.
struct RowWire {
    bool valid = false;  ///< a step begins
    bool first = false;  ///< .. the first one of its fold
    bool last = false;   ///< .. the last one
    bool shift = false;  ///< stationary operands (or sums, if output stationary) move down a row
    std::uint16_t operand = 0;

    bool operator==(const RowWire&) const = default;
};

/// From the top down: a stationary operand on its way to its row, or the streamed operand of a
/// column (output stationary).
struct ColumnWire {
    std::uint16_t operand = 0;
    bool used = false;    ///< of a stationary operand: products of it are added
    bool closes = false;  ///< .. and end a chunk

    bool operator==(const ColumnWire&) const = default;
};

// sc_signal<T> asks for these, under these names.
// NOLINTBEGIN(readability-identifier-naming)
inline std::ostream& operator<<(std::ostream& out, const RowWire& wire) {
    return out << wire.valid << wire.first << wire.last << wire.shift << ' ' << wire.operand;
}
inline std::ostream& operator<<(std::ostream& out, const ColumnWire& wire) {
    return out << wire.used << wire.closes << ' ' << wire.operand;
}
inline void sc_trace(sc_core::sc_trace_file* file, const RowWire& wire, const std::string& name) {
    sc_core::sc_trace(file, wire.valid, name + ".valid");
    sc_core::sc_trace(file, wire.first, name + ".first");
    sc_core::sc_trace(file, wire.last, name + ".last");
    sc_core::sc_trace(file, wire.shift, name + ".shift");
    sc_core::sc_trace(file, wire.operand, name + ".operand");
}
inline void sc_trace(sc_core::sc_trace_file* file, const ColumnWire& wire,
                     const std::string& name) {
    sc_core::sc_trace(file, wire.operand, name + ".operand");
    sc_core::sc_trace(file, wire.used, name + ".used");
    sc_core::sc_trace(file, wire.closes, name + ".closes");
}
// NOLINTEND(readability-identifier-naming)

/// A word of a sum; see numeric::sumWords.
using SumWord = std::int64_t;
template <typename T>
using Signals = sc_core::sc_vector<sc_core::sc_signal<T>>;
template <typename T>
using Inputs = sc_core::sc_vector<sc_core::sc_in<T>>;
template <typename T>
using Outputs = sc_core::sc_vector<sc_core::sc_out<T>>;

}  // namespace systole::arch::structural
