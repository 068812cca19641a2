// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/cost/counter_info.hpp"

namespace systole::memory {

/// What a DRAM channel did. Clocks are those of the DRAM. Always:
/// busyClocks + stalledClocks + idleClocks = totalClocks = bankOpenClocks + allClosedClocks and
/// rowHits + rowMisses + rowConflicts = reads + writes.
struct DramCounters {
    std::uint64_t activates = 0;
    std::uint64_t precharges = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t refreshes = 0;
    std::uint64_t rowHits = 0;
    std::uint64_t rowMisses = 0;
    std::uint64_t rowConflicts = 0;
    std::uint64_t busyClocks = 0;
    std::uint64_t stalledClocks = 0;
    std::uint64_t idleClocks = 0;
    std::uint64_t totalClocks = 0;
    std::uint64_t bankOpenClocks = 0;
    std::uint64_t allClosedClocks = 0;
};

inline constexpr std::array kDramCounters{
    CounterInfo<DramCounters>{"activates", "1", "rows opened", &DramCounters::activates},
    CounterInfo<DramCounters>{"precharges", "1", "banks closed", &DramCounters::precharges},
    CounterInfo<DramCounters>{"reads", "1", "bursts read", &DramCounters::reads},
    CounterInfo<DramCounters>{"writes", "1", "bursts written", &DramCounters::writes},
    CounterInfo<DramCounters>{"refreshes", "1", "all-bank refreshes", &DramCounters::refreshes},
    CounterInfo<DramCounters>{"row_hits", "1", "bursts whose row was open", &DramCounters::rowHits},
    CounterInfo<DramCounters>{"row_misses", "1", "bursts whose bank was closed",
                              &DramCounters::rowMisses},
    CounterInfo<DramCounters>{"row_conflicts", "1", "bursts that found another row open",
                              &DramCounters::rowConflicts},
    CounterInfo<DramCounters>{"busy_clocks", "clock", "data on the bus", &DramCounters::busyClocks},
    CounterInfo<DramCounters>{"stalled_clocks", "clock", "requests pending, no data on the bus",
                              &DramCounters::stalledClocks},
    CounterInfo<DramCounters>{"idle_clocks", "clock", "no request pending",
                              &DramCounters::idleClocks},
    CounterInfo<DramCounters>{"total_clocks", "clock", "from 0 to the end of the run",
                              &DramCounters::totalClocks},
    CounterInfo<DramCounters>{"bank_open_clocks", "clock", "at least one bank open",
                              &DramCounters::bankOpenClocks},
    CounterInfo<DramCounters>{"all_closed_clocks", "clock", "all banks closed",
                              &DramCounters::allClosedClocks},
};

/// Sums over channels; totalClocks then counts every channel's.
inline DramCounters& operator+=(DramCounters& sum, const DramCounters& more) {
    addCounters(sum, more, kDramCounters);
    return sum;
}

}  // namespace systole::memory
