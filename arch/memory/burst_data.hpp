// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace systole::arch {

/// What the bursts of a machine carry, for a memory that holds data (docs/tlm.md). These are the
/// bytes of the DRAM, packed as DramLayout says. Timing does not need them. Addresses are bytes of
/// the DRAM.
class BurstData {
public:
    virtual ~BurstData() = default;

    /// The number of bytes in use, from byte 0 on.
    virtual std::uint64_t memoryBytes() const = 0;
    /// The bytes of the DRAM as the machine has them now. After its end they are zero.
    virtual void read(std::uint64_t address, std::span<std::uint8_t> bytes) const = 0;
    /// What a write burst of the store that is executing carries: the store's elements, and around
    /// them the bytes that the machine has there. No other command writes these, because one store
    /// executes at a time.
    virtual void fetch(std::uint64_t address, std::span<std::uint8_t> bytes) const = 0;
    /// Compares what a read burst of the load that is executing has brought with what the machine
    /// has. Only bits of the load's own elements count, because a store of what lies next to them
    /// may be on its way. Returns an empty text, or the first byte that differs, with the cycle.
    virtual std::string mismatch(std::uint64_t address,
                                 std::span<const std::uint8_t> bytes) const = 0;
};

}  // namespace systole::arch
