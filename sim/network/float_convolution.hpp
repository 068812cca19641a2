// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "sim/network/network.hpp"

namespace systole::sim {

/// Weights in the order in which convolveFloat reads them.
std::vector<float> packWeights(const Convolution& convolution);

/// docs/arithmetic.md, section 2. `packed` is from packWeights, `output` is written whole.
void convolveFloat(const Convolution& convolution, std::span<const float> packed,
                   const Shape& inputShape, std::span<const float> input, const Shape& outputShape,
                   std::span<float> output);

}  // namespace systole::sim
