// SPDX-License-Identifier: Apache-2.0
#include "tests/cosim/closed_forms.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace systole::cosim {
namespace {

using arch::ArrayConfig;
using arch::Dataflow;
using arch::Drain;
using arch::structural::Activity;
using arch::structural::GemmFold;

std::uint64_t togglesOf(const std::vector<std::uint16_t>& codes) {
    std::uint64_t toggles = 0;
    std::uint16_t held = 0;
    for (const std::uint16_t code : codes) {
        toggles += static_cast<std::uint64_t>(std::popcount(static_cast<unsigned>(held ^ code)));
        held = code;
    }
    return toggles;
}

/// Every PE of a row sees the same operands, one after another; likewise columns.
std::uint64_t streamToggles(const LockstepRun& run, std::vector<std::uint16_t> GemmFold::*operands,
                            std::size_t lanes) {
    std::uint64_t toggles = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        std::vector<std::uint16_t> codes;
        for (const GemmFold& fold : run.folds) {
            for (std::size_t at = lane; at < (fold.*operands).size(); at += lanes) {
                codes.push_back((fold.*operands)[at]);
            }
        }
        toggles += togglesOf(codes);
    }
    return toggles;
}

void addLoads(const ArrayConfig& array, const LockstepRun& run, Activity& activity) {
    for (std::size_t r = 0; r < array.rows; ++r) {
        for (std::size_t c = 0; c < array.columns; ++c) {
            std::vector<std::uint16_t> chain;
            std::vector<std::uint16_t> used;
            for (const GemmFold& fold : run.folds) {
                for (std::size_t row = array.rows; row-- > r;) {
                    chain.push_back(fold.stationary[row * array.columns + c]);
                }
                used.push_back(chain.back());
            }
            activity.loadRegisterWrites += chain.size();
            activity.loadRegisterToggles += togglesOf(chain);
            if (!array.overlapFolds) continue;
            activity.switchWrites += used.size();
            activity.switchToggles += togglesOf(used);
        }
    }
}

}  // namespace

ClosedForms::ClosedForms(const ArrayConfig& array)
    : rows_(array.rows),
      columns_(array.columns),
      depth_(array.pipelineDepth),
      cycles_(array.cyclesPerStep),
      overlaps_(array.overlapFolds),
      output_(array.dataflow == Dataflow::OutputStationary),
      drain_(array.drain) {}

std::int64_t ClosedForms::takes(const FoldCycles& fold, std::int64_t steps) const {
    const std::int64_t stepsEnd = fold.begins + cycles_ * steps;
    if (!output_) {
        return overlaps_ ? fold.begins - 1
                         : fold.loads + 2 * rows_ + cycles_ * steps + columns_ + depth_ - 3 - 1;
    }
    const std::int64_t drained = drain_ == Drain::Serial ? rows_ : 0;
    if (overlaps_) return stepsEnd + drained - 1;
    return stepsEnd + rows_ + drained + columns_ + depth_ - 3 - 1;
}

FoldCycles ClosedForms::first(std::int64_t taken) const {
    return {taken + 1, output_ ? taken + 1 : taken + 1 + rows_};
}

FoldCycles ClosedForms::after(const FoldCycles& fold, std::int64_t steps, std::int64_t taken,
                              std::int64_t nextSteps) const {
    const std::int64_t stepsEnd = fold.begins + cycles_ * steps;
    FoldCycles next = first(taken);
    if (overlaps_ && !output_) next.begins = std::max(next.begins, stepsEnd);
    if (overlaps_ && output_ && drain_ == Drain::Shadow) {
        next.begins = std::max(next.begins, stepsEnd + rows_ - cycles_ * nextSteps);
    }
    return next;
}

std::int64_t ClosedForms::appearance(const FoldCycles& fold, std::int64_t steps, std::int64_t index,
                                     std::int64_t column) const {
    if (!output_) return fold.begins + cycles_ * index + rows_ + column + cycles_ + depth_ - 2;
    const std::int64_t complete = fold.begins + cycles_ * steps + depth_ - 1;
    if (drain_ == Drain::Direct) return complete + index + column;
    return complete + rows_ - 1 + column + (rows_ - 1 - index);
}

std::int64_t ClosedForms::end(const FoldCycles& fold, std::int64_t steps) const {
    const std::int64_t shifts = output_ && drain_ != Drain::Direct ? rows_ : 0;
    return fold.begins + cycles_ * steps + rows_ + columns_ + depth_ - 3 + shifts;
}

std::vector<FoldCycles> foldCycles(const ArrayConfig& array, const LockstepRun& run) {
    const ClosedForms forms(array);
    std::vector<FoldCycles> cycles{forms.first(run.taken.front())};
    for (std::size_t f = 1; f < run.folds.size(); ++f) {
        cycles.push_back(
            forms.after(cycles.back(), run.folds[f - 1].steps, run.taken[f], run.folds[f].steps));
    }
    return cycles;
}

std::vector<std::int64_t> promptTakes(const ArrayConfig& array, const LockstepRun& run) {
    const ClosedForms forms(array);
    std::vector<std::int64_t> takes{-1};
    FoldCycles fold = forms.first(-1);
    for (std::size_t f = 1; f < run.folds.size(); ++f) {
        const std::int64_t steps = run.folds[f - 1].steps;
        takes.push_back(forms.takes(fold, steps));
        fold = forms.after(fold, steps, takes.back(), run.folds[f].steps);
    }
    return takes;
}

std::vector<Expected> appearances(const ArrayConfig& array, const LockstepRun& run) {
    const ClosedForms forms(array);
    const std::vector<FoldCycles> cycles = foldCycles(array, run);
    const bool output = array.dataflow == Dataflow::OutputStationary;
    const bool direct = output && array.drain == Drain::Direct;
    std::vector<Expected> sums;
    for (std::size_t f = 0; f < cycles.size(); ++f) {
        const std::uint32_t steps = run.folds[f].steps;
        const std::size_t lines = output ? array.rows : steps;
        for (std::size_t i = 0; i < lines; ++i) {
            for (std::size_t c = 0; c < array.columns; ++c) {
                const std::int64_t cycle = forms.appearance(
                    cycles[f], steps, static_cast<std::int64_t>(i), static_cast<std::int64_t>(c));
                sums.push_back({cycle, direct ? i * array.columns + c : c, f, i});
            }
        }
    }
    std::sort(sums.begin(), sums.end(), [](const Expected& left, const Expected& right) {
        return std::tie(left.cycle, left.column) < std::tie(right.cycle, right.column);
    });
    return sums;
}

std::int64_t sequenceCycles(const ArrayConfig& array, const LockstepRun& run) {
    return ClosedForms(array).end(foldCycles(array, run).back(), run.folds.back().steps);
}

Activity activityOf(const ArrayConfig& array, const LockstepRun& run) {
    const bool output = array.dataflow == Dataflow::OutputStationary;
    const std::uint64_t elements = std::uint64_t{array.rows} * array.columns;
    Activity activity;
    for (const GemmFold& fold : run.folds) activity.steps += fold.steps * elements;
    activity.rowRegisterWrites = activity.steps;
    activity.rowRegisterToggles = streamToggles(run, &GemmFold::rows, array.rows) * array.columns;
    activity.sumRegisterWrites = activity.steps;
    if (!output) {
        addLoads(array, run, activity);
        return activity;
    }
    activity.columnRegisterWrites = activity.steps;
    activity.columnRegisterToggles =
        streamToggles(run, &GemmFold::columns, array.columns) * array.rows;
    if (array.drain == Drain::Direct) return activity;
    // Row r shifts r times; shadow registers are written by every PE before.
    const std::uint64_t shifts = elements * (array.rows - 1) / 2;
    const std::uint64_t writes = array.drain == Drain::Shadow ? elements : 0;
    activity.drainRegisterWrites = run.folds.size() * (shifts + writes);
    return activity;
}

}  // namespace systole::cosim
