// SPDX-License-Identifier: Apache-2.0
#include "sim/study/sweep.hpp"

#include <algorithm>

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

bool atLeastAsGood(const RunFigures& a, const RunFigures& b) {
    return a.areaMm2 <= b.areaMm2 && a.energyJoules <= b.energyJoules && a.seconds <= b.seconds &&
           a.correct.value_or(0) >= b.correct.value_or(0);
}

bool dominates(const RunFigures& a, const RunFigures& b) {
    return atLeastAsGood(a, b) && !atLeastAsGood(b, a);
}

}  // namespace

void noteInputs(const Sweep& sweep) {
    noteInputs(sweep.base);
    for (const SweepAxis& axis : sweep.axes) {
        for (const std::string& value : axis.values) {
            // Numbers name no file, and there may be thousands.
            if (value.find_first_not_of("0123456789.") == std::string::npos) continue;
            RunRequest request = sweep.base;
            for (const std::string& key : axis.keys) request.overrides.push_back(key + "=" + value);
            noteInputs(request);
        }
    }
}

std::size_t SweepResult::failures() const {
    return static_cast<std::size_t>(
        std::count_if(points.begin(), points.end(),
                      [](const SweepPoint& point) { return !point.outcome.failure.empty(); }));
}

SweepResult runSweep(const WorkerPool& pool, const Sweep& sweep) {
    const std::vector<std::vector<std::string>> grid = gridValues(sweep.axes);
    std::vector<RunRequest> requests;
    requests.reserve(grid.size());
    for (const std::vector<std::string>& values : grid) {
        requests.push_back(requestOf(sweep, values));
    }
    Progress progress("Sweep " + sweep.name, grid.size());
    std::vector<RunOutcome> outcomes =
        runInWorkers(pool, requests, [&progress] { progress.advance(); });
    SweepResult result;
    result.sweep = sweep;
    for (std::size_t i = 0; i < grid.size(); ++i) {
        result.points.push_back({.values = grid[i], .outcome = std::move(outcomes[i])});
    }
    markPareto(result.points);
    return result;
}

void markPareto(std::vector<SweepPoint>& points) {
    for (SweepPoint& point : points) {
        point.isPareto = point.outcome.failure.empty() &&
                         std::none_of(points.begin(), points.end(), [&](const SweepPoint& other) {
                             return other.outcome.failure.empty() &&
                                    dominates(other.outcome.figures, point.outcome.figures);
                         });
    }
}

}  // namespace systole::sim
