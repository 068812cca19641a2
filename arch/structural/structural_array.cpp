// SPDX-License-Identifier: Apache-2.0
#include "arch/structural/structural_array.hpp"

#include <fmt/format.h>

namespace systole::arch::structural {
namespace {

template <typename Ports, typename Signals>
void bindAll(Ports& ports, Signals& signals) {
    for (std::size_t i = 0; i < ports.size(); ++i) ports[i](signals[i]);
}

}  // namespace

StructuralArray::ElementWires::ElementWires(const std::string& place, std::size_t words)
    : row(("row_" + place).c_str()),
      column(("column_" + place).c_str()),
      sum(("sum_" + place).c_str(), words),
      complete(("complete_" + place).c_str()) {}

StructuralArray::StructuralArray(const sc_core::sc_module_name& name, const ArrayConfig& array,
                                 const DatapathConfig& datapath)
    : sc_module(name),
      rowOperand("rowOperand", array.rows),
      columnOperand("columnOperand", array.columns),
      design_(array, datapath),
      shift_("shift", array.rows),
      rowEdge_("rowEdge", array.rows),
      columnEdge_("columnEdge", array.columns),
      shown_("shown", array.columns),
      zero_("zero", design_.adder.openWords()),
      sequencer_("sequencer", array) {
    SC_HAS_PROCESS(StructuralArray);
    buildSequencer();
    buildEdges();
    buildElements();
    SC_METHOD(collect);
    // A range-based loop over an sc_vector is what clang warns of.
    // NOLINTNEXTLINE(modernize-loop-convert)
    for (std::size_t i = 0; i < shown_.size(); ++i) sensitive << shown_[i];
    for (const auto& wires : wires_) sensitive << wires->complete;
    SC_METHOD(gate);
    sensitive << wantsStationary << step << anyValid_ << stationaryValid << stepValid
              << outputReady;
}

void StructuralArray::buildSequencer() {
    sequencer_.clock(clock);
    sequencer_.enable(enable_);
    sequencer_.foldValid(foldValid);
    sequencer_.foldSteps(foldSteps);
    sequencer_.takesFold(takesFold);
    sequencer_.wantsStationary(wantsStationary);
    sequencer_.step(step);
    bindAll(sequencer_.shift, shift_);
    sequencer_.showsRow(showsRow_);
}

void StructuralArray::buildEdges() {
    for (std::uint32_t row = 0; row < design_.array.rows; ++row) {
        auto edge = std::make_unique<RowEdge>(fmt::format("row_edge_{}", row).c_str(), row);
        edge->skew.clock(clock);
        edge->skew.enable(enable_);
        edge->step(step);
        edge->operand(rowOperand[row]);
        edge->shift(shift_[row]);
        edge->out(rowEdge_[row]);
        rowEdges_.push_back(std::move(edge));
    }
    for (std::uint32_t column = 0; column < design_.array.columns; ++column) {
        auto edge = std::make_unique<SkewRegisters<ColumnWire>>(
            fmt::format("column_edge_{}", column).c_str(), column);
        edge->clock(clock);
        edge->enable(enable_);
        edge->in(columnOperand[column]);
        edge->out(columnEdge_[column]);
        columnEdges_.push_back(std::move(edge));
        auto show = std::make_unique<SkewRegisters<bool>>(
            fmt::format("show_edge_{}", column).c_str(), column);
        show->clock(clock);
        show->enable(enable_);
        show->in(showsRow_);
        show->out(shown_[column]);
        showEdges_.push_back(std::move(show));
    }
}

void StructuralArray::buildElements() {
    for (std::uint32_t row = 0; row < design_.array.rows; ++row) {
        for (std::uint32_t column = 0; column < design_.array.columns; ++column) {
            const std::string place = fmt::format("{}_{}", row, column);
            wires_.push_back(std::make_unique<ElementWires>(place, design_.adder.openWords()));
            elements_.push_back(
                std::make_unique<ProcessingElement>(("pe_" + place).c_str(), design_, activity_));
            connect(row, column);
        }
    }
}

void StructuralArray::connect(std::uint32_t row, std::uint32_t column) {
    ProcessingElement& element = *elements_[at(row, column)];
    ElementWires& wires = *wires_[at(row, column)];
    element.clock(clock);
    element.enable(enable_);
    element.rowIn(column == 0 ? rowEdge_[row] : wires_[at(row, column - 1)]->row);
    element.rowOut(wires.row);
    element.columnIn(row == 0 ? columnEdge_[column] : wires_[at(row - 1, column)]->column);
    element.columnOut(wires.column);
    if (row == 0) {
        bindAll(element.sumIn, zero_);
    } else if (design_.secondSum()) {
        bindAll(element.sumIn, elements_[at(row - 1, column)]->drained);
    } else {
        bindAll(element.sumIn, wires_[at(row - 1, column)]->sum);
    }
    bindAll(element.sumOut, wires.sum);
    element.complete(wires.complete);
}

std::size_t StructuralArray::results() const {
    const bool direct = design_.outputStationary() && design_.array.drain == Drain::Direct;
    return direct ? wires_.size() : design_.array.columns;
}

bool StructuralArray::resultValid(std::size_t result) const {
    if (design_.shiftsSums()) return shown_[result].read();
    return wires_[wires_.size() - results() + result]->complete.read();
}

SumWord StructuralArray::resultWord(std::size_t result, std::size_t word) const {
    const std::size_t element = wires_.size() - results() + result;
    if (design_.secondSum()) return elements_[element]->drained[word].read();
    return wires_[element]->sum[word].read();
}

void StructuralArray::collect() {
    bool any = false;
    for (std::size_t result = 0; result < results() && !any; ++result) any = resultValid(result);
    anyValid_.write(any);
}

void StructuralArray::gate() {
    enable_.write((!wantsStationary.read() || stationaryValid.read()) &&
                  (!step.read().valid || stepValid.read()) &&
                  (!anyValid_.read() || outputReady.read()));
}

}  // namespace systole::arch::structural
