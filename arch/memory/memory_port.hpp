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
    /// The same for a run of bursts.
    virtual void burstsDone(std::uint64_t tag, std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            burstDone(tag + i);
        }
    }
};

/// A request for one burst.
struct Burst {
    std::uint64_t address = 0;  ///< byte, a multiple of the burst's size
    bool isWrite = false;
    std::uint64_t tag = 0;
    std::uint32_t owner = 0;  ///< the layer that it is counted for
    std::uint64_t count = 1;  ///< of a run: so many bursts at once, with the tags from `tag` on
};

/// The only way to memory: a burst request and, later, its completion. The requester limits how
/// many bursts are outstanding.
class MemoryPort : virtual public sc_core::sc_interface {
public:
    virtual void request(const Burst& burst, BurstClient& client) = 0;
    virtual std::uint32_t burstBytes() const = 0;
    /// Whether it takes runs, because it answers all bursts of a cycle together, wherever they lie.
    virtual bool takesRuns() const { return false; }
};

}  // namespace systole::arch
