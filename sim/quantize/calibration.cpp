// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <variant>

#include "sim/base/config_error.hpp"
#include "sim/base/hash.hpp"
#include "sim/base/progress.hpp"
#include "sim/graph/float_matrix.hpp"
#include "sim/graph/float_reference.hpp"
#include "sim/graph/graph_digest.hpp"
#include "sim/graph/matrix_layout.hpp"

namespace systole::sim {
namespace {

std::vector<float> magnitudes(std::span<const float> values) {
    std::vector<float> result(values.size());
    std::transform(values.begin(), values.end(), result.begin(),
                   [](float value) { return std::fabs(value); });
    return result;
}

/// Of one node of matrix work, without its bias: the sum and the sum of magnitudes, image by image.
class SumMeter {
public:
    SumMeter(const graph::Graph& network, const graph::Node& node)
        : input_(node.inputs[0]),
          matrix_(network, node),
          outputs_(network.tensors[node.output].elements()),
          bounds_(matrix_.layout().extents.outputChannels, 0.0) {
        const std::vector<float>& weights = network.tensors[network.rootOf(node.inputs[1])].values;
        packedSigned_ = matrix_.packed(weights);
        packedUnsigned_ = matrix_.packed(magnitudes(weights));
    }

    void add(const graph::FloatResult& image) {
        const std::vector<float>& input = image.tensors[input_];
        const std::vector<float> sums = multiplied(packedSigned_, input);
        const std::vector<float> totals = multiplied(packedUnsigned_, magnitudes(input));
        const auto stride =
            static_cast<std::size_t>(std::max<std::int64_t>(1, matrix_.layout().result.channel));
        for (std::size_t i = 0; i < sums.size(); ++i) {
            double& bound = bounds_[i / stride % bounds_.size()];
            bound = std::max(bound, (double{totals[i]} + std::fabs(double{sums[i]})) / 2);
        }
    }

    const SumBounds& bounds() const { return bounds_; }

private:
    std::vector<float> multiplied(std::span<const float> packed,
                                  std::span<const float> input) const {
        std::vector<float> result(outputs_);
        matrix_.run(input, packed, {}, result);
        return result;
    }

    graph::TensorId input_;
    graph::FloatMatrix matrix_;
    std::size_t outputs_;
    SumBounds bounds_;
    std::vector<float> packedSigned_;
    std::vector<float> packedUnsigned_;
};

}  // namespace

namespace {

Ranges measureRanges(const graph::Graph& network, CalibrationImages images) {
    const graph::FloatReference reference(network);
    Ranges ranges;
    Progress progress("Calibration", images.size());
    for (const std::vector<float>& image : images) {
        progress.advance();
        const graph::FloatResult result = reference.run(image, graph::KeepTensors::OutputOnly);
        if (ranges.amax.empty()) ranges = {result.amax, result.least};
        for (std::size_t i = 0; i < ranges.amax.size(); ++i) {
            if (!std::isfinite(result.amax[i])) {
                throw ConfigError(
                    fmt::format("{}: tensor '{}' leaves binary32 on a calibration "
                                "image, expected finite values",
                                network.name, network.tensors[i].name));
            }
            ranges.amax[i] = std::max(ranges.amax[i], result.amax[i]);
            ranges.least[i] = std::min(ranges.least[i], result.least[i]);
        }
    }
    return ranges;
}

/// To be changed with whatever changes a value of the FP32 reference.
constexpr const char* kRangesOf = "ranges-1";
/// Multiply-accumulates that take a fraction of a second: for less, nothing is kept.
constexpr double kWorthKeeping = 5e9;

double macsOf(const graph::Graph& network) {
    double macs = 0;
    for (const graph::Node& node : network.nodes) {
        const auto* work = std::get_if<graph::MatrixWork>(&node.work);
        if (work == nullptr) continue;
        macs += static_cast<double>(graph::MatrixLayout(network, node, *work).reduction) *
                static_cast<double>(network.tensors[node.output].elements());
    }
    return macs;
}

std::string contentOf(const graph::Graph& network, CalibrationImages images) {
    Sha256 hash;
    hash.add(graph::digestOf(network));
    for (const std::vector<float>& image : images) hash.add(std::span<const float>(image));
    return hash.text();
}

std::string bytesOf(const Ranges& ranges) {
    std::string bytes;
    for (const std::vector<float>* values : {&ranges.amax, &ranges.least}) {
        bytes.append(reinterpret_cast<const char*>(values->data()), values->size() * sizeof(float));
    }
    return bytes;
}

/// Empty where the bytes are not those of so many tensors.
std::optional<Ranges> rangesOf(const std::string& bytes, std::size_t tensors) {
    const std::size_t half = tensors * sizeof(float);
    if (bytes.size() != 2 * half) return std::nullopt;
    Ranges ranges{std::vector<float>(tensors), std::vector<float>(tensors)};
    std::memcpy(ranges.amax.data(), bytes.data(), half);
    std::memcpy(ranges.least.data(), bytes.data() + half, half);
    return ranges;
}

}  // namespace

Ranges calibrate(const graph::Graph& network, CalibrationImages images, const ContentCache& cache) {
    if (images.empty()) {
        throw ConfigError(fmt::format(
            "{}: has no calibration images, expected at least one to quantize", network.name));
    }
    if (!cache.folder() || macsOf(network) * static_cast<double>(images.size()) < kWorthKeeping) {
        return measureRanges(network, images);
    }
    const std::string content = contentOf(network, images);
    if (const auto kept = cache.find(kRangesOf, content)) {
        if (auto ranges = rangesOf(*kept, network.tensors.size())) return *std::move(ranges);
    }
    Ranges ranges = measureRanges(network, images);
    cache.keep(kRangesOf, content, bytesOf(ranges));
    return ranges;
}

std::vector<SumBounds> measureSums(const graph::Graph& network, CalibrationImages images,
                                   std::span<const std::size_t> nodes) {
    std::vector<SumMeter> meters;
    meters.reserve(nodes.size());
    for (const std::size_t node : nodes) meters.emplace_back(network, network.nodes[node]);
    const graph::FloatReference reference(network);
    Progress progress("Sums of calibration", images.size());
    for (const std::vector<float>& image : meters.empty() ? CalibrationImages() : images) {
        progress.advance();
        const graph::FloatResult result = reference.run(image, graph::KeepTensors::All);
        for (SumMeter& meter : meters) meter.add(result);
    }
    std::vector<SumBounds> bounds;
    bounds.reserve(meters.size());
    for (const SumMeter& meter : meters) bounds.push_back(meter.bounds());
    return bounds;
}

}  // namespace systole::sim
