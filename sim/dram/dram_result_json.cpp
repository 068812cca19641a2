// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "sim/dram/dram_result.hpp"
#include "sim/reader/resolved_json.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

Json orNull(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json countersJson(const memory::DramCounters& counters) {
    Json json;
    for (const auto& counter : memory::kDramCounters) {
        json[std::string(counter.name)] = counters.*counter.member;
    }
    return json;
}

Json latencyJson(const memory::LatencySummary& latency) {
    Json json{{"count", latency.count}};
    if (latency.count == 0) return json;
    json.update({{"min_clocks", latency.least},
                 {"mean_clocks", latency.mean},
                 {"p50_clocks", latency.p50},
                 {"p95_clocks", latency.p95},
                 {"p99_clocks", latency.p99},
                 {"max_clocks", latency.most}});
    Json bins = Json::array();
    for (const memory::LatencyBin& bin : latency.histogram) {
        bins.push_back({{"from_clocks", bin.from}, {"to_clocks", bin.to}, {"count", bin.count}});
    }
    json["histogram"] = std::move(bins);
    return json;
}

Json configJson(const DramResult& result) {
    Json json{{"file", result.configFile},
              {"overrides", result.overrides},
              {"name", result.config.name},
              {"model", result.config.ddr ? "ddr" : "ideal"},
              {"burst_bytes", result.config.burstBytes()},
              {"capacity_bytes", result.config.capacityBytes()}};
    if (result.config.ddr) {
        const memory::DramOrganization& organization = result.config.ddr->organization;
        json.update({{"clock_hertz", result.config.ddr->clockHertz},
                     {"channels", organization.channels},
                     {"ranks", organization.ranks},
                     {"bank_groups", organization.bankGroups},
                     {"banks_per_group", organization.banksPerGroup},
                     {"bus_bits", organization.busBits}});
    }
    json["resolved"] = resolvedJson(result.resolved);
    return json;
}

Json workloadJson(const DramResult& result) {
    if (!result.pattern) {
        return {{"trace", result.workload},
                {"requests", result.replay.requests()},
                {"window", result.window}};
    }
    return {{"pattern", result.workload},
            {"requests", result.replay.requests()},
            {"seed", result.seed},
            {"window", result.window}};
}

Json energyJson(const memory::DramEnergy& energy) {
    return {{"activate", energy.activateJoules},
            {"read", energy.readJoules},
            {"write", energy.writeJoules},
            {"refresh", energy.refreshJoules},
            {"background", energy.backgroundJoules}};
}

/// What a memory with rows, currents and a clock of its own has besides.
Json ddrTotalsJson(const DramResult& result) {
    const memory::DramEnergy energy = result.energy();
    const auto bits = static_cast<double>(result.bytesMoved()) * 8;
    const auto perBit = [&](double joules) {
        return bits == 0 ? Json(nullptr) : Json(joules * 1e12 / bits);
    };
    const auto watts = [&](double joules) {
        return *result.seconds() == 0 ? Json(nullptr) : Json(joules / *result.seconds());
    };
    return {{"bandwidth_share", *result.bandwidth() / *result.peakBandwidth()},
            {"row_hit_rate", orNull(result.rowHitRate())},
            {"energy_joules", energy.deviceJoules()},
            {"io_energy_joules", energy.ioJoules},
            {"energy_by_part_joules", energyJson(energy)},
            {"picojoules_per_bit", perBit(energy.deviceJoules())},
            {"picojoules_per_bit_with_io", perBit(energy.totalJoules())},
            {"average_power_watts", watts(energy.deviceJoules())},
            {"average_power_watts_with_io", watts(energy.totalJoules())},
            {"counters", countersJson(result.replay.counters())}};
}

Json totalsJson(const DramResult& result) {
    const auto& replay = result.replay;
    Json json{{"requests", replay.requests()},
              {"reads", replay.reads},
              {"writes", replay.writes},
              {"cycles", replay.cycles},
              {"seconds", orNull(result.seconds())},
              {"bytes_moved", result.bytesMoved()},
              {"bandwidth_bytes_per_second", orNull(result.bandwidth())},
              {"peak_bandwidth_bytes_per_second", orNull(result.peakBandwidth())},
              {"clocks_per_request", result.clocksPerRequest()}};
    if (result.config.ideal) {
        const Limit& peak = result.config.ideal->bytesPerCycle;
        json["peak_bytes_per_cycle"] = peak ? Json(*peak) : Json(nullptr);
    }
    if (const auto closed = result.closedForm()) {
        json["closed_form_clocks_per_request"] = closed->clocksPerRequest;
    }
    if (result.config.ddr) json.update(ddrTotalsJson(result));
    json["latency"] = {{"read", latencyJson(replay.readLatency)},
                       {"write", latencyJson(replay.writeLatency)}};
    return json;
}

}  // namespace

std::string dramResultJson(const DramResult& result) {
    Json channels = Json::array();
    for (const memory::DramCounters& channel : result.replay.channels) {
        channels.push_back(countersJson(channel));
    }
    const Json document{{"schema", kDramResultSchema},  {"command", "dram"},
                        {"config", configJson(result)}, {"workload", workloadJson(result)},
                        {"totals", totalsJson(result)}, {"channels", std::move(channels)}};
    return document.dump(2) + "\n";
}

}  // namespace systole::sim
