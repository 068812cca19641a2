// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "models/numeric/formats/peak.hpp"
#include "models/numeric/sums/sum.hpp"
#include "sim/base/config_error.hpp"
#include "sim/graph/code_program.hpp"
#include "sim/graph/float_reference.hpp"
#include "sim/graph/fusion.hpp"
#include "sim/graph/matrix_layout.hpp"
#include "sim/quantize/quantizer.hpp"
#include "sim/quantize/scales.hpp"
#include "sim/quantize/tensor_scales.hpp"
#include "sim/quantize/weight_scales.hpp"

namespace systole::sim {

namespace {

using graph::Graph;
using graph::MatrixWork;
using graph::Node;
using graph::Origin;
using graph::Tensor;
using graph::TensorId;
using numeric::Codec;

/// Activations are fused, and every node has its own weights.
Graph prepared(Graph network) { return withOwnWeights(graph::fuseActivations(std::move(network))); }

class GraphQuantizer {
public:
    /// `amax` is of the tensors of `network`, which is prepared.
    GraphQuantizer(Graph network, const Scheme& scheme, std::span<const float> amax)
        : network_(std::move(network)),
          scheme_(scheme),
          roles_(rolesOf(network_)),
          amax_(tiedMagnitudes(network_, amax)),
          activation_(scheme.activation),
          weight_(scheme.weight),
          activationPeak_(numeric::peakOf(activation_)),
          weightScales_(scheme, activationPeak_, numeric::peakOf(weight_),
                        numeric::largestSum(scheme.accumulator, activation_, weight_)) {
        checkScheme();
        chooseScales();
    }

    /// Throws ConfigError where a format without negative values meets some.
    void checkSigns(std::span<const float> least) const;
    /// Measures the sums of that matrix work whose scales may depend on them.
    void measure(CalibrationImages images);
    Graph run();

private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw ConfigError(fmt::format("{}: scheme '{}': {}", network_.name, scheme_.name, problem));
    }

    void checkScheme() const;
    void checkSums(const std::string& what, const Codec& second) const;
    void checkReduction(const Node& node, std::uint64_t reduction, const Codec& second) const;
    void checkPadding(const Node& node, const arch::Window& window) const;
    void chooseScales();
    float inputScale(const Node& node) const {
        return network_.quantizerOf(node.inputs.at(0))->scale();
    }
    WeightRows rowsOf(const Node& node, const MatrixWork& work) const;
    void encode(Tensor& tensor, const Codec& codec) const;
    void quantizeWork(std::size_t index, MatrixWork& work);
    void quantizeWeights(std::size_t index, const MatrixWork& work);
    void quantizeBias(const Node& node, MatrixWork& work) const;
    void checkRatios(const Node& node) const;

    Graph network_;
    const Scheme& scheme_;
    std::vector<TensorRole> roles_;
    std::vector<float> amax_;
    Codec activation_;
    Codec weight_;
    double activationPeak_;
    WeightScales weightScales_;
    std::map<std::size_t, SumBounds> sumBounds_;  ///< by node, of what was measured
};

void GraphQuantizer::checkScheme() const {
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
    checkSums("", weight_);
}

/// Fixed point scales sums of one word.
void GraphQuantizer::checkSums(const std::string& what, const Codec& second) const {
    if (scheme_.requantization != numeric::ScaleArithmetic::FixedPoint) return;
    if (numeric::SumArithmetic(scheme_.accumulator, activation_, second).isWord()) return;
    fail(
        fmt::format("{}requantization fixed_point cannot scale accumulator {} of {} bits, "
                    "expected an integer of at most {} bits or fp32_multiplier",
                    what, scheme_.accumulator.name,
                    numeric::accumulatorBits(scheme_.accumulator, activation_, second),
                    numeric::kWidestFixedPointSum));
}

/// An exact accumulator has room for the sums of so many products and a bias as its guard bits
/// say.
void GraphQuantizer::checkReduction(const Node& node, std::uint64_t reduction,
                                    const Codec& second) const {
    const auto* exact = std::get_if<numeric::ExactRegister>(&scheme_.accumulator.sum);
    if (exact == nullptr) return;
    const std::uint64_t longest = std::uint64_t{1} << exact->guardBits;
    if (reduction > longest) {
        fail(
            fmt::format("node '{}' sums {} products of {} and {}, expected at most {}, which "
                        "accumulator {} holds exactly",
                        node.name, reduction, numeric::nameOf(scheme_.activation),
                        numeric::nameOf(second.format()), longest, scheme_.accumulator.name));
    }
}

void GraphQuantizer::checkPadding(const Node& node, const arch::Window& window) const {
    if (activation_.decode(activation_.encode(0.0)) == 0.0 || !window.readsZeros()) return;
    fail(fmt::format("node '{}' pads with zeros, but {} has no zero, expected a format that has",
                     node.name, numeric::nameOf(scheme_.activation)));
}

void GraphQuantizer::checkSigns(std::span<const float> least) const {
    for (TensorId id = 0; id < network_.tensors.size(); ++id) {
        const Tensor& tensor = network_.tensors[id];
        const bool isWeights = roles_[id] == TensorRole::Weights;
        const Codec& codec = isWeights ? weight_ : activation_;
        const float value = isWeights ? graph::leastValue(tensor.values) : least[id];
        if (roles_[id] == TensorRole::Real || tensor.viewOf) continue;
        if (value >= 0 || codec.smallest() < 0) continue;
        std::string what =
            fmt::format("tensor '{}' has values on the calibration images", tensor.name);
        for (const Node& node : network_.nodes) {
            if (!isWeights || network_.rootOf(node.inputs.back()) != id) continue;
            what = fmt::format("node '{}' has weights", node.name);
        }
        fail(
            fmt::format("{} down to {:.6g}, but {} has no negative values and there are no zero "
                        "points, expected a signed format, such as int8",
                        what, value, numeric::nameOf(codec.format())));
    }
}

/// Of everything but weights.
void GraphQuantizer::chooseScales() {
    for (TensorId id = 0; id < network_.tensors.size(); ++id) {
        Tensor& tensor = network_.tensors[id];
        if (roles_[id] != TensorRole::Activation || tensor.viewOf) continue;
        tensor.quantizer =
            graph::Quantizer{scheme_.activation, {}, {scaleFor(amax_[id], activationPeak_)}};
        if (tensor.origin == Origin::Constant) encode(tensor, activation_);
    }
}

WeightRows GraphQuantizer::rowsOf(const Node& node, const MatrixWork& work) const {
    const Tensor& weights = network_.tensors[network_.rootOf(node.inputs[1])];
    return {weights.values, work.bias, graph::extentsOf(network_, node, work).outputChannels};
}

void GraphQuantizer::measure(CalibrationImages images) {
    std::vector<std::size_t> measured;
    for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
        const Node& node = network_.nodes[i];
        const auto* work = std::get_if<MatrixWork>(&node.work);
        if (work == nullptr || work->weights) continue;
        const TensorId input = node.inputs[0];
        if (network_.tensors[network_.rootOf(input)].origin != Origin::Constant &&
            weightScales_.maySumsMatter(rowsOf(node, *work), inputScale(node), amax_[input])) {
            measured.push_back(i);
        }
    }
    std::vector<SumBounds> bounds = measureSums(network_, images, measured);
    for (std::size_t i = 0; i < measured.size(); ++i) {
        sumBounds_[measured[i]] = std::move(bounds[i]);
    }
}

/// With the scales of its quantizer, which go along the first axis where there are several.
void GraphQuantizer::encode(Tensor& tensor, const Codec& codec) const {
    const std::size_t each = tensor.values.size() / tensor.quantizer->scales.size();
    tensor.codes.clear();
    tensor.codes.reserve(tensor.values.size());
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
        tensor.codes.push_back(codec.encode(tensor.values[i] / tensor.quantizer->scales[i / each]));
    }
}

void GraphQuantizer::quantizeWeights(std::size_t index, const MatrixWork& work) {
    const Node& node = network_.nodes[index];
    const auto sums = sumBounds_.find(index);
    const std::vector<float> scales =
        weightScales_.of(rowsOf(node, work), inputScale(node),
                         sums == sumBounds_.end() ? std::span<const double>() : sums->second);
    Tensor& weights = network_.tensors[network_.rootOf(node.inputs[1])];
    weights.quantizer = graph::Quantizer{scheme_.weight, std::uint8_t{0}, scales};
    if (scheme_.weightGranularity == Scheme::Granularity::PerTensor) {
        weights.quantizer = graph::Quantizer{scheme_.weight, {}, {scales.front()}};
    }
    encode(weights, weight_);
}

void GraphQuantizer::quantizeBias(const Node& node, MatrixWork& work) const {
    const graph::Quantizer& second = *network_.quantizerOf(node.inputs[1]);
    const numeric::SumArithmetic sums(scheme_.accumulator, activation_, Codec(second.format));
    work.terms.clear();
    work.clippedBiases = 0;
    for (std::size_t n = 0; n < graph::extentsOf(network_, node, work).outputChannels; ++n) {
        const double unit = std::ldexp(double{inputScale(node)} * double{graph::scaleOf(second, n)},
                                       sums.exponent());
        const double bias = work.bias.empty() ? 0.0 : double{work.bias[n]};
        work.terms.push_back(sums.termOf(bias / unit));
        work.clippedBiases += sums.holds(bias / unit) ? 0 : 1;
    }
}

void GraphQuantizer::quantizeWork(std::size_t index, MatrixWork& work) {
    const Node& node = network_.nodes[index];
    const Codec& second = work.weights ? activation_ : weight_;
    checkReduction(node, graph::MatrixLayout(network_, node, work).reduction, second);
    checkPadding(node, work.window);
    if (work.weights) checkSums(fmt::format("node '{}': ", node.name), second);
    if (!work.weights) quantizeWeights(index, work);
    quantizeBias(node, work);
}

/// Ratios of scales that the arithmetic cannot hold are a std::range_error.
void GraphQuantizer::checkRatios(const Node& node) const {
    if (std::holds_alternative<graph::MoveWork>(node.work)) return;
    graph::codeProgramOf(network_, node);
    if (std::holds_alternative<MatrixWork>(node.work)) graph::rescalesOf(network_, node);
}

Graph GraphQuantizer::run() {
    network_.arithmetic = graph::Arithmetic{scheme_.accumulator, scheme_.requantization};
    for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
        Node& node = network_.nodes[i];
        try {
            if (auto* work = std::get_if<MatrixWork>(&node.work)) quantizeWork(i, *work);
            checkRatios(node);
        } catch (const std::range_error& error) {
            fail(fmt::format("node '{}': {}", node.name, error.what()));
        }
    }
    return std::move(network_);
}

/// The magnitudes of the tensors that are left of a network, which keep their names.
std::vector<float> magnitudesOf(const Graph& left, const Graph& network,
                                std::span<const float> amax) {
    std::map<std::string, float> byName;
    for (TensorId id = 0; id < network.tensors.size(); ++id) {
        byName[network.tensors[id].name] = amax[id];
    }
    std::vector<float> result;
    for (const Tensor& tensor : left.tensors) {
        const auto found = byName.find(tensor.name);
        result.push_back(found == byName.end() ? 0.0F : found->second);
    }
    return result;
}

}  // namespace

Graph quantize(Graph network, const Scheme& scheme, std::span<const float> amax) {
    const Graph before = network;
    Graph left = prepared(std::move(network));
    const std::vector<float> magnitudes = magnitudesOf(left, before, amax);
    return GraphQuantizer(std::move(left), scheme, magnitudes).run();
}

Graph quantize(Graph network, const Scheme& scheme, CalibrationImages images) {
    if (images.size() < scheme.calibrationImages) {
        throw ConfigError(fmt::format("{}: has {} calibration images, scheme '{}' expects {}",
                                      network.name, images.size(), scheme.name,
                                      scheme.calibrationImages));
    }
    const CalibrationImages used = images.first(scheme.calibrationImages);
    Graph left = prepared(std::move(network));
    const Ranges ranges = calibrate(left, used, ContentCache::ofUser());
    GraphQuantizer quantizer(std::move(left), scheme, ranges.amax);
    quantizer.checkSigns(ranges.least);
    quantizer.measure(used);
    return quantizer.run();
}

}  // namespace systole::sim
