// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "sim/quantize/quantized_network.hpp"

/// From a float network to codes; docs/arithmetic.md, sections 3 to 6.
namespace systole::sim {

/// By TensorId, the largest magnitude over all images in the FP32 reference. Throws ConfigError
/// where there is no image or a tensor leaves binary32.
std::vector<float> calibrate(const Network& network, std::span<const std::vector<float>> images);

/// Quantizes with the ranges that calibrate() gave. Throws ConfigError where the scheme cannot
/// serve the network: formats that do not fit its arithmetic, reductions too long for exact sums.
QuantizedNetwork quantize(const Network& network, const Scheme& scheme,
                          std::span<const float> amax);

/// Calibrates with the first Scheme::calibrationImages of `images` and quantizes. Throws
/// ConfigError where there are fewer, too.
QuantizedNetwork quantize(const Network& network, const Scheme& scheme,
                          std::span<const std::vector<float>> images);

}  // namespace systole::sim
