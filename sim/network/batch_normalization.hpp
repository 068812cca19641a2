// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "sim/network/network.hpp"

namespace systole::sim {

/// y = (x - mean) / sqrt(variance + epsilon) * scale + shift; one value a channel.
struct BatchNormalization {
    std::vector<float> scale;
    std::vector<float> shift;
    std::vector<float> mean;
    std::vector<float> variance;
    float epsilon = 1e-5F;
};

/// Weights and biases of `convolution` followed by the normalization; docs/arithmetic.md,
/// section 2. Returns false where one of them is not finite any more.
bool foldBatchNormalization(const BatchNormalization& normalization, Convolution& convolution);

/// A 1 x 1 depthwise convolution that changes nothing: what to fold a normalization into that
/// follows no convolution.
Convolution depthwiseIdentity(std::size_t channels);

}  // namespace systole::sim
