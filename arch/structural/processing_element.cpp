// SPDX-License-Identifier: Apache-2.0
#include "arch/structural/processing_element.hpp"

#include <algorithm>
#include <bit>

#include "models/check.hpp"

namespace systole::arch::structural {
namespace {

constexpr int kWordBits = 64;

std::uint64_t differingBits(std::uint16_t before, std::uint16_t after) {
    return static_cast<std::uint64_t>(std::popcount(static_cast<unsigned>(before ^ after)));
}

template <typename T>
void shiftIn(std::vector<T>& registers, const T& value) {
    if (registers.empty()) return;
    std::move_backward(registers.begin(), registers.end() - 1, registers.end());
    registers.front() = value;
}

template <typename Ports>
void write(Ports& ports, const std::vector<SumWord>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) ports[i].write(words[i]);
}

}  // namespace

ElementDesign::ElementDesign(const ArrayConfig& arrayConfig, const DatapathConfig& datapath)
    : array(arrayConfig),
      row(arrayConfig.dataflow == Dataflow::InputStationary ? datapath.weight
                                                            : datapath.activation),
      column(arrayConfig.dataflow == Dataflow::InputStationary ? datapath.activation
                                                               : datapath.weight),
      adder(datapath.accumulator, row, column),
      sumBits(kWordBits) {
    if (datapath.accumulator.chunk) chunk = datapath.accumulator.chunk->length;
    if (adder.openWords() == 1 && !numeric::isFloat(datapath.accumulator)) {
        sumBits = numeric::accumulatorBits(datapath.accumulator, row, column);
    }
    SYSTOLE_CHECK(array.rows > 0 && array.columns > 0 && array.cyclesPerStep > 0 &&
                      array.pipelineDepth >= 1 && array.pipelineDepth <= 4,
                  "{} x {} PEs, {} cycles a step, pipeline depth {}", array.rows, array.columns,
                  array.cyclesPerStep, array.pipelineDepth);
    // The random bits are named by the place of an output, which no wire tells.
    SYSTOLE_CHECK(!numeric::isStochastic(datapath.accumulator),
                  "accumulator {} rounds stochastically", datapath.accumulator.name);
}

ProcessingElement::ProcessingElement(const sc_core::sc_module_name& name,
                                     const ElementDesign& design, Activity& activity)
    : sc_module(name),
      sumIn("sumIn", design.adder.openWords()),
      sumOut("sumOut", design.adder.openWords()),
      drained("drained", design.secondSum() ? design.adder.openWords() : 0),
      design_(design),
      activity_(activity),
      adder_(design.adder),
      tags_(design.array.cyclesPerStep + design.array.pipelineDepth - 2),
      products_(design.array.pipelineDepth - 1),
      words_(design.adder.openWords()) {
    SC_HAS_PROCESS(ProcessingElement);
    SC_METHOD(tick);
    sensitive << clock.pos();
    dont_initialize();
}

void ProcessingElement::tick() {
    if (!enable.read()) return;
    const RowWire& wire = rowIn.read();
    const Tags now{wire.valid, wire.first, wire.last};
    hand(wire);
    if (wire.shift) {
        design_.outputStationary() ? shiftSum() : shiftOperand();
    }

    const std::uint32_t cycles = design_.array.cyclesPerStep;
    Product product;
    if (tagsAt(cycles - 1, now).valid) product = multiply(wire);
    const Tags& ending = tagsAt(cycles + design_.array.pipelineDepth - 2, now);
    if (ending.valid) accumulate(ending, products_.empty() ? product : products_.back());
    const bool atEnd = ending.valid && (!design_.outputStationary() || ending.last);
    complete.write(atEnd);

    shiftIn(products_, product);
    shiftIn(tags_, now);
}

void ProcessingElement::hand(const RowWire& wire) {
    RowWire next = wire;
    if (!wire.valid) {
        next.operand = rowOut.read().operand;
        rowOut.write(next);
        return;
    }
    ++activity_.steps;
    ++activity_.rowRegisterWrites;
    activity_.rowRegisterToggles += differingBits(rowOut.read().operand, wire.operand);
    rowOut.write(next);
    if (design_.outputStationary()) {
        ++activity_.columnRegisterWrites;
        activity_.columnRegisterToggles +=
            differingBits(columnOut.read().operand, columnIn.read().operand);
        columnOut.write(columnIn.read());
    } else if (design_.secondOperand() && wire.first) {
        ++activity_.switchWrites;
        activity_.switchToggles +=
            differingBits(stationary.read().operand, columnOut.read().operand);
        stationary.write(columnOut.read());
    }
}

void ProcessingElement::shiftOperand() {
    ++activity_.loadRegisterWrites;
    activity_.loadRegisterToggles +=
        differingBits(columnOut.read().operand, columnIn.read().operand);
    columnOut.write(columnIn.read());
}

void ProcessingElement::shiftSum() {
    ++activity_.drainRegisterWrites;
    const std::vector<SumWord>& above = read(sumIn);
    design_.secondSum() ? write(drained, above) : write(sumOut, above);
}

const ProcessingElement::Tags& ProcessingElement::tagsAt(std::size_t cycles,
                                                         const Tags& now) const {
    return cycles == 0 ? now : tags_[cycles - 1];
}

/// In the last cycle of the S: the operands are on the wires if it is the first one as well, else
/// in the registers.
ProcessingElement::Product ProcessingElement::multiply(const RowWire& wire) const {
    const bool fromWires = design_.array.cyclesPerStep == 1;
    const std::uint16_t rowOperand = fromWires ? wire.operand : rowOut.read().operand;
    ColumnWire held = columnOut.read();
    if (design_.outputStationary()) {
        if (fromWires) held = columnIn.read();
        held.used = true;
    } else if (design_.secondOperand() && !(fromWires && wire.first)) {
        held = stationary.read();
    }
    if (!held.used) return {};
    return {
        true, held.closes,
        numeric::productOf(design_.row.decode(rowOperand), design_.column.decode(held.operand))};
}

template <typename Ports>
std::vector<SumWord>& ProcessingElement::read(const Ports& ports) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = ports[i].read();
    return words_;
}

void ProcessingElement::accumulate(const Tags& tags, const Product& product) {
    std::vector<SumWord>& sum = design_.outputStationary() ? read(sumOut) : read(sumIn);
    if (design_.outputStationary() && tags.first) std::fill(sum.begin(), sum.end(), 0);
    addTo(sum, tags, product);
    ++activity_.sumRegisterWrites;
    write(sumOut, sum);
    if (design_.secondSum() && tags.last) {
        ++activity_.drainRegisterWrites;
        write(drained, sum);
    }
}

void ProcessingElement::addTo(std::vector<SumWord>& sum, const Tags& tags, const Product& product) {
    const bool closes = closesChunk(tags, product);
    if (!product.used) return;
    events_ = {};
    adder_.loadOpen(sum);
    ++activity_.products;
    adder_.add(product.value, 0, events_);
    if (closes) adder_.close(0, events_);
    adder_.storeOpen(sum);
    activity_.overflows += events_.overflows;
    activity_.saturations += events_.saturations;
}

/// A fold's k lies along the rows, where a bit beside the stationary operand says that it ends a
/// chunk, or, output stationary, along the steps, which the element counts. Either way chunks begin
/// with the first product of a sum, wherever in the array that is.
bool ProcessingElement::closesChunk(const Tags& tags, const Product& product) {
    if (!design_.chunk) return false;
    if (!design_.outputStationary()) return product.closes;
    chunkSteps_ = tags.first ? 1 : chunkSteps_ + 1;
    if (chunkSteps_ < *design_.chunk && !tags.last) return false;
    chunkSteps_ = 0;
    return true;
}

}  // namespace systole::arch::structural
