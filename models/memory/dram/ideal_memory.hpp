// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/memory/dram/dram_config.hpp"
#include "models/units.hpp"

namespace systole::memory {

/// A memory of fixed latency and bandwidth. Cycles are those of the core clock.
class IdealMemory {
public:
    explicit IdealMemory(const IdealMemoryConfig& config);

    /// The cycle at which the last of `bytes` is there, for a request that arrives at `arrival`;
    /// arrivals never decrease. A cycle's bandwidth that one request leaves over serves the next.
    Cycle serve(std::uint64_t bytes, Cycle arrival);

    std::uint64_t bytesServed() const { return bytesServed_; }

    /// Whether requests never delay each other.
    bool isUnlimited() const { return !config_.bytesPerCycle; }
    /// Byte slots from `now` on that are taken: all that the time of further requests depends on.
    std::uint64_t slotsTaken(Cycle now) const {
        const std::uint64_t slot = now * config_.bytesPerCycle.value_or(0);
        return freeSlot_ > slot ? freeSlot_ - slot : 0;
    }

private:
    IdealMemoryConfig config_;
    Cycle lastArrival_ = 0;
    std::uint64_t bytesServed_ = 0;
    /// When the port is free, in byte slots: slot s is served in cycle s / bytesPerCycle.
    std::uint64_t freeSlot_ = 0;
};

}  // namespace systole::memory
