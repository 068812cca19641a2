// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/memory/dram/dram_command.hpp"
#include "models/memory/dram/dram_config.hpp"
#include "models/memory/dram/dram_counters.hpp"
#include "models/memory/dram/latency_record.hpp"
#include "models/memory/dram/request_source.hpp"

namespace systole::memory {

/// A memory alone, driven by a stream of requests.
///
/// Requests are offered in their order, at most one a clock to each data path (a channel, or a bank
/// where each has its own) and none before its `notBefore`; one whose channel has no room holds up
/// those behind it. The latency of a request runs from the clock at which it could first be
/// offered, so it includes the wait for room, to the end of its data (which of a write is long
/// after its sender was done with it).
struct ReplayOptions {
    bool isDependent = false;  ///< a request is offered only after the last read returned
    /// Sees the commands of all channels in the order of their clocks, then of their channels.
    std::function<void(std::uint32_t channel, const IssuedCommand&)> onCommand{};
    /// Called now and then with the number of requests offered so far.
    std::function<void(std::uint64_t)> onProgress{};
};

struct ReplayResult {
    std::uint64_t reads = 0;  ///< requests
    std::uint64_t writes = 0;
    Cycle cycles = 0;                    ///< the clock at which the last data ended
    std::vector<DramCounters> channels;  ///< none of an ideal memory
    LatencySummary readLatency;
    LatencySummary writeLatency;

    std::uint64_t requests() const { return reads + writes; }
    DramCounters counters() const;  ///< of all channels together
};

/// Clocks are those of the DRAM; those of an ideal memory, which takes the next request in the last
/// cycle that its port spends on the one before, of the core.
ReplayResult replay(const DramConfig& config, RequestSource& source,
                    const ReplayOptions& options = {});

}  // namespace systole::memory
