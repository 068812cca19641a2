// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/base/content_cache.hpp"
#include "sim/graph/graph.hpp"

/// What the FP32 reference shows of a network on the calibration images (docs/arithmetic.md,
/// section 3).
namespace systole::sim {

using CalibrationImages = std::span<const std::vector<float>>;

/// By TensorId, over all images.
struct Ranges {
    std::vector<float> amax;   ///< the largest magnitude
    std::vector<float> least;  ///< the least value
};

/// Throws ConfigError where there is no image or a tensor leaves binary32. Where the reference has
/// much to compute, ranges are kept under the content of network and images.
Ranges calibrate(const graph::Graph& network, CalibrationImages images, const ContentCache& cache);

/// By output channel of matrix work: what no sum of its products leaves, in any order, on any
/// image. That is the larger one of the sum of the positive products and of that of the negative
/// ones, without the bias; in the units of the float network.
using SumBounds = std::vector<double>;

/// Of matrix work with constant weights: `nodes` are indices into Graph::nodes, and the results are
/// in their order. As much work as three runs of the reference.
std::vector<SumBounds> measureSums(const graph::Graph& network, CalibrationImages images,
                                   std::span<const std::size_t> nodes);

}  // namespace systole::sim
