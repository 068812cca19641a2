// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "models/cost/machine/machine_description.hpp"
#include "models/cost/technology/technology.hpp"

namespace systole::cost {

/// A memory as it is built for the machine's clock: one circuit that has all of these figures.
///
/// A bank is one macro where that is fast enough. Else it is built of 2, 4, 8 .. equal parts, as
/// few as reach the clock. Each doubling halves the capacity of a part, and the words too while
/// they are wider than 64 bits: 1 MiB of 1,024 bits is 32 parts of 32 KiB and 64 bits at 1 GHz, of
/// which a word takes 16. Parts end at the second capacity of the tables (1 KiB): the smallest is
/// hardly faster and costs a sixth more area. Where those are too slow, the bank is built of them
/// all the same, and misses the clock.
///
/// Wires between parts have registers that stand where this clock needs them. So a memory of parts
/// has the cycle of the clock, and no shorter one.
///
/// More capacity, wider words, more ports or a higher clock never cost less of anything: parts are
/// as many at least, and no figure is below what it would be in fewer parts. By the tables near
/// parts are often better than that, up to twice (docs/area.md): that is on the safe side.
struct MachineMemory {
    SramMacro macro;          ///< all banks; its cycle is that of the memory
    std::uint64_t parts = 1;  ///< of a bank
    double fastestSeconds =
        0;  ///< the cycle that it would have if it were built for a faster clock
};

/// One memory of any shape, for a clock (0: for none, so that a bank is one macro). All zero where
/// memories of the technology are free.
MachineMemory memoryFor(const SramModel& sram, const SramShape& shape, double clockHertz,
                        double kelvin);

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
    const char* name;               ///< as in the configuration and in `areaOf`
    double nanoseconds = 0;         ///< from an access to the next, as it is built
    double accessNanoseconds = 0;   ///< from an address to its data, as it is built, farthest bank
    double fastestNanoseconds = 0;  ///< its cycle if it were built for a faster clock
    std::uint64_t parts = 1;        ///< of a bank, as it is built
    std::string outOfFit{};         ///< what of its shape lies outside of the fit (SramMacro)

    /// From an address to its data, in cycles of a clock: 1 or more, 0 where the memory is free.
    std::uint64_t accessCycles(double clockHertz) const;
};

/// Of activation scratchpad, weight scratchpad and accumulator buffer; a free one takes no time.
/// Needs no circuit of the elements.
std::array<MemoryDelay, 3> memoryDelays(const Technology& technology,
                                        const MachineDescription& machine);

}  // namespace systole::cost
