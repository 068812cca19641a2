// SPDX-License-Identifier: Apache-2.0
#include "sim/network/float_reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/check.hpp"
#include "sim/network/float_convolution.hpp"
#include "sim/network/window.hpp"

namespace systole::sim {

namespace {

using Values = std::vector<float>;

void poolMax(const Pooling& pooling, const Shape& inputShape, const Values& input,
             const Shape& outputShape, Values& output) {
    const std::size_t channels = inputShape.channels;
    std::fill(output.begin(), output.end(), -std::numeric_limits<float>::infinity());
    forEachPixel(outputShape, [&](std::uint32_t y, std::uint32_t x, std::size_t at) {
        forEachTap(pooling.window, inputShape, y, x, [&](std::size_t, std::size_t pixel) {
            for (std::size_t c = 0; c < channels; ++c) {
                float& largest = output[at * channels + c];
                largest = std::max(largest, input[pixel * channels + c]);
            }
        });
    });
}

void poolAverage(const Pooling& pooling, const Shape& inputShape, const Values& input,
                 const Shape& outputShape, Values& output) {
    const std::size_t channels = inputShape.channels;
    std::vector<double> sums(channels);
    forEachPixel(outputShape, [&](std::uint32_t y, std::uint32_t x, std::size_t at) {
        std::fill(sums.begin(), sums.end(), 0.0);
        forEachTap(pooling.window, inputShape, y, x, [&](std::size_t, std::size_t pixel) {
            for (std::size_t c = 0; c < channels; ++c) {
                sums[c] += double{input[pixel * channels + c]};
            }
        });
        const double count = pooling.countIncludesPad
                                 ? kernelArea(pooling.window)
                                 : tapsInside(pooling.window, inputShape, y, x);
        for (std::size_t c = 0; c < channels; ++c) {
            output[at * channels + c] = static_cast<float>(sums[c] / count);
        }
    });
}

void softmax(const Values& input, Values& output) {
    const float largest = *std::max_element(input.begin(), input.end());
    double sum = 0;
    for (std::size_t i = 0; i < output.size(); ++i) {
        output[i] = static_cast<float>(std::exp(double{input[i] - largest}));
        sum += double{output[i]};
    }
    for (float& value : output) value /= static_cast<float>(sum);
}

/// Computes one node; tensors of its inputs are there.
struct NodeRunner {
    const Network& network;
    const Node& node;
    const std::vector<float>& packedWeights;
    const std::vector<Values>& tensors;
    Values& output;

    const Shape& inputShape() const { return network.tensors[node.inputs[0]].shape; }
    const Shape& outputShape() const { return network.tensors[node.output].shape; }
    const Values& input(std::size_t i) const { return tensors[node.inputs[i]]; }

    void operator()(const Convolution& convolution) const {
        convolveFloat(convolution, packedWeights, inputShape(), input(0), outputShape(), output);
    }
    void operator()(const Pooling& pooling) const {
        const auto pool = pooling.kind == Pooling::Kind::Max ? poolMax : poolAverage;
        pool(pooling, inputShape(), input(0), outputShape(), output);
    }
    void operator()(const Addition& /*addition*/) const {
        std::transform(input(0).begin(), input(0).end(), input(1).begin(), output.begin(),
                       [](float a, float b) { return a + b; });
    }
    void operator()(const Relu& /*relu*/) const {
        std::transform(input(0).begin(), input(0).end(), output.begin(),
                       [](float value) { return std::max(0.0F, value); });
    }
    void operator()(const Softmax& /*softmax*/) const { softmax(input(0), output); }
};

}  // namespace

float largestMagnitude(std::span<const float> values) {
    float largest = 0;
    for (const float value : values) {
        if (std::isnan(value)) return value;
        largest = std::max(largest, std::fabs(value));
    }
    return largest;
}

float leastValue(std::span<const float> values) {
    return values.empty() ? 0.0F : *std::min_element(values.begin(), values.end());
}

FloatReference::FloatReference(const Network& network)
    : network_(network),
      packedWeights_(network.nodes.size()),
      lastReader_(network.tensors.size(), 0) {
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node& node = network.nodes[i];
        if (const auto* convolution = std::get_if<Convolution>(&node.operation)) {
            packedWeights_[i] = packWeights(*convolution);
        }
        for (const TensorId input : node.inputs) lastReader_[input] = i;
    }
    lastReader_[network.output] = network.nodes.size();
}

FloatResult FloatReference::run(std::span<const float> image, KeepTensors keep) const {
    SYSTOLE_CHECK(image.size() == network_.tensors[network_.input].shape.elements(),
                  "image of {} values", image.size());
    const std::size_t tensors = network_.tensors.size();
    FloatResult result{.tensors = std::vector<Values>(tensors),
                       .amax = std::vector<float>(tensors, 0.0F),
                       .least = std::vector<float>(tensors, 0.0F)};
    result.tensors[network_.input].assign(image.begin(), image.end());
    result.amax[network_.input] = largestMagnitude(image);
    result.least[network_.input] = leastValue(image);
    for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
        const Node& node = network_.nodes[i];
        Values output(network_.tensors[node.output].shape.elements());
        std::visit(NodeRunner{network_, node, packedWeights_[i], result.tensors, output},
                   node.operation);
        result.amax[node.output] = largestMagnitude(output);
        result.least[node.output] = leastValue(output);
        result.tensors[node.output] = std::move(output);
        if (keep == KeepTensors::All) continue;
        for (const TensorId input : node.inputs) {
            if (lastReader_[input] == i) result.tensors[input] = Values{};
        }
    }
    return result;
}

FloatResult runFloat(const Network& network, std::span<const float> image) {
    return FloatReference(network).run(image, KeepTensors::All);
}

}  // namespace systole::sim
