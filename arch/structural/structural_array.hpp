// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "arch/structural/fold_sequencer.hpp"
#include "arch/structural/processing_element.hpp"
#include "arch/structural/skew.hpp"

/// The systolic array as hardware is built: a module per processing element, wires between
/// neighbours, registers on one clock. Slow; the reference of the fast model and of the RTL.
namespace systole::arch::structural {

/// docs/array.md says what happens in which cycle. `clock` is a signal that the owner raises once a
/// cycle, after the inputs of the cycle have settled: a clock of its own would never let
/// sc_core::sc_start() return.
///
/// Operands are codes. Those of rows and columns that a fold does not use must be finite codes;
/// their sums mean nothing (output stationary) or are zero, or the sum above (else).
///
/// Sums are `design().adder.words()` words; words of an open chunk follow them on the wires
/// between elements. The value of a float sum is the binary64 with these bits.
class StructuralArray final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};

    sc_core::sc_in<bool> foldValid{"foldValid"};
    sc_core::sc_in<std::uint32_t> foldSteps{"foldSteps"};
    sc_core::sc_out<bool> takesFold{"takesFold"};

    sc_core::sc_out<bool> wantsStationary{"wantsStationary"};
    sc_core::sc_in<bool> stationaryValid{"stationaryValid"};
    sc_core::sc_out<RowWire> step{"step"};  ///< valid: the operands of a step are wanted
    sc_core::sc_in<bool> stepValid{"stepValid"};
    Inputs<std::uint16_t> rowOperand;
    Inputs<ColumnWire> columnOperand;  ///< stationary vector, or operands of a step

    sc_core::sc_in<bool> outputReady{"outputReady"};

    /// `datapath.accumulator` must not round stochastically.
    StructuralArray(const sc_core::sc_module_name& name, const ArrayConfig& array,
                    const DatapathConfig& datapath);

    const ElementDesign& design() const { return design_; }
    const Activity& activity() const { return activity_; }

    /// Places where results appear: the ends of the columns; every element, row by row, with
    /// `drain: direct`.
    std::size_t results() const;
    bool resultValid(std::size_t result) const;
    SumWord resultWord(std::size_t result, std::size_t word) const;
    /// For who looks on: its ports and registers.
    const ProcessingElement& element(std::uint32_t row, std::uint32_t column) const {
        return *elements_[at(row, column)];
    }
    bool anyResultValid() const { return anyValid_.read(); }

    /// All signals, by names like `array.pe_2_3.sum`.
    void trace(sc_core::sc_trace_file* file) const override;

private:
    /// What one element drives.
    struct ElementWires {
        sc_core::sc_signal<RowWire> row;
        sc_core::sc_signal<ColumnWire> column;
        Signals<SumWord> sum;
        sc_core::sc_signal<bool> complete;

        ElementWires(const std::string& place, std::size_t words);
    };

    std::size_t at(std::uint32_t row, std::uint32_t column) const {
        return std::size_t{row} * design_.array.columns + column;
    }
    void buildSequencer();
    void buildEdges();
    void buildElements();
    void connect(std::uint32_t row, std::uint32_t column);
    void gate();
    void collect();
    void traceEdges(sc_core::sc_trace_file* file, const std::string& prefix) const;
    void traceElement(sc_core::sc_trace_file* file, const std::string& name,
                      std::size_t element) const;

    ElementDesign design_;
    Activity activity_;
    sc_core::sc_signal<bool> enable_{"enable"};
    sc_core::sc_signal<bool> anyValid_{"anyValid"};
    sc_core::sc_signal<bool> showsRow_{"showsRow"};
    Signals<bool> shift_;
    Signals<RowWire> rowEdge_;
    Signals<ColumnWire> columnEdge_;
    Signals<bool> shown_;    ///< showsRow_ at every column's end
    Signals<SumWord> zero_;  ///< what the top row adds to
    FoldSequencer sequencer_;
    std::vector<std::unique_ptr<RowEdge>> rowEdges_;
    std::vector<std::unique_ptr<SkewRegisters<ColumnWire>>> columnEdges_;
    std::vector<std::unique_ptr<SkewRegisters<bool>>> showEdges_;
    std::vector<std::unique_ptr<ElementWires>> wires_;
    std::vector<std::unique_ptr<ProcessingElement>> elements_;
};

}  // namespace systole::arch::structural
