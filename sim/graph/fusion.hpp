// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/graph/graph.hpp"

namespace systole::graph {

/// Takes vector work of one operand that keeps the order of values (ReLU, Clip: minima, maxima,
/// `positive`, constants) into the epilogue or the program of the node whose output it alone reads.
/// That node then writes the output of the vector work. Element by element only: a window or a
/// reduction stays. A node takes one such program; behind it the next one stays. Nodes whose own
/// program keeps the order of values (max pooling, another ReLU) take none: their output has the
/// scale of their input anyway. Tensors that no node writes any more are dropped, and the others
/// numbered anew.
Graph fuseActivations(Graph graph);

/// Whether the codes of the output are codes of the inputs: vector work of loads, extremes and
/// `positive` alone, none of which reads a constant. Inputs and output have one scale then
/// (docs/arithmetic.md, section 3).
bool keepsScale(const Graph& graph, const Node& node);

}  // namespace systole::graph
