// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/quantizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "models/numeric/formats/peak.hpp"
#include "models/numeric/sums/sum.hpp"
#include "models/overloaded.hpp"
#include "sim/base/config_error.hpp"
#include "sim/network/float_reference.hpp"
#include "sim/network/window.hpp"
#include "sim/quantize/fusion.hpp"
#include "sim/quantize/scales.hpp"
#include "sim/quantize/weight_scales.hpp"

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

WeightRows rowsOf(const Convolution& convolution) {
    return {convolution.weights, convolution.bias, convolution.outputChannels};
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
          activationPeak_(numeric::peakOf(activation_)),
          weightScales_(scheme, activationPeak_, numeric::peakOf(weight_),
                        numeric::largestSum(scheme.accumulator, activation_, weight_)),
          nodes_(fuseRelus(network)) {
        checkScheme();
        chooseScales();
    }

    /// Throws ConfigError where a format without negative values meets some.
    void checkSigns(std::span<const float> least) const;
    /// Measures the sums of those convolutions whose scales may depend on them.
    void measure(CalibrationImages images);
    QuantizedNetwork run() const;

private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw ConfigError(fmt::format("{}: scheme '{}': {}", network_.name, scheme_.name, problem));
    }

    void checkScheme() const;
    void checkReduction(const Node& node, std::uint64_t reduction) const;
    void checkPadding(const Node& node, const Window& window) const;
    void appendBias(QuantizedConvolution& result, float bias, float inputScale,
                    float weightScale) const;
    void chooseScales();
    QuantizedOperation quantizeOperation(const FusedNode& fused) const;
    QuantizedConvolution quantizeConvolution(const Convolution& source,
                                             const FusedNode& fused) const;
    QuantizedPooling quantizePooling(const Pooling& source, float input, float output) const;
    void compactTensors(QuantizedNetwork& result) const;

    const Network& network_;
    const Scheme& scheme_;
    std::span<const float> amax_;
    Codec activation_;
    Codec weight_;
    numeric::SumArithmetic sums_;
    double activationPeak_;
    WeightScales weightScales_;
    std::vector<FusedNode> nodes_;
    std::vector<float> scales_;                   ///< by TensorId; 0 where a tensor is not kept
    std::map<const Node*, SumBounds> sumBounds_;  ///< of convolutions that were measured
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
                        scheme_.accumulator.name,
                        numeric::accumulatorBits(scheme_.accumulator, activation_, weight_),
                        numeric::kWidestFixedPointSum));
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

void Quantizer::checkSigns(std::span<const float> least) const {
    const auto check = [&](const std::string& what, float value, const Codec& codec) {
        if (value >= 0 || codec.smallest() < 0) return;
        fail(
            fmt::format("{} down to {:.6g}, but {} has no negative values and there are no zero "
                        "points, expected a signed format, such as int8",
                        what, value, numeric::nameOf(codec.format())));
    };
    for (std::size_t i = 0; i < scales_.size(); ++i) {
        if (scales_[i] == 0) continue;
        check(fmt::format("tensor '{}' has values on the calibration images",
                          network_.tensors[i].name),
              least[i], activation_);
    }
    for (const FusedNode& fused : nodes_) {
        const auto* convolution = std::get_if<Convolution>(&fused.node->operation);
        if (convolution == nullptr) continue;
        check(fmt::format("node '{}' has weights", fused.node->name),
              leastValue(convolution->weights), weight_);
    }
}

void Quantizer::measure(CalibrationImages images) {
    std::vector<std::size_t> measured;
    for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
        const Node& node = network_.nodes[i];
        const auto* convolution = std::get_if<Convolution>(&node.operation);
        const TensorId input = node.inputs[0];
        if (convolution != nullptr &&
            weightScales_.maySumsMatter(rowsOf(*convolution), scales_[input], amax_[input])) {
            measured.push_back(i);
        }
    }
    std::vector<SumBounds> bounds = measureSums(network_, images, measured);
    for (std::size_t i = 0; i < measured.size(); ++i) {
        sumBounds_[&network_.nodes[measured[i]]] = std::move(bounds[i]);
    }
}

void Quantizer::appendBias(QuantizedConvolution& result, float bias, float inputScale,
                           float weightScale) const {
    const double unit = std::ldexp(double{inputScale} * double{weightScale}, sums_.exponent());
    result.bias.push_back(sums_.termOf(double{bias} / unit));
    result.clippedBiases += sums_.holds(double{bias} / unit) ? 0 : 1;
}

void Quantizer::chooseScales() {
    scales_.assign(network_.tensors.size(), 0.0F);
    scales_[network_.input] = scaleFor(amax_[network_.input], activationPeak_);
    for (const FusedNode& fused : nodes_) {
        scales_[fused.output] = keepsScale(fused.node->operation)
                                    ? scales_[fused.node->inputs[0]]
                                    : scaleFor(amax_[fused.output], activationPeak_);
    }
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
    const auto sums = sumBounds_.find(fused.node);
    result.weightScales = weightScales_.of(
        rowsOf(source), input, sums == sumBounds_.end() ? std::span<const double>() : sums->second);
    for (std::size_t n = 0; n < source.outputChannels; ++n) {
        const float scale = result.weightScales[n];
        for (std::size_t k = n * reduction; k < (n + 1) * reduction; ++k) {
            result.weights.push_back(weight_.encode(source.weights[k] / scale));
        }
        appendBias(result, source.bias[n], input, scale);
        result.rescales.push_back(
            makeRescale({input, scale, output}, sums_.rescaleExponent(), scheme_.requantization));
    }
    return result;
}

QuantizedPooling Quantizer::quantizePooling(const Pooling& source, float input,
                                            float output) const {
    QuantizedPooling result{source.kind, source.window, source.countIncludesPad, {}};
    if (source.kind == Pooling::Kind::Max) return result;
    result.rescales.resize(1);
    for (std::uint32_t count = 1; count <= kernelArea(source.window); ++count) {
        constexpr int kValues = 0;  // what an average scales counts no steps
        result.rescales.push_back(makeRescale({input, 1.0F / static_cast<float>(count), output},
                                              kValues, scheme_.requantization));
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

QuantizedNetwork Quantizer::run() const {
    QuantizedNetwork result;
    result.name = network_.name;
    result.scheme = scheme_;
    for (const FusedNode& fused : nodes_) {
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

QuantizedNetwork quantize(const Network& network, const Scheme& scheme,
                          std::span<const float> amax) {
    return Quantizer(network, scheme, amax).run();
}

QuantizedNetwork quantize(const Network& network, const Scheme& scheme, CalibrationImages images) {
    if (images.size() < scheme.calibrationImages) {
        throw ConfigError(fmt::format("{}: has {} calibration images, scheme '{}' expects {}",
                                      network.name, images.size(), scheme.name,
                                      scheme.calibrationImages));
    }
    const CalibrationImages used = images.first(scheme.calibrationImages);
    const Ranges ranges = calibrate(network, used);
    Quantizer quantizer(network, scheme, ranges.amax);
    quantizer.checkSigns(ranges.least);
    quantizer.measure(used);
    return quantizer.run();
}

}  // namespace systole::sim
