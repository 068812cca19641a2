// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "models/cost/machine/machine_memories.hpp"
#include "sim/config/machine_loader.hpp"

namespace systole::sim {

/// Whether the machine's hardware reaches its clock, and what each part of it reaches. A frequency
/// is infinite where nothing limits it.
struct Clocking {
    double reachableHertz = 0;       ///< elements as they are made, and memories
    double elementHertz = 0;         ///< processing elements as they are made
    double fastestElementHertz = 0;  ///< with the synthesis and the stages that are fastest
    double memoryHertz = 0;          ///< the slowest on-chip memory
    std::string slowestMemory;       ///< its section in the configuration; empty: none limits
    std::array<cost::MemoryDelay, 3> memories{};  ///< as cost::memoryDelays
    /// A sentence for each part that is too slow, with what would do; empty: the clock is reached.
    std::string warning;

    bool isReached() const { return warning.empty(); }
};
Clocking clockingOf(const RunConfig& config);

/// What limits the clock: `the processing element` or a memory's section. Empty: nothing does.
std::string limitOf(const Clocking& clocking);

/// How the elements are made, where `auto` chose it: another technology may get others, so that its
/// cycle may be longer. Empty: the configuration says it.
std::string elementMakeNote(const RunConfig& config);

/// A sentence for memories that take more cycles to their data than the one that is simulated, and
/// one for each memory whose figures lie outside of their fit. Empty: there are none.
std::string memoryNotes(const Clocking& clocking, double clockHertz);

/// What something reaches, for the terminal: rounded down, so that a clock of the number that is
/// read there is one that it reaches.
std::string reachText(double hertz);

}  // namespace systole::sim
