// SPDX-License-Identifier: Apache-2.0
#include "sim/study/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "sim/base/config_error.hpp"
#include "sim/base/progress.hpp"
#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

bool replacesDatapath(const std::string& override) { return override.rfind("datapath=", 0) == 0; }

void checkRequest(const RunRequest& request, const std::vector<std::string>& formats) {
    std::set<std::string> seen;
    for (const std::string& format : formats) {
        if (format.empty()) {
            throw ConfigError("--formats: an empty name, expected names of datapaths");
        }
        if (!seen.insert(format).second) {
            throw ConfigError(
                fmt::format("--formats: {} is there twice, expected every format once", format));
        }
    }
    for (const std::string& override : request.overrides) {
        if (replacesDatapath(override)) {
            throw ConfigError(fmt::format(
                "--set {}: --formats chooses the datapath, expected only keys within it, such as "
                "datapath.accumulator",
                override));
        }
    }
}

/// One message where several formats trip over the same mistake.
void throwFailures(const std::vector<std::string>& formats,
                   const std::vector<RunOutcome>& outcomes) {
    std::string userErrors;
    std::string breakdowns;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const std::string line = outcomes[i].failure + "\n";
        if (outcomes[i].isUserError && userErrors.find(line) == std::string::npos) {
            userErrors += line;
        } else if (!outcomes[i].failure.empty() && !outcomes[i].isUserError) {
            breakdowns += fmt::format("the run of {}: {}", formats[i], line);
        }
    }
    if (!breakdowns.empty()) {
        throw std::runtime_error(breakdowns.substr(0, breakdowns.size() - 1));
    }
    if (!userErrors.empty()) {
        throw ConfigError(userErrors.substr(0, userErrors.size() - 1));
    }
}

/// Those of `candidates` with the least of `figure`.
template <class Figure>
std::vector<std::size_t> least(const Comparison& comparison,
                               const std::vector<std::size_t>& candidates, Figure figure) {
    std::vector<std::size_t> best;
    for (const std::size_t i : candidates) {
        const auto value = comparison.formats[i].figures.*figure;
        if (!best.empty() && value < comparison.formats[best.front()].figures.*figure) {
            best.clear();
        }
        if (best.empty() || value == comparison.formats[best.front()].figures.*figure) {
            best.push_back(i);
        }
    }
    return best;
}

Json winnersJson(const Comparison& comparison) {
    const EqualAccuracyWinners winners = winnersAtEqualAccuracy(comparison);
    if (winners.candidates.empty()) {
        return nullptr;
    }
    const auto names = [&](const std::vector<std::size_t>& indices) {
        Json list = Json::array();
        for (const std::size_t i : indices) {
            list.push_back(comparison.formats[i].format);
        }
        return list;
    };
    return {{"formats", names(winners.candidates)},
            {"lowest_energy", names(winners.lowestEnergy)},
            {"smallest_area", names(winners.smallestArea)},
            {"fastest", names(winners.fastest)}};
}

}  // namespace

Comparison compareFormats(const WorkerPool& pool, const RunRequest& request,
                          const std::vector<std::string>& formats) {
    checkRequest(request, formats);
    std::vector<RunRequest> requests;
    for (const std::string& format : formats) {
        RunRequest run = request;
        // First: what replaces a section takes away what was said of its keys before.
        run.overrides.insert(run.overrides.begin(), "datapath=" + format);
        requests.push_back(std::move(run));
    }
    Progress progress("Formats", formats.size());
    std::vector<RunOutcome> outcomes =
        runInWorkers(pool, requests, [&progress] { progress.advance(); });
    throwFailures(formats, outcomes);
    Comparison comparison;
    comparison.request = request;
    for (std::size_t i = 0; i < formats.size(); ++i) {
        comparison.formats.push_back(
            {formats[i], std::move(outcomes[i].result), outcomes[i].figures});
    }
    return comparison;
}

EqualAccuracyWinners winnersAtEqualAccuracy(const Comparison& comparison) {
    std::uint64_t best = 0;
    for (const ComparedFormat& format : comparison.formats) {
        if (!format.figures.correct) {
            return {};
        }
        best = std::max(best, *format.figures.correct);
    }
    EqualAccuracyWinners winners;
    for (std::size_t i = 0; i < comparison.formats.size(); ++i) {
        const RunFigures& figures = comparison.formats[i].figures;
        // In whole images, so that exactly one point below is within a point.
        if (100 * (best - *figures.correct) <= figures.images) {
            winners.candidates.push_back(i);
        }
    }
    winners.lowestEnergy = least(comparison, winners.candidates, &RunFigures::energyJoules);
    winners.smallestArea = least(comparison, winners.candidates, &RunFigures::areaMm2);
    winners.fastest = least(comparison, winners.candidates, &RunFigures::seconds);
    return winners;
}

std::string comparisonJson(const Comparison& comparison) {
    Json formats = Json::array();
    Json workload;
    for (const ComparedFormat& format : comparison.formats) {
        workload = format.result.at("workload");
        formats.push_back({{"format", format.format}, {"result", format.result}});
    }
    const Json document{
        {"schema", kCompareSchema},
        {"config",
         {{"file", comparison.request.config}, {"overrides", comparison.request.overrides}}},
        {"workload", std::move(workload)},
        {"equal_accuracy", winnersJson(comparison)},
        {"formats", std::move(formats)}};
    return document.dump(2) + "\n";
}

std::string comparisonCsv(const Comparison& comparison) {
    std::vector<std::string> header = figureColumns();
    header.insert(header.begin(), "format");
    std::string text = csvRow(header);
    for (const ComparedFormat& format : comparison.formats) {
        std::vector<std::string> cells = figureCells(format.figures);
        cells.insert(cells.begin(), format.format);
        text += csvRow(cells);
    }
    return text;
}

}  // namespace systole::sim
