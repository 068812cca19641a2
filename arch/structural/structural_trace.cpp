// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "arch/structural/structural_array.hpp"

namespace systole::arch::structural {
namespace {

/// `name`, or `name_0`, `name_1`, .. for sums of several words.
void traceWords(sc_core::sc_trace_file* file, const Signals<SumWord>& words, int bits,
                const std::string& name) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        sc_core::sc_trace(file, words[i].read(),
                          words.size() == 1 ? name : fmt::format("{}_{}", name, i), bits);
    }
}

}  // namespace

void StructuralArray::trace(sc_core::sc_trace_file* file) const {
    const std::string prefix = basename();
    sc_core::sc_trace(file, clock, prefix + ".clock");
    sc_core::sc_trace(file, enable_, prefix + ".enable");
    sc_core::sc_trace(file, foldValid, prefix + ".sequencer.fold_valid");
    sc_core::sc_trace(file, foldSteps, prefix + ".sequencer.fold_steps");
    sc_core::sc_trace(file, takesFold, prefix + ".sequencer.takes_fold");
    sc_core::sc_trace(file, wantsStationary, prefix + ".sequencer.wants_stationary");
    sc_trace(file, step->read(), prefix + ".sequencer.step");
    sc_core::sc_trace(file, showsRow_, prefix + ".sequencer.shows_row");
    sc_core::sc_trace(file, anyValid_, prefix + ".any_valid");
    traceEdges(file, prefix);
    for (std::uint32_t row = 0; row < design_.array.rows; ++row) {
        for (std::uint32_t column = 0; column < design_.array.columns; ++column) {
            traceElement(file, fmt::format("{}.pe_{}_{}", prefix, row, column), at(row, column));
        }
    }
}

void StructuralArray::traceEdges(sc_core::sc_trace_file* file, const std::string& prefix) const {
    for (std::uint32_t row = 0; row < design_.array.rows; ++row) {
        sc_trace(file, rowEdge_[row].read(), fmt::format("{}.row_edge_{}", prefix, row));
    }
    for (std::uint32_t column = 0; column < design_.array.columns; ++column) {
        sc_trace(file, columnEdge_[column].read(),
                 fmt::format("{}.column_edge_{}", prefix, column));
        if (design_.shiftsSums()) {
            sc_core::sc_trace(file, shown_[column],
                              fmt::format("{}.column_edge_{}.shows_row", prefix, column));
        }
    }
}

void StructuralArray::traceElement(sc_core::sc_trace_file* file, const std::string& name,
                                   std::size_t element) const {
    const bool exchanged = design_.array.dataflow == Dataflow::InputStationary;
    const std::string row = exchanged ? "weight" : "activation";
    const std::string column = exchanged ? "activation" : "weight";
    const RowWire& wire = wires_[element]->row.read();
    sc_core::sc_trace(file, wire.operand, name + "." + row, numeric::widthOf(design_.row.format()));
    sc_core::sc_trace(file, wire.valid, name + ".valid");
    sc_core::sc_trace(file, wire.first, name + ".first");
    sc_core::sc_trace(file, wire.last, name + ".last");
    sc_core::sc_trace(file, wire.shift, name + ".shift");
    const auto traceHeld = [&](const ColumnWire& held, const std::string& prefix) {
        sc_core::sc_trace(file, held.operand, name + prefix + column,
                          numeric::widthOf(design_.column.format()));
        if (!design_.outputStationary()) sc_core::sc_trace(file, held.used, name + prefix + "used");
    };
    traceHeld(wires_[element]->column.read(), design_.secondOperand() ? ".next_" : ".");
    if (design_.secondOperand()) traceHeld(elements_[element]->stationary.read(), ".");
    traceWords(file, wires_[element]->sum, design_.sumBits, name + ".sum");
    traceWords(file, elements_[element]->drained, design_.sumBits, name + ".drained");
    sc_core::sc_trace(file, wires_[element]->complete, name + ".complete");
}

}  // namespace systole::arch::structural
