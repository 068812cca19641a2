// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

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
    /// A sentence for each part that is too slow, with what would do; empty: the clock is reached.
    std::string warning;

    bool isReached() const { return warning.empty(); }
};
Clocking clockingOf(const RunConfig& config);

/// What something reaches, for the terminal: rounded down, so that a clock of the number that is
/// read there is one that it reaches.
std::string reachText(double hertz);

}  // namespace systole::sim
