// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/weight_scales.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "sim/graph/float_reference.hpp"

namespace systole::sim {

using graph::largestMagnitude;

namespace {

constexpr float kSmallestNormal = std::numeric_limits<float>::min();
/// A bias ends this much below the accumulator's largest value, as in ONNX Runtime's quantizer
/// (onnxruntime/python/tools/quantization, _adjust_weight_scale_for_int32_bias): the roundings of
/// its scale cannot push it out.
constexpr double kBiasMargin = 1.0001;
/// A bias of so many of the largest products hides all products.
constexpr double kLostBelow = 0x1p32;
/// More than what sums in binary64 and their rounding to binary32 can be above exact ones.
constexpr double kRoundingMargin = 1.001;

double sumOfMagnitudes(std::span<const float> values) {
    double sum = 0;
    for (const float value : values) sum += std::fabs(double{value});
    return sum;
}

}  // namespace

WeightScales::WeightScales(const Scheme& scheme, double inputPeak, double weightPeak,
                           double largestSum)
    : granularity_(scheme.weightGranularity),
      headroom_(scheme.accumulatorHeadroom),
      inputPeak_(inputPeak),
      weightPeak_(weightPeak),
      largestSum_(largestSum) {}

/// What the weights' range allows, unless the bias is so much larger than every product that a
/// binary32 result does not see the weights. So a channel of zeros has the scale of its bias.
float WeightScales::finest(float amax, float bias, float inputScale) const {
    const double product = double{inputScale} * inputPeak_ * weightPeak_;
    const auto ofBias = static_cast<float>(std::fabs(double{bias}) / (product * kLostBelow));
    const float scale = std::max(amax / static_cast<float>(weightPeak_), ofBias);
    return scale >= kSmallestNormal ? scale : 1.0F;
}

/// What the accumulator's range demands.
float WeightScales::coarsest(double sum, float bias, float inputScale) const {
    const double magnitude = std::fabs(double{bias});
    const double range = std::max(headroom_ * (sum + magnitude), kBiasMargin * magnitude);
    return static_cast<float>(range / (double{inputScale} * largestSum_));
}

std::vector<float> WeightScales::of(const WeightRows& rows, float inputScale,
                                    std::span<const double> sums) const {
    std::vector<float> scales(rows.outputs);
    for (std::size_t n = 0; n < scales.size(); ++n) {
        const float bias = rows.biasOf(n);
        const float fine =
            granularity_ == Scheme::Granularity::PerChannel
                ? finest(largestMagnitude(rows.row(n)), bias, inputScale)
                : finest(largestMagnitude(rows.weights), largestMagnitude(rows.bias), inputScale);
        scales[n] = std::max(fine, coarsest(sums.empty() ? 0.0 : sums[n], bias, inputScale));
        if (!std::isfinite(scales[n])) {
            throw std::range_error(fmt::format(
                "the bias {} and sums of inputs of scale {} need a weight scale beyond binary32, "
                "expected a wider accumulator",
                bias, inputScale));
        }
    }
    if (granularity_ == Scheme::Granularity::PerTensor) {
        scales.assign(scales.size(), *std::max_element(scales.begin(), scales.end()));
    }
    return scales;
}

bool WeightScales::maySumsMatter(const WeightRows& rows, float inputScale, float inputAmax) const {
    for (std::size_t n = 0; n < rows.outputs; ++n) {
        const std::span<const float> weights = rows.row(n);
        const double sum = kRoundingMargin * sumOfMagnitudes(weights) * double{inputAmax};
        const float bias = rows.biasOf(n);
        if (coarsest(sum, bias, inputScale) > finest(largestMagnitude(weights), bias, inputScale)) {
            return true;
        }
    }
    return false;
}

}  // namespace systole::sim
