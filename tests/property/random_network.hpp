// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sim/quantize/quantized_network.hpp"

namespace systole::sim {

/// A small quantized network of random layers: convolutions of every kind (strided, dilated, padded
/// unevenly, grouped, depthwise, over the whole image), pooling, additions (behind a convolution
/// and not, either operand first, a tensor with itself), ReLU and softmax, in one of the number
/// formats, with one of the scale arithmetics. The same seed gives the same network everywhere.
enum class Additions {
    Commute,  ///< accumulators whose sums do not depend on the order
    Ordered,  ///< floats, saturating integers, chunks; and sums wider than a word
};
QuantizedNetwork randomNetwork(std::uint64_t seed, Additions additions = Additions::Commute);

/// Finite codes for its input.
std::vector<numeric::Code> randomInput(const QuantizedNetwork& network, std::uint64_t seed);

}  // namespace systole::sim
