// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/study/worker_run.hpp"

/// The same network on several datapaths, side by side.
namespace systole::sim {

/// Version of the JSON that comparisons are written as; a change that breaks readers raises it.
inline constexpr const char* kCompareSchema = "systole-compare/1";

struct ComparedFormat {
    std::string format;             ///< name of the datapath
    nlohmann::ordered_json result;  ///< its run's
    RunFigures figures;
};

struct Comparison {
    RunRequest request;  ///< what all formats have in common
    std::vector<ComparedFormat> formats;
};

/// What all formats have in common besides the machine.
struct CommonChoices {
    std::string clock;  ///< `max` or a frequency; empty: that of CONFIG
    /// How all are quantized, whatever their formats. Empty: as CONFIG says, and where it leaves it
    /// to the formats (`auto`) per channel, so that formats differ in nothing else.
    std::string scheme;
};
/// `request` with these choices, as overrides, and with elements that reach the clock.
RunRequest withCommonChoices(RunRequest request, const CommonChoices& choices);

/// Runs `request` once a format, each with `datapath=FORMAT`; a format without a circuit has
/// neither costs nor times (Hardware::NoCircuit). ConfigError where a run's input was wrong,
/// std::runtime_error where a run broke down.
Comparison compareFormats(const WorkerPool& pool, const RunRequest& request,
                          const std::vector<std::string>& formats);

/// Indices into `Comparison::formats`; several share a place where they are exactly equal. Those
/// that do not reach the clock take no place.
struct EqualAccuracyWinners {
    std::vector<std::size_t> candidates;  ///< top-1 at most one point below the best
    std::vector<std::size_t> lowestEnergy;
    std::vector<std::size_t> lowestEnergyDelay;
    std::vector<std::size_t> smallestArea;
    std::vector<std::size_t> fastest;
};
/// Which format wins at equal accuracy; no candidates where there are no labels.
EqualAccuracyWinners winnersAtEqualAccuracy(const Comparison& comparison);
/// The first of those with the best top-1.
std::size_t mostAccurate(const Comparison& comparison);

/// One JSON document; same results, same bytes.
std::string comparisonJson(const Comparison& comparison);
/// One row a format.
std::string comparisonCsv(const Comparison& comparison);
/// For the terminal: one column a format, then ratios to the first, then who wins.
std::string comparisonTable(const Comparison& comparison);

}  // namespace systole::sim
