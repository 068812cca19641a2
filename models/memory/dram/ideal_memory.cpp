// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/ideal_memory.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::memory {

IdealMemory::IdealMemory(const IdealMemoryConfig& config) : config_(config) {
    SYSTOLE_CHECK(!config.bytesPerCycle || *config.bytesPerCycle > 0, "a memory without bandwidth");
}

Cycle IdealMemory::serve(std::uint64_t bytes, Cycle arrival) {
    SYSTOLE_CHECK(arrival >= lastArrival_, "arrival at {} after one at {}", arrival, lastArrival_);
    lastArrival_ = arrival;
    bytesServed_ += bytes;
    if (!config_.bytesPerCycle) {
        return arrival + config_.latencyCycles;
    }
    const std::uint64_t rate = *config_.bytesPerCycle;
    freeSlot_ = std::max(freeSlot_, arrival * rate) + bytes;
    return ceilDivide(freeSlot_, rate) + config_.latencyCycles;
}

}  // namespace systole::memory
