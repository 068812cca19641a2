// SPDX-License-Identifier: Apache-2.0
#include "sim/study/sweep.hpp"

#include <algorithm>
#include <limits>

#include "sim/base/progress.hpp"

namespace systole::sim {
namespace {

/// Every combination of the axes' values; the last axis varies fastest.
std::vector<std::vector<std::string>> gridValues(const std::vector<SweepAxis>& axes) {
    std::vector<std::vector<std::string>> grid{{}};
    for (const SweepAxis& axis : axes) {
        std::vector<std::vector<std::string>> longer;
        for (const std::vector<std::string>& point : grid) {
            for (const std::string& value : axis.values) {
                longer.push_back(point);
                longer.back().push_back(value);
            }
        }
        grid = std::move(longer);
    }
    return grid;
}

RunRequest requestOf(const Sweep& sweep, const std::vector<std::string>& values) {
    RunRequest request = sweep.base;
    for (std::size_t axis = 0; axis < values.size(); ++axis) {
        for (const std::string& key : sweep.axes[axis].keys) {
            request.overrides.push_back(key + "=" + values[axis]);
        }
    }
    return request;
}

using Cost = std::optional<double>;

// Points of a sweep have the same images.
Cost wrongAnswers(const RunFigures& figures) {
    if (!figures.correct) return std::nullopt;
    return -static_cast<double>(*figures.correct);
}

Cost noise(const RunFigures& figures) {
    if (!figures.sqnrDecibels) return std::nullopt;
    return -*figures.sqnrDecibels;
}

/// What a run does not say is as bad as can be.
bool atLeastAsGood(const RunFigures& a, const RunFigures& b,
                   const std::vector<Objective>& objectives) {
    constexpr double kWorst = std::numeric_limits<double>::infinity();
    return std::all_of(objectives.begin(), objectives.end(), [&](const Objective& objective) {
        return objective.cost(a).value_or(kWorst) <= objective.cost(b).value_or(kWorst);
    });
}

bool dominates(const RunFigures& a, const RunFigures& b, const std::vector<Objective>& objectives) {
    return atLeastAsGood(a, b, objectives) && !atLeastAsGood(b, a, objectives);
}

bool isReal(const SweepPoint& point) {
    return point.outcome.failure.empty() &&
           point.outcome.figures.hardware == Hardware::ReachesClock;
}

}  // namespace

const std::vector<Objective>& allObjectives() {
    static const std::vector<Objective> kObjectives{
        {"area", "area", [](const RunFigures& f) { return f.areaMm2; }},
        {"energy", "energy", [](const RunFigures& f) { return f.energyJoules; }},
        {"time", "speed", [](const RunFigures& f) { return f.seconds; }},
        {"accuracy", "accuracy", wrongAnswers, true},
        {"sqnr", "SQNR", noise, true},
        {"energy_delay", "EDP", [](const RunFigures& f) { return f.energyDelayJouleSeconds; }},
        {"energy_per_mac", "energy per MAC", [](const RunFigures& f) { return f.joulesPerMac; }},
        {"power", "power", [](const RunFigures& f) { return f.averagePowerWatts; }},
        {"array_area", "PE array area", [](const RunFigures& f) { return f.arrayAreaMm2; }},
        {"dram_bytes", "DRAM traffic",
         [](const RunFigures& f) -> Cost { return static_cast<double>(f.dramBytes); }}};
    return kObjectives;
}

std::vector<Objective> defaultObjectives() {
    return {allObjectives().begin(), allObjectives().begin() + 4};
}

std::size_t SweepResult::failures() const {
    return static_cast<std::size_t>(
        std::count_if(points.begin(), points.end(),
                      [](const SweepPoint& point) { return !point.outcome.failure.empty(); }));
}

std::vector<RunRequest> requestsOf(const Sweep& sweep) {
    std::vector<RunRequest> requests;
    for (const std::vector<std::string>& values : gridValues(sweep.axes)) {
        requests.push_back(requestOf(sweep, values));
    }
    return requests;
}

SweepResult runSweep(const WorkerPool& pool, const Sweep& sweep,
                     const std::vector<std::string>& failures) {
    const auto fails = [&](std::size_t i) { return i < failures.size() && !failures[i].empty(); };
    const std::vector<std::vector<std::string>> grid = gridValues(sweep.axes);
    const std::vector<RunRequest> requests = requestsOf(sweep);
    std::vector<RunRequest> buildable;
    for (std::size_t i = 0; i < grid.size(); ++i) {
        if (!fails(i)) buildable.push_back(requests[i]);
    }
    Progress progress("Sweep " + sweep.name, buildable.size());
    std::vector<RunOutcome> outcomes =
        runInWorkers(pool, buildable, [&progress] { progress.advance(); });
    SweepResult result;
    result.sweep = sweep;
    auto next = outcomes.begin();
    for (std::size_t i = 0; i < grid.size(); ++i) {
        SweepPoint& point = result.points.emplace_back();
        point.values = grid[i];
        if (fails(i)) {
            point.outcome.failure = failures[i];
            point.outcome.isUserError = true;
        } else {
            point.outcome = std::move(*next++);
        }
    }
    markPareto(result.points, sweep.objectives);
    return result;
}

void markPareto(std::vector<SweepPoint>& points, const std::vector<Objective>& objectives) {
    for (SweepPoint& point : points) {
        point.isPareto = isReal(point) &&
                         std::none_of(points.begin(), points.end(), [&](const SweepPoint& other) {
                             return isReal(other) && dominates(other.outcome.figures,
                                                               point.outcome.figures, objectives);
                         });
    }
}

}  // namespace systole::sim
