// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/study/worker_run.hpp"

/// A design-space sweep: many runs of one workload, each with other values for some keys of CONFIG.
namespace systole::sim {

/// Version of the JSON that sweeps are written as; a change that breaks readers raises it.
inline constexpr const char* kSweepSchema = "systole-sweep/1";

/// Keys of CONFIG that take the same value at every point.
struct SweepAxis {
    std::vector<std::string> keys;
    std::vector<std::string> values;            ///< as after `--set key=`
    std::vector<std::string> keyPlaces = {};    ///< `file:line:column` of each key
    std::vector<std::string> valuePlaces = {};  ///< and of each value
};

/// What points are judged by.
struct Objective {
    const char* name;   ///< in a sweep file
    const char* words;  ///< in sentences
    /// The lower the better; nothing where a run does not say.
    std::optional<double> (*cost)(const RunFigures& figures);
    bool needsValues = false;  ///< that `timing_only` does not compute
};
const std::vector<Objective>& allObjectives();
/// Area, energy, time and accuracy.
std::vector<Objective> defaultObjectives();

struct Sweep {
    std::string name;
    RunRequest base;  ///< what all points have in common
    std::vector<SweepAxis> axes;
    /// Where the file has the first overrides of `base`; the command line may add others.
    std::vector<std::string> overridePlaces = {};
    std::vector<Objective> objectives = defaultObjectives();
};

/// Reads a sweep file:
///
///     name: array_by_format
///     config: ../accelerators/edge-16x16.yaml     # relative to this file, as is the workload
///     workload: ../../traces/resnet8_fmnist/workload.yaml
///     images: 32                                  # optional; without: all of the workload
///     batch: 1                                    # optional; images of one program
///     timing_only: false                          # optional; true: no values, no accuracy
///     set: [clock=1GHz]                           # optional; for every point, as --set
///     reach_clock: false                          # optional; as `systole run --reach-clock`
///     objectives: [area, energy, time, accuracy]  # optional; of the Pareto front
///     grid:                                       # every combination; the last axis varies
///     fastest
///       - {key: datapath, values: [int8, e4m3]}
///       - {keys: [array.rows, array.columns], values: [8, 16]}    # one value for both
///
/// Values are YAML, so a datapath may be `{activation: int8, weight: int4, accumulator: int32}`, or
/// a file, relative to this one: `./mine.yaml`. `grid` is the way of choosing points; others would
/// be keys beside it. ConfigError as of every reader; checkSweep finds what CONFIG does not know.
Sweep loadSweep(const std::filesystem::path& file);

/// The run of every point, row by row: the last axis varies fastest.
std::vector<RunRequest> requestsOf(const Sweep& sweep);

/// Loads the workload and the configuration of every point. Throws ConfigError with all that is
/// wrong with the sweep: keys that CONFIG does not have, values that no point can be built with,
/// files that are not there. A value that only fits some points is no such fault: why a point
/// cannot be built is returned, empty where it can.
std::vector<std::string> checkSweep(const Sweep& sweep);

struct SweepPoint {
    std::vector<std::string> values;  ///< one an axis
    RunOutcome outcome;
    /// Succeeded, reaches its clock, and no other such point is at least as good in every objective
    /// and better in one of them.
    bool isPareto = false;
};

struct SweepResult {
    Sweep sweep;
    std::vector<SweepPoint> points;  ///< row by row: the last axis varies fastest

    std::size_t failures() const;
};

/// Runs every point; a point that fails is a result as well. Those that checkSweep found `failures`
/// of are not run.
SweepResult runSweep(const WorkerPool& pool, const Sweep& sweep,
                     const std::vector<std::string>& failures = {});

/// Sets `isPareto` of every point.
void markPareto(std::vector<SweepPoint>& points,
                const std::vector<Objective>& objectives = defaultObjectives());

/// One row a point. Same results, same bytes.
std::string sweepCsv(const SweepResult& result);
/// One JSON document with every point's result.
std::string sweepJson(const SweepResult& result);
/// For the terminal: a row a point, why points failed, and how many did.
std::string sweepTable(const SweepResult& result);

}  // namespace systole::sim
