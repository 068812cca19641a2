// SPDX-License-Identifier: Apache-2.0
#include "sim/study/worker_run.hpp"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <limits>

#include "models/check.hpp"
#include "sim/run/result.hpp"

namespace systole::sim {
namespace {

constexpr int kUserError = 2;

std::vector<std::string> argumentsOf(const RunRequest& request) {
    std::vector<std::string> arguments{"run", request.config, request.workload};
    if (request.images) {
        arguments.insert(arguments.end(), {"--images", fmt::to_string(*request.images)});
    }
    if (request.timingOnly) {
        arguments.emplace_back("--timing-only");
    }
    for (const std::string& override : request.overrides) {
        arguments.insert(arguments.end(), {"--set", override});
    }
    return arguments;
}

void readAccuracy(const nlohmann::ordered_json& accuracy, RunFigures& figures) {
    figures.images = accuracy.at("images");
    const auto count = [&](const char* key) -> std::optional<std::uint64_t> {
        const auto& images = accuracy.at(key);
        return images.is_null() ? std::nullopt : std::optional(images.get<std::uint64_t>());
    };
    figures.correct = count("correct");
    figures.fp32Correct = count("fp32_correct");
    const auto& sqnr = accuracy.at("sqnr_db");
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    figures.sqnrDecibels = sqnr.is_null()     ? kInfinity
                           : sqnr.is_string() ? -kInfinity
                                              : sqnr.get<double>();
}

void readDramFaultCounts(const nlohmann::ordered_json& faults, RunFigures& figures) {
    figures.dramFaults.emplace();
    for (const auto& counter : memory::kDramFaultCounters) {
        *figures.dramFaults.*counter.member = faults.at(std::string(counter.name));
    }
    figures.ecc = faults.at("ecc") != "none";
}

std::optional<double> share(const std::optional<std::uint64_t>& correct, std::uint64_t images) {
    return correct ? std::optional(static_cast<double>(*correct) / static_cast<double>(images))
                   : std::nullopt;
}

template <class T>
std::string optionalCell(const std::optional<T>& value) {
    return value ? fmt::to_string(*value) : std::string();
}

struct FigureColumn {
    const char* name;
    std::string (*cell)(const RunFigures& figures);
};

// Names are those of the run's JSON.
constexpr std::array kColumns{
    FigureColumn{"cycles", [](const RunFigures& f) { return fmt::to_string(f.cycles); }},
    FigureColumn{"seconds", [](const RunFigures& f) { return fmt::to_string(f.seconds); }},
    FigureColumn{"inferences_per_second",
                 [](const RunFigures& f) { return fmt::to_string(f.inferencesPerSecond); }},
    FigureColumn{"utilization", [](const RunFigures& f) { return fmt::to_string(f.utilization); }},
    FigureColumn{"energy_joules",
                 [](const RunFigures& f) { return fmt::to_string(f.energyJoules); }},
    FigureColumn{"average_power_watts",
                 [](const RunFigures& f) { return fmt::to_string(f.averagePowerWatts); }},
    FigureColumn{"inferences_per_second_per_watt",
                 [](const RunFigures& f) { return fmt::to_string(f.inferencesPerSecondPerWatt); }},
    FigureColumn{"area_mm2", [](const RunFigures& f) { return fmt::to_string(f.areaMm2); }},
    FigureColumn{"array_area_mm2",
                 [](const RunFigures& f) { return fmt::to_string(f.arrayAreaMm2); }},
    FigureColumn{"meets_clock", [](const RunFigures& f) { return fmt::to_string(f.meetsClock); }},
    FigureColumn{"dram_bytes", [](const RunFigures& f) { return fmt::to_string(f.dramBytes); }},
    FigureColumn{"images", [](const RunFigures& f) { return fmt::to_string(f.images); }},
    FigureColumn{"top1", [](const RunFigures& f) { return optionalCell(top1(f)); }},
    FigureColumn{"fp32_top1", [](const RunFigures& f) { return optionalCell(fp32Top1(f)); }},
    FigureColumn{"sqnr_db", [](const RunFigures& f) { return optionalCell(f.sqnrDecibels); }},
};

RunOutcome runOutcome(const WorkerOutcome& worker) {
    RunOutcome outcome;
    outcome.failure = failureText(worker);
    // The system kills whoever takes more memory than there is.
    outcome.isUserError =
        worker.startError.empty() &&
        (worker.signal == SIGKILL || (worker.signal == 0 && worker.exitCode == kUserError));
    if (outcome.failure.empty()) {
        outcome.result = nlohmann::ordered_json::parse(worker.result);
        outcome.figures = readRunFigures(outcome.result);
    }
    return outcome;
}

}  // namespace

RunFigures readRunFigures(const nlohmann::ordered_json& result) {
    SYSTOLE_CHECK(result.at("schema") == kResultSchema, "schema {}", result.at("schema").dump());
    const auto& totals = result.at("totals");
    RunFigures figures;
    figures.cycles = totals.at("cycles");
    figures.seconds = totals.at("seconds");
    figures.inferencesPerSecond = totals.at("inferences_per_second");
    figures.utilization = totals.at("utilization");
    figures.energyJoules = totals.at("energy_joules");
    figures.averagePowerWatts = totals.at("average_power_watts");
    // JSON has no infinity, which a machine that takes no power has.
    const auto& efficiency = totals.at("inferences_per_second_per_watt");
    figures.inferencesPerSecondPerWatt =
        efficiency.is_null() ? std::numeric_limits<double>::infinity() : efficiency.get<double>();
    figures.areaMm2 = totals.at("area_mm2");
    const auto& components = totals.at("area_by_component");  // none without a technology
    if (components.contains("array")) {
        figures.arrayAreaMm2 = components.at("array").at("area_um2").get<double>() * 1e-6;
    }
    figures.dramBytes = totals.at("dram_bytes");
    figures.meetsClock = totals.at("meets_clock");
    if (totals.contains("dram_faults")) {
        readDramFaultCounts(totals.at("dram_faults"), figures);
    }
    if (totals.contains("accuracy")) {
        readAccuracy(totals.at("accuracy"), figures);
    }
    return figures;
}

std::optional<double> top1(const RunFigures& figures) {
    return share(figures.correct, figures.images);
}

std::optional<double> fp32Top1(const RunFigures& figures) {
    return share(figures.fp32Correct, figures.images);
}

std::vector<RunOutcome> runInWorkers(const WorkerPool& pool,
                                     const std::vector<RunRequest>& requests,
                                     const std::function<void()>& onFinished) {
    std::vector<std::vector<std::string>> argumentLists;
    argumentLists.reserve(requests.size());
    for (const RunRequest& request : requests) {
        argumentLists.push_back(argumentsOf(request));
    }
    std::vector<RunOutcome> outcomes;
    outcomes.reserve(requests.size());
    for (WorkerOutcome& worker : runWorkers(pool, argumentLists, onFinished)) {
        outcomes.push_back(runOutcome(std::move(worker)));
    }
    return outcomes;
}

std::vector<std::string> figureColumns() {
    std::vector<std::string> names;
    names.reserve(kColumns.size());
    for (const FigureColumn& column : kColumns) {
        names.emplace_back(column.name);
    }
    return names;
}

std::vector<std::string> figureCells(const RunFigures& figures) {
    std::vector<std::string> cells;
    cells.reserve(kColumns.size());
    for (const FigureColumn& column : kColumns) {
        cells.push_back(column.cell(figures));
    }
    return cells;
}

}  // namespace systole::sim
