// SPDX-License-Identifier: Apache-2.0
#include "sim/base/text.hpp"
#include "sim/run/result.hpp"

namespace systole::sim {
namespace {

std::vector<std::string> header() {
    std::vector<std::string> cells{"name",       "kind",           "cycles",
                                   "seconds",    "utilization",    "energy_joules",
                                   "dram_bytes", "joules_per_mac", "energy_delay_joule_seconds"};
    for (const auto& [state, name] : arch::namedStates()) {
        cells.push_back(fmt::format("array_{}_cycles", name));
    }
    for (const cost::EnergyComponent& component : cost::kEnergyComponents) {
        cells.push_back(fmt::format("{}_joules", component.name));
    }
    for (const auto& counter : cost::kCounters) {
        cells.emplace_back(counter.name);
    }
    return cells;
}

std::vector<std::string> row(const std::string& name, const std::string& kind,
                             const Figures& figures, const Result& result) {
    const auto known = [](bool isKnown, double value) {
        return isKnown ? fmt::to_string(value) : std::string();
    };
    const auto energy = [&](double value) { return known(result.hasEnergies(), value); };
    const double joules = figures.energy.totalJoules();
    std::vector<std::string> cells{
        name,
        kind,
        fmt::to_string(figures.cycles),
        known(result.hasTimes(), figures.seconds),
        fmt::to_string(figures.utilization.overall),
        energy(joules),
        fmt::to_string(figures.dramBytes),
        figures.macs == 0 ? "" : energy(joules / static_cast<double>(figures.macs)),
        energy(joules * figures.seconds)};
    for (const auto& [state, stateName] : arch::namedStates()) {
        cells.push_back(fmt::to_string(figures.statesOf(arch::UnitKind::Array).of(state)));
    }
    for (const cost::EnergyComponent& component : cost::kEnergyComponents) {
        cells.push_back(energy(figures.energy.*component.joules));
    }
    for (const auto& counter : cost::kCounters) {
        cells.push_back(fmt::to_string(figures.counters.*counter.member));
    }
    return cells;
}

}  // namespace

std::string resultCsv(const Result& result) {
    std::string text = csvRow(header());
    for (const LayerResult& layer : result.layers) {
        text += csvRow(row(layer.name, layer.kind, layer.figures, result));
    }
    return text + csvRow(row("total", "total", result.totals, result));
}

}  // namespace systole::sim
