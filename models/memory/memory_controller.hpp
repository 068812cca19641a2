// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "models/memory/dram_command.hpp"
#include "models/memory/dram_config.hpp"
#include "models/memory/dram_counters.hpp"

namespace systole::memory {

inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

struct MemoryRequest {
    std::uint64_t tag = 0;  ///< the caller's
    DramAddress address;
    bool isWrite = false;
};

/// What became of a burst; clocks of the DRAM.
struct ServedBurst {
    std::uint64_t tag = 0;
    bool isWrite = false;
    bool activated = false;  ///< a row was opened for it
    /// A read that was answered from the write queue: the tag of that write. No command was issued.
    std::optional<std::uint64_t> forwardedFrom;
    Cycle arrivalClock = 0;
    Cycle columnClock = 0;   ///< of Read or Write
    Cycle dataEndClock = 0;  ///< the first clock after the last beat on the bus (or the answer)
};

/// The controller of one channel. Nothing ticks: it says when it will do something next, and the
/// caller steps through time. Reads and writes have queues of their own; a read of what a queued
/// write will write is answered from the queue. docs/dram.md is the contract.
///
/// The caller issues all commands before `clock` (`while (nextClock() < clock) step()`) before it
/// offers what arrives at `clock`; a command may follow in the same clock.
class MemoryController {
public:
    explicit MemoryController(const DdrConfig& config);
    ~MemoryController();
    MemoryController(MemoryController&&) noexcept;
    MemoryController& operator=(MemoryController&&) noexcept;

    void observe(CommandObserver observer);

    bool hasRoom(bool isWrite) const;

    /// A burst arrives; there is room. Arrivals never decrease. Returns the answer of a read that a
    /// queued write answers. A write may be taken as done for its sender.
    std::optional<ServedBurst> offer(const MemoryRequest& request, Cycle clock);

    std::size_t waiting() const;

    /// The clock of what is done next; kNever while nothing waits: what the controller does on its
    /// own (refreshes, power states) is made up for at the next arrival.
    Cycle nextClock();

    /// Does it. Returns the burst whose Read or Write was issued, if one was.
    std::optional<ServedBurst> step();

    /// Nothing arrives before `clock`; nothing waits.
    void idleUntil(Cycle clock);

    /// The counters of a run that ends at `endClock`, not before the last data; after
    /// `idleUntil(endClock)`.
    DramCounters countersAt(Cycle endClock) const;

    /// The end of the last data, or answer, so far.
    Cycle lastDataClock() const;
};

}  // namespace systole::memory
