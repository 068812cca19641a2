// SPDX-License-Identifier: Apache-2.0
#include "sim/study/worker_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <limits>
#include <utility>

#include "models/check.hpp"
#include "sim/base/config_error.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/run/result.hpp"
#include "sim/workload/workload.hpp"

namespace systole::sim {
namespace {

constexpr int kUserError = 2;

std::vector<std::string> argumentsOf(const RunRequest& request) {
    std::vector<std::string> arguments{"run", request.config, request.workload};
    if (request.images) {
        arguments.insert(arguments.end(), {"--images", fmt::to_string(*request.images)});
    }
    if (request.batch > 1) {
        arguments.insert(arguments.end(), {"--batch", fmt::to_string(request.batch)});
    }
    if (request.timingOnly) {
        arguments.emplace_back("--timing-only");
    }
    if (request.reachClock) {
        arguments.emplace_back("--reach-clock");
    }
    for (const std::string& override : request.overrides) {
        arguments.insert(arguments.end(), {"--set", override});
    }
    return arguments;
}

void readAccuracy(const nlohmann::ordered_json& accuracy, RunFigures& figures) {
    figures.images = accuracy.at("images");
    figures.randomImages = accuracy.value("random_images", false);
    const auto count = [&](const char* key) -> std::optional<std::uint64_t> {
        const auto& images = accuracy.at(key);
        return images.is_null() ? std::nullopt : std::optional(images.get<std::uint64_t>());
    };
    figures.correct = count("correct");
    figures.fp32Correct = count("fp32_correct");
    if (figures.correct) figures.correctByImage = accuracy.at("correct_by_image");
    const auto& sqnr = accuracy.at("sqnr_db");
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    figures.sqnrDecibels = sqnr.is_null()     ? kInfinity
                           : sqnr.is_string() ? -kInfinity
                                              : sqnr.get<double>();
}

std::optional<double> numberOrNothing(const nlohmann::ordered_json& value) {
    return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

/// Null are those that are not known.
void readRates(const nlohmann::ordered_json& totals, RunFigures& figures) {
    constexpr std::array kNumbers{
        std::pair{"seconds", &RunFigures::seconds},
        std::pair{"inferences_per_second", &RunFigures::inferencesPerSecond},
        std::pair{"energy_joules", &RunFigures::energyJoules},
        std::pair{"average_power_watts", &RunFigures::averagePowerWatts},
        std::pair{"inferences_per_second_per_watt", &RunFigures::inferencesPerSecondPerWatt},
        std::pair{"energy_delay_joule_seconds", &RunFigures::energyDelayJouleSeconds},
        std::pair{"joules_per_mac", &RunFigures::joulesPerMac},
        std::pair{"array_joules_per_mac", &RunFigures::arrayJoulesPerMac},
        std::pair{"area_mm2", &RunFigures::areaMm2}};
    for (const auto& [key, number] : kNumbers) figures.*number = numberOrNothing(totals.at(key));
    const auto& components = totals.at("area_by_component");  // none without a technology
    if (components.contains("array")) {
        figures.arrayAreaMm2 =
            components.at("array").at("silicon").at("area_um2").get<double>() * 1e-6;
        const auto& elements = components.at("array").at("parts").at("processing_elements");
        if (elements.contains("notes")) figures.elementNote = elements.at("notes").front();
    }
    if (!figures.energyJoules) return;
    figures.energyLowJoules = figures.energyHighJoules = 0;
    for (const auto& component : totals.at("energy_band")) {
        *figures.energyLowJoules += component.at("low_joules").get<double>();
        *figures.energyHighJoules += component.at("high_joules").get<double>();
    }
}

/// Of a batch, what one inference takes of it.
void readPerInference(const nlohmann::ordered_json& totals, RunFigures& figures) {
    const double batch = totals.at("batch");
    const auto& each = totals.at("per_inference");
    figures.cycles = static_cast<std::uint64_t>(std::llround(each.at("cycles").get<double>()));
    figures.dramBytes =
        static_cast<std::uint64_t>(std::llround(each.at("dram_bytes").get<double>()));
    figures.seconds = numberOrNothing(each.at("seconds"));
    figures.energyJoules = numberOrNothing(each.at("energy_joules"));
    if (!figures.energyJoules) return;
    *figures.energyLowJoules /= batch;
    *figures.energyHighJoules /= batch;
}

void readTechnology(const nlohmann::ordered_json& config, RunFigures& figures) {
    const auto& errors = config.at("technology_error");
    figures.technology = config.at("technology");
    figures.technologyErrors = {.area = numberOrNothing(errors.at("area")),
                                .delay = numberOrNothing(errors.at("delay")),
                                .energy = numberOrNothing(errors.at("energy"))};
}

/// What the hardware is, and whether it reaches its clock.
void readHardware(const nlohmann::ordered_json& result, RunFigures& figures) {
    const auto& totals = result.at("totals");
    const auto& config = result.at("config");
    const auto& meetsClock = totals.at("meets_clock");
    if (meetsClock.is_null()) {
        figures.hardware = Hardware::NoCircuit;
        return;
    }
    figures.hardware = meetsClock.get<bool>() ? Hardware::ReachesClock : Hardware::TooSlow;
    figures.clockHertz = config.at("clock_hertz");
    figures.synthesis = config.at("synthesis");
    figures.pipelineDepth = config.at("pipeline_depth");
    figures.elementClockHertz = numberOrNothing(totals.at("element_clock_hertz"));
    figures.fastestElementClockHertz = numberOrNothing(totals.at("fastest_element_clock_hertz"));
    figures.memoryClockHertz = numberOrNothing(totals.at("memory_clock_hertz"));
    const auto& memory = totals.at("slowest_memory");
    if (!memory.is_null()) figures.slowestMemory = memory;
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

std::string countCell(const RunFigures& figures, std::uint64_t OutOfRange::*count) {
    return figures.outOfRange ? fmt::to_string(*figures.outOfRange.*count) : std::string();
}

template <auto Figure>
std::string optionalCell(const RunFigures& figures) {
    return optionalCell(figures.*Figure);
}

std::string meetsClockCell(const RunFigures& figures) {
    if (figures.hardware == Hardware::NoCircuit) return "";
    return fmt::to_string(figures.hardware == Hardware::ReachesClock);
}

std::string intervalCell(const RunFigures& figures, double Interval::*end) {
    const auto interval = top1Interval(figures);
    return interval ? fmt::to_string((*interval).*end) : std::string();
}

struct FigureColumn {
    const char* name;
    std::string (*cell)(const RunFigures& figures);
};

// Names are those of the run's JSON.
constexpr std::array kColumns{
    FigureColumn{"cycles", [](const RunFigures& f) { return fmt::to_string(f.cycles); }},
    FigureColumn{"seconds", optionalCell<&RunFigures::seconds>},
    FigureColumn{"inferences_per_second", optionalCell<&RunFigures::inferencesPerSecond>},
    FigureColumn{"utilization", [](const RunFigures& f) { return fmt::to_string(f.utilization); }},
    FigureColumn{"energy_joules", optionalCell<&RunFigures::energyJoules>},
    FigureColumn{"average_power_watts", optionalCell<&RunFigures::averagePowerWatts>},
    FigureColumn{"inferences_per_second_per_watt",
                 optionalCell<&RunFigures::inferencesPerSecondPerWatt>},
    FigureColumn{"energy_delay_joule_seconds", optionalCell<&RunFigures::energyDelayJouleSeconds>},
    FigureColumn{"joules_per_mac", optionalCell<&RunFigures::joulesPerMac>},
    FigureColumn{"array_joules_per_mac", optionalCell<&RunFigures::arrayJoulesPerMac>},
    FigureColumn{"area_mm2", optionalCell<&RunFigures::areaMm2>},
    FigureColumn{"array_area_mm2", optionalCell<&RunFigures::arrayAreaMm2>},
    FigureColumn{"clock_hertz", optionalCell<&RunFigures::clockHertz>},
    FigureColumn{"highest_clock_hertz",
                 [](const RunFigures& f) { return optionalCell(highestClock(f)); }},
    FigureColumn{"synthesis", [](const RunFigures& f) { return f.synthesis; }},
    FigureColumn{"pipeline_depth", optionalCell<&RunFigures::pipelineDepth>},
    FigureColumn{"meets_clock", meetsClockCell},
    FigureColumn{"dram_bytes", [](const RunFigures& f) { return fmt::to_string(f.dramBytes); }},
    FigureColumn{"images", [](const RunFigures& f) { return fmt::to_string(f.images); }},
    FigureColumn{"top1", [](const RunFigures& f) { return optionalCell(top1(f)); }},
    FigureColumn{"top1_low", [](const RunFigures& f) { return intervalCell(f, &Interval::low); }},
    FigureColumn{"top1_high", [](const RunFigures& f) { return intervalCell(f, &Interval::high); }},
    FigureColumn{"fp32_top1", [](const RunFigures& f) { return optionalCell(fp32Top1(f)); }},
    FigureColumn{"sqnr_db", [](const RunFigures& f) { return optionalCell(f.sqnrDecibels); }},
    FigureColumn{"weight_granularity", [](const RunFigures& f) { return f.weightGranularity; }},
    FigureColumn{"accumulator_headroom",
                 [](const RunFigures& f) { return fmt::to_string(f.accumulatorHeadroom); }},
    FigureColumn{"accumulator_overflows",
                 [](const RunFigures& f) { return countCell(f, &OutOfRange::overflows); }},
    FigureColumn{"accumulator_saturations",
                 [](const RunFigures& f) { return countCell(f, &OutOfRange::saturations); }},
    FigureColumn{"clipped_biases",
                 [](const RunFigures& f) { return countCell(f, &OutOfRange::clippedBiases); }},
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
    figures.utilization = totals.at("utilization");
    figures.dramBytes = totals.at("dram_bytes");
    readRates(totals, figures);
    if (totals.contains("per_inference")) readPerInference(totals, figures);
    readHardware(result, figures);
    readTechnology(result.at("config"), figures);
    figures.weightGranularity = result.at("config").at("weight_granularity");
    figures.accumulatorHeadroom = result.at("config").at("accumulator_headroom");
    if (totals.contains("out_of_range")) {
        const auto& counts = totals.at("out_of_range");
        figures.outOfRange = {.overflows = counts.at("accumulator_overflows"),
                              .saturations = counts.at("accumulator_saturations"),
                              .clippedBiases = counts.at("clipped_biases")};
    }
    if (totals.contains("drawn_operands")) {
        figures.drawnEnergyError = totals.at("drawn_operands").at("energy_error");
    }
    if (totals.contains("dram_faults")) {
        readDramFaultCounts(totals.at("dram_faults"), figures);
    }
    if (totals.contains("accuracy")) {
        readAccuracy(totals.at("accuracy"), figures);
    }
    return figures;
}

std::optional<double> highestClock(const RunFigures& figures) {
    const auto& element = figures.fastestElementClockHertz;
    const auto& memory = figures.memoryClockHertz;
    if (element && memory) return std::min(*element, *memory);
    return element ? element : memory;
}

std::optional<double> top1(const RunFigures& figures) {
    return share(figures.correct, figures.images);
}

std::optional<double> fp32Top1(const RunFigures& figures) {
    return share(figures.fp32Correct, figures.images);
}

std::optional<Interval> top1Interval(const RunFigures& figures) {
    if (!figures.correct) return std::nullopt;
    return wilsonInterval(*figures.correct, figures.images);
}

ElementDefault elementOf(const RunRequest& request) {
    return request.reachClock ? ElementDefault::ReachesClock : ElementDefault::Plain;
}

void noteInputs(const RunRequest& request) {
    try {
        loadRunConfig(request.config, request.overrides, elementOf(request));
    } catch (const ConfigError&) {  // what it named before is noted
    }
    try {
        noteWorkload(request.workload);
    } catch (const ConfigError&) {
    }
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
