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
    std::vector<std::string> values;
};

/// What points are judged by.
struct Objective {
    const char* name;   ///< in a sweep file
    const char* words;  ///< in sentences
    /// The lower the better; nothing where a run does not say.
    std::optional<double> (*cost)(const RunFigures& figures);
};
const std::vector<Objective>& allObjectives();
/// Area, energy, time and accuracy.
std::vector<Objective> defaultObjectives();

struct Sweep {
    std::string name;
    RunRequest base;  ///< what all points have in common
    std::vector<SweepAxis> axes;
    std::vector<Objective> objectives = defaultObjectives();
};

/// Reads a sweep file:
///
///     name: array_by_format
///     config: ../accelerators/edge-16x16.yaml     # relative to this file, as is the workload
///     workload: ../../traces/resnet8_fmnist/workload.yaml
///     images: 32                                  # optional; without: all of the workload
///     timing_only: false                          # optional; true: no values, no accuracy
///     set: [clock=1GHz]                           # optional; for every point, as --set
///     reach_clock: false                          # optional; as `systole run --reach-clock`
///     objectives: [area, energy, time, accuracy]  # optional; of the Pareto front
///     grid:                                       # every combination; the last axis varies
///     fastest
///       - {key: datapath, values: [int8, e4m3]}
///       - {keys: [array.rows, array.columns], values: [8, 16]}    # one value for both
///
/// `grid` is the way of choosing points; others would be keys beside it. ConfigError as of every
/// reader; that a key exists in CONFIG is found out by the runs.
Sweep loadSweep(const std::filesystem::path& file);

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

/// Runs every point; a point that fails is a result as well.
SweepResult runSweep(const WorkerPool& pool, const Sweep& sweep);

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
