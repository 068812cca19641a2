// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "models/units.hpp"

namespace systole::memory {

/// All latencies from `from` up to, but not, `to`.
struct LatencyBin {
    Cycle from = 0;
    Cycle to = 0;
    std::uint64_t count = 0;
};

struct LatencySummary {
    std::uint64_t count = 0;
    double mean = 0;
    Cycle least = 0;
    Cycle p50 = 0;  ///< the least latency that so many percent do not exceed
    Cycle p95 = 0;
    Cycle p99 = 0;
    Cycle most = 0;
    /// Without gaps from the least to the most; a bin a clock below 4, then four bins an octave.
    std::vector<LatencyBin> histogram;
};

/// Counts every latency by itself, so that percentiles are exact.
class LatencyRecord {
public:
    void add(Cycle clocks) {
        if (clocks < counts_.size()) [[likely]] {
            ++counts_[clocks];
        } else {
            addNew(clocks);
        }
    }

    LatencySummary summary() const;

private:
    void addNew(Cycle clocks);

    std::vector<std::uint64_t> counts_;
    std::map<Cycle, std::uint64_t> rare_;  ///< beyond what is worth a table
};

}  // namespace systole::memory
