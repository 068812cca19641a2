// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/config.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole::sim {

/// A machine of random shape for the formats of a scheme, with scratchpads of odd sizes.
arch::MachineConfig randomMachine(const Scheme& scheme, std::uint64_t seed);

/// A graph on a random machine whose memories are about as small as it can run with.
struct TightFit {
    arch::MachineConfig machine;
    LoweredNetwork lowered;
    std::uint32_t refusals = 0;  ///< smaller machines that lowering refused with a ConfigError
};

TightFit fitTightly(const graph::Graph& graph, const Scheme& scheme, std::uint64_t seed);

}  // namespace systole::sim
