// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/units.hpp"

namespace systole::memory {

/// A port of a bank: serves one access a cycle. Numbered from 0 over all memories (port_map.hpp).
using ResourceId = std::uint32_t;

struct Access {
    ResourceId resource = 0;
    std::uint64_t count = 1;
};

/// Accesses that must all be served before the next step begins. Nothing of the next step is
/// served earlier: a pause of n cycles is a step without accesses and with `cycles` n.
struct AccessStep {
    Cycle earliest = 0;            ///< the step does not begin before this cycle
    Cycle cycles = 1;              ///< the step takes at least so many cycles; 1 or more
    std::vector<Access> accesses;  ///< a resource named several times adds up
};

/// Sets the next step, which it is given empty, and returns true; returns false after the last one.
/// Copies go their own ways: a source owns what it changes, shares only what is constant, and
/// yields the same steps whenever it is asked.
using StepSource = std::function<bool(AccessStep&)>;

struct AccessStream {
    StepSource next;
    /// A lower bound of the cycles that the stream takes undisturbed: the sum over its steps of
    /// `cycles`, or of the count of the busiest resource where that is more. 0 if not known.
    Cycle leastCycles = 0;
};

/// A stream of steps that are listed; its leastCycles is the sum.
AccessStream streamOf(std::vector<AccessStep> steps);

}  // namespace systole::memory
