// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/quantized_reference.hpp"

#include "models/check.hpp"
#include "sim/workload/window.hpp"

namespace systole::sim {

namespace {

using numeric::Code;
using Codes = std::vector<Code>;

/// Computes one node; codes of its inputs are there.
class NodeInterpreter {
public:
    NodeInterpreter(const QuantizedNetwork& network, const QuantizedNode& node,
                    const std::vector<Codes>& tensors)
        : scheme_(network.scheme),
          activation_(network.scheme.activation),
          weight_(network.scheme.weight),
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
    std::int64_t accumulate(const QuantizedConvolution& convolution, std::uint32_t y,
                            std::uint32_t x, std::size_t n) const;
    Code largestInWindow(const Window& window, std::uint32_t y, std::uint32_t x,
                         std::size_t c) const;
    Code average(const QuantizedPooling& pooling, std::uint32_t y, std::uint32_t x,
                 std::size_t c) const;

    const Scheme& scheme_;
    numeric::Codec activation_;
    numeric::Codec weight_;
    const Shape& inputShape_;
    const Shape& outputShape_;
    const Codes& input_;
    const Codes& second_;
    Codes output_;
};

std::int64_t NodeInterpreter::accumulate(const QuantizedConvolution& convolution, std::uint32_t y,
                                         std::uint32_t x, std::size_t n) const {
    const std::size_t groupOutputs = convolution.outputChannels / convolution.groups;
    const std::size_t groupInputs = inputShape_.channels / convolution.groups;
    const std::size_t firstInput = n / groupOutputs * groupInputs;
    const std::size_t firstWeight = n * convolution.reduction();
    std::int64_t sum = convolution.bias[n];
    forEachTap(convolution.window, inputShape_, y, x, [&](std::size_t tap, std::size_t pixel) {
        for (std::size_t c = 0; c < groupInputs; ++c) {
            const Code code = input_[pixel * inputShape_.channels + firstInput + c];
            const Code weight = convolution.weights[firstWeight + tap * groupInputs + c];
            sum += activation_.gridSteps(code) * weight_.gridSteps(weight);
        }
    });
    if (scheme_.accumulator.kind == numeric::AccumulatorFormat::Kind::Exact) return sum;
    return numeric::wrapToBits(sum, scheme_.accumulator.bits);
}

void NodeInterpreter::operator()(const QuantizedConvolution& convolution) {
    forEachPixel(outputShape_, [&](std::uint32_t y, std::uint32_t x, std::size_t pixel) {
        for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
            output_[pixel * outputShape_.channels + n] =
                numeric::requantize(accumulate(convolution, y, x, n), convolution.rescales[n],
                                    scheme_.requantization, convolution.relu, activation_);
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
    std::int64_t sum = 0;
    forEachTap(pooling.window, inputShape_, y, x, [&](std::size_t, std::size_t pixel) {
        sum += activation_.gridSteps(input_[pixel * inputShape_.channels + c]);
    });
    const std::uint32_t count = pooling.countIncludesPad
                                    ? kernelArea(pooling.window)
                                    : tapsInside(pooling.window, inputShape_, y, x);
    return numeric::requantize(sum, pooling.rescales[count], scheme_.requantization, false,
                               activation_);
}

void NodeInterpreter::operator()(const QuantizedPooling& pooling) {
    forEachPixel(outputShape_, [&](std::uint32_t y, std::uint32_t x, std::size_t pixel) {
        for (std::size_t c = 0; c < outputShape_.channels; ++c) {
            output_[pixel * outputShape_.channels + c] =
                pooling.kind == Pooling::Kind::Max ? largestInWindow(pooling.window, y, x, c)
                                                   : average(pooling, y, x, c);
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
                                            std::span<const Code> input) {
    SYSTOLE_CHECK(input.size() == network.tensors[network.input].shape.elements(),
                  "input of {} codes", input.size());
    std::vector<Codes> tensors(network.tensors.size());
    tensors[network.input].assign(input.begin(), input.end());
    for (const QuantizedNode& node : network.nodes) {
        tensors[node.output] = NodeInterpreter(network, node, tensors).run(node.operation);
    }
    return tensors;
}

}  // namespace systole::sim
