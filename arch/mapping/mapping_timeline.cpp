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
      parts_(candidate.tiling.splits(costs.shape())
                 ? static_cast<std::uint32_t>(
                       ceilDivide(costs.shape().inputChannels, candidate.tiling.channelChunk))
                 : 1),
      writeStalls_{costs.writeStall(candidate.plan->chunks.front().outputs),
                   costs.writeStall(candidate.plan->chunks.back().outputs)} {}

std::uint64_t MappingTimeline::stepCount() const {
    return std::uint64_t{candidate_.rows->count()} * candidate_.columns->count() *
           candidate_.plan->chunks.size() * parts_;
}

MappingTimeline::Step MappingTimeline::stepAt(std::uint64_t index) const {
    const ConvolutionShape& shape = costs_.shape();
    const std::uint64_t chunks = candidate_.plan->chunks.size();
    const std::uint64_t tiles =
        std::uint64_t{candidate_.rows->count()} * candidate_.columns->count();
    Step step;
    step.part = static_cast<std::uint32_t>(index % parts_);
    const std::uint64_t outer = index / parts_;
    const bool weightsOuter = candidate_.tiling.weightsOuter;
    const std::uint64_t tile = weightsOuter ? outer % tiles : outer / chunks;
    step.chunk = static_cast<std::uint32_t>(weightsOuter ? outer / tiles : outer % chunks);
    step.row = static_cast<std::uint32_t>(tile / candidate_.columns->count());
    step.column = static_cast<std::uint32_t>(tile % candidate_.columns->count());
    step.isFirst = step.part == 0;
    step.isLast = step.part + 1 == parts_;
    const ColumnChunkWork& work = candidate_.plan->chunks[step.chunk];
    const std::uint32_t channels = candidate_.tiling.channelChunk;
    if (channels == 0) {
        step.channels = (work.groupEnd - work.groupBegin) * shape.channelsPerGroup();
    } else {
        step.channels = std::min(channels, shape.inputChannels - step.part * channels);
    }
    return step;
}

bool MappingTimeline::keepsTile(const Step& before, const Step& step) const {
    if (parts_ > 1 || !candidate_.rows->sameInputs(before.row, step.row) ||
        !candidate_.columns->sameInputs(before.column, step.column)) {
        return false;
    }
    const ColumnChunkWork& left = candidate_.plan->chunks[before.chunk];
    const ColumnChunkWork& right = candidate_.plan->chunks[step.chunk];
    return candidate_.tiling.channelChunk != 0 ||
           (left.groupBegin == right.groupBegin && left.groupEnd == right.groupEnd);
}

bool MappingTimeline::keepsWeights(const Step& before, const Step& step) const {
    return parts_ == 1 && before.chunk == step.chunk;
}

std::uint64_t MappingTimeline::reductionOf(const Step& step) const {
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

void MappingTimeline::load(Step& step, const Step* before) {
    const ColumnChunkWork& work = candidate_.plan->chunks[step.chunk];
    weightTurn_ ^= before == nullptr || !keepsWeights(*before, step) ? 1U : 0U;
    step.weight = weightTurn_;
    if (before == nullptr || !keepsWeights(*before, step)) {
        const std::uint64_t bytes = costs_.weightBytes(work, reductionOf(step));
        loadFree_ = load(costs_.transfers().loadWeights(bytes),
                         std::max(loadFree_, weightFree_[weightTurn_]));
        if (before == nullptr) {
            loadFree_ = std::max(0.0, loadFree_ - static_cast<double>(costs_.prefetch()));
            busFree_ = std::min(busFree_, loadFree_);
        }
    }
    const bool loadsTile = before == nullptr || !keepsTile(*before, step);
    inputTurn_ ^= loadsTile ? 1U : 0U;
    step.input = inputTurn_;
    if (loadsTile) {
        loadFree_ = load(costs_.transfers().load(
                             costs_.inputRuns(candidate_, step.row, step.column, step.channels)),
                         std::max(loadFree_, inputFree_[inputTurn_]));
    }
    step.ready = loadFree_;
    outputTurn_ ^= step.isFirst ? 1U : 0U;
    step.output = outputTurn_;
    if (costs_.shape().hasSkip && step.isFirst) {
        loadFree_ = load(costs_.transfers().load(costs_.outputRuns(
                             candidate_.rows->outputsOf(step.row),
                             candidate_.columns->outputsOf(step.column), work.outputs)),
                         std::max(loadFree_, skipFree_[outputTurn_]));
    }
    step.skipReady = loadFree_;
}

void MappingTimeline::compute(const Step& step) {
    const std::uint64_t outputs = std::uint64_t{candidate_.rows->outputsOf(step.row)} *
                                  candidate_.columns->outputsOf(step.column);
    const std::uint64_t most = costs_.outputsOfPass() == 0 ? outputs : costs_.outputsOfPass();
    const std::uint64_t reduction = reductionOf(step);
    double sumsReady = 0;
    for (const ColumnBlockWork& block : *candidate_.plan->chunks[step.chunk].blocks) {
        for (std::uint64_t begin = 0; begin < outputs; begin += most, ++passes_) {
            const std::uint64_t count = std::min(most, outputs - begin);
            double start = std::max(arrayFree_, step.ready);
            if (step.isFirst) {
                start = std::max(start, sumsFree_[sumsTurn_]);
            }
            arrayFree_ = start + costs_.passCycles(block, count, reduction, candidate_.reads.wait);
            sumsReady = arrayFree_ + costs_.passTail(block, count, reduction);
            if (step.isLast) {
                vectorFree_ =
                    std::max({vectorFree_, sumsReady, step.skipReady, outputFree_[step.output]}) +
                    vectorCycles(step, block, count);
            }
            if (parts_ == 1) {
                sumsFree_[sumsTurn_] = vectorFree_;
                sumsTurn_ ^= 1U;
            }
        }
    }
    inputFree_[step.input] = sumsReady;
    weightFree_[step.weight] = std::max(sumsReady, vectorFree_);
    end_ = std::max({end_, sumsReady, vectorFree_});
    if (step.isLast) {
        if (parts_ > 1) {
            sumsFree_[sumsTurn_] = vectorFree_;
            sumsTurn_ ^= 1U;
        }
        store(step);
    }
}

double MappingTimeline::vectorCycles(const Step& step, const ColumnBlockWork& block,
                                     std::uint64_t count) const {
    const bool isLast = step.chunk + 1 == candidate_.plan->chunks.size();
    return static_cast<double>(costs_.vectorCycles(block, count)) +
           block.channels * writeStalls_[isLast ? 1 : 0];
}

void MappingTimeline::store(const Step& step) {
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
    Step step = stepAt(0);
    load(step, nullptr);
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
        Step following = stepAt(next);
        load(following, &step);
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
