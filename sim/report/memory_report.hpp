// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/cost/machine/machine_memories.hpp"
#include "models/cost/technology/technology.hpp"

namespace systole::sim {

/// One on-chip memory of a technology, as `systole memory` prints it.
struct MemoryReport {
    std::string technology;
    std::string node;
    std::uint64_t capacityBytes = 0;
    std::uint64_t wordBits = 0;
    std::uint64_t banks = 1;
    std::uint32_t ports = 1;
    double clockHertz = 0;  ///< 0: built for no clock
    double temperatureKelvin = 0;
    cost::MachineMemory memory;

    /// Whether an access can begin in every cycle.
    bool meetsClock() const;
};

std::string memoryJson(const MemoryReport& report);
std::string memoryTable(const MemoryReport& report);

}  // namespace systole::sim
