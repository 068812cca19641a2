// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/exact_sums.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "models/overloaded.hpp"
#include "sim/graph/copies.hpp"
#include "sim/graph/taps.hpp"

namespace systole::graph {

namespace {

using numeric::Code;
using numeric::Codec;

std::vector<std::int64_t> stepsOf(const Codec& codec) {
    std::vector<std::int64_t> steps;
    if (codec.gridBits() > 62) return steps;
    for (Code code = 0; code < codec.codeCount(); ++code) {
        steps.push_back(codec.isFinite(code) ? codec.gridSteps(code) : 0);
    }
    return steps;
}

Codec codecOf(const Graph& graph, TensorId tensor) {
    const auto& quantizer = graph.quantizerOf(tensor);
    SYSTOLE_CHECK(quantizer.has_value(), "'{}' has no quantizer", graph.tensors.at(tensor).name);
    return Codec(quantizer->format);
}

}  // namespace

ExactSums::ExactSums(const Graph& graph, const Node& node, std::span<const Code> input,
                     std::span<const Code> weights, std::size_t foldRows)
    : work_(std::get<MatrixWork>(node.work)),
      layout_(graph, node, work_),
      gemm_(codecOf(graph, node.inputs[0]), codecOf(graph, node.inputs[1]),
            graph.accumulatorOf(work_)),
      arithmetic_(gemm_.accumulator(), gemm_.activation(), gemm_.weight()),
      words_(static_cast<std::size_t>(arithmetic_.words())),
      foldRows_(foldRows),
      activationSteps_(stepsOf(gemm_.activation())),
      weightSteps_(stepsOf(gemm_.weight())) {
    const MatrixExtents& extents = layout_.extents;
    const Extents space{extents.batches, extents.outputHeight, extents.outputWidth,
                        extents.outputChannels};
    sums_.reserve(elementsOf(space) * words_);
    const bool inOrder = orderMatters();
    forEachIndex(space, [&](const Extents& index) {
        gather(input, weights, index);
        std::vector<std::int64_t> sum(words_, 0);
        if (inOrder) {
            accumulate(sum);
        } else {
            sum.front() = accumulateInOneWord();
        }
        if (!work_.terms.empty()) arithmetic_.add(sum, work_.terms[index[3]]);
        sums_.insert(sums_.end(), sum.begin(), sum.end());
    });
}

float ExactSums::real(std::size_t place) const {
    return arithmetic_.toFloat(std::span(sums_).subspan(place * words_, words_));
}

/// Operands of the output at an index: batch, row, column, output.
void ExactSums::gather(std::span<const Code> input, std::span<const Code> weights,
                       const std::vector<std::uint32_t>& index) {
    const std::uint32_t n = index[3];
    const std::uint32_t groupOutputs = layout_.extents.outputChannels / work_.groups;
    const std::uint32_t groupInputs = layout_.extents.inputChannels / work_.groups;
    const std::uint32_t firstInput = n / groupOutputs * groupInputs;
    const std::int64_t batch = layout_.weightBatches == 1 ? 0 : std::int64_t{index[0]};
    weights_.clear();
    for (std::size_t k = 0; k < layout_.reduction; ++k) {
        const std::int64_t place = batch * layout_.weights.batch + n * layout_.weights.output +
                                   static_cast<std::int64_t>(k) * layout_.weights.k;
        weights_.push_back(static_cast<std::uint16_t>(weights[static_cast<std::size_t>(place)]));
    }
    const auto zero = static_cast<std::uint16_t>(gemm_.activation().encode(0.0));
    activations_.assign(layout_.reduction, zero);
    const ImageSize image{layout_.extents.inputHeight, layout_.extents.inputWidth};
    forEachTap(work_.window, image, index[1], index[2],
               [&](std::uint32_t tap, std::int64_t row, std::int64_t column) {
                   for (std::uint32_t c = 0; c < groupInputs; ++c) {
                       const auto place = static_cast<std::size_t>(
                           layout_.image.at(index[0], row, column, firstInput + c));
                       activations_[std::size_t{tap} * groupInputs + c] =
                           static_cast<std::uint16_t>(input[place]);
                   }
               });
}

/// Fold by fold; the definition of each fold's sum is `Gemm::runScalar`.
void ExactSums::accumulate(std::span<std::int64_t> sum) const {
    const std::span activations(activations_);
    const std::span weights(weights_);
    for (std::size_t k = 0; k < weights.size(); k += foldRows_) {
        const std::size_t rows = std::min(foldRows_, weights.size() - k);
        gemm_.runScalar({{1, rows, 1}, activations.subspan(k, rows), weights.subspan(k, rows)},
                        k > 0, sum);
    }
}

/// Two's complement sums that wrap or never overflow do not depend on the order.
bool ExactSums::orderMatters() const {
    const numeric::AccumulatorFormat& accumulator = gemm_.accumulator();
    const bool commutes =
        std::visit(Overloaded{[](const numeric::IntegerRegister& integer) {
                                  return integer.overflow == numeric::Overflow::Wrap;
                              },
                              [](const numeric::ExactRegister&) { return true; },
                              [](const numeric::FloatRegister&) { return false; }},
                   accumulator.sum);
    return !commutes || !arithmetic_.isWord() || accumulator.chunk || activationSteps_.empty() ||
           weightSteps_.empty();
}

std::int64_t ExactSums::accumulateInOneWord() const {
    const int bits =
        numeric::accumulatorBits(gemm_.accumulator(), gemm_.activation(), gemm_.weight());
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < weights_.size(); ++k) {
        const std::int64_t product = activationSteps_[activations_[k]] * weightSteps_[weights_[k]];
        sum = numeric::addWrapped(sum, product, bits);
    }
    return sum;
}

}  // namespace systole::graph
