// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "sim/graph/graph.hpp"

namespace systole::graph {

/// What input `input` of a node is to be read as; none: as its tensor is.
using WantedQuantizer = std::function<std::optional<Quantizer>(const Node&, std::size_t input)>;

/// The graph where every input for which `wanted` gives a quantizer reads a conversion of its
/// tensor: vector work, `load, store`, to a new tensor with that quantizer, before the first reader
/// that wants it. Readers that want the same share one. Tensors keep their numbers; the new ones
/// follow them.
///
/// An example: a product of two int8 tensors on an array of int8 by int4 reads its second operand
/// as int4.
Graph withConversions(Graph graph, const WantedQuantizer& wanted);

}  // namespace systole::graph
