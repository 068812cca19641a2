// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/bank_stalls.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace systole::arch {

BankStalls::BankStalls(const MachineConfig& machine, const ConvolutionShape& shape)
    : array_(machine.array),
      shape_(shape),
      activationWords_(activationLayout(machine)),
      weightWords_(weightLayout(machine)),
      activationBanks_(machine.activationScratchpad.banks),
      weightBanks_(machine.weightScratchpad.banks),
      lanes_(machine.vectorUnit.lanes) {}

std::uint64_t BankStalls::perTap(std::uint32_t channels) const {
    return shape_.groups > 1 ? shape_.channelsPerGroup() : channels;
}

std::uint64_t BankStalls::reductionOf(std::uint32_t channels) const {
    return std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth * perTap(channels);
}

/// Reads of the busiest bank in the step of an output position, for the fold of the reduction
/// indices from `k` on.
std::uint64_t BankStalls::bankReads(std::uint64_t k, std::uint64_t width, std::uint32_t channels,
                                    std::uint32_t groups, std::uint32_t sample) const {
    const std::uint64_t ofTap = perTap(channels);
    const std::uint64_t end = std::min(k + array_.rows, reductionOf(channels));
    std::vector<std::uint64_t> words;
    for (std::uint32_t group = 0; group < groups; ++group) {
        for (std::uint64_t at = k; at < end;) {
            const std::uint64_t tap = at / ofTap;
            const std::uint64_t run = std::min(ofTap - at % ofTap, end - at);
            const std::uint64_t y = tap / shape_.kernelWidth * shape_.dilationY;
            const std::uint64_t x = tap % shape_.kernelWidth * shape_.dilationX + sample;
            const std::uint64_t first =
                ((y / shape_.upsampleY * width + x * shape_.strideX / shape_.upsampleX) * channels +
                 group * ofTap + at % ofTap) *
                activationWords_.elementBytes();
            activationWords_.forEachWord(first, run * activationWords_.elementBytes(),
                                         [&](std::uint64_t word) { words.push_back(word); });
            at += run;
        }
    }
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    std::vector<std::uint64_t> reads(*activationBanks_);
    for (const std::uint64_t word : words) {
        ++reads[word % *activationBanks_];
    }
    return *std::max_element(reads.begin(), reads.end());
}

double BankStalls::ofStep(const AxisTiles& columns, std::uint32_t channels,
                          std::uint32_t groups) const {
    const std::uint64_t ofTap = perTap(channels);
    const std::uint64_t all = reductionOf(channels);
    const bool oneRun = ofTap == all || ofTap % array_.rows == 0;
    if (!activationBanks_ ||
        (oneRun && groups == 1 &&
         ceilDivide(array_.rows, activationWords_.elementsPerWord()) < *activationBanks_)) {
        return 0;  // the operands of a step lie side by side, in different banks
    }
    constexpr std::uint64_t kParts = 4;
    constexpr std::uint32_t kSamples = 4;
    const std::uint64_t width = columns.extents[columns.count() / 2].length;
    const std::uint64_t folds = ceilDivide(all, array_.rows);
    const std::uint64_t parts = std::min(folds, kParts);
    std::uint64_t waits = 0;
    for (std::uint64_t part = 0; part < parts; ++part) {
        const std::uint64_t k = part * folds / parts * array_.rows;
        for (std::uint32_t sample = 0; sample < kSamples; ++sample) {
            const std::uint64_t reads = bankReads(k, width, channels, groups, sample);
            waits += reads - std::min<std::uint64_t>(reads, array_.cyclesPerStep);
        }
    }
    return static_cast<double>(waits) / static_cast<double>(parts * kSamples);
}

double BankStalls::ofLanes(const AxisTiles& columns, std::uint32_t channels,
                           std::uint32_t groups) const {
    if (array_.dataflow == Dataflow::WeightStationary) {
        return ofStep(columns, channels, groups);
    }
    if (!activationBanks_ || channels < activationWords_.elementsPerWord()) {
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
