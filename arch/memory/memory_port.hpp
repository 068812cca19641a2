// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <systemc>

namespace systole::arch {

/// The receiver of completions: it is called when a burst's data have passed the pins.
class BurstClient {
public:
    virtual ~BurstClient() = default;
    /// Is called at the simulated time of completion. `tag` is the one of the request.
    virtual void burstDone(std::uint64_t tag) = 0;
};

/// A request for one burst.
struct Burst {
    std::uint64_t address = 0;  ///< byte, a multiple of the burst's size
    bool isWrite = false;
    std::uint64_t tag = 0;
    std::uint32_t owner = 0;  ///< the layer that it is counted for
};

/// The only way to memory: a burst request and, later, its completion. The requester limits how
/// many bursts are outstanding.
class MemoryPort : virtual public sc_core::sc_interface {
public:
    virtual void request(const Burst& burst, BurstClient& client) = 0;
    virtual std::uint32_t burstBytes() const = 0;
};

}  // namespace systole::arch
