// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "sim/graph/graph.hpp"
#include "sim/quantize/calibration.hpp"
#include "sim/quantize/scheme.hpp"

/// From a float network to codes; docs/arithmetic.md, sections 3 to 6. A graph comes back with
/// quantizers, with codes of its constants and with Graph::arithmetic.
namespace systole::sim {

/// Quantizes with the largest magnitudes of all tensors, by TensorId; sums of products are taken to
/// fit the accumulator. Throws ConfigError where the scheme cannot serve the network: formats that
/// do not fit its arithmetic, reductions too long for exact sums.
graph::Graph quantize(graph::Graph network, const Scheme& scheme, std::span<const float> amax);

/// Calibrates with the first Scheme::calibrationImages of `images` and quantizes, with room for the
/// sums of these images. Throws ConfigError where there are fewer, too, and where a tensor has
/// negative values and its format has none.
graph::Graph quantize(graph::Graph network, const Scheme& scheme, CalibrationImages images);

}  // namespace systole::sim
