// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sim/graph/graph.hpp"

namespace systole::graph {

/// SHA-256 of all that decides what the FP32 reference computes: work, shapes, constants. Names and
/// quantizers are left out.
std::string digestOf(const Graph& graph);

}  // namespace systole::graph
