// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/graph/graph.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole::sim {

/// What a tensor of a network is when it is quantized.
enum class TensorRole : std::uint8_t {
    Activation,  ///< codes in the format of activations, a constant of moves among them
    Weights,     ///< of matrix work: codes in the format of weights, one scale an output
    Real,        ///< a constant that vector work reads: it stays binary32
};

/// By TensorId, of views those of their tensors.
std::vector<TensorRole> rolesOf(const graph::Graph& network);

/// By TensorId, the largest magnitude of all tensors that share its scale (docs/arithmetic.md,
/// section 3): inputs and output of moves and of vector work that keeps codes.
std::vector<float> tiedMagnitudes(const graph::Graph& network, std::span<const float> amax);

/// By TensorId, the formats of activations. A tensor has the one that the matrix work that reads it
/// wants, or else that of the matrix work that writes it, or else the scheme's. Tensors that share
/// a scale share the format: the widest of those that are wanted.
std::vector<numeric::Format> activationFormats(const graph::Graph& network, const Scheme& scheme);

/// Every node of matrix work has constant weights of its own: their scales depend on its input.
graph::Graph withOwnWeights(graph::Graph network);

}  // namespace systole::sim
