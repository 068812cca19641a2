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

/// The document's letters.
struct Letters {
    std::int64_t R, C, D, S;  // NOLINT(readability-identifier-naming)
    bool outputs, overlap;
    Drain drain;

    explicit Letters(const ArrayConfig& array)
        : R(array.rows),
          C(array.columns),
          D(array.pipelineDepth),
          S(array.cyclesPerStep),
          outputs(array.dataflow == Dataflow::OutputStationary),
          overlap(array.overlapFolds),
          drain(array.drain) {}

    std::int64_t stepCycles(const GemmFold& fold) const { return S * fold.steps; }
};

/// X_(f+1) - X_f, output stationary.
std::int64_t outputPitch(const Letters& a, const GemmFold& fold, const GemmFold& next) {
    const std::int64_t cycles = a.stepCycles(fold);
    if (a.drain == Drain::Serial) return cycles + a.R + (a.overlap ? 0 : a.R + a.C + a.D - 3);
    if (!a.overlap) return cycles + a.R + a.C + a.D - 3;
    if (a.drain == Drain::Direct) return cycles;
    return cycles + std::max<std::int64_t>(0, a.R - a.stepCycles(next));
}

/// L_(f+1) of isolated folds.
std::int64_t loadPitch(const Letters& a, const GemmFold& fold) {
    return 2 * a.R + a.stepCycles(fold) + a.C + a.D - 3;
}

void addStationary(const Letters& a, std::int64_t start, const GemmFold& fold, std::size_t index,
                   std::vector<Expected>& sums) {
    for (std::int64_t t = 0; t < fold.steps; ++t) {
        for (std::int64_t c = 0; c < a.C; ++c) {
            sums.push_back({start + a.S * t + a.R + c + a.S + a.D - 2, static_cast<std::size_t>(c),
                            index, static_cast<std::size_t>(t)});
        }
    }
}

void addOutputs(const Letters& a, std::int64_t start, const GemmFold& fold, std::size_t index,
                std::vector<Expected>& sums) {
    const std::int64_t end = start + a.stepCycles(fold);
    for (std::int64_t r = 0; r < a.R; ++r) {
        for (std::int64_t c = 0; c < a.C; ++c) {
            const auto row = static_cast<std::size_t>(r);
            if (a.drain == Drain::Direct) {
                sums.push_back(
                    {end + r + c + a.D - 1, static_cast<std::size_t>(r * a.C + c), index, row});
            } else {
                const std::int64_t j = a.R - 1 - r;
                sums.push_back(
                    {end + a.R + a.D - 2 + c + j, static_cast<std::size_t>(c), index, row});
            }
        }
    }
}

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

std::vector<FoldStart> foldStarts(const ArrayConfig& array, const LockstepRun& run) {
    const Letters a(array);
    std::vector<FoldStart> starts;
    for (std::size_t f = 0; f < run.folds.size(); ++f) {
        const std::int64_t begin = run.taken[f] + 1;
        FoldStart start{begin, a.outputs ? begin : begin + a.R};
        if (f > 0 && a.overlap) {
            const GemmFold& before = run.folds[f - 1];
            const std::int64_t earliest =
                starts.back().steps +
                (a.outputs ? outputPitch(a, before, run.folds[f]) : a.stepCycles(before));
            start.steps = std::max(start.steps, earliest);
        }
        starts.push_back(start);
    }
    return starts;
}

std::vector<std::int64_t> promptTakes(const ArrayConfig& array, const LockstepRun& run) {
    const Letters a(array);
    std::vector<std::int64_t> takes{-1};
    std::int64_t begin = a.outputs ? 0 : a.R;  // X_f
    for (std::size_t f = 0; f + 1 < run.folds.size(); ++f) {
        const GemmFold& fold = run.folds[f];
        if (a.outputs) {
            const bool early = a.overlap && a.drain == Drain::Shadow;
            const std::int64_t next = begin + outputPitch(a, fold, run.folds[f + 1]);
            takes.push_back((early ? begin + a.stepCycles(fold) : next) - 1);
            begin = next;
        } else if (a.overlap) {
            takes.push_back(begin - 1);
            begin += std::max(a.stepCycles(fold), a.R);
        } else {
            takes.push_back(begin - a.R + loadPitch(a, fold) - 1);
            begin += loadPitch(a, fold);
        }
    }
    return takes;
}

std::vector<Expected> appearances(const ArrayConfig& array, const LockstepRun& run) {
    const Letters a(array);
    const std::vector<FoldStart> starts = foldStarts(array, run);
    std::vector<Expected> sums;
    for (std::size_t f = 0; f < starts.size(); ++f) {
        (a.outputs ? addOutputs : addStationary)(a, starts[f].steps, run.folds[f], f, sums);
    }
    std::sort(sums.begin(), sums.end(), [](const Expected& left, const Expected& right) {
        return std::tie(left.cycle, left.column) < std::tie(right.cycle, right.column);
    });
    return sums;
}

std::int64_t sequenceCycles(const ArrayConfig& array, const LockstepRun& run) {
    const Letters a(array);
    const std::int64_t end =
        foldStarts(array, run).back().steps + a.stepCycles(run.folds.back()) + a.C + a.D - 3;
    return end + (a.outputs && a.drain != Drain::Direct ? 2 * a.R : a.R);
}

Activity activityOf(const ArrayConfig& array, const LockstepRun& run) {
    const Letters a(array);
    const std::uint64_t elements = std::uint64_t{array.rows} * array.columns;
    Activity activity;
    for (const GemmFold& fold : run.folds) activity.steps += fold.steps * elements;
    activity.rowRegisterWrites = activity.steps;
    activity.rowRegisterToggles = streamToggles(run, &GemmFold::rows, array.rows) * array.columns;
    activity.sumRegisterWrites = activity.steps;
    if (!a.outputs) {
        addLoads(array, run, activity);
        return activity;
    }
    activity.columnRegisterWrites = activity.steps;
    activity.columnRegisterToggles =
        streamToggles(run, &GemmFold::columns, array.columns) * array.rows;
    if (a.drain == Drain::Direct) return activity;
    // Row r shifts r times; shadow registers are written by every PE before.
    const std::uint64_t shifts = elements * (array.rows - 1) / 2;
    const std::uint64_t writes = a.drain == Drain::Shadow ? elements : 0;
    activity.drainRegisterWrites = run.folds.size() * (shifts + writes);
    return activity;
}

}  // namespace systole::cosim
