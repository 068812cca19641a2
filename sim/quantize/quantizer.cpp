// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/quantizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/numeric/sums/sum.hpp"
#include "models/overloaded.hpp"
#include "sim/base/config_error.hpp"
#include "sim/network/float_reference.hpp"
#include "sim/network/window.hpp"
#include "sim/quantize/fusion.hpp"
#include "sim/quantize/scales.hpp"

namespace systole::sim {

namespace {

using numeric::Codec;

/// Whether the codes of the output are codes of the input, so that both have one scale.
bool keepsScale(const Operation& operation) {
    return std::visit(
        Overloaded{[](const Convolution&) { return false; },
                   [](const Pooling& pooling) { return pooling.kind == Pooling::Kind::Max; },
                   [](const Addition&) { return false; }, [](const Relu&) { return true; },
                   [](const Softmax&) { return false; }},
        operation);
}

class Quantizer {
public:
    Quantizer(const Network& network, const Scheme& scheme, std::span<const float> amax)
        : network_(network),
          scheme_(scheme),
          amax_(amax),
          activation_(scheme.activation),
          weight_(scheme.weight),
          sums_(scheme.accumulator, activation_, weight_),
          accumulatorBits_(numeric::accumulatorBits(scheme.accumulator, activation_, weight_)) {}

    QuantizedNetwork run();

private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw ConfigError(fmt::format("{}: scheme '{}': {}", network_.name, scheme_.name, problem));
    }

    void checkScheme() const;
    void checkReduction(const Node& node, std::uint64_t reduction) const;
    void checkPadding(const Node& node, const Window& window) const;
    std::int64_t biasTerm(float bias, float inputScale, float weightScale) const;
    void chooseScales(const std::vector<FusedNode>& nodes);
    QuantizedOperation quantizeOperation(const FusedNode& fused) const;
    QuantizedConvolution quantizeConvolution(const Convolution& source,
                                             const FusedNode& fused) const;
    QuantizedPooling quantizePooling(const Pooling& source, float input, float output) const;
    std::vector<float> weightScales(const Convolution& source) const;
    void compactTensors(QuantizedNetwork& result) const;

    const Network& network_;
    const Scheme& scheme_;
    std::span<const float> amax_;
    Codec activation_;
    Codec weight_;
    numeric::SumArithmetic sums_;
    int accumulatorBits_;
    std::vector<float> scales_;  ///< by TensorId; 0 where a tensor is not kept
};

void Quantizer::checkScheme() const {
    const bool fixedPoint = scheme_.requantization == numeric::ScaleArithmetic::FixedPoint;
    for (const Codec* codec : {&activation_, &weight_}) {
        if (!(codec->largest() > 0)) {
            fail(fmt::format("format {} has no positive value, expected one that has",
                             numeric::nameOf(codec->format())));
        }
        if (fixedPoint && !numeric::isPlainInteger(codec->format())) {
            fail(
                fmt::format("requantization fixed_point cannot scale {}, expected integer formats "
                            "or fp32_multiplier",
                            numeric::nameOf(codec->format())));
        }
    }
    if (fixedPoint && !sums_.isWord()) {
        fail(
            fmt::format("requantization fixed_point cannot scale accumulator {} of {} bits, "
                        "expected an integer of at most {} bits or fp32_multiplier",
                        scheme_.accumulator.name, accumulatorBits_, numeric::kWidestFixedPointSum));
    }
}

/// An exact accumulator has room for the sums of so many products and a bias as its guard bits
/// say.
void Quantizer::checkReduction(const Node& node, std::uint64_t reduction) const {
    const auto* exact = std::get_if<numeric::ExactRegister>(&scheme_.accumulator.sum);
    if (exact == nullptr) return;
    const std::uint64_t longest = std::uint64_t{1} << exact->guardBits;
    if (reduction > longest) {
        fail(
            fmt::format("node '{}' sums {} products of {} and {}, expected at most {}, which "
                        "accumulator {} holds exactly",
                        node.name, reduction, numeric::nameOf(scheme_.activation),
                        numeric::nameOf(scheme_.weight), longest, scheme_.accumulator.name));
    }
}

void Quantizer::checkPadding(const Node& node, const Window& window) const {
    if (activation_.decode(activation_.encode(0.0)) == 0.0 || !readsZeros(window)) return;
    fail(fmt::format("node '{}' pads with zeros, but {} has no zero, expected a format that has",
                     node.name, numeric::nameOf(scheme_.activation)));
}

std::int64_t Quantizer::biasTerm(float bias, float inputScale, float weightScale) const {
    const double unit = std::ldexp(double{inputScale} * double{weightScale}, sums_.exponent());
    return sums_.termOf(double{bias} / unit);
}

void Quantizer::chooseScales(const std::vector<FusedNode>& nodes) {
    scales_.assign(network_.tensors.size(), 0.0F);
    scales_[network_.input] = scaleFor(amax_[network_.input], activation_);
    for (const FusedNode& fused : nodes) {
        scales_[fused.output] = keepsScale(fused.node->operation)
                                    ? scales_[fused.node->inputs[0]]
                                    : scaleFor(amax_[fused.output], activation_);
    }
}

std::vector<float> Quantizer::weightScales(const Convolution& source) const {
    const std::span<const float> weights = source.weights;
    const float whole = scaleFor(largestMagnitude(weights), weight_);
    std::vector<float> scales(source.outputChannels, whole);
    if (scheme_.weightGranularity == Scheme::Granularity::PerTensor) return scales;
    for (std::size_t n = 0; n < scales.size(); ++n) {
        const auto channel = weights.subspan(n * source.reduction(), source.reduction());
        scales[n] = scaleFor(largestMagnitude(channel), weight_);
    }
    return scales;
}

QuantizedConvolution Quantizer::quantizeConvolution(const Convolution& source,
                                                    const FusedNode& fused) const {
    const std::size_t reduction = source.reduction();
    checkReduction(*fused.node, reduction);
    checkPadding(*fused.node, source.window);
    const float input = scales_[fused.node->inputs[0]];
    const float output = scales_[fused.output];
    QuantizedConvolution result;
    result.window = source.window;
    result.groups = source.groups;
    result.outputChannels = source.outputChannels;
    result.transposed = source.transposed;
    result.relu = fused.relu;
    result.weightScales = weightScales(source);
    for (std::size_t n = 0; n < source.outputChannels; ++n) {
        const float scale = result.weightScales[n];
        for (std::size_t k = n * reduction; k < (n + 1) * reduction; ++k) {
            result.weights.push_back(weight_.encode(source.weights[k] / scale));
        }
        result.bias.push_back(biasTerm(source.bias[n], input, scale));
        result.rescales.push_back(
            makeRescale({input, scale, output}, sums_.exponent(), scheme_.requantization));
    }
    return result;
}

QuantizedPooling Quantizer::quantizePooling(const Pooling& source, float input,
                                            float output) const {
    QuantizedPooling result{source.kind, source.window, source.countIncludesPad, {}};
    if (source.kind == Pooling::Kind::Max) return result;
    constexpr int kWidestSteps = 56;  // 256 of them sum up in 64 bits
    if (activation_.gridBits() > kWidestSteps) {
        fail(fmt::format("average pooling sums {} on a grid of {} bits, expected at most {}",
                         numeric::nameOf(scheme_.activation), activation_.gridBits(),
                         kWidestSteps));
    }
    result.rescales.resize(1);
    for (std::uint32_t count = 1; count <= kernelArea(source.window); ++count) {
        result.rescales.push_back(makeRescale({input, 1.0F / static_cast<float>(count), output},
                                              activation_.gridExponent(), scheme_.requantization));
    }
    return result;
}

QuantizedOperation Quantizer::quantizeOperation(const FusedNode& fused) const {
    const auto& inputs = fused.node->inputs;
    const float input = scales_[inputs[0]];
    const float output = scales_[fused.output];
    using Quantized = QuantizedOperation;
    return std::visit(Overloaded{[&](const Convolution& source) -> Quantized {
                                     return quantizeConvolution(source, fused);
                                 },
                                 [&](const Pooling& source) -> Quantized {
                                     return quantizePooling(source, input, output);
                                 },
                                 [&](const Addition&) -> Quantized {
                                     return QuantizedAddition{
                                         fused.relu,
                                         makeAdditionScales(input, scales_[inputs[1]], output,
                                                            scheme_.requantization)};
                                 },
                                 [](const Relu&) -> Quantized { return QuantizedRelu{}; },
                                 [&](const Softmax&) -> Quantized {
                                     return QuantizedSoftmax{input, output};
                                 }},
                      fused.node->operation);
}

void Quantizer::compactTensors(QuantizedNetwork& result) const {
    std::vector<TensorId> renumbered(scales_.size(), 0);
    for (std::size_t i = 0; i < scales_.size(); ++i) {
        if (scales_[i] == 0) continue;
        renumbered[i] = static_cast<TensorId>(result.tensors.size());
        result.tensors.push_back({network_.tensors[i].name, network_.tensors[i].shape, scales_[i]});
    }
    for (QuantizedNode& node : result.nodes) {
        for (TensorId& input : node.inputs) input = renumbered[input];
        node.output = renumbered[node.output];
    }
    result.input = renumbered[network_.input];
    result.output = renumbered[network_.output];
}

QuantizedNetwork Quantizer::run() {
    checkScheme();
    const std::vector<FusedNode> nodes = fuseRelus(network_);
    chooseScales(nodes);
    QuantizedNetwork result;
    result.name = network_.name;
    result.scheme = scheme_;
    for (const FusedNode& fused : nodes) {
        try {
            result.nodes.push_back(
                {fused.node->name, quantizeOperation(fused), fused.node->inputs, fused.output});
        } catch (const std::range_error& error) {
            fail(fmt::format("node '{}': {}", fused.node->name, error.what()));
        }
    }
    compactTensors(result);
    return result;
}

}  // namespace

std::vector<float> calibrate(const Network& network, std::span<const std::vector<float>> images) {
    if (images.empty()) {
        throw ConfigError(fmt::format(
            "{}: has no calibration images, expected at least one to quantize", network.name));
    }
    const FloatReference reference(network);
    std::vector<float> amax(network.tensors.size(), 0.0F);
    for (const std::vector<float>& image : images) {
        const FloatResult result = reference.run(image, KeepTensors::OutputOnly);
        for (std::size_t i = 0; i < amax.size(); ++i) {
            if (!std::isfinite(result.amax[i])) {
                throw ConfigError(
                    fmt::format("{}: tensor '{}' leaves binary32 on a calibration "
                                "image, expected finite values",
                                network.name, network.tensors[i].name));
            }
            amax[i] = std::max(amax[i], result.amax[i]);
        }
    }
    return amax;
}

QuantizedNetwork quantize(const Network& network, const Scheme& scheme,
                          std::span<const float> amax) {
    return Quantizer(network, scheme, amax).run();
}

QuantizedNetwork quantize(const Network& network, const Scheme& scheme,
                          std::span<const std::vector<float>> images) {
    if (images.size() < scheme.calibrationImages) {
        throw ConfigError(fmt::format("{}: has {} calibration images, scheme '{}' expects {}",
                                      network.name, images.size(), scheme.name,
                                      scheme.calibrationImages));
    }
    return quantize(network, scheme, calibrate(network, images.first(scheme.calibrationImages)));
}

}  // namespace systole::sim
