// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/base/config_error.hpp"
#include "sim/base/progress.hpp"
#include "sim/network/float_convolution.hpp"
#include "sim/network/float_reference.hpp"

namespace systole::sim {
namespace {

std::vector<float> magnitudes(std::span<const float> values) {
    std::vector<float> result(values.size());
    std::transform(values.begin(), values.end(), result.begin(),
                   [](float value) { return std::fabs(value); });
    return result;
}

/// Of one convolution, without its bias: the sum and the sum of magnitudes, image by image.
class SumMeter {
public:
    SumMeter(const Network& network, const Node& node)
        : node_(node),
          input_(network.tensors[node.inputs[0]].shape),
          output_(network.tensors[node.output].shape),
          signed_(std::get<Convolution>(node.operation)) {
        signed_.bias.assign(signed_.outputChannels, 0.0F);
        unsigned_ = signed_;
        unsigned_.weights = magnitudes(signed_.weights);
        packedSigned_ = packWeights(signed_);
        packedUnsigned_ = packWeights(unsigned_);
        bounds_.assign(signed_.outputChannels, 0.0);
    }

    void add(const FloatResult& image) {
        const std::vector<float>& input = image.tensors[node_.inputs[0]];
        const std::vector<float> sums = convolve(signed_, packedSigned_, input);
        const std::vector<float> totals = convolve(unsigned_, packedUnsigned_, magnitudes(input));
        for (std::size_t i = 0; i < sums.size(); ++i) {
            double& bound = bounds_[i % bounds_.size()];
            bound = std::max(bound, (double{totals[i]} + std::fabs(double{sums[i]})) / 2);
        }
    }

    const SumBounds& bounds() const { return bounds_; }

private:
    std::vector<float> convolve(const Convolution& convolution, std::span<const float> packed,
                                std::span<const float> input) const {
        std::vector<float> result(output_.elements());
        convolveFloat(convolution, packed, input_, input, output_, result);
        return result;
    }

    const Node& node_;
    const Shape& input_;
    const Shape& output_;
    Convolution signed_;
    Convolution unsigned_;
    std::vector<float> packedSigned_;
    std::vector<float> packedUnsigned_;
    SumBounds bounds_;
};

}  // namespace

Ranges calibrate(const Network& network, CalibrationImages images) {
    if (images.empty()) {
        throw ConfigError(fmt::format(
            "{}: has no calibration images, expected at least one to quantize", network.name));
    }
    const FloatReference reference(network);
    Ranges ranges;
    Progress progress("Calibration", images.size());
    for (const std::vector<float>& image : images) {
        progress.advance();
        const FloatResult result = reference.run(image, KeepTensors::OutputOnly);
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

std::vector<SumBounds> measureSums(const Network& network, CalibrationImages images,
                                   std::span<const std::size_t> nodes) {
    std::vector<SumMeter> meters;
    meters.reserve(nodes.size());
    for (const std::size_t node : nodes) meters.emplace_back(network, network.nodes[node]);
    const FloatReference reference(network);
    Progress progress("Sums of calibration", images.size());
    for (const std::vector<float>& image : meters.empty() ? CalibrationImages() : images) {
        progress.advance();
        const FloatResult result = reference.run(image, KeepTensors::All);
        for (SumMeter& meter : meters) meter.add(result);
    }
    std::vector<SumBounds> bounds;
    bounds.reserve(meters.size());
    for (const SumMeter& meter : meters) bounds.push_back(meter.bounds());
    return bounds;
}

}  // namespace systole::sim
