// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_costs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "arch/fold/fold.hpp"

namespace systole::arch {
namespace {

std::uint64_t parts(std::uint64_t whole, std::uint32_t limit) {
    return limit == 0 ? 1 : ceilDivide(whole, limit);
}

}  // namespace

MappingCosts::MappingCosts(const MachineConfig& machine, const Datapath& datapath,
                           const ConvolutionShape& shape, numeric::ScaleArithmetic arithmetic,
                           Cycle prefetch)
    : array_(machine.array),
      shape_(shape),
      activationWords_(activationLayout(machine)),
      weightWords_(weightLayout(machine)),
      activationBanks_(machine.activationScratchpad.banks),
      weightBanks_(machine.weightScratchpad.banks),
      sizes_(datapath, arithmetic),
      folds_(machine.array),
      transfers_(machine),
      vectors_(machine.vectorUnit),
      prefetch_(prefetch) {}

std::uint32_t MappingCosts::outputsOfPass() const {
    return array_.dataflow == Dataflow::InputStationary ? array_.columns : 0;
}

std::uint64_t MappingCosts::reduction(std::uint32_t channels) const {
    const std::uint32_t perGroup = shape_.groups > 1 ? shape_.channelsPerGroup() : channels;
    return std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth * perGroup;
}

double MappingCosts::laneStall(const AxisTiles& columns, std::uint32_t channels) const {
    if (array_.dataflow == Dataflow::WeightStationary || !activationBanks_ ||
        channels < activationWords_.elementsPerWord()) {
        return 0;  // with short pixels the lanes do not change words in the same cycle
    }
    const bool outputs = array_.dataflow == Dataflow::OutputStationary;
    const std::uint32_t lanes = outputs ? array_.rows : array_.columns;
    const std::uint64_t width = columns.extents[columns.count() / 2].length;
    constexpr std::uint32_t kSamples = 4;
    std::vector<std::uint32_t> reads(*activationBanks_);
    std::uint64_t most = 0;
    for (std::uint32_t sample = 0; sample < kSamples; ++sample) {
        std::fill(reads.begin(), reads.end(), 0);
        for (std::uint32_t lane = 0; lane < lanes; ++lane) {
            const std::uint32_t output = sample * lanes + lane;
            const std::uint64_t y = output / columns.size * shape_.strideY / shape_.upsampleY;
            const std::uint64_t x = output % columns.size * shape_.strideX / shape_.upsampleX;
            const std::uint64_t address =
                (y * width + x) * channels * activationWords_.elementBytes();
            ++reads[activationWords_.wordOf(address) % *activationBanks_];
        }
        most += *std::max_element(reads.begin(), reads.end()) - 1;
    }
    return static_cast<double>(most) / kSamples;
}

/// Cycles that one fold waits for its operands. A lane that holds an output position reads a new
/// word of activations after every word's worth of reduction indices. A lane that holds a reduction
/// index (input stationary: a row) reads a new word of weights after every word's worth of
/// channels. Lanes that read words of one bank in the same cycle wait for each other.
double MappingCosts::foldStall(std::uint64_t channels, std::uint64_t reduction,
                               double laneStall) const {
    if (array_.dataflow == Dataflow::WeightStationary) {
        return 0;
    }
    const double ofActivations = laneStall * static_cast<double>(reduction) /
                                 static_cast<double>(activationWords_.elementsPerWord());
    if (array_.dataflow == Dataflow::OutputStationary || !weightBanks_) {
        return ofActivations;
    }
    const std::uint64_t word = weightWords_.elementsPerWord();
    const std::uint64_t first = std::min(reduction, ceilDivide(reduction * channels, word));
    const std::uint64_t together = ceilDivide(first, *weightBanks_);
    // All rows read their first word in the same cycle. After that, the rows whose weights lie at
    // the same place in a word change words together.
    const std::uint64_t grain = std::gcd(channels, word);
    const std::uint64_t each = ceilDivide(ceilDivide(reduction * grain, word), *weightBanks_);
    std::uint64_t crossings = 0;
    for (std::uint64_t offset = 0; offset < word; offset += grain) {
        crossings += ceilDivide(channels + offset, word) - 1;
    }
    const auto ofWeights = static_cast<double>(together - 1 + crossings * (each - 1));
    return ofActivations + ofWeights;
}

double MappingCosts::passCycles(const ColumnBlockWork& block, std::uint64_t outputs,
                                std::uint64_t reduction, double laneStall) const {
    if (array_.convention == CycleConvention::Ideal) {
        return static_cast<double>(outputs * reduction * block.channels * array_.cyclesPerStep) /
               static_cast<double>(array_.processingElements());
    }
    const FoldLimits limits = foldLimits(array_);
    const std::uint64_t kFolds = parts(reduction, limits.reduction);
    const auto folds = static_cast<double>(parts(outputs, limits.outputs) * kFolds);
    if (array_.dataflow != Dataflow::InputStationary) {
        const bool outputSteps = array_.dataflow == Dataflow::WeightStationary;
        return folds * block.streams *
               (static_cast<double>(folds_.period(outputSteps ? outputs : reduction)) +
                foldStall(block.channels, reduction, laneStall));
    }
    double cycles = 0;
    for (const std::uint32_t channels : block.segments) {
        cycles += static_cast<double>(folds_.period(channels)) +
                  foldStall(channels, ceilDivide(reduction, kFolds), laneStall);
    }
    return folds * cycles;
}

double MappingCosts::passTail(const ColumnBlockWork& block, std::uint64_t outputs,
                              std::uint64_t reduction) const {
    switch (array_.dataflow) {
        case Dataflow::WeightStationary:
            return static_cast<double>(folds_.tail(outputs));
        case Dataflow::OutputStationary:
            return static_cast<double>(folds_.tail(reduction));
        case Dataflow::InputStationary:
            return static_cast<double>(folds_.tail(block.segments.back()));
    }
    return 0;
}

Cycle MappingCosts::vectorCycles(const ColumnBlockWork& block, std::uint64_t outputs) const {
    return array_.dataflow == Dataflow::InputStationary ? vectors_.cycles(block.channels, outputs)
                                                        : vectors_.cycles(outputs, block.channels);
}

double MappingCosts::writeStall(std::uint32_t pitch) const {
    if (array_.dataflow != Dataflow::InputStationary || !activationBanks_ || !vectors_.lanes()) {
        return 0;
    }
    const std::uint64_t groups = ceilDivide(array_.columns, *vectors_.lanes());
    const std::uint64_t lanes = ceilDivide(array_.columns, groups);
    std::vector<std::uint32_t> writes(*activationBanks_);
    std::uint64_t last = ~std::uint64_t{0};
    for (std::uint64_t lane = 0; lane < lanes; ++lane) {
        const std::uint64_t word =
            activationWords_.wordOf(lane * pitch * activationWords_.elementBytes());
        writes[word % *activationBanks_] += word != last ? 1 : 0;
        last = word;
    }
    const std::uint32_t most = *std::max_element(writes.begin(), writes.end());
    return static_cast<double>(groups) * (most - 1);
}

/// The runs of a box in DRAM, where its tensor lies densely with the channels last. A box with a
/// part of the channels has a run for every pixel. A box with all channels but a part of the
/// columns has a run for every row. Any other box is one run.
Runs MappingCosts::runs(const Box& box, const Pixels& tensor) const {
    const auto bytes = [&](std::uint64_t elements) {
        return ElementSizes::bytes(elements * sizes_.activation);
    };
    if (box.channels != tensor.channels) {
        return {box.height, box.width, bytes(box.channels), bytes(tensor.channels)};
    }
    const std::uint64_t row = box.width * box.channels;
    if (box.width != tensor.width) {
        return {1, box.height, bytes(row), bytes(tensor.width * tensor.channels)};
    }
    return {1, 1, bytes(box.height * row), 0};
}

Runs MappingCosts::inputRuns(const MappingCandidate& candidate, std::uint32_t row,
                             std::uint32_t column, std::uint32_t channels) const {
    const std::uint64_t height = candidate.rows->extents[row].length;
    const std::uint64_t width = candidate.columns->extents[column].length;
    return runs({height, width, channels}, {shape_.inputWidth, shape_.inputChannels});
}

Runs MappingCosts::outputRuns(std::uint32_t height, std::uint32_t width,
                              std::uint32_t channels) const {
    return runs({height, width, channels}, {shape_.outputWidth, shape_.outputChannels});
}

std::uint64_t MappingCosts::weightBytes(const ColumnChunkWork& chunk,
                                        std::uint64_t reduction) const {
    return ElementSizes::bytes(chunk.outputs * (reduction * sizes_.weight + sizes_.record));
}

/// Array cycles of all passes over a tile of so many outputs, for one part of the reduction. It
/// gives what passCycles gives when summed over the blocks, but without visiting them.
double MappingCosts::arrayTotal(const MappingCandidate& candidate, std::uint64_t outputs,
                                std::uint64_t reduction) const {
    if (array_.convention == CycleConvention::Ideal) {
        return static_cast<double>(outputs * reduction * shape_.outputChannels *
                                   array_.cyclesPerStep) /
               static_cast<double>(array_.processingElements());
    }
    const ColumnPlan& plan = *candidate.plan;
    const FoldLimits limits = foldLimits(array_);
    const std::uint64_t kFolds = parts(reduction, limits.reduction);
    const auto folds = static_cast<double>(parts(outputs, limits.outputs) * kFolds);
    if (array_.dataflow != Dataflow::InputStationary) {
        const bool outputSteps = array_.dataflow == Dataflow::WeightStationary;
        return folds * static_cast<double>(plan.streams) *
               (static_cast<double>(folds_.period(outputSteps ? outputs : reduction)) +
                foldStall(0, reduction, candidate.laneStall));
    }
    double cycles = 0;
    for (const auto& [channels, count] : plan.segments) {
        cycles += static_cast<double>(count) *
                  (static_cast<double>(folds_.period(channels)) +
                   foldStall(channels, ceilDivide(reduction, kFolds), candidate.laneStall));
    }
    return folds * cycles;
}

double MappingCosts::vectorTotal(const ColumnPlan& plan, std::uint64_t outputs) const {
    if (outputsOfPass() != 0) {
        const std::uint64_t rest = outputs % outputsOfPass();
        const auto pass = [&](std::uint64_t part) {
            return vectors_.cycles(0, part) * plan.blocks +
                   vectors_.cycles(shape_.outputChannels, part) - vectors_.cycles(0, part);
        };
        const std::uint64_t wholePasses = outputs / outputsOfPass();
        return static_cast<double>(wholePasses * pass(outputsOfPass()) +
                                   (rest == 0 ? 0 : pass(rest)));
    }
    const ColumnBlockWork& last = plan.chunks.back().blocks.back();
    const ColumnBlockWork& others = plan.chunks.front().blocks.front();
    return static_cast<double>((plan.blocks - 1) * vectorCycles(others, outputs) +
                               vectorCycles(last, outputs));
}

MappingCosts::Totals MappingCosts::tileTotals(const MappingCandidate& candidate,
                                              std::uint64_t outputs) const {
    const std::uint32_t channels = candidate.tiling.channelChunk;
    const bool splits = candidate.tiling.splits(shape_);
    const std::uint64_t whole = splits ? shape_.inputChannels / channels : 1;
    const std::uint32_t rest = splits ? shape_.inputChannels % channels : 0;
    Totals totals;
    totals.array = static_cast<double>(whole) * arrayTotal(candidate, outputs, reduction(channels));
    if (rest > 0) {
        totals.array += arrayTotal(candidate, outputs, reduction(rest));
    }
    totals.vector = vectorTotal(*candidate.plan, outputs);
    return totals;
}

/// Sums over all tiles. Only the last tiles of the two axes differ from the others, so there are
/// four kinds of tiles at most.
MappingCosts::Totals MappingCosts::totals(const MappingCandidate& candidate) const {
    const AxisTiles& rows = *candidate.rows;
    const AxisTiles& columns = *candidate.columns;
    Totals totals;
    const auto add = [&](std::uint32_t height, std::uint32_t width, std::uint64_t count) {
        if (count > 0) {
            const Totals tile = tileTotals(candidate, std::uint64_t{height} * width);
            totals.array += tile.array * static_cast<double>(count);
            totals.vector += tile.vector * static_cast<double>(count);
        }
    };
    const std::uint64_t inRows = rows.count() - 1;
    const std::uint64_t inColumns = columns.count() - 1;
    add(rows.size, columns.size, inRows * inColumns);
    add(rows.size, columns.last, inRows);
    add(rows.last, columns.size, inColumns);
    add(rows.last, columns.last, 1);
    return totals;
}

/// Cycles before the array's first fold and after its last one, which nothing can hide: the load of
/// the first tile, and the last pass of the vector unit with the last store.
double MappingCosts::edges(const MappingCandidate& candidate) const {
    const ConvolutionTiling& tiling = candidate.tiling;
    const ColumnChunkWork& last = candidate.plan->chunks.back();
    const std::uint32_t channels = std::min(
        shape_.inputChannels, tiling.channelChunk == 0 ? candidate.plan->chunks.front().groupEnd *
                                                             shape_.channelsPerGroup()
                                                       : tiling.channelChunk);
    std::uint64_t outputs = std::uint64_t{candidate.rows->last} * candidate.columns->last;
    if (const std::uint64_t most = outputsOfPass(); most != 0 && outputs % most != 0) {
        outputs %= most;
    } else if (most != 0) {
        outputs = most;
    }
    return transfers_.cycles(inputRuns(candidate, 0, 0, channels)) +
           static_cast<double>(vectorCycles(last.blocks.back(), outputs)) +
           transfers_.cycles(
               outputRuns(candidate.rows->last, candidate.columns->last, last.outputs));
}

double MappingCosts::leastCycles(const MappingCandidate& candidate,
                                 const DramTraffic& traffic) const {
    const Totals work = totals(candidate);
    const double loads = transfers_.leastCycles(traffic.loaded()) - static_cast<double>(prefetch_);
    return std::max({work.array + edges(candidate), work.vector,
                     transfers_.leastBusCycles(traffic.total()) - static_cast<double>(prefetch_),
                     loads, transfers_.leastCycles(traffic.output)});
}

}  // namespace systole::arch
