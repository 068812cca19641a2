// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace systole::arch {

/// What the bursts of a machine carry, for a memory that holds data: the bytes of the DRAM, packed
/// as DramLayout says. Timing needs none of it. Addresses are bytes of the DRAM.
class BurstData {
public:
    virtual ~BurstData() = default;

    /// The DRAM in use is bytes 0 up to here.
    virtual std::uint64_t memoryBytes() const = 0;
    /// The DRAM as the machine has it now; zeros behind its end.
    virtual void read(std::uint64_t address, std::span<std::uint8_t> bytes) const = 0;
    /// What a write burst of the store that is executing carries: its elements, and around them
    /// what the machine has there. Nobody else writes meanwhile: one store executes at a time.
    virtual void fetch(std::uint64_t address, std::span<std::uint8_t> bytes) const = 0;
    /// Compares what a read burst of the load that is executing has brought. Only bits of the
    /// load's own elements count: what lies next to them may be on its way in a store.
    /// Empty, or the first byte that differs, with the cycle.
    virtual std::string mismatch(std::uint64_t address,
                                 std::span<const std::uint8_t> bytes) const = 0;
};

}  // namespace systole::arch
