// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sim/graph/graph.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole::sim {

enum class Additions : std::uint8_t {
    Commute,  ///< accumulators whose sums do not depend on the order
    Ordered,  ///< floats, saturating integers, chunks; and sums wider than a word
};

/// A small quantized graph.
struct RandomNetwork {
    graph::Graph graph;
    Scheme scheme;  ///< formats of the array that runs it
};

/// Nodes of all three kinds of work over tensors of ranks 1 to 5: convolutions of every kind
/// (strided, dilated, padded unevenly, grouped, depthwise, transposed, over the whole image, in
/// batches), products with constants and of two tensors, element by element with broadcasts (behind
/// matrix work and not, either operand first, a tensor with itself), windows, reductions, softmax,
/// and moves (slices backwards and in steps, transposes, concatenations, repeats, tables). In one
/// of the number formats, with one of the scale arithmetics; tensors that only the vector unit sees
/// may have another format. The same seed gives the same graph everywhere.
RandomNetwork randomNetwork(std::uint64_t seed, Additions additions = Additions::Commute);

/// Finite codes for its input.
std::vector<numeric::Code> randomInput(const graph::Graph& graph, std::uint64_t seed);

}  // namespace systole::sim
