// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/counter_info.hpp"

namespace systole::memory {

/// What a DRAM channel did. Clocks are those of the DRAM. Always:
/// busyClocks + stalledClocks + idleClocks = totalClocks; the clocks by state of the ranks sum up
/// to totalClocks times the ranks; rowHits + rowMisses + rowConflicts = reads + writes.
struct DramCounters {
    std::uint64_t activates = 0;
    std::uint64_t precharges = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t refreshes = 0;
    std::uint64_t bankRefreshes = 0;
    std::uint64_t powerDowns = 0;
    std::uint64_t selfRefreshes = 0;
    std::uint64_t forwardedReads = 0;
    std::uint64_t rowHits = 0;
    std::uint64_t rowMisses = 0;
    std::uint64_t rowConflicts = 0;
    std::uint64_t busyClocks = 0;
    std::uint64_t stalledClocks = 0;
    std::uint64_t idleClocks = 0;
    std::uint64_t totalClocks = 0;
    std::uint64_t activeStandbyClocks = 0;
    std::uint64_t prechargeStandbyClocks = 0;
    std::uint64_t activePowerDownClocks = 0;
    std::uint64_t prechargePowerDownClocks = 0;
    std::uint64_t selfRefreshClocks = 0;
};

inline constexpr std::array kDramCounters{
    CounterInfo<DramCounters>{"activates", "1", "rows opened", &DramCounters::activates},
    CounterInfo<DramCounters>{"precharges", "1", "banks closed", &DramCounters::precharges},
    CounterInfo<DramCounters>{"reads", "1", "bursts read", &DramCounters::reads},
    CounterInfo<DramCounters>{"writes", "1", "bursts written", &DramCounters::writes},
    CounterInfo<DramCounters>{"refreshes", "1", "all-bank refreshes", &DramCounters::refreshes},
    CounterInfo<DramCounters>{"bank_refreshes", "1", "refreshes of a bank (or one of each group)",
                              &DramCounters::bankRefreshes},
    CounterInfo<DramCounters>{"power_downs", "1", "entries into power-down",
                              &DramCounters::powerDowns},
    CounterInfo<DramCounters>{"self_refreshes", "1", "entries into self-refresh",
                              &DramCounters::selfRefreshes},
    CounterInfo<DramCounters>{"forwarded_reads", "1", "reads answered from the write queue",
                              &DramCounters::forwardedReads},
    CounterInfo<DramCounters>{"row_hits", "1", "bursts whose row was open", &DramCounters::rowHits},
    CounterInfo<DramCounters>{"row_misses", "1", "bursts whose bank was closed",
                              &DramCounters::rowMisses},
    CounterInfo<DramCounters>{"row_conflicts", "1", "bursts that found another row open",
                              &DramCounters::rowConflicts},
    CounterInfo<DramCounters>{"busy_clocks", "clock", "clocks with data on the bus",
                              &DramCounters::busyClocks},
    CounterInfo<DramCounters>{"stalled_clocks", "clock",
                              "clocks with requests pending and no data on the bus",
                              &DramCounters::stalledClocks},
    CounterInfo<DramCounters>{"idle_clocks", "clock", "clocks without a request pending",
                              &DramCounters::idleClocks},
    CounterInfo<DramCounters>{"total_clocks", "clock", "all clocks, from 0 to the end of the run",
                              &DramCounters::totalClocks},
    CounterInfo<DramCounters>{"active_standby_clocks", "clock", "clocks of ranks with a bank open",
                              &DramCounters::activeStandbyClocks},
    CounterInfo<DramCounters>{"precharge_standby_clocks", "clock",
                              "clocks of ranks with all banks closed",
                              &DramCounters::prechargeStandbyClocks},
    CounterInfo<DramCounters>{"active_power_down_clocks", "clock",
                              "clocks of ranks powered down with a bank open",
                              &DramCounters::activePowerDownClocks},
    CounterInfo<DramCounters>{"precharge_power_down_clocks", "clock",
                              "clocks of ranks powered down with all banks closed",
                              &DramCounters::prechargePowerDownClocks},
    CounterInfo<DramCounters>{"self_refresh_clocks", "clock", "clocks of ranks in self-refresh",
                              &DramCounters::selfRefreshClocks},
};

/// Sums over channels; totalClocks then counts every channel's.
inline DramCounters& operator+=(DramCounters& sum, const DramCounters& more) {
    addCounters(sum, more, kDramCounters);
    return sum;
}

}  // namespace systole::memory
