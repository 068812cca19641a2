// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "sim/network/network.hpp"
#include "sim/quantize/scheme.hpp"

/// The scales of weights: as fine as the format allows, and as coarse as biases and sums need
/// (docs/arithmetic.md, section 3).
///
/// An example: INT8 weights of 1e-7, an input scale of 1/127, a bias of 1.5, sums in int32. By its
/// weights the channel has the scale 1e-7 / 127, in which the bias is 2.4e11 units: int32 ends at
/// 2.1e9. With a headroom of 1 it needs a scale of 1.5 / (2^31 / 127), 8.9e-8.
namespace systole::sim {

class WeightScales {
public:
    /// `inputScale` is that of the convolution's input.
    WeightScales(const Scheme& scheme, double inputPeak, double weightPeak, double largestSum);

    /// By output channel; all equal when per tensor. `sums`: by channel, what the products of the
    /// convolution sum up to (measureSums), or nothing. Throws std::range_error where a scale
    /// leaves binary32.
    std::vector<float> of(const Convolution& convolution, float inputScale,
                          std::span<const double> sums) const;

    /// Whether sums of inputs up to `inputAmax` may be so large that their scales must be coarser:
    /// where not, no measured sum changes anything.
    bool maySumsMatter(const Convolution& convolution, float inputScale, float inputAmax) const;

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
