// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "models/cost/machine/machine_description.hpp"
#include "models/cost/technology/technology.hpp"

namespace systole::cost {

/// A memory as it is built for the machine's clock: of the fewest parts, a power of two of them a
/// bank, whose cycle is short enough; of as many as there can be where none is. Wires to the parts
/// cost area, energy and time to the data like those to banks.
struct MachineMemory {
    SramMacro macro;            ///< all banks
    std::uint64_t parts = 1;    ///< of a bank
    double fastestSeconds = 0;  ///< the shortest cycle that any parts have
};

/// The memories of a machine; all zero where they are free.
struct MachineMemories {
    MachineMemory activationScratchpad;
    MachineMemory weightScratchpad;
    MachineMemory accumulatorColumn;  ///< of one column
};

MachineMemories memoriesOf(const Technology& technology, const MachineDescription& machine);

/// What an on-chip memory takes. Its cycle limits the clock; its access is pipelined and takes as
/// many cycles of the machine as it needs. Example: 0.9 ns a cycle and 2.5 ns an access reach 1.1
/// GHz with three cycles from an address to its data, and 500 MHz with two.
struct MemoryDelay {
    const char* name;              ///< as in the configuration and in `areaOf`
    double nanoseconds = 0;        ///< from an access to the next, of the fastest parts
    double accessNanoseconds = 0;  ///< from an address to its data, as it is built, farthest bank
    std::uint64_t parts = 1;       ///< of a bank, as it is built
    std::string outOfFit{};        ///< what of its shape lies outside of the fit (SramMacro)

    /// From an address to its data, in cycles of a clock: 1 or more, 0 where the memory is free.
    std::uint64_t accessCycles(double clockHertz) const;
};

/// Of activation scratchpad, weight scratchpad and accumulator buffer; a free one takes no time.
/// Needs no circuit of the elements.
std::array<MemoryDelay, 3> memoryDelays(const Technology& technology,
                                        const MachineDescription& machine);

}  // namespace systole::cost
