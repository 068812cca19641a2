// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/memory/faults/dram_fault_counters.hpp"
#include "sim/base/worker_process.hpp"
#include "sim/reader/config_reader.hpp"

/// `systole run` in worker processes: what one is asked, and the figures that it answers.
namespace systole::sim {

/// One `systole run`.
struct RunRequest {
    std::string config;
    std::string workload;
    std::optional<std::uint64_t> images;  ///< empty: all of the workload
    bool timingOnly = false;
    Overrides overrides;
};

/// The figures of a run that design points are compared by; all per inference.
struct RunFigures {
    std::uint64_t cycles = 0;
    double seconds = 0;
    double inferencesPerSecond = 0;
    double utilization = 0;
    double energyJoules = 0;
    double averagePowerWatts = 0;
    double inferencesPerSecondPerWatt = 0;
    double areaMm2 = 0;
    double arrayAreaMm2 = 0;
    std::uint64_t dramBytes = 0;
    bool meetsClock = true;
    std::uint64_t images = 0;              ///< 0: timing only, and then no accuracy
    bool randomImages = false;             ///< of a bare model
    std::optional<std::uint64_t> correct;  ///< empty without labels
    std::optional<std::uint64_t> fp32Correct;
    /// Of all images; empty where the DRAM has no errors.
    std::optional<memory::DramFaultCounters> dramFaults;
    bool ecc = false;                    ///< where it has
    std::optional<double> sqnrDecibels;  ///< infinite where nothing differs from FP32
};

/// From the JSON of a run.
RunFigures readRunFigures(const nlohmann::ordered_json& result);

/// `correct / images` as a share of 1.
std::optional<double> top1(const RunFigures& figures);
std::optional<double> fp32Top1(const RunFigures& figures);

// Moving JSON checks its invariant, which never throws.
struct RunOutcome {                 // NOLINT(bugprone-exception-escape)
    std::string failure;            ///< empty: it succeeded
    bool isUserError = false;       ///< the failure is one of the input (exit code 2)
    nlohmann::ordered_json result;  ///< the run's, as the worker wrote it
    RunFigures figures;
};

/// Outcomes in the order of the requests.
std::vector<RunOutcome> runInWorkers(const WorkerPool& pool,
                                     const std::vector<RunRequest>& requests,
                                     const std::function<void()>& onFinished);

/// The figures as CSV cells, in full precision, under the names of `figureColumns`; what is not
/// known is an empty cell.
std::vector<std::string> figureColumns();
std::vector<std::string> figureCells(const RunFigures& figures);

}  // namespace systole::sim
