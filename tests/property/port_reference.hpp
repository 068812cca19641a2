// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/memory/ports/port_arbiter.hpp"

namespace systole::memory {

struct PostedStream {
    ClientId client = 0;
    Cycle cycle = 0;
    std::vector<AccessStep> steps;
};

struct PortReferenceResult {
    std::vector<Cycle> completions;      ///< by posted stream; kIncomplete if there is none
    std::vector<PortCounters> counters;  ///< by client
};

inline constexpr Cycle kIncomplete = ~Cycle{0};

/// The rules of port_arbiter.hpp cycle by cycle and access by access, for the cycles before `end`.
PortReferenceResult portReference(std::uint32_t resources, const PortArbitration& arbitration,
                                  const std::vector<PostedStream>& posted, Cycle end);

}  // namespace systole::memory
