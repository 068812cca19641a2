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

/// So far a stream of requests is looked ahead for channels with room. 2048 requests for each of 32
/// channels: random ones keep all of them busy.
inline constexpr std::uint64_t kDefaultWindow = 65536;
inline constexpr std::uint64_t kMostWindow = std::uint64_t{1} << 20U;

/// A memory alone, driven by a stream of requests.
///
/// Each channel takes its own requests in their order, at most one a clock for each data path (a
/// channel, or a bank where each has its own) and none before its `notBefore`. One whose channel
/// has no room holds up those of its channel alone, as far as the window reaches. The latency of a
/// request runs from the clock at which it could first be offered, so it includes the wait for
/// room, to the end of its data (which of a write is long after its sender was done with it).
struct ReplayOptions {
    bool isDependent = false;  ///< a request is offered only after the last read returned
    /// Request k is not offered before request k - window was, 1 or more; 1: all are offered in the
    /// order of the stream.
    std::uint64_t window = kDefaultWindow;
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
