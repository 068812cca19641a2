// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/graph/graph.hpp"

namespace systole::graph {

/// Codes of the input tensor for an image in the order of memory.
std::vector<numeric::Code> encodeInput(const Graph& graph, std::span<const float> image);

/// Values (code's value * scale, in binary32) of a tensor's codes.
std::vector<float> decodeTensor(const Graph& graph, TensorId tensor,
                                std::span<const numeric::Code> codes);

/// Codes of every tensor of a quantized graph, by TensorId (of views those of their tensor; of
/// constants nothing). Plain loops that read like docs/arithmetic.md: slow, and the measure for
/// everything that computes the same faster. `foldRows` products at a time are summed from zero and
/// then added to the sum so far, as an array of so many rows does; it matters to accumulators whose
/// additions do not commute.
std::vector<std::vector<numeric::Code>> runExact(const Graph& graph,
                                                 std::span<const numeric::Code> input,
                                                 std::size_t foldRows);

}  // namespace systole::graph
