// SPDX-License-Identifier: Apache-2.0
#include "sim/dram/dram_result.hpp"

namespace systole::sim {

std::uint64_t DramResult::bytesMoved() const {
    if (!config.ddr) return replay.requests() * config.burstBytes();
    const memory::DramCounters counters = replay.counters();
    return (counters.reads + counters.writes) * config.burstBytes();
}

memory::DramEnergy DramResult::energy() const {
    return memory::dramEnergy(*config.ddr, replay.counters());
}

std::optional<double> DramResult::seconds() const {
    if (!config.ddr) return std::nullopt;
    return static_cast<double>(replay.cycles) / config.ddr->clockHertz;
}

std::optional<double> DramResult::bandwidth() const {
    if (!config.ddr || replay.cycles == 0) return std::nullopt;
    return static_cast<double>(bytesMoved()) / *seconds();
}

std::optional<double> DramResult::peakBandwidth() const {
    if (!config.ddr) return std::nullopt;
    return config.ddr->peakBandwidth();
}

std::optional<double> DramResult::rowHitRate() const {
    const memory::DramCounters counters = replay.counters();
    if (counters.reads + counters.writes == 0) return std::nullopt;
    return static_cast<double>(counters.rowHits) /
           static_cast<double>(counters.reads + counters.writes);
}

std::optional<memory::ClosedForm> DramResult::closedForm() const {
    if (!config.ddr || !pattern) return std::nullopt;
    // It is that of channels that are never short of requests.
    if (config.ddr->organization.channels > 1 && window < memory::kDefaultWindow) {
        return std::nullopt;
    }
    return memory::closedForm(*config.ddr, *pattern);
}

double DramResult::clocksPerRequest() const {
    return static_cast<double>(replay.cycles) / static_cast<double>(replay.requests());
}

}  // namespace systole::sim
