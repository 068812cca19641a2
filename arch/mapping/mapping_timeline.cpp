// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_timeline.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace systole::arch {
namespace {

constexpr std::uint64_t kMostPasses = 1024;  // to follow; one takes some ten nanoseconds

}  // namespace

MappingTimeline::MappingTimeline(const MappingCosts& costs, const MappingCandidate& candidate)
    : costs_(costs),
      candidate_(candidate),
      plan_(costs.shape(), candidate.tiling, *candidate.rows, *candidate.columns, *candidate.plan),
      writeStalls_{costs.writeStall(candidate.plan->chunks.front().outputs),
                   costs.writeStall(candidate.plan->chunks.back().outputs)} {}

std::uint64_t MappingTimeline::reductionOf(const LayerStep& step) const {
    return costs_.reduction(step.channels);
}

double MappingTimeline::transfer(const Transfer& transfer, double start) {
    bus_ += transfer.bus;
    busFree_ = std::max(busFree_, start) + transfer.bus;
    return std::max(start + transfer.cycles, busFree_ + transfer.after);
}

double MappingTimeline::load(const Transfer& load, double start) {
    dram_.reads += load.bursts;
    dram_.activates += 1;
    return transfer(load, start);
}

MappingTimeline::Step MappingTimeline::load(const LayerStep& step, bool isFirst) {
    const ColumnChunkWork& work = candidate_.plan->chunks[step.chunk];
    if (step.loadsWeights) {
        const std::uint64_t bytes = costs_.weightBytes(work, reductionOf(step));
        loadFree_ = load(costs_.transfers().loadWeights(bytes),
                         std::max(loadFree_, weightFree_[step.weight]));
        if (isFirst) {
            loadFree_ = std::max(0.0, loadFree_ - static_cast<double>(costs_.prefetch()));
            busFree_ = std::min(busFree_, loadFree_);
        }
    }
    if (step.loadsTile) {
        loadFree_ = load(costs_.transfers().load(
                             costs_.inputRuns(candidate_, step.row, step.column, step.channels)),
                         std::max(loadFree_, inputFree_[step.input]));
    }
    const double ready = loadFree_;
    if (step.loadsSkip) {
        loadFree_ = load(costs_.transfers().load(costs_.outputRuns(
                             candidate_.rows->outputsOf(step.row),
                             candidate_.columns->outputsOf(step.column), work.outputs)),
                         std::max(loadFree_, skipFree_[step.output]));
    }
    return {step, ready, loadFree_};
}

void MappingTimeline::compute(const Step& loaded) {
    const LayerStep& step = loaded.work;
    const std::uint64_t outputs = std::uint64_t{candidate_.rows->outputsOf(step.row)} *
                                  candidate_.columns->outputsOf(step.column);
    const std::uint64_t most = costs_.outputsOfPass() == 0 ? outputs : costs_.outputsOfPass();
    const std::uint64_t reduction = reductionOf(step);
    double sumsReady = 0;
    for (const ColumnBlockWork& block : *candidate_.plan->chunks[step.chunk].blocks) {
        for (std::uint64_t begin = 0; begin < outputs; begin += most, ++passes_) {
            const std::uint64_t count = std::min(most, outputs - begin);
            double start = std::max(arrayFree_, loaded.ready);
            if (step.isFirst) {
                start = std::max(start, sumsFree_[sumsTurn_]);
            }
            arrayFree_ = start + costs_.passCycles(block, count, reduction, candidate_.reads.wait);
            sumsReady = arrayFree_ + costs_.passTail(block, count, reduction);
            if (step.isLast) {
                vectorFree_ =
                    std::max({vectorFree_, sumsReady, loaded.skipReady, outputFree_[step.output]}) +
                    vectorCycles(step, block, count);
            }
            if (plan_.parts() == 1) {
                sumsFree_[sumsTurn_] = vectorFree_;
                sumsTurn_ ^= 1U;
            }
        }
    }
    inputFree_[step.input] = sumsReady;
    weightFree_[step.weight] = std::max(sumsReady, vectorFree_);
    end_ = std::max({end_, sumsReady, vectorFree_});
    if (step.isLast) {
        if (plan_.parts() > 1) {
            sumsFree_[sumsTurn_] = vectorFree_;
            sumsTurn_ ^= 1U;
        }
        store(step);
    }
}

double MappingTimeline::vectorCycles(const LayerStep& step, const ColumnBlockWork& block,
                                     std::uint64_t count) const {
    const bool isLast = step.chunk + 1 == candidate_.plan->chunks.size();
    return static_cast<double>(costs_.vectorCycles(block, count)) +
           block.channels * writeStalls_[isLast ? 1 : 0];
}

void MappingTimeline::store(const LayerStep& step) {
    skipFree_[step.output] = vectorFree_;
    const Transfer store = costs_.transfers().store(costs_.outputRuns(
        candidate_.rows->outputsOf(step.row), candidate_.columns->outputsOf(step.column),
        candidate_.plan->chunks[step.chunk].outputs));
    dram_.writes += store.bursts;
    dram_.activates += 1;
    storeFree_ = transfer(store, std::max(storeFree_, vectorFree_));
    outputFree_[step.output] = storeFree_;
    end_ = std::max(end_, storeFree_);
}

void MappingTimeline::run(std::uint64_t steps) {
    LayerPlan::Walk walk = plan_.walk();
    Step step = load(*walk.next(), true);
    struct Mark {
        std::uint64_t steps;
        double end;
        double bus;
        DramActions dram;
    };
    std::optional<Mark> middle;
    for (std::uint64_t next = 1; next < steps; ++next) {
        if (passes_ >= kMostPasses && middle) {
            const double rest =
                static_cast<double>(steps - next) / static_cast<double>(next - middle->steps);
            const double more = (end_ - middle->end) * rest;
            end_ += more;
            loadFree_ += more;
            bus_ += (bus_ - middle->bus) * rest;
            dram_.reads += (dram_.reads - middle->dram.reads) * rest;
            dram_.writes += (dram_.writes - middle->dram.writes) * rest;
            dram_.activates += (dram_.activates - middle->dram.activates) * rest;
            break;
        }
        if (passes_ >= kMostPasses / 2 && !middle) {
            middle = Mark{next, end_, bus_, dram_};
        }
        const Step following = load(*walk.next(), false);
        compute(step);
        step = following;
    }
    compute(step);
}

MappingEstimate estimateOf(const MappingCosts& costs, const MappingCandidate& candidate) {
    MappingTimeline timeline(costs, candidate);
    timeline.run();
    const MappingCosts::Totals work = costs.totals(candidate);
    MappingEstimate estimate;
    estimate.traffic = costs.traffic(candidate);
    const double bus = timeline.busCycles();
    const double least = std::max(bus - static_cast<double>(costs.prefetch()),
                                  costs.leastCycles(candidate, estimate.traffic));
    const double cycles = std::max(timeline.end(), least);
    const DramActions& dram = timeline.dram();
    const double bursts =
        std::max(dram.reads + dram.writes, costs.leastBursts(candidate, estimate.traffic));
    estimate.cycles = static_cast<Cycle>(std::llround(cycles));
    estimate.arrayCycles = static_cast<Cycle>(std::llround(work.array));
    estimate.vectorCycles = static_cast<Cycle>(std::llround(work.vector));
    estimate.dramCycles = static_cast<Cycle>(std::llround(bus));
    estimate.tail = static_cast<Cycle>(std::llround(std::max(0.0, timeline.tail())));
    estimate.dramBytes =
        static_cast<std::uint64_t>(std::llround(bursts * costs.transfers().burstBytes()));
    estimate.energy = costs.energy(candidate, estimate.traffic, cycles, dram);
    estimate.energy.dram =
        std::max(estimate.energy.dram, costs.leastEnergy(candidate, estimate.traffic, cycles).dram);
    return estimate;
}

HeadEstimate estimateHead(const MappingCosts& costs, const MappingCandidate& candidate,
                          double cycles) {
    constexpr std::uint64_t kLeastSteps = 4;  // so that every buffer is used twice
    const std::uint64_t all = MappingTimeline(costs, candidate).stepCount();
    std::uint64_t steps = std::min(kLeastSteps, all);
    for (;;) {
        MappingTimeline timeline(costs, candidate);
        timeline.run(steps);
        if (timeline.end() >= cycles || steps == all) {
            return {steps, steps == all, timeline.end(), timeline.dram()};
        }
        steps = std::min(all, 2 * steps);
    }
}

}  // namespace systole::arch
