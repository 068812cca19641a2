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
