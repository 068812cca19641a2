// SPDX-License-Identifier: Apache-2.0
#include "tests/cosim/fast_array.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::cosim {
namespace {

using arch::Dataflow;
using arch::Drain;
using Codes = std::vector<std::uint16_t>;

/// The first `rows` x `columns` of a matrix whose rows have `pitch` elements.
Codes cornerOf(const Codes& matrix, std::size_t pitch, std::size_t rows, std::size_t columns) {
    Codes corner;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto begin = matrix.begin() + static_cast<std::ptrdiff_t>(row * pitch);
        corner.insert(corner.end(), begin, begin + static_cast<std::ptrdiff_t>(columns));
    }
    return corner;
}

Codes transposed(const Codes& matrix, std::size_t columns) {
    Codes result;
    for (std::size_t column = 0; column < columns; ++column) {
        for (std::size_t at = column; at < matrix.size(); at += columns) {
            result.push_back(matrix[at]);
        }
    }
    return result;
}

/// A fold's operands as arch::MachineState gathers them.
struct Operands {
    numeric::GemmShape shape;
    Codes activations;  ///< [m][k]
    Codes weights;      ///< [k][n]
};

/// `shape`: what of the fold is meant.
Operands operandsOf(const arch::structural::GemmFold& fold, const arch::ArrayConfig& array,
                    const numeric::GemmShape& shape) {
    const auto& [m, k, n] = shape;
    switch (array.dataflow) {
        case Dataflow::WeightStationary:
            return {shape, cornerOf(fold.rows, array.rows, m, k),
                    cornerOf(fold.stationary, array.columns, k, n)};
        case Dataflow::InputStationary:
            return {shape, transposed(cornerOf(fold.stationary, array.columns, k, m), m),
                    transposed(cornerOf(fold.rows, array.rows, n, k), k)};
        case Dataflow::OutputStationary:
            return {shape, transposed(cornerOf(fold.rows, array.rows, k, m), m),
                    cornerOf(fold.columns, array.columns, k, n)};
    }
    SYSTOLE_CHECK(false, "no such dataflow");
}

}  // namespace

FastArray::FastArray(const arch::ArrayConfig& config, const arch::DatapathConfig& datapath)
    : config_(config),
      gemm_(numeric::Codec(datapath.activation), numeric::Codec(datapath.weight),
            datapath.accumulator),
      schedule_(config),
      activity_(config) {}

void FastArray::expect(std::span<const GemmFold> folds) {
    expected_.assign(folds.begin(), folds.end());
}

ArrayOutputs FastArray::outputs() {
    const bool direct = outputStationary() && config_.drain == Drain::Direct;
    const std::size_t wires = direct ? config_.processingElements() : config_.columns;
    const std::size_t words = gemm_.words();
    ArrayOutputs shown;
    shown.takesFold = time_ + 1 >= schedule_.nextBegin();
    shown.valid.resize(wires);
    shown.sums.resize(wires * words);
    const auto now = events_.find(time_);
    if (now == events_.end()) return shown;
    const Events& events = now->second;
    shown.wantsStationary = !events.stationary.empty();
    shown.wantsStep = !events.rows.empty();
    shown.anyValid = !events.sums.empty();
    for (const auto& [wire, sum] : events.sums) {
        shown.valid[wire] = 1;
        std::copy(sum.begin(), sum.end(),
                  shown.sums.begin() + static_cast<std::ptrdiff_t>(wire * words));
    }
    return shown;
}

void FastArray::clock(const ArrayInputs& inputs) {
    const ArrayOutputs shown = outputs();
    if (!advances(shown, inputs)) return;
    if (const auto now = events_.find(time_); now != events_.end()) {
        checkOperands(now->second, inputs);
        events_.erase(now);
    }
    if (shown.takesFold && inputs.foldValid) {
        SYSTOLE_CHECK(!expected_.empty() && expected_.front().steps == inputs.foldSteps,
                      "a fold of {} steps that nobody expects", inputs.foldSteps);
        take(expected_.front());
        expected_.pop_front();
    }
    ++time_;
}

void FastArray::checkOperands(const Events& events, const ArrayInputs& inputs) const {
    const bool same =
        (events.stationary.empty() ||
         (events.stationary == inputs.stationary && events.used == inputs.used)) &&
        (events.rows.empty() || (events.rows == inputs.rows && events.columns == inputs.columns));
    SYSTOLE_CHECK(same, "array cycle {}: operands of no fold", time_);
}

void FastArray::take(const GemmFold& fold) {
    const arch::FoldTimes times = schedule_.add(fold.steps, time_ + 1);
    planOperands(fold, times);
    planSums(fold, times);
    countActivity(fold);
}

void FastArray::planOperands(const GemmFold& fold, const arch::FoldTimes& times) {
    const auto row = [](const auto& matrix, std::size_t index, std::size_t columns) {
        const auto begin = matrix.begin() + static_cast<std::ptrdiff_t>(index * columns);
        return std::vector(begin, begin + static_cast<std::ptrdiff_t>(columns));
    };
    const std::size_t columns = config_.columns;
    for (std::size_t j = 0; j < config_.rows && !outputStationary(); ++j) {
        Events& events = events_[times.load + j];
        events.stationary = row(fold.stationary, config_.rows - 1 - j, columns);
        events.used = row(fold.used, config_.rows - 1 - j, columns);
    }
    for (std::size_t step = 0; step < fold.steps; ++step) {
        Events& events = events_[times.firstStep + step * config_.cyclesPerStep];
        events.rows = row(fold.rows, step, config_.rows);
        if (outputStationary()) events.columns = row(fold.columns, step, columns);
    }
}

/// [step or row][column][word], of all columns and, output stationary, of all rows.
std::vector<std::int64_t> FastArray::sumsOf(const GemmFold& fold) const {
    const std::size_t words = gemm_.words();
    // What an output-stationary fold does not use is multiplied as well: the models agree on it.
    const numeric::GemmShape shape =
        outputStationary() ? numeric::GemmShape{config_.rows, fold.size.k, config_.columns}
                           : fold.size;
    const Operands operands = operandsOf(fold, config_, shape);
    std::vector<std::int64_t> product(shape.m * shape.n * words);
    gemm_.run({.shape = shape, .a = operands.activations, .b = operands.weights}, false, product);

    const bool exchanged = config_.dataflow == Dataflow::InputStationary;
    const std::size_t lines = exchanged ? shape.n : shape.m;
    std::vector<std::int64_t> sums(lines * config_.columns * words);
    for (std::size_t m = 0; m < shape.m; ++m) {
        for (std::size_t n = 0; n < shape.n; ++n) {
            const std::size_t to = exchanged ? n * config_.columns + m : m * config_.columns + n;
            std::copy_n(product.begin() + static_cast<std::ptrdiff_t>((m * shape.n + n) * words),
                        words, sums.begin() + static_cast<std::ptrdiff_t>(to * words));
        }
    }
    return sums;
}

void FastArray::planSums(const GemmFold& fold, const arch::FoldTimes& times) {
    const std::vector<std::int64_t> sums = sumsOf(fold);
    const std::size_t words = gemm_.words();
    const bool direct = outputStationary() && config_.drain == Drain::Direct;
    const std::size_t lines = outputStationary() ? config_.rows : fold.steps;
    for (std::size_t line = 0; line < lines; ++line) {
        for (std::size_t column = 0; column < config_.columns; ++column) {
            const std::size_t place = line * config_.columns + column;
            const auto sum = sums.begin() + static_cast<std::ptrdiff_t>(place * words);
            events_[arch::sumAppears(config_, times, line, column)].sums.emplace_back(
                direct ? place : column,
                std::vector(sum, sum + static_cast<std::ptrdiff_t>(words)));
        }
    }
}

void FastArray::countActivity(const GemmFold& fold) {
    const Operands operands = operandsOf(fold, config_, fold.size);
    activity_.beginFold();
    activity_.add({.shape = operands.shape,
                   .activations = operands.activations,
                   .weights = operands.weights});
    activity_.endFold(fold.steps);
}

}  // namespace systole::cosim
