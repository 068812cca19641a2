// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "sim/quantize/quantized_network.hpp"

namespace systole::sim {

/// Codes of the input tensor for an image, channels last.
std::vector<numeric::Code> encodeInput(const QuantizedNetwork& network,
                                       std::span<const float> image);

/// Values (code's value * scale, in binary32) of a tensor's codes.
std::vector<float> decodeTensor(const QuantizedNetwork& network, TensorId tensor,
                                std::span<const numeric::Code> codes);

/// Codes of every tensor, by TensorId. Plain loops that read like docs/arithmetic.md: slow, and the
/// measure for everything that computes the same faster. `foldRows` products at a time are summed
/// from zero and then added to the sum so far, as an array of so many rows does; it matters to
/// accumulators whose additions do not commute.
std::vector<std::vector<numeric::Code>> runQuantized(const QuantizedNetwork& network,
                                                     std::span<const numeric::Code> input,
                                                     std::size_t foldRows);

}  // namespace systole::sim
