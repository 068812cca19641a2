// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "arch/activity/register_counts.hpp"
#include "arch/config.hpp"
#include "arch/structural/wires.hpp"
#include "models/numeric/sums/sum_register.hpp"

namespace systole::arch::structural {

/// What all elements of an array are built from. `row` and `column` are the formats of the operands
/// that come along rows and columns: activation and weight, exchanged if input stationary.
struct ElementDesign {
    ElementDesign(const ArrayConfig& arrayConfig, const DatapathConfig& datapath);

    ArrayConfig array;
    numeric::Codec row;
    numeric::Codec column;
    numeric::SumRegister adder;          ///< an empty one, to copy
    std::optional<std::uint32_t> chunk;  ///< products that an inner register sums
    int sumBits;                         ///< of a word of a sum, where waveforms show it

    bool outputStationary() const { return array.dataflow == Dataflow::OutputStationary; }
    bool secondOperand() const { return !outputStationary() && array.overlapFolds; }
    bool secondSum() const { return outputStationary() && array.drain == Drain::Shadow; }
    bool shiftsSums() const { return outputStationary() && array.drain != Drain::Direct; }
};

/// A processing element: multiplier, D - 1 pipeline registers, adder, and registers for what it
/// holds and hands on. What it does in a cycle follows from the control bits on `rowIn` alone.
/// Nothing changes in a cycle without `enable`.
///
/// Weight and input stationary: the sum above, plus the product, goes to the sum register.
/// Output stationary: the sum register grows; in a shift it (or the second one) takes the sum
/// above.
class ProcessingElement final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_in<bool> enable{"enable"};
    sc_core::sc_in<RowWire> rowIn{"rowIn"};
    sc_core::sc_out<RowWire> rowOut{"rowOut"};
    sc_core::sc_in<ColumnWire> columnIn{"columnIn"};
    sc_core::sc_out<ColumnWire> columnOut{"columnOut"};  ///< load register, or column register
    Inputs<SumWord> sumIn;
    Outputs<SumWord> sumOut;
    /// A sum was written that is a result where it stands: the one of a step in the last row of a
    /// stationary array, the one of a fold in any row of an output-stationary one.
    sc_core::sc_out<bool> complete{"complete"};

    // Registers that no neighbour sees.
    sc_core::sc_signal<ColumnWire> stationary{"stationary"};  ///< in use, of overlapped folds
    Signals<SumWord> drained;                                 ///< the second sum, `drain: shadow`

    ProcessingElement(const sc_core::sc_module_name& name, const ElementDesign& design,
                      Activity& activity);

private:
    struct Tags {
        bool valid = false;
        bool first = false;
        bool last = false;
    };
    struct Product {
        bool used = false;
        bool closes = false;  ///< it is the last one of a chunk (stationary operands)
        numeric::Term value;
    };

    void tick();
    void hand(const RowWire& wire);
    void shiftOperand();
    void shiftSum();
    /// The tags of the step that began `cycles` ago.
    const Tags& tagsAt(std::size_t cycles, const Tags& now) const;
    Product multiply(const RowWire& wire) const;
    void accumulate(const Tags& tags, const Product& product);
    void addTo(std::vector<SumWord>& sum, const Tags& tags, const Product& product);
    bool closesChunk(const Tags& tags, const Product& product);
    template <typename Ports>
    std::vector<SumWord>& read(const Ports& ports);

    const ElementDesign& design_;
    Activity& activity_;
    numeric::SumRegister adder_;
    numeric::AccumulatorEvents events_;
    std::vector<Tags> tags_;         ///< of the S + D - 2 cycles before
    std::vector<Product> products_;  ///< the D - 1 pipeline registers
    std::uint32_t chunkSteps_ = 0;   ///< products in the open chunk (output stationary)
    std::vector<SumWord> words_;
};

}  // namespace systole::arch::structural
