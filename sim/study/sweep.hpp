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

struct Sweep {
    std::string name;
    RunRequest base;  ///< what all points have in common
    std::vector<SweepAxis> axes;
};

/// Reads a sweep file:
///
///     name: array_by_format
///     config: ../accelerators/edge-16x16.yaml     # relative to this file, as is the workload
///     workload: ../../traces/resnet8_fmnist/workload.yaml
///     images: 32                                  # optional; without: all of the workload
///     timing_only: false                          # optional; true: no values, no accuracy
///     set: [clock=1GHz]                           # optional; for every point, as --set
///     grid:                                       # every combination; the last axis varies
///     fastest
///       - {key: datapath, values: [int8, e4m3]}
///       - {keys: [array.rows, array.columns], values: [8, 16]}    # one value for both
///
/// `grid` is the way of choosing points; others would be keys beside it. ConfigError as of every
/// reader; that a key exists in CONFIG is found out by the runs.
Sweep loadSweep(const std::filesystem::path& file);

/// Notes the files that the runs of a sweep read, so that no output takes their place. What is
/// wrong with one of them, the runs say.
void noteInputs(const Sweep& sweep);

struct SweepPoint {
    std::vector<std::string> values;  ///< one an axis
    RunOutcome outcome;
    /// Succeeded, and no other point is at least as good in area, energy, speed and accuracy, and
    /// better in one of them.
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
void markPareto(std::vector<SweepPoint>& points);

/// One row a point. Same results, same bytes.
std::string sweepCsv(const SweepResult& result);
/// One JSON document with every point's result.
std::string sweepJson(const SweepResult& result);
/// For the terminal: a row a point, why points failed, and how many did.
std::string sweepTable(const SweepResult& result);

}  // namespace systole::sim
