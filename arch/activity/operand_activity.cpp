// SPDX-License-Identifier: Apache-2.0
#include "arch/activity/operand_activity.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "models/numeric/formats/differing_bits.hpp"

namespace systole::arch {

using numeric::differingBits;

Activity registerWrites(const ArrayConfig& array, std::uint64_t steps) {
    const std::uint64_t elements = array.processingElements();
    const std::uint64_t pairsOfRows = elements * (array.rows - 1) / 2;
    Activity writes;
    writes.steps = writes.rowRegisterWrites = writes.sumRegisterWrites = steps * elements;
    if (array.dataflow != Dataflow::OutputStationary) {
        writes.loadRegisterWrites = pairsOfRows + elements;  // row r shifts R - r times
        writes.switchWrites = array.overlapFolds ? elements : 0;
        return writes;
    }
    writes.columnRegisterWrites = steps * elements;
    if (array.drain != Drain::Direct) {
        writes.drainRegisterWrites = pairsOfRows + (array.drain == Drain::Shadow ? elements : 0);
    }
    return writes;
}

OperandActivity::OperandActivity(const ArrayConfig& array) : array_(array) {
    const bool stationaryOutputs = array.dataflow == Dataflow::OutputStationary;
    rows_.held.resize(array.rows);
    columns_.held.resize(stationaryOutputs ? array.columns : 0);
    held_.resize(stationaryOutputs ? 0 : array.processingElements());
}

void OperandActivity::beginFold() {
    for (Edge* edge : {&rows_, &columns_}) {
        edge->first.assign(edge->held.size(), 0);
        edge->last.assign(edge->held.size(), 0);
    }
    loads_.assign(held_.size(), 0);
}

void OperandActivity::add(const Block& block) {
    const auto& [m, k, n] = block.shape;
    SYSTOLE_CHECK(block.activations.size() == m * k && block.weights.size() == k * n,
                  "{} and {} operands of a product of {} x {} x {}", block.activations.size(),
                  block.weights.size(), m, k, n);
    const std::uint16_t* a = block.activations.data();
    const std::uint16_t* b = block.weights.data();
    switch (array_.dataflow) {
        case Dataflow::WeightStationary:
            counts_.rowRegisterToggles +=
                array_.columns * stream({a, k, m, false}, block.row, rows_);
            break;
        case Dataflow::InputStationary:
            counts_.rowRegisterToggles +=
                array_.columns * stream({b, k, n, true}, block.row, rows_);
            break;
        case Dataflow::OutputStationary:
            counts_.rowRegisterToggles +=
                array_.columns * stream({a, m, k, true}, block.row, rows_);
            counts_.columnRegisterToggles +=
                array_.rows * stream({b, n, k, false}, block.column, columns_);
            return;
    }
    counts_.products += m * k * n;
    placeStationary(block);
}

/// Bits that change from step to step of the fold, once for all registers that take them.
std::uint64_t OperandActivity::stream(const Streamed& operands, std::size_t at, Edge& edge) {
    const auto& [codes, lanes, steps, lanesOutside] = operands;
    SYSTOLE_CHECK(at + lanes <= edge.held.size() && steps > 0, "{} operands from {} on at {} PEs",
                  lanes, at, edge.held.size());
    const std::size_t stride = lanesOutside ? steps : 1;
    const std::size_t toLast = lanesOutside ? steps - 1 : (steps - 1) * lanes;
    std::uint64_t bits = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::uint16_t* first = codes + lane * stride;
        edge.first[at + lane] = *first;
        edge.last[at + lane] = first[toLast];
        if (lanesOutside) bits += differingBits(first, first + 1, steps - 1);
    }
    return lanesOutside ? bits : differingBits(codes, codes + lanes, toLast);
}

/// Bits that change from the fold before to this one.
std::uint64_t OperandActivity::follow(Edge& edge) {
    const std::uint64_t bits = differingBits(edge.held.data(), edge.first.data(), edge.held.size());
    edge.held.swap(edge.last);
    return bits;
}

void OperandActivity::placeStationary(const Block& block) {
    const bool weights = array_.dataflow == Dataflow::WeightStationary;
    const auto& [m, k, n] = block.shape;
    const std::size_t columns = weights ? n : m;
    SYSTOLE_CHECK(block.column + columns <= array_.columns, "{} operands from column {} on",
                  columns, block.column);
    for (std::size_t row = 0; row < k; ++row) {
        std::uint16_t* to = loads_.data() + (block.row + row) * array_.columns + block.column;
        if (weights) {
            std::copy_n(block.weights.data() + row * n, n, to);
            continue;
        }
        for (std::size_t column = 0; column < m; ++column) {
            to[column] = block.activations[column * k + row];
        }
    }
}

/// The load register of PE(r, c) takes rows R-1 .. r of column c: the first of them follows what it
/// held, and row i follows row i + 1 in all rows up to i.
void OperandActivity::load() {
    const std::size_t columns = array_.columns;
    const std::uint16_t* bottom = loads_.data() + (array_.rows - 1) * columns;
    std::uint64_t bits = 0;
    for (std::size_t row = 0; row < array_.rows; ++row) {
        const std::uint16_t* own = loads_.data() + row * columns;
        bits += differingBits(held_.data() + row * columns, bottom, columns);
        if (own != bottom) bits += (row + 1) * differingBits(own, own + columns, columns);
    }
    counts_.loadRegisterToggles += bits;
    if (array_.overlapFolds) {
        counts_.switchToggles += differingBits(held_.data(), loads_.data(), held_.size());
    }
    held_.swap(loads_);
}

void OperandActivity::endFold(std::uint64_t steps) {
    counts_.rowRegisterToggles += array_.columns * follow(rows_);
    if (array_.dataflow == Dataflow::OutputStationary) {
        counts_.columnRegisterToggles += array_.rows * follow(columns_);
        counts_.products += steps * array_.processingElements();
    } else {
        load();
    }
    addCounters(counts_, registerWrites(array_, steps), structural::kActivity);
}

}  // namespace systole::arch
