// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sim/graph/graph.hpp"

namespace systole::graph {

/// A graph that does the work of several images: every tensor but the constants has one more axis,
/// the first and slowest, so that the images lie one after another in memory. Every node runs over
/// that axis, too, and an image sees no other one.
///
/// An example, 4 images: a tensor [1, 3, 8, 8] becomes [4, 1, 3, 8, 8], the weights of a
/// convolution stay as they are, and its batches are 4 x 1. Of one image the graph comes back as it
/// is.
Graph withImages(Graph graph, std::uint32_t images);

}  // namespace systole::graph
