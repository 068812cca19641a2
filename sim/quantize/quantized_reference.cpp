// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/quantized_reference.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "models/numeric/gemm/gemm.hpp"
#include "models/numeric/sums/sum.hpp"
#include "models/overloaded.hpp"
#include "sim/network/window.hpp"

namespace systole::sim {

namespace {

using numeric::Code;
using Codes = std::vector<Code>;

std::vector<std::int64_t> stepsOf(const numeric::Codec& codec) {
    std::vector<std::int64_t> steps;
    if (codec.gridBits() > 62) return steps;
    for (Code code = 0; code < codec.codeCount(); ++code) {
        steps.push_back(codec.isFinite(code) ? codec.gridSteps(code) : 0);
    }
    return steps;
}

/// Computes one node; codes of its inputs are there.
class NodeInterpreter {
public:
    NodeInterpreter(const QuantizedNetwork& network, const QuantizedNode& node,
                    const std::vector<Codes>& tensors, std::size_t foldRows)
        : scheme_(network.scheme),
          activation_(network.scheme.activation),
          weight_(network.scheme.weight),
          gemm_(activation_, weight_, network.scheme.accumulator),
          sums_(network.scheme.accumulator, activation_, weight_),
          activationSteps_(stepsOf(activation_)),
          weightSteps_(stepsOf(weight_)),
          foldRows_(foldRows),
          inputShape_(network.tensors[node.inputs[0]].shape),
          outputShape_(network.tensors[node.output].shape),
          input_(tensors[node.inputs[0]]),
          second_(tensors[node.inputs.back()]),
          output_(outputShape_.elements()) {}

    Codes run(const QuantizedOperation& operation) {
        std::visit(*this, operation);
        return output_;
    }

    void operator()(const QuantizedConvolution& convolution);
    void operator()(const QuantizedPooling& pooling);
    void operator()(const QuantizedAddition& addition);
    void operator()(const QuantizedRelu& relu);
    void operator()(const QuantizedSoftmax& softmax);

private:
    void gatherOperands(const QuantizedConvolution& convolution, std::uint32_t y, std::uint32_t x,
                        std::size_t n);
    void accumulate(std::span<std::int64_t> sum) const;
    std::int64_t accumulateInOneWord() const;
    bool orderMatters() const;
    Code output(const QuantizedConvolution& convolution, std::size_t n) const;
    Code largestInWindow(const Window& window, std::uint32_t y, std::uint32_t x,
                         std::size_t c) const;
    Code average(const QuantizedPooling& pooling, std::uint32_t y, std::uint32_t x,
                 std::size_t c) const;
    Code pooled(const QuantizedPooling& pooling, std::uint32_t y, std::uint32_t x,
                std::size_t c) const;

    const Scheme& scheme_;
    numeric::Codec activation_;
    numeric::Codec weight_;
    numeric::Gemm gemm_;
    numeric::SumArithmetic sums_;
    std::vector<std::int64_t> activationSteps_;  ///< by code, where a word holds them
    std::vector<std::int64_t> weightSteps_;
    std::size_t foldRows_;
    std::vector<std::uint16_t> activations_;  ///< operands of one output, k ascending
    std::vector<std::uint16_t> weights_;
    const Shape& inputShape_;
    const Shape& outputShape_;
    const Codes& input_;
    const Codes& second_;
    Codes output_;
};

void NodeInterpreter::gatherOperands(const QuantizedConvolution& convolution, std::uint32_t y,
                                     std::uint32_t x, std::size_t n) {
    const std::size_t groupOutputs = convolution.outputChannels / convolution.groups;
    const std::size_t groupInputs = inputShape_.channels / convolution.groups;
    const std::size_t firstInput = n / groupOutputs * groupInputs;
    const std::size_t reduction = convolution.reduction();
    const Code* weights = convolution.weights.data() + n * reduction;
    weights_.assign(weights, weights + reduction);
    activations_.assign(reduction, static_cast<std::uint16_t>(activation_.encode(0.0)));
    forEachTap(convolution.window, inputShape_, y, x, [&](std::size_t tap, std::size_t pixel) {
        for (std::size_t c = 0; c < groupInputs; ++c) {
            activations_[tap * groupInputs + c] =
                static_cast<std::uint16_t>(input_[pixel * inputShape_.channels + firstInput + c]);
        }
    });
}

/// Fold by fold; the definition of each fold's sum is `Gemm::runScalar`.
void NodeInterpreter::accumulate(std::span<std::int64_t> sum) const {
    const std::span activations(activations_);
    const std::span weights(weights_);
    for (std::size_t k = 0; k < weights.size(); k += foldRows_) {
        const std::size_t rows = std::min(foldRows_, weights.size() - k);
        gemm_.runScalar({{1, rows, 1}, activations.subspan(k, rows), weights.subspan(k, rows)},
                        k > 0, sum);
    }
}

/// Two's complement sums that wrap or never overflow do not depend on the order.
bool NodeInterpreter::orderMatters() const {
    const numeric::AccumulatorFormat& accumulator = scheme_.accumulator;
    const bool commutes =
        std::visit(Overloaded{[](const numeric::IntegerRegister& integer) {
                                  return integer.overflow == numeric::Overflow::Wrap;
                              },
                              [](const numeric::ExactRegister&) { return true; },
                              [](const numeric::FloatRegister&) { return false; }},
                   accumulator.sum);
    return !commutes || !sums_.isWord() || accumulator.chunk || activationSteps_.empty() ||
           weightSteps_.empty();
}

std::int64_t NodeInterpreter::accumulateInOneWord() const {
    const int bits = numeric::accumulatorBits(scheme_.accumulator, activation_, weight_);
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < weights_.size(); ++k) {
        const std::int64_t product = activationSteps_[activations_[k]] * weightSteps_[weights_[k]];
        sum = numeric::addWrapped(sum, product, bits);
    }
    return sum;
}

Code NodeInterpreter::output(const QuantizedConvolution& convolution, std::size_t n) const {
    std::vector<std::int64_t> sum(static_cast<std::size_t>(sums_.words()), 0);
    if (orderMatters()) {
        accumulate(sum);
    } else {
        sum.front() = accumulateInOneWord();
    }
    sums_.add(sum, convolution.bias[n]);
    const numeric::Rescale& rescale = convolution.rescales[n];
    if (!sums_.isWord()) {
        return numeric::requantize(sums_.toFloat(sum), rescale, convolution.relu, activation_);
    }
    return numeric::requantize(sum.front(), rescale, scheme_.requantization, convolution.relu,
                               activation_);
}

void NodeInterpreter::operator()(const QuantizedConvolution& convolution) {
    forEachPixel(outputShape_, [&](std::uint32_t y, std::uint32_t x, std::size_t pixel) {
        for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
            gatherOperands(convolution, y, x, n);
            output_[pixel * outputShape_.channels + n] = output(convolution, n);
        }
    });
}

Code NodeInterpreter::largestInWindow(const Window& window, std::uint32_t y, std::uint32_t x,
                                      std::size_t c) const {
    bool found = false;
    Code largest = 0;
    forEachTap(window, inputShape_, y, x, [&](std::size_t, std::size_t pixel) {
        const Code code = input_[pixel * inputShape_.channels + c];
        if (!found || activation_.decode(code) > activation_.decode(largest)) largest = code;
        found = true;
    });
    return largest;
}

Code NodeInterpreter::average(const QuantizedPooling& pooling, std::uint32_t y, std::uint32_t x,
                              std::size_t c) const {
    double sum = 0;
    std::int64_t steps = 0;
    const bool isFixedPoint = scheme_.requantization == numeric::ScaleArithmetic::FixedPoint;
    forEachTap(pooling.window, inputShape_, y, x, [&](std::size_t, std::size_t pixel) {
        const Code code = input_[pixel * inputShape_.channels + c];
        sum += activation_.decode(code);
        steps += isFixedPoint ? activation_.gridSteps(code) : 0;
    });
    const std::uint32_t count = pooling.countIncludesPad
                                    ? kernelArea(pooling.window)
                                    : tapsInside(pooling.window, inputShape_, y, x);
    const numeric::Rescale& rescale = pooling.rescales[count];
    return isFixedPoint ? numeric::requantize(steps, rescale, scheme_.requantization, false,
                                              activation_)
                        : numeric::requantize(static_cast<float>(sum), rescale, false, activation_);
}

Code NodeInterpreter::pooled(const QuantizedPooling& pooling, std::uint32_t y, std::uint32_t x,
                             std::size_t c) const {
    switch (pooling.kind) {
        case Pooling::Kind::Max:
            return largestInWindow(pooling.window, y, x, c);
        case Pooling::Kind::Average:
            return average(pooling, y, x, c);
    }
    SYSTOLE_CHECK(false, "pooling of kind {}", static_cast<int>(pooling.kind));
}

void NodeInterpreter::operator()(const QuantizedPooling& pooling) {
    forEachPixel(outputShape_, [&](std::uint32_t y, std::uint32_t x, std::size_t pixel) {
        for (std::size_t c = 0; c < outputShape_.channels; ++c) {
            output_[pixel * outputShape_.channels + c] = pooled(pooling, y, x, c);
        }
    });
}

void NodeInterpreter::operator()(const QuantizedAddition& addition) {
    for (std::size_t i = 0; i < output_.size(); ++i) {
        output_[i] = numeric::addCodes(input_[i], second_[i], addition.scales,
                                       scheme_.requantization, addition.relu, activation_);
    }
}

void NodeInterpreter::operator()(const QuantizedRelu& /*relu*/) {
    for (std::size_t i = 0; i < output_.size(); ++i) {
        output_[i] = numeric::reluCode(input_[i], activation_);
    }
}

void NodeInterpreter::operator()(const QuantizedSoftmax& softmax) {
    numeric::softmaxCodes(input_, softmax.inputScale, softmax.outputScale, activation_, output_);
}

}  // namespace

std::vector<Code> encodeInput(const QuantizedNetwork& network, std::span<const float> image) {
    const numeric::Codec codec(network.scheme.activation);
    const QuantizedTensor& input = network.tensors[network.input];
    SYSTOLE_CHECK(image.size() == input.shape.elements(), "image of {} values", image.size());
    Codes codes;
    codes.reserve(image.size());
    for (const float value : image) codes.push_back(codec.encode(value / input.scale));
    return codes;
}

std::vector<float> decodeTensor(const QuantizedNetwork& network, TensorId tensor,
                                std::span<const Code> codes) {
    const numeric::Codec codec(network.scheme.activation);
    std::vector<float> values;
    values.reserve(codes.size());
    for (const Code code : codes) {
        values.push_back(static_cast<float>(codec.decode(code)) * network.tensors[tensor].scale);
    }
    return values;
}

std::vector<std::vector<Code>> runQuantized(const QuantizedNetwork& network,
                                            std::span<const Code> input, std::size_t foldRows) {
    SYSTOLE_CHECK(input.size() == network.tensors[network.input].shape.elements(),
                  "input of {} codes", input.size());
    std::vector<Codes> tensors(network.tensors.size());
    tensors[network.input].assign(input.begin(), input.end());
    for (const QuantizedNode& node : network.nodes) {
        tensors[node.output] =
            NodeInterpreter(network, node, tensors, foldRows).run(node.operation);
    }
    return tensors;
}

}  // namespace systole::sim
