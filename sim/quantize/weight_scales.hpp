// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/quantize/scheme.hpp"

/// The scales of weights: as fine as the format allows, and as coarse as biases and sums need
/// (docs/arithmetic.md, section 3).
///
/// An example: INT8 weights of 1e-7, an input scale of 1/127, a bias of 1.5, sums in int32. By its
/// weights the channel has the scale 1e-7 / 127, in which the bias is 2.4e11 units: int32 ends at
/// 2.1e9. With a headroom of 1 it needs a scale of 1.5 / (2^31 / 127), 8.9e-8.
namespace systole::sim {

/// Weights of matrix work, [outputs][reduction], and its biases: one an output, or none.
struct WeightRows {
    std::span<const float> weights;
    std::span<const float> bias;
    std::size_t outputs = 1;

    std::span<const float> row(std::size_t n) const {
        const std::size_t reduction = weights.size() / outputs;
        return weights.subspan(n * reduction, reduction);
    }
    float biasOf(std::size_t n) const { return bias.empty() ? 0.0F : bias[n]; }
};

class WeightScales {
public:
    WeightScales(const Scheme& scheme, double inputPeak, double weightPeak, double largestSum);

    /// By output channel; all equal when per tensor. `inputScale` is that of the matrix work's
    /// input; `sums`: by channel, what the products sum up to (measureSums), or nothing. Throws
    /// std::range_error where a scale leaves binary32.
    std::vector<float> of(const WeightRows& rows, float inputScale,
                          std::span<const double> sums) const;

    /// Whether sums of inputs up to `inputAmax` may be so large that their scales must be coarser:
    /// where not, no measured sum changes anything.
    bool maySumsMatter(const WeightRows& rows, float inputScale, float inputAmax) const;

private:
    float finest(float amax, float bias, float inputScale) const;
    float coarsest(double sum, float bias, float inputScale) const;

    Scheme::Granularity granularity_;
    double headroom_;
    double inputPeak_;
    double weightPeak_;
    double largestSum_;
};

}  // namespace systole::sim
