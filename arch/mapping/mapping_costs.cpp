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
                           const CostOptions& options)
    : array_(machine.array),
      shape_(shape),
      stalls_(machine, shape),
      sizes_(datapath, arithmetic),
      folds_(machine.array),
      transfers_(machine, options.dramSlowdown),
      vectors_(machine.vectorUnit, shape.vectorInterval),
      options_(options) {}

std::uint32_t MappingCosts::outputsOfPass() const {
    return array_.dataflow == Dataflow::InputStationary ? array_.columns : 0;
}

std::uint64_t MappingCosts::reduction(std::uint32_t channels) const {
    const std::uint32_t perGroup = shape_.groups > 1 ? shape_.channelsPerGroup() : channels;
    return std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth * perGroup;
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
                stalls_.ofFold(block.channels, outputs, reduction, laneStall));
    }
    double cycles = 0;
    for (const std::uint32_t channels : block.segments) {
        cycles += static_cast<double>(folds_.period(channels)) +
                  stalls_.ofFold(channels, outputs, ceilDivide(reduction, kFolds), laneStall);
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

/// The runs of a box in DRAM, where its tensor lies densely with the channels last. A box with a
/// part of the channels has a run for every pixel. A box with all channels but a part of the
/// columns has a run for every row. Any other box is one run.
Runs MappingCosts::runs(const Box& box, const Pixels& tensor, std::uint64_t elementBits) {
    const auto bytes = [&](std::uint64_t elements) {
        return ElementSizes::bytes(elements * elementBits);
    };
    const std::uint64_t whole = bytes(tensor.width * tensor.channels);
    if (box.channels != tensor.channels) {
        return {box.height, box.width, bytes(box.channels), bytes(tensor.channels), whole};
    }
    const std::uint64_t row = box.width * box.channels;
    if (box.width != tensor.width) {
        return {1, box.height, bytes(row), whole, 0};
    }
    return {1, 1, bytes(box.height * row), 0, 0};
}

Runs MappingCosts::inputRuns(const MappingCandidate& candidate, std::uint32_t row,
                             std::uint32_t column, std::uint32_t channels) const {
    const std::uint64_t height = candidate.rows->extent(row).length;
    const std::uint64_t width = candidate.columns->extent(column).length;
    return runs({height, width, channels}, {shape_.inputWidth, shape_.inputChannels},
                sizes_.activation);
}

Runs MappingCosts::outputRuns(std::uint32_t height, std::uint32_t width,
                              std::uint32_t channels) const {
    return runs({height, width, channels}, {shape_.outputWidth, shape_.outputChannels},
                sizes_.output);
}

std::uint64_t MappingCosts::weightBytes(const ColumnChunkWork& chunk,
                                        std::uint64_t reduction) const {
    return ElementSizes::bytes(chunk.outputs * (reduction * sizes_.weight + sizes_.record));
}

OperandReads MappingCosts::operandReads(const MappingCandidate& candidate) const {
    const std::uint32_t groups = candidate.tiling.groupsTogether;
    if (candidate.tiling.channelChunk != 0) {
        return stalls_.ofLanes(*candidate.columns, candidate.tiling.channelChunk, groups);
    }
    const auto of = [&](const ColumnChunkWork& chunk) {
        return stalls_.ofLanes(*candidate.columns,
                               (chunk.groupEnd - chunk.groupBegin) * shape_.channelsPerGroup(),
                               groups);
    };
    const ColumnChunkWork& last = candidate.plan->chunks.back();
    const OperandReads usual = of(candidate.plan->chunks.front());
    const OperandReads ofLast = of(last);
    double streams = 0;
    for (const ColumnBlockWork& block : *last.blocks) {
        streams += block.streams;
    }
    const double share = streams / static_cast<double>(candidate.plan->streams);
    return {usual.words + share * (ofLast.words - usual.words),
            usual.wait + share * (ofLast.wait - usual.wait)};
}

/// Array cycles of all passes over a tile of so many outputs, for one part of the reduction. It
/// gives what passCycles gives when summed over the blocks, but without visiting them.
MappingCosts::Totals MappingCosts::arrayTotal(const MappingCandidate& candidate,
                                              std::uint64_t outputs,
                                              std::uint64_t reduction) const {
    if (array_.convention == CycleConvention::Ideal) {
        const auto work =
            static_cast<double>(outputs * reduction * shape_.outputChannels * array_.cyclesPerStep);
        return {.array = work / static_cast<double>(array_.processingElements())};
    }
    const ColumnPlan& plan = *candidate.plan;
    const FoldLimits limits = foldLimits(array_);
    const std::uint64_t kFolds = parts(reduction, limits.reduction);
    const auto folds = static_cast<double>(parts(outputs, limits.outputs) * kFolds);
    Totals totals;
    const auto add = [&](double count, Cycle period, double stall) {
        totals.array += count * (static_cast<double>(period) + stall);
        totals.stalled += count * stall;
    };
    if (array_.dataflow != Dataflow::InputStationary) {
        const bool outputSteps = array_.dataflow == Dataflow::WeightStationary;
        add(folds * static_cast<double>(plan.streams),
            folds_.period(outputSteps ? outputs : reduction),
            stalls_.ofFold(0, outputs, reduction, candidate.reads.wait));
        return totals;
    }
    for (const auto& [channels, count] : plan.segments) {
        add(folds * static_cast<double>(count), folds_.period(channels),
            stalls_.ofFold(channels, outputs, ceilDivide(reduction, kFolds), candidate.reads.wait));
    }
    return totals;
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
    Cycle cycles = 0;
    for (const auto& [channels, count] : plan.widths) {
        cycles += count * vectors_.cycles(outputs, channels);
    }
    return static_cast<double>(cycles);
}

MappingCosts::Totals MappingCosts::tileTotals(const MappingCandidate& candidate,
                                              std::uint64_t outputs) const {
    const std::uint32_t channels = candidate.tiling.channelChunk;
    const bool splits = candidate.tiling.splits(shape_);
    const std::uint64_t whole = splits ? shape_.inputChannels / channels : 1;
    const std::uint32_t rest = splits ? shape_.inputChannels % channels : 0;
    Totals totals;
    const auto add = [&](std::uint64_t count, std::uint32_t load) {
        if (count > 0) {
            const Totals part = arrayTotal(candidate, outputs, reduction(load));
            totals.array += static_cast<double>(count) * part.array;
            totals.stalled += static_cast<double>(count) * part.stalled;
        }
    };
    add(whole, channels);
    add(rest > 0 ? 1 : 0, rest);
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
            totals.stalled += tile.stalled * static_cast<double>(count);
            totals.vector += tile.vector * static_cast<double>(count);
        }
    };
    const std::uint64_t images = shape_.images;
    const std::uint64_t inRows = rows.count() - 1;
    const std::uint64_t inColumns = columns.count() - 1;
    add(rows.size, columns.size, images * inRows * inColumns);
    add(rows.size, columns.last, images * inRows);
    add(rows.last, columns.size, images * inColumns);
    add(rows.last, columns.last, images);
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
    return transfers_.load(inputRuns(candidate, 0, 0, channels)).cycles +
           static_cast<double>(vectorCycles(last.blocks->back(), outputs)) +
           transfers_.store(outputRuns(candidate.rows->last, candidate.columns->last, last.outputs))
               .cycles;
}

double MappingCosts::leastCycles(const MappingCandidate& candidate,
                                 const DramTraffic& traffic) const {
    const Totals work = totals(candidate);
    const double loads =
        transfers_.leastCycles(traffic.loaded()) - static_cast<double>(options_.prefetch);
    return std::max(
        {work.array + edges(candidate), work.vector,
         transfers_.leastBusCycles(traffic.total()) - static_cast<double>(options_.prefetch), loads,
         transfers_.leastCycles(traffic.output)});
}

double MappingCosts::leastBursts(const MappingCandidate& candidate,
                                 const DramTraffic& traffic) const {
    const double chunks = static_cast<double>(candidate.plan->chunks.size());
    const double stores =
        chunks * shape_.images * candidate.rows->count() * candidate.columns->count();
    const auto bursts = [&](std::uint64_t bytes, double transfers) {
        return bytes == 0
                   ? 0.0
                   : std::max(static_cast<double>(bytes) / transfers_.burstBytes(), transfers);
    };
    return bursts(traffic.input, 1) + bursts(traffic.weights, chunks) +
           bursts(traffic.output, stores) + bursts(traffic.skip, stores);
}

/// Folds that the reduction takes, the parts of a split one together.
std::uint64_t MappingCosts::reductionFolds(const MappingCandidate& candidate) const {
    const std::uint32_t limit = foldLimits(array_).reduction;
    const bool splits = candidate.tiling.splits(shape_);
    const std::uint32_t channels = splits ? candidate.tiling.channelChunk : shape_.inputChannels;
    const std::uint64_t whole = splits ? shape_.inputChannels / channels : 1;
    const std::uint32_t rest = splits ? shape_.inputChannels % channels : 0;
    return whole * parts(reduction(channels), limit) +
           (rest > 0 ? parts(reduction(rest), limit) : 0);
}

/// Folds of the whole layer.
double MappingCosts::foldsOf(const MappingCandidate& candidate) const {
    const std::uint64_t tiles =
        std::uint64_t{shape_.images} * candidate.rows->count() * candidate.columns->count();
    const std::uint64_t outputs = std::uint64_t{candidate.rows->size} * candidate.columns->size;
    return static_cast<double>(tiles * parts(outputs, foldLimits(array_).outputs) *
                               reductionFolds(candidate) * candidate.plan->streams);
}

/// Words of weights that one pass over a tile reads: whole words, and at least one for every row of
/// a fold.
double MappingCosts::weightReads(const ColumnPlan& plan) const {
    const auto word = static_cast<double>(stalls_.weightWords().elementsPerWord());
    double words = 0;
    for (const auto& [channels, count] : plan.widths) {
        words += static_cast<double>(count) * std::ceil(channels / word);
    }
    return static_cast<double>(reduction(shape_.inputChannels)) *
           std::max(words, static_cast<double>(plan.streams));
}

MappingEnergy MappingCosts::energy(const MappingCandidate& candidate, const DramTraffic& traffic,
                                   double cycles, const DramActions& dram) const {
    if (options_.energies == nullptr) {
        return {};
    }
    const ActionEnergies& each = *options_.energies;
    const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
    const Totals work = totals(candidate);
    const double busy = work.array - work.stalled;  // an array that waits stands still
    const double folds = foldsOf(candidate);
    const double macs = count(shape_.macs());
    const double outputs = count(shape_.positions());
    const double sums = outputs * shape_.outputChannels;
    const double activationWord = stalls_.activationWords().elementsPerWord();
    const double weightWord = stalls_.weightWords().elementsPerWord();
    const double elements = count(array_.processingElements());
    const bool loads = array_.dataflow != Dataflow::OutputStationary;
    // A stationary operand passes half of the rows on average.
    const double shifts = loads ? folds * elements * (array_.rows + 1) / 2 : 0;
    const double kFolds = count(reductionFolds(candidate));
    const double kernel = count(reduction(shape_.inputChannels));
    const double tiles =
        count(std::uint64_t{shape_.images} * candidate.rows->count() * candidate.columns->count());
    const double steps = outputs * count(candidate.plan->streams);
    const double activationReads = array_.dataflow == Dataflow::WeightStationary
                                       ? steps * kFolds * candidate.reads.words
                                       : steps * kernel / activationWord;
    const double partials = sums * kFolds;
    MappingEnergy energy;
    energy.chip =
        macs * each.product + std::max(0.0, busy * elements - macs) * each.idleElementCycle +
        busy * each.arrayCycle + shifts * each.stationaryOperand +
        (activationReads + count(traffic.output) / activationWord) * each.activationRead +
        (count(traffic.input + traffic.skip) + sums) / activationWord * each.activationWrite +
        tiles * weightReads(*candidate.plan) * each.weightRead +
        count(traffic.weights) / weightWord * each.weightWrite +
        partials * (each.sumRead + each.sumWrite) + sums * requantizationJoules(each) +
        folds * each.command + count(traffic.total()) * each.transferredByte;
    energy.dram = dram.joules(each);
    energy.idle = cycles * (each.cycle + each.dramIdleCycle);
    return energy;
}

MappingEnergy MappingCosts::leastEnergy(const MappingCandidate& candidate,
                                        const DramTraffic& traffic, double cycles) const {
    MappingEnergy least = energy(candidate, traffic, cycles, {});
    if (options_.energies != nullptr) {
        least.dram = leastBursts(candidate, traffic) *
                     (std::min(options_.energies->dramRead, options_.energies->dramWrite) +
                      options_.energies->burst);
    }
    return least;
}

}  // namespace systole::arch
