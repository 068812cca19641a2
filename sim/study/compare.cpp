// SPDX-License-Identifier: Apache-2.0
#include "sim/study/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "arch/mapping/mapping_objective.hpp"
#include "models/cost/machine/area_model.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/progress.hpp"
#include "sim/base/text.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/element_choice.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/reader/config_reader.hpp"
#include "sim/study/accuracy_difference.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

bool sets(const std::string& override, const char* key) {
    return override.rfind(std::string(key) + "=", 0) == 0;
}

void refuse(const RunRequest& request, const char* key, const char* option) {
    for (const std::string& override : request.overrides) {
        if (sets(override, key)) {
            throw ConfigError(fmt::format(
                "--set {}: {} chooses it as well, expected one of the two", override, option));
        }
    }
}

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
        if (sets(override, "datapath")) {
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
        throw ConfigError::ofLines(linesOf(userErrors));
    }
}

/// Those of `candidates` with the least of `figure`, among those that have it.
std::vector<std::size_t> least(const Comparison& comparison,
                               const std::vector<std::size_t>& candidates,
                               std::optional<double> RunFigures::*figure) {
    std::vector<std::size_t> best;
    for (const std::size_t i : candidates) {
        const auto value = comparison.formats[i].figures.*figure;
        if (!value) continue;
        if (!best.empty() && value < comparison.formats[best.front()].figures.*figure) {
            best.clear();
        }
        if (best.empty() || value == comparison.formats[best.front()].figures.*figure) {
            best.push_back(i);
        }
    }
    return best;
}

Json differencesJson(const Comparison& comparison) {
    Json list = Json::array();
    const auto& formats = comparison.formats;
    for (std::size_t i = 0; i < formats.size(); ++i) {
        for (std::size_t j = i + 1; j < formats.size(); ++j) {
            const auto difference = accuracyDifference(formats[i].figures, formats[j].figures);
            if (!difference) continue;
            const auto& probability = difference->probability;
            list.push_back({{"formats", {formats[i].format, formats[j].format}},
                            {"only_first_correct", difference->onlyFirst},
                            {"only_second_correct", difference->onlySecond},
                            {"mcnemar_probability", probability ? Json(*probability) : Json()},
                            {"told_apart", difference->isToldApart}});
        }
    }
    return list;
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
            {"lowest_energy_delay", names(winners.lowestEnergyDelay)},
            {"smallest_area", names(winners.smallestArea)},
            {"fastest", names(winners.fastest)}};
}

/// Whether the value of `key` is `word`. What is wrong with it otherwise, the runs say.
bool isWord(const RunRequest& request, const char* key, const char* word) {
    ConfigReader reader(request.config, request.overrides, {"accelerators"});
    const Section root = reader.root();
    return root.has(key) && root.at(key).isWord(word);
}

/// Where elements have no circuit, no clock of theirs is the highest: that of the memories.
std::string memoryClock(const RunConfig& config) {
    double nanoseconds = 0;
    for (const auto& memory : cost::memoryDelays(config.technology, describeMachine(config))) {
        nanoseconds = std::max(nanoseconds, memory.fastestNanoseconds);
    }
    return nanoseconds == 0 ? "1GHz"
                            : fmt::format("{:.3f}MHz", std::floor(1e6 / nanoseconds) / 1e3);
}

/// The configuration where its elements have no circuit to be priced; nothing where they have,
/// where nothing is priced, and where something is wrong with it, which the run says.
std::optional<RunConfig> configWithoutCircuit(const RunRequest& request) {
    try {
        Overrides overrides = request.overrides;
        overrides.emplace_back("clock=1MHz");  // `max` needs a circuit
        RunConfig config = loadRunConfig(request.config, overrides, elementOf(request));
        if (!config.technology.isFree && datapathWithoutCircuit(config.machine) != nullptr)
            return config;
    } catch (const ConfigError&) {
    }
    return std::nullopt;
}

struct FormatRun {
    RunRequest request;
    bool hasCircuit = true;
};

/// The run of a format. Without a circuit it has no costs, so that its values and cycles are still
/// there to be compared.
FormatRun runOf(const RunRequest& request, const std::string& format) {
    FormatRun run{.request = request};
    Overrides& overrides = run.request.overrides;
    // First: what replaces a section takes away what was said of its keys before.
    overrides.insert(overrides.begin(), "datapath=" + format);
    const std::optional<RunConfig> config = configWithoutCircuit(run.request);
    if (!config) return run;
    if (arch::needsEnergies(config->machine.mapping.objective)) {
        throw ConfigError(
            fmt::format("--formats: {} has no circuit, so that no mapping of it takes the least "
                        "energy, expected mapping.objective cycles or dram_bytes for all formats",
                        format));
    }
    run.hasCircuit = false;
    if (isWord(run.request, "clock", "max")) overrides.push_back("clock=" + memoryClock(*config));
    overrides.emplace_back("technology=none");
    return run;
}

/// Nobody knows which clock the elements reach: neither times nor rates are real.
void leaveOutTimes(Json& result) {
    Json& totals = result.at("totals");
    for (const char* key :
         {"seconds", "inferences_per_second", "dram_bytes_per_second", "meets_clock"}) {
        totals[key] = nullptr;
    }
    for (Json& layer : result.at("layers")) layer["seconds"] = nullptr;
}

}  // namespace

RunRequest withCommonChoices(RunRequest request, const CommonChoices& choices) {
    request.reachClock = true;
    Overrides common;
    if (!choices.clock.empty()) {
        refuse(request, "clock", "--clock");
        common.push_back("clock=" + choices.clock);
    }
    if (!choices.scheme.empty()) refuse(request, "scheme", "--scheme");
    if (!choices.scheme.empty()) {
        common.push_back("scheme=" + choices.scheme);
        for (const char* key : {"weight.format", "activation.format", "accumulator"}) {
            common.push_back(fmt::format("scheme.{}=datapath", key));
        }
    } else if (isWord(request, "scheme", "auto")) {
        common.push_back(fmt::format("scheme={}", kCommonScheme));
    }
    request.overrides.insert(request.overrides.begin(), common.begin(), common.end());
    return request;
}

Comparison compareFormats(const WorkerPool& pool, const RunRequest& request,
                          const std::vector<std::string>& formats) {
    checkRequest(request, formats);
    std::vector<FormatRun> runs;
    std::vector<RunRequest> requests;
    for (const std::string& format : formats) {
        runs.push_back(runOf(request, format));
        requests.push_back(runs.back().request);
    }
    Progress progress("Formats", formats.size());
    std::vector<RunOutcome> outcomes =
        runInWorkers(pool, requests, [&progress] { progress.advance(); });
    throwFailures(formats, outcomes);
    Comparison comparison;
    comparison.request = request;
    for (std::size_t i = 0; i < formats.size(); ++i) {
        ComparedFormat compared{formats[i], std::move(outcomes[i].result), outcomes[i].figures};
        if (!runs[i].hasCircuit) {
            leaveOutTimes(compared.result);
            compared.figures = readRunFigures(compared.result);
        }
        comparison.formats.push_back(std::move(compared));
    }
    return comparison;
}

std::size_t mostAccurate(const Comparison& comparison) {
    const auto& formats = comparison.formats;
    const auto best = std::max_element(formats.begin(), formats.end(),
                                       [](const ComparedFormat& a, const ComparedFormat& b) {
                                           return a.figures.correct < b.figures.correct;
                                       });
    return static_cast<std::size_t>(best - formats.begin());
}

EqualAccuracyWinners winnersAtEqualAccuracy(const Comparison& comparison) {
    const auto& formats = comparison.formats;
    if (!std::all_of(formats.begin(), formats.end(), [](const ComparedFormat& format) {
            return format.figures.correct.has_value();
        })) {
        return {};
    }
    const std::uint64_t best = *formats.at(mostAccurate(comparison)).figures.correct;
    EqualAccuracyWinners winners;
    std::vector<std::size_t> reaching;
    for (std::size_t i = 0; i < formats.size(); ++i) {
        const RunFigures& figures = formats[i].figures;
        // In whole images, so that exactly one point below is within a point.
        if (100 * (best - *figures.correct) > figures.images) continue;
        winners.candidates.push_back(i);
        if (figures.hardware == Hardware::ReachesClock) reaching.push_back(i);
    }
    winners.lowestEnergy = least(comparison, reaching, &RunFigures::energyJoules);
    winners.lowestEnergyDelay = least(comparison, reaching, &RunFigures::energyDelayJouleSeconds);
    winners.smallestArea = least(comparison, reaching, &RunFigures::areaMm2);
    winners.fastest = least(comparison, reaching, &RunFigures::seconds);
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
        {"accuracy_differences", differencesJson(comparison)},
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
