// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/quantizer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "models/numeric/formats/peak.hpp"
#include "models/numeric/sums/sum.hpp"
#include "sim/base/config_error.hpp"
#include "sim/graph/code_program.hpp"
#include "sim/graph/conversion.hpp"
#include "sim/graph/float_reference.hpp"
#include "sim/graph/fusion.hpp"
#include "sim/graph/matrix_layout.hpp"
#include "sim/quantize/scales.hpp"
#include "sim/quantize/tensor_scales.hpp"
#include "sim/quantize/weight_scales.hpp"

namespace systole::sim {

namespace {

using graph::Graph;
using graph::MatrixWork;
using graph::Node;
using graph::Origin;
using graph::Quantizer;
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
          formats_(activationFormats(network_, scheme)) {
        checkFormats({scheme.activation, scheme.weight, scheme.accumulator});
        for (const LayerFormats& layers : scheme.layers) {
            checkIsUsed(layers);
            checkFormats(layers.formats);
        }
        chooseScales();
        convertOperands();
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

    void checkIsUsed(const LayerFormats& layers) const;
    void checkFormats(const WorkFormats& formats) const;
    void checkSign(const std::string& what, float least, const numeric::Format& format) const;
    void checkReduction(const Node& node, std::uint64_t reduction) const;
    void checkPadding(const Node& node, const arch::Window& window) const;
    void chooseScales();
    std::optional<Quantizer> wantedBy(const Node& node, std::size_t input) const;
    void convertOperands();
    WorkFormats formatsOf(const Node& node) const { return scheme_.formatsOf(node.name); }
    WeightScales weightScalesOf(const Node& node) const;
    float inputScale(const Node& node) const {
        return network_.quantizerOf(node.inputs.at(0))->scale();
    }
    WeightRows rowsOf(const Node& node, const MatrixWork& work) const;
    void encode(Tensor& tensor) const;
    void quantizeWork(std::size_t index, MatrixWork& work);
    void quantizeWeights(std::size_t index, const MatrixWork& work);
    void quantizeBias(const Node& node, MatrixWork& work) const;
    void checkRatios(const Node& node) const;

    Graph network_;
    const Scheme& scheme_;
    std::vector<TensorRole> roles_;
    std::vector<float> amax_;        ///< of tensors that are no conversions
    std::vector<numeric::Format> formats_;  ///< likewise, of activations
    std::vector<TensorId> sources_;  ///< by TensorId: itself, of a conversion what it converts
    std::map<std::size_t, SumBounds> sumBounds_;  ///< by node, of what was measured
};

void GraphQuantizer::checkIsUsed(const LayerFormats& layers) const {
    std::vector<std::string> names;
    for (const Node& node : network_.nodes) {
        if (!std::holds_alternative<MatrixWork>(node.work)) continue;
        if (layers.names(node.name)) return;
        names.push_back(fmt::format("'{}'", node.name));
    }
    throw ConfigError(fmt::format(
        "{}: '{}' has no layer '{}' for the array, expected a name, or a pattern with *, of {}",
        layers.origin, network_.name, layers.layers, fmt::join(names, ", ")));
}

/// Fixed point scales sums of one word.
void GraphQuantizer::checkFormats(const WorkFormats& formats) const {
    const bool fixedPoint = scheme_.requantization == numeric::ScaleArithmetic::FixedPoint;
    const Codec activation(formats.activation);
    const Codec weight(formats.weight);
    for (const Codec* codec : {&activation, &weight}) {
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
    const numeric::AccumulatorFormat& accumulator = formats.accumulator;
    if (!fixedPoint || numeric::SumArithmetic(accumulator, activation, weight).isWord()) return;
    fail(
        fmt::format("requantization fixed_point cannot scale accumulator {} of {} bits, "
                    "expected an integer of at most {} bits or fp32_multiplier",
                    accumulator.name, numeric::accumulatorBits(accumulator, activation, weight),
                    numeric::kWidestFixedPointSum));
}

/// An exact accumulator has room for the sums of so many products and a bias as its guard bits
/// say.
void GraphQuantizer::checkReduction(const Node& node, std::uint64_t reduction) const {
    const WorkFormats formats = formatsOf(node);
    const auto* exact = std::get_if<numeric::ExactRegister>(&formats.accumulator.sum);
    if (exact == nullptr) return;
    const std::uint64_t longest = std::uint64_t{1} << exact->guardBits;
    if (reduction > longest) {
        fail(
            fmt::format("node '{}' sums {} products of {} and {}, expected at most {}, which "
                        "accumulator {} holds exactly",
                        node.name, reduction, numeric::nameOf(formats.activation),
                        numeric::nameOf(formats.weight), longest, formats.accumulator.name));
    }
}

void GraphQuantizer::checkPadding(const Node& node, const arch::Window& window) const {
    const Codec activation(formatsOf(node).activation);
    if (activation.decode(activation.encode(0.0)) == 0.0 || !window.readsZeros()) return;
    fail(fmt::format("node '{}' pads with zeros, but {} has no zero, expected a format that has",
                     node.name, numeric::nameOf(activation.format())));
}

void GraphQuantizer::checkSign(const std::string& what, float least,
                               const numeric::Format& format) const {
    if (least >= 0 || Codec(format).smallest() < 0) return;
    fail(
        fmt::format("{} down to {:.6g}, but {} has no negative values and there are no zero "
                    "points, expected a signed format, such as int8",
                    what, least, numeric::nameOf(format)));
}

void GraphQuantizer::checkSigns(std::span<const float> least) const {
    for (TensorId id = 0; id < network_.tensors.size(); ++id) {
        const Tensor& tensor = network_.tensors[id];
        if (roles_[id] != TensorRole::Activation || tensor.viewOf) continue;
        checkSign(fmt::format("tensor '{}' has values on the calibration images", tensor.name),
                  least[sources_[id]], tensor.quantizer->format);
    }
    for (const Node& node : network_.nodes) {
        const auto* work = std::get_if<MatrixWork>(&node.work);
        if (work == nullptr || work->weights) continue;
        const Tensor& weights = network_.tensors[network_.rootOf(node.inputs[1])];
        checkSign(fmt::format("node '{}' has weights", node.name),
                  graph::leastValue(weights.values), formatsOf(node).weight);
    }
}

/// Of everything but weights.
void GraphQuantizer::chooseScales() {
    for (TensorId id = 0; id < network_.tensors.size(); ++id) {
        Tensor& tensor = network_.tensors[id];
        if (roles_[id] != TensorRole::Activation || tensor.viewOf) continue;
        const double peak = numeric::peakOf(Codec(formats_[id]));
        tensor.quantizer = Quantizer{formats_[id], {}, {scaleFor(amax_[id], peak)}};
        if (tensor.origin == Origin::Constant) encode(tensor);
    }
}

/// The array multiplies activations by weights: matrix work reads a tensor of another format than
/// its own, or one as weights, converted.
std::optional<Quantizer> GraphQuantizer::wantedBy(const Node& node, std::size_t input) const {
    const auto* work = std::get_if<MatrixWork>(&node.work);
    if (work == nullptr || (input == 1 && !work->weights)) return std::nullopt;
    const WorkFormats formats = formatsOf(node);
    const numeric::Format& format = input == 0 ? formats.activation : formats.weight;
    const TensorId read = node.inputs[input];
    if (numeric::sameFormat(format, formats_[read])) return std::nullopt;
    return Quantizer{format, {}, {scaleFor(amax_[read], numeric::peakOf(Codec(format)))}};
}

void GraphQuantizer::convertOperands() {
    sources_.resize(network_.tensors.size());
    std::iota(sources_.begin(), sources_.end(), TensorId{0});
    const auto wanted = [this](const Node& node, std::size_t input) {
        return wantedBy(node, input);
    };
    network_ = graph::withConversions(std::move(network_), wanted);
    roles_.resize(network_.tensors.size(), TensorRole::Activation);
    for (const Node& node : network_.nodes) {
        if (node.output >= sources_.size()) sources_.push_back(network_.rootOf(node.inputs[0]));
    }
}

WeightScales GraphQuantizer::weightScalesOf(const Node& node) const {
    const WorkFormats formats = formatsOf(node);
    const Codec activation(formats.activation);
    const Codec weight(formats.weight);
    return {scheme_, numeric::peakOf(activation), numeric::peakOf(weight),
            numeric::largestSum(formats.accumulator, activation, weight)};
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
            weightScalesOf(node).maySumsMatter(rowsOf(node, *work), inputScale(node),
                                               amax_[sources_[input]])) {
            measured.push_back(i);
        }
    }
    std::vector<SumBounds> bounds = measureSums(network_, images, measured);
    for (std::size_t i = 0; i < measured.size(); ++i) {
        sumBounds_[measured[i]] = std::move(bounds[i]);
    }
}

/// With the scales of its quantizer, which go along the first axis where there are several.
void GraphQuantizer::encode(Tensor& tensor) const {
    const Codec codec(tensor.quantizer->format);
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
        weightScalesOf(node).of(rowsOf(node, work), inputScale(node),
                         sums == sumBounds_.end() ? std::span<const double>() : sums->second);
    Tensor& weights = network_.tensors[network_.rootOf(node.inputs[1])];
    weights.quantizer = Quantizer{formatsOf(node).weight, std::uint8_t{0}, scales};
    if (scheme_.weightGranularity == Scheme::Granularity::PerTensor) {
        weights.quantizer->axis.reset();
        weights.quantizer->scales.resize(1);
    }
    encode(weights);
}

void GraphQuantizer::quantizeBias(const Node& node, MatrixWork& work) const {
    const Quantizer& second = *network_.quantizerOf(node.inputs[1]);
    const WorkFormats formats = formatsOf(node);
    const numeric::SumArithmetic sums(formats.accumulator, Codec(formats.activation),
                                      Codec(formats.weight));
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
    checkReduction(node, graph::MatrixLayout(network_, node, work).reduction);
    checkPadding(node, work.window);
    if (!work.weights) quantizeWeights(index, work);
    quantizeBias(node, work);
    if (!scheme_.layers.empty()) work.accumulator = formatsOf(node).accumulator;
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
