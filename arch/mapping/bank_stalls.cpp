// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/bank_stalls.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace systole::arch {
namespace {

std::int64_t tapOf(std::uint64_t tap, std::uint32_t dilation) {
    return static_cast<std::int64_t>(tap * dilation);
}

/// An output position along one axis, by the place of its first tap, and how many it stands for.
struct Sample {
    std::int64_t tap;
    double weight;
};

/// Samples of a tile: one of the positions whose first taps lie in the padding, `inside` of those
/// that read all their taps, and one of those whose last taps lie in the padding.
std::vector<Sample> samplesOf(const WindowAxis& axis, const TileExtent& extent,
                              std::int64_t outputs, std::int64_t inside) {
    const std::int64_t last = std::int64_t{extent.length} * axis.upsample - 1 -
                              std::int64_t{axis.kernel - 1} * axis.dilation - extent.origin;
    const std::int64_t begin = std::clamp<std::int64_t>(
        (std::int64_t{axis.stride} - 1 - extent.origin) / axis.stride, 0, outputs);
    const std::int64_t end =
        last < 0 ? begin : std::clamp<std::int64_t>(last / axis.stride + 1, begin, outputs);
    std::vector<Sample> samples;
    const auto add = [&](std::int64_t output, double weight) {
        if (weight > 0) {
            samples.push_back({extent.origin + output * axis.stride, weight});
        }
    };
    add(0, static_cast<double>(begin));
    const std::int64_t count = std::min(end - begin, inside);
    for (std::int64_t i = 0; i < count; ++i) {
        add(begin + i * (end - begin) / count,
            static_cast<double>(end - begin) / static_cast<double>(count));
    }
    add(outputs - 1, static_cast<double>(outputs - end));
    return samples;
}

/// The tiles of an axis that differ, and how often each of them comes: first, inner and last ones.
std::vector<std::pair<std::uint32_t, double>> kindsOf(const AxisTiles& tiles) {
    std::vector<std::pair<std::uint32_t, double>> kinds{{0, 1}};
    if (tiles.count() > 2) {
        kinds.emplace_back(1, tiles.count() - 2);
    }
    if (tiles.count() > 1) {
        kinds.emplace_back(tiles.count() - 1, 1);
    }
    return kinds;
}

}  // namespace

BankStalls::BankStalls(const MachineConfig& machine, const ConvolutionShape& shape)
    : array_(machine.array),
      shape_(shape),
      rows_(verticalAxis(shape)),
      activationWords_(activationLayout(machine)),
      weightWords_(weightLayout(machine)),
      activationBanks_(machine.activationScratchpad.banks),
      weightBanks_(machine.weightScratchpad.banks),
      lanes_(machine.vectorUnit.lanes) {}

std::uint64_t BankStalls::perTap(std::uint32_t channels) const {
    return shape_.groups > 1 ? shape_.channelsPerGroup() : channels;
}

std::uint64_t BankStalls::reductionOf(std::uint32_t channels) const {
    return std::uint64_t{shape_.window.taps()} * perTap(channels);
}

/// The words of a step, each of them once, by bank.
OperandReads BankStalls::ofStep(const Step& step) const {
    const std::uint64_t ofTap = perTap(step.channels);
    const std::uint64_t end =
        std::min<std::uint64_t>(step.k + array_.rows, reductionOf(step.channels));
    std::vector<std::uint64_t> words;
    for (std::uint32_t group = step.firstGroup; group < step.firstGroup + step.groups; ++group) {
        for (std::uint64_t at = step.k; at < end;) {
            const std::uint64_t tap = at / ofTap;
            const std::uint64_t run = std::min(ofTap - at % ofTap, end - at);
            const auto& [rows, columns] = shape_.window;
            const std::int64_t y = rows.elementAt(
                step.y + tapOf(tap / columns.kernel, rows.dilation), shape_.inputHeight);
            const std::int64_t x = columns.elementAt(
                step.x + tapOf(tap % columns.kernel, columns.dilation), step.width);
            if (y >= 0 && x >= 0) {
                const auto pixel = static_cast<std::uint64_t>(y * step.width + x);
                const std::uint64_t first = pixel * step.channels + group * ofTap + at % ofTap;
                activationWords_.forEachWord(first * activationWords_.elementBytes(),
                                             run * activationWords_.elementBytes(),
                                             [&](std::uint64_t word) { words.push_back(word); });
            }
            at += run;
        }
    }
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    std::vector<std::uint64_t> reads(activationBanks_.value_or(1));
    for (const std::uint64_t word : words) {
        ++reads[word % reads.size()];
    }
    const std::uint64_t most = *std::max_element(reads.begin(), reads.end());
    const bool waits = activationBanks_ && most > array_.cyclesPerStep;
    return {static_cast<double>(words.size()),
            waits ? static_cast<double>(most - array_.cyclesPerStep) : 0};
}

/// The mean over some groups of the tile and some folds of the reduction.
OperandReads BankStalls::ofPosition(Step step) const {
    constexpr std::uint64_t kParts = 4;
    constexpr std::uint64_t kGroups = 2;
    const std::uint32_t inTile =
        shape_.groups > 1
            ? std::max(step.channels / shape_.channelsPerGroup(), step.groups) / step.groups
            : 1;
    const std::uint64_t folds = ceilDivide(reductionOf(step.channels), array_.rows);
    const std::uint64_t parts = std::min(folds, kParts);
    const std::uint64_t groups = std::min<std::uint64_t>(inTile, kGroups);
    OperandReads sum;
    for (std::uint64_t group = 0; group < groups; ++group) {
        step.firstGroup = static_cast<std::uint32_t>(group * inTile / groups) * step.groups;
        for (std::uint64_t part = 0; part < parts; ++part) {
            step.k = part * folds / parts * array_.rows;
            const OperandReads reads = ofStep(step);
            sum.words += reads.words;
            sum.wait += reads.wait;
        }
    }
    const auto count = static_cast<double>(groups * parts);
    return {sum.words / count, sum.wait / count};
}

OperandReads BankStalls::ofSteps(const AxisTiles& columns, std::uint32_t channels,
                                 std::uint32_t groups) const {
    const std::uint64_t ofTap = perTap(channels);
    const std::uint64_t all = reductionOf(channels);
    const std::uint64_t word = activationWords_.elementsPerWord();
    const bool oneRun = ofTap == all || ofTap % array_.rows == 0;
    if (oneRun && groups == 1 && ceilDivide(array_.rows, word) < activationBanks_.value_or(~0U)) {
        // The operands of a step lie side by side, in different banks.
        const std::uint64_t together = std::min<std::uint64_t>(all, array_.rows);
        return {static_cast<double>(ceilDivide(together, word)), 0};
    }
    const std::uint32_t inside = channels % word == 0 ? 1 : 4;  // pixels of whole words are alike
    const std::vector<Sample> rows =
        samplesOf(rows_.window, tileExtent(rows_, 0, rows_.outputs), rows_.outputs, 1);
    OperandReads sum;
    double weights = 0;
    for (const auto& [tile, count] : kindsOf(columns)) {
        const TileExtent extent = columns.extent(tile);
        for (const Sample& column :
             samplesOf(columns.axis.window, extent, columns.outputsOf(tile), inside)) {
            for (const Sample& row : rows) {
                const OperandReads reads = ofPosition({.y = row.tap,
                                                       .x = column.tap,
                                                       .width = extent.length,
                                                       .channels = channels,
                                                       .groups = groups});
                const double weight = count * column.weight * row.weight;
                sum.words += weight * reads.words;
                sum.wait += weight * reads.wait;
                weights += weight;
            }
        }
    }
    return {sum.words / weights, sum.wait / weights};
}

OperandReads BankStalls::ofLanes(const AxisTiles& columns, std::uint32_t channels,
                                 std::uint32_t groups) const {
    const auto [found, isNew] = known_.try_emplace({columns.size, channels, groups});
    if (isNew) {
        found->second = array_.dataflow == Dataflow::WeightStationary
                            ? ofSteps(columns, channels, groups)
                            : OperandReads{0, waitOfLanes(columns, channels)};
    }
    return found->second;
}

double BankStalls::waitOfLanes(const AxisTiles& columns, std::uint32_t channels) const {
    if (!activationBanks_ || channels < activationWords_.elementsPerWord()) {
        return 0;  // with short pixels the lanes do not change words in the same cycle
    }
    const bool outputs = array_.dataflow == Dataflow::OutputStationary;
    const std::uint32_t lanes = outputs ? array_.rows : array_.columns;
    const std::uint64_t width = columns.extent(columns.count() / 2).length;
    constexpr std::uint32_t kSamples = 4;
    std::vector<std::uint32_t> reads(*activationBanks_);
    std::uint64_t most = 0;
    for (std::uint32_t sample = 0; sample < kSamples; ++sample) {
        std::fill(reads.begin(), reads.end(), 0);
        for (std::uint32_t lane = 0; lane < lanes; ++lane) {
            const std::uint32_t output = sample * lanes + lane;
            const std::uint64_t y =
                output / columns.size * shape_.window.y.stride / shape_.window.y.upsample;
            const std::uint64_t x =
                output % columns.size * shape_.window.x.stride / shape_.window.x.upsample;
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
double BankStalls::ofFold(std::uint64_t channels, std::uint64_t outputs, std::uint64_t reduction,
                          double laneStall) const {
    if (array_.dataflow == Dataflow::WeightStationary) {
        return laneStall * static_cast<double>(outputs);
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

double BankStalls::ofWrites(std::uint32_t pitch) const {
    if (array_.dataflow != Dataflow::InputStationary || !activationBanks_ || !lanes_) {
        return 0;
    }
    const std::uint64_t groups = ceilDivide(array_.columns, *lanes_);
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

}  // namespace systole::arch
