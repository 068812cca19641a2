// SPDX-License-Identifier: Apache-2.0
#include "arch/scratchpad_access.hpp"

#include <algorithm>

namespace systole::arch {

AccessCounter::AccessCounter(const ScratchpadConfig& config)
    : config_(config), bankWords_(config.banks.value_or(0), 0) {}

void AccessCounter::beginStep() { words_.clear(); }

void AccessCounter::read(std::uint64_t address, std::uint64_t bytes) {
    const std::uint64_t last = (address + bytes - 1) / config_.wordBytes;
    for (std::uint64_t word = address / config_.wordBytes; word <= last; ++word) {
        // Rows of one step mostly ascend: the last few words catch nearly every repetition cheaply.
        if (std::find(words_.rbegin(), words_.rend(), word) == words_.rend()) {
            words_.push_back(word);
        }
    }
}

void AccessCounter::endStep() {
    count_.words += words_.size();
    if (!config_.banks || words_.size() < 2) {
        return;
    }
    std::uint32_t busiest = 1;
    for (const std::uint64_t word : words_) {
        busiest = std::max(busiest, ++bankWords_[word % *config_.banks]);
    }
    for (const std::uint64_t word : words_) {
        bankWords_[word % *config_.banks] = 0;
    }
    count_.conflictCycles += busiest - 1;
}

AccessCount activationReads(const ScratchpadConfig& config, const Stream& stream) {
    AccessCounter counter(config);
    for (std::uint32_t m = 0; m < stream.window.outputs(); ++m) {
        counter.beginStep();
        TileWindow window = stream.window;
        for (std::uint32_t group = 0; group < stream.groupCount; ++group) {
            forEachRun(window, m, stream.kBegin, stream.rows,
                       [&](std::uint32_t, std::uint32_t address, std::uint32_t elements) {
                           counter.read(address, std::uint64_t{elements} * window.elementBytes);
                       });
            window.channelBegin += window.channelCount;
        }
        counter.endStep();
    }
    return counter.count();
}

AccessCount weightReads(const ScratchpadConfig& config, const Stream& stream,
                        std::uint32_t elementBytes) {
    AccessCounter counter(config);
    const std::uint32_t rowBytes = stream.columns * elementBytes;
    for (std::uint32_t row = 0; row < stream.rows * stream.groupCount; ++row) {
        counter.beginStep();
        counter.read(stream.weights + row * rowBytes, rowBytes);
        counter.endStep();
    }
    return counter.count();
}

}  // namespace systole::arch
