// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <systemc>

namespace systole::arch {

/// Told when a burst's data has passed the pins.
class BurstClient {
public:
    virtual ~BurstClient() = default;
    /// Called at the simulated time of completion. `tag` is the requester's.
    virtual void burstDone(std::uint64_t tag) = 0;
};

struct Burst {
    std::uint64_t address = 0;  ///< aligned to the burst
    bool isWrite = false;
    std::uint64_t tag = 0;
    std::uint32_t owner = 0;  ///< on whose account it is counted
};

/// The one way to memory: a burst request and, later, its completion. The requester bounds how many
/// are outstanding.
class MemoryPort : virtual public sc_core::sc_interface {
public:
    virtual void request(const Burst& burst, BurstClient& client) = 0;
    virtual std::uint32_t burstBytes() const = 0;
};

}  // namespace systole::arch
