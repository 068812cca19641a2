// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/memory/faults/dram_fault_counters.hpp"
#include "sim/base/statistics.hpp"
#include "sim/base/worker_process.hpp"
#include "sim/reader/config_reader.hpp"
#include "sim/run/result.hpp"

/// `systole run` in worker processes: what one is asked, and the figures that it answers.
namespace systole::sim {

/// One `systole run`.
struct RunRequest {
    std::string config;
    std::string workload;
    std::optional<std::uint64_t> images;  ///< empty: all of the workload
    std::uint32_t batch = 1;
    bool timingOnly = false;
    bool reachClock = false;  ///< `--reach-clock`
    Overrides overrides;
};

/// What the run's element is where nobody says.
ElementDefault elementOf(const RunRequest& request);

/// What is known of the hardware behind the figures of a run.
enum class Hardware : std::uint8_t {
    ReachesClock,
    TooSlow,    ///< for its clock: no times, rates and energies
    NoCircuit,  ///< of its elements: no areas either
};

/// The figures of a run that design points are compared by; all per inference. What is not real is
/// empty, whatever the reason: see `hardware`; without a technology there is no area or energy.
/// How far logic of the technology may be off, as shares; empty: not known.
struct TechnologyErrors {
    std::optional<double> area;
    std::optional<double> delay;
    std::optional<double> energy;
};

struct RunFigures {
    std::uint64_t cycles = 0;
    std::optional<double> seconds;
    std::optional<double> inferencesPerSecond;
    double utilization = 0;
    std::optional<double> energyJoules;
    std::optional<double> energyLowJoules;  ///< its error band
    std::optional<double> energyHighJoules;
    std::optional<double> averagePowerWatts;
    std::optional<double> inferencesPerSecondPerWatt;  ///< empty where no power is taken, too
    std::optional<double> energyDelayJouleSeconds;
    std::optional<double> joulesPerMac;       ///< empty where there are no MACs, too
    std::optional<double> arrayJoulesPerMac;  ///< of that the array
    std::optional<double> areaMm2;
    std::optional<double> arrayAreaMm2;
    std::uint64_t dramBytes = 0;
    Hardware hardware = Hardware::ReachesClock;
    // Clocks that are not known, or that nothing limits, are empty.
    std::optional<double> clockHertz;
    std::optional<double> elementClockHertz;         ///< of elements as they are made
    std::optional<double> fastestElementClockHertz;  ///< of any synthesis and stages
    std::optional<double> memoryClockHertz;
    std::string slowestMemory;  ///< its section in CONFIG
    std::string synthesis;      ///< area or speed; empty without a circuit
    std::optional<std::uint32_t> pipelineDepth;
    std::string elementNote;  ///< what the area's notes say of the elements; empty: nothing
    std::string technology;
    TechnologyErrors technologyErrors;
    std::uint64_t images = 0;              ///< 0: timing only, and then no accuracy
    bool randomImages = false;             ///< of a bare model
    std::optional<std::uint64_t> correct;  ///< empty without labels
    std::optional<std::uint64_t> fp32Correct;
    std::string correctByImage;  ///< `1` or `0` an image; empty without labels
    /// Of all images; empty where the DRAM has no errors.
    std::optional<memory::DramFaultCounters> dramFaults;
    bool ecc = false;                    ///< where it has
    std::optional<double> sqnrDecibels;  ///< infinite where nothing differs from FP32
    std::string weightGranularity;       ///< of the scheme: per_channel or per_tensor
    double accumulatorHeadroom = 0;      ///< of the scheme
    /// Of all images and layers; empty if timing only.
    std::optional<OutOfRange> outOfRange;
    std::optional<double> drawnEnergyError;  ///< of energies of drawn operands, as a share
};

/// From the JSON of a run.
RunFigures readRunFigures(const nlohmann::ordered_json& result);

/// What the format can reach at most: memories, and elements of any synthesis and stages.
std::optional<double> highestClock(const RunFigures& figures);

/// `correct / images` as a share of 1.
std::optional<double> top1(const RunFigures& figures);
std::optional<double> fp32Top1(const RunFigures& figures);
/// Of `top1`, 95 %.
std::optional<Interval> top1Interval(const RunFigures& figures);

// Moving JSON checks its invariant, which never throws.
struct RunOutcome {                 // NOLINT(bugprone-exception-escape)
    std::string failure;            ///< empty: it succeeded
    bool isUserError = false;       ///< the failure is one of the input (exit code 2)
    nlohmann::ordered_json result;  ///< the run's, as the worker wrote it
    RunFigures figures;
};

/// Notes the files that a run reads, so that no output takes their place. What is wrong with one of
/// them, the run says.
void noteInputs(const RunRequest& request);

/// Outcomes in the order of the requests.
std::vector<RunOutcome> runInWorkers(const WorkerPool& pool,
                                     const std::vector<RunRequest>& requests,
                                     const std::function<void()>& onFinished);

/// The figures as CSV cells, in full precision, under the names of `figureColumns`; what is not
/// known, and what is not real, is an empty cell.
std::vector<std::string> figureColumns();
std::vector<std::string> figureCells(const RunFigures& figures);

}  // namespace systole::sim
