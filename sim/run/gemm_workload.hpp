// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sim/graph/graph.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole::sim {

/// A graph of one matrix product, M x K x N, with weights of seeded random codes (all finite
/// codes equally likely), no bias, and a scale that spreads the products over the output format.
graph::Graph gemmNetwork(const Scheme& scheme, std::uint32_t m, std::uint32_t k, std::uint32_t n,
                         std::uint64_t seed);

/// The same without weights and scales, for runs without values.
graph::Graph gemmShape(const Scheme& scheme, std::uint32_t m, std::uint32_t k, std::uint32_t n);

/// The M x K left operand, row by row.
std::vector<numeric::Code> gemmInput(const Scheme& scheme, std::uint32_t m, std::uint32_t k,
                                     std::uint64_t seed);

}  // namespace systole::sim
