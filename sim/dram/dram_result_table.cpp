// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "sim/base/text.hpp"
#include "sim/dram/dram_result.hpp"

namespace systole::sim {
namespace {

using memory::LatencyBin;
using memory::LatencySummary;
using Rows = std::vector<std::vector<std::string>>;

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }
double ratio(std::uint64_t part, std::uint64_t whole) {
    return ratio(static_cast<double>(part), static_cast<double>(whole));
}
std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string title(const DramResult& result) {
    std::string text =
        fmt::format("{} on {}", titleName(result.workload), titleName(result.config.name));
    if (!result.config.ddr) return text + ": a memory of fixed latency and bandwidth\n\n";
    const memory::DramOrganization& o = result.config.ddr->organization;
    return fmt::format("{}: {} x {} bits, {} rank{}, {} x {} banks, {}\n\n", text, o.channels,
                       o.busBits, o.ranks, o.ranks == 1 ? "" : "s", o.bankGroups, o.banksPerGroup,
                       withPrefix(result.config.ddr->clockHertz, "Hz"));
}

/// The order in which several channels get their requests.
std::string offeredLine(const DramResult& result) {
    if (result.pattern && memory::infoOf(*result.pattern).isDependent) {
        return "in order, each after the last read";
    }
    return result.window == 1
               ? "in order"
               : fmt::format("in order to each channel, none {} or more requests early",
                             result.window);
}

/// Empty where the run has seen enough refreshes to be compared with the long run.
std::string shortRunNote(const DramResult& result) {
    constexpr std::uint64_t kEnough = 20;
    const memory::RefreshConfig& refresh = result.config.ddr->refresh;
    if (refresh.mode == memory::RefreshMode::None ||
        result.replay.cycles >= kEnough * refresh.interval) {
        return "";
    }
    return fmt::format("; the run is too short for it: {:.1f} refresh intervals",
                       ratio(result.replay.cycles, refresh.interval));
}

std::string perRequestLine(const DramResult& result) {
    std::string line = fmt::format("{:.3f} clocks", result.clocksPerRequest());
    if (const auto closed = result.closedForm()) {
        line += fmt::format(", {:+.2f} % of the closed form {:.3f} ({})",
                            100 * (result.clocksPerRequest() / closed->clocksPerRequest - 1),
                            closed->clocksPerRequest, closed->text) +
                shortRunNote(result);
    }
    return line;
}

std::string dataPathLine(const memory::DramCounters& counters) {
    const auto share = [&](std::uint64_t clocks) {
        return percent(ratio(clocks, counters.totalClocks));
    };
    return fmt::format("{} busy, {} stalled, {} idle", share(counters.busyClocks),
                       share(counters.stalledClocks), share(counters.idleClocks));
}

std::string summary(const DramResult& result) {
    const auto& replay = result.replay;
    Rows rows{{"requests", fmt::format("{} ({} reads, {} writes)", replay.requests(), replay.reads,
                                       replay.writes)},
              {"cycles", fmt::format("{}", replay.cycles)},
              {"per request", perRequestLine(result)}};
    if (result.config.ddr && result.config.ddr->organization.channels > 1) {
        rows.push_back({"offered", offeredLine(result)});
    }
    if (result.config.ddr) {
        const double bandwidth = result.bandwidth().value_or(0);
        rows.push_back({"time", withPrefix(*result.seconds(), "s")});
        rows.push_back({"bandwidth", fmt::format("{:.3f} GB/s, {} of {:.3f} GB/s", bandwidth / 1e9,
                                                 percent(bandwidth / *result.peakBandwidth()),
                                                 *result.peakBandwidth() / 1e9)});
        rows.push_back({"data path", dataPathLine(replay.counters())});
    } else {
        const Limit& peak = result.config.ideal->bytesPerCycle;
        rows.push_back({"bandwidth", fmt::format("{:.2f} bytes a cycle, of {}",
                                                 ratio(result.bytesMoved(), replay.cycles),
                                                 peak ? fmt::to_string(*peak) : "no limit")});
    }
    constexpr std::size_t kLabels = 13;
    return labelledLines(rows, kLabels);
}

std::string rowTable(const memory::DramCounters& counters) {
    const std::uint64_t bursts = counters.reads + counters.writes;
    Rows rows{{"rows", "bursts", "share"}, {}};
    const auto add = [&](const char* name, std::uint64_t count) {
        if (count == 0) return;
        rows.push_back({name, fmt::format("{}", count), percent(ratio(count, bursts))});
    };
    add("hits (row open)", counters.rowHits);
    add("misses (bank closed)", counters.rowMisses);
    add("conflicts (other row open)", counters.rowConflicts);
    if (counters.forwardedReads > 0) {
        rows.push_back({"reads of queued writes", fmt::format("{}", counters.forwardedReads), ""});
    }
    return alignedTable(rows);
}

std::string commandTable(const memory::DramCounters& counters) {
    Rows rows{{"commands", "count"}, {}};
    const auto add = [&](const char* name, std::uint64_t count) {
        if (count > 0) rows.push_back({name, fmt::format("{}", count)});
    };
    add("activate", counters.activates);
    add("precharge (banks)", counters.precharges);
    add("read", counters.reads);
    add("write", counters.writes);
    add("refresh", counters.refreshes);
    add("refresh by bank", counters.bankRefreshes);
    add("power-down", counters.powerDowns);
    add("self-refresh", counters.selfRefreshes);
    return alignedTable(rows);
}

std::string latencyTable(const memory::ReplayResult& replay) {
    Rows rows{{"latency, clocks", "count", "min", "mean", "p50", "p95", "p99", "max"}, {}};
    const auto add = [&](const char* name, const LatencySummary& latency) {
        if (latency.count == 0) return;
        rows.push_back({name, fmt::format("{}", latency.count), fmt::format("{}", latency.least),
                        fmt::format("{:.2f}", latency.mean), fmt::format("{}", latency.p50),
                        fmt::format("{}", latency.p95), fmt::format("{}", latency.p99),
                        fmt::format("{}", latency.most)});
    };
    add("reads", replay.readLatency);
    add("writes", replay.writeLatency);
    return alignedTable(rows);
}

/// Whole octaves, where the bins are too many for a screen.
std::vector<LatencyBin> forScreen(const std::vector<LatencyBin>& bins) {
    constexpr std::size_t kMostLines = 20;
    if (bins.size() <= kMostLines) return bins;
    std::vector<LatencyBin> octaves;
    for (const LatencyBin& bin : bins) {
        if (octaves.empty() || std::bit_width(octaves.back().from) != std::bit_width(bin.from)) {
            octaves.push_back(bin);
        } else {
            octaves.back().to = bin.to;
            octaves.back().count += bin.count;
        }
    }
    return octaves;
}

std::string histogram(const char* name, const LatencySummary& latency) {
    constexpr std::uint64_t kWidth = 50;
    if (latency.count == 0) return "";
    Rows labels{{name, "count", "share"}, {}};
    std::vector<std::string> bars{"", ""};
    const std::vector<LatencyBin> bins = forScreen(latency.histogram);
    const auto most = std::max_element(bins.begin(), bins.end(), [](const auto& a, const auto& b) {
                          return a.count < b.count;
                      })->count;
    for (const LatencyBin& bin : bins) {
        labels.push_back({bin.to == bin.from + 1
                              ? fmt::format("{} clocks", bin.from)
                              : fmt::format("{}-{} clocks", bin.from, bin.to - 1),
                          fmt::format("{}", bin.count), percent(ratio(bin.count, latency.count))});
        bars.push_back(fmt::format("  {:#<{}}", "", ceilDivide(bin.count * kWidth, most)));
    }
    std::string text;
    std::string table = alignedTable(labels);
    std::size_t at = 0;
    for (const std::string& bar : bars) {
        const std::size_t end = table.find('\n', at);
        text += table.substr(at, end - at) + (bar.size() > 2 ? bar : "") + "\n";
        at = end + 1;
    }
    return "\n" + text;
}

std::string energyTable(const DramResult& result) {
    const memory::DramEnergy energy = result.energy();
    const auto bits = static_cast<double>(result.bytesMoved()) * 8;
    Rows rows{{"energy", "uJ", "pJ/bit", "share"}, {}};
    const auto add = [&](const char* name, double joules, bool share) {
        if (joules == 0) return;
        rows.push_back({name, fmt::format("{:.3f}", joules * 1e6),
                        fmt::format("{:.3f}", ratio(joules * 1e12, bits)),
                        share ? percent(ratio(joules, energy.deviceJoules())) : ""});
    };
    add("activate and precharge", energy.activateJoules, true);
    add("read", energy.readJoules, true);
    add("write", energy.writeJoules, true);
    add("refresh", energy.refreshJoules, true);
    add("background", energy.backgroundJoules, true);
    rows.emplace_back();
    add("devices", energy.deviceJoules(), true);
    add("I/O and termination", energy.ioJoules, false);
    add("devices with I/O", energy.totalJoules(), false);
    return alignedTable(rows) +
           fmt::format("\naverage power: {} of the devices, {} with I/O\n",
                       withPrefix(ratio(energy.deviceJoules(), *result.seconds()), "W"),
                       withPrefix(ratio(energy.totalJoules(), *result.seconds()), "W"));
}

}  // namespace

std::string dramResultTable(const DramResult& result) {
    const auto& replay = result.replay;
    std::string text = wrapped(title(result)) + summary(result) + "\n";
    if (result.config.ddr) {
        const memory::DramCounters counters = replay.counters();
        text += rowTable(counters) + "\n" + commandTable(counters) + "\n";
    }
    text += latencyTable(replay) + histogram("read latency", replay.readLatency) +
            histogram("write latency", replay.writeLatency);
    if (result.config.ddr) text += "\n" + energyTable(result);
    return text;
}

}  // namespace systole::sim
