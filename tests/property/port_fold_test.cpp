// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "arch/scratchpad_access.hpp"
#include "models/memory/port_arbiter.hpp"
#include "models/memory/port_map.hpp"
#include "random_source.hpp"

namespace systole::memory {
namespace {

/// The reads of activations of one output position after another, words read once a step.
AccessStream foldReads(const arch::Stream& fold, std::uint32_t wordBytes, const PortMap& map) {
    const auto next = [fold, wordBytes, map, m = std::uint32_t{0}](AccessStep& step) mutable {
        if (m == fold.window.outputs()) return false;
        std::vector<std::uint64_t> words;
        arch::forEachRun(fold.window, m++, fold.kBegin, fold.rows,
                         [&](std::uint32_t, std::uint64_t address, std::uint64_t elements) {
                             const std::uint64_t end =
                                 address + elements * fold.window.elementBytes;
                             for (std::uint64_t w = address / wordBytes; w * wordBytes < end; ++w) {
                                 words.push_back(w);
                             }
                         });
        std::sort(words.begin(), words.end());
        words.erase(std::unique(words.begin(), words.end()), words.end());
        for (const std::uint64_t word : words) map.read(word, step);
        return true;
    };
    return {next, fold.window.outputs()};
}

arch::Stream randomFold(RandomSource& random) {
    arch::Stream fold;
    arch::TileWindow& window = fold.window;
    window.address = random.between(0, 40);
    window.elementBytes = random.between(1, 2);
    window.height = random.between(1, 7);
    window.width = random.between(1, 7);
    window.channels = window.channelCount = random.between(1, 10);
    window.originY = -static_cast<std::int32_t>(random.between(0, 2));
    window.originX = -static_cast<std::int32_t>(random.between(0, 2));
    window.strideX = random.between(1, 2);
    window.kernelHeight = random.between(1, 3);
    window.kernelWidth = random.between(1, 3);
    window.outputHeight = random.between(1, 4);
    window.outputWidth = random.between(1, 4);
    fold.kBegin = random.between(0, window.reduction() - 1);
    fold.rows = random.between(1, window.reduction() - fold.kBegin);
    return fold;
}

TEST(PortArbiter, AFoldAloneLosesTheConflictsThatAccessCounterCounts) {
    RandomSource random(20);
    for (int i = 0; i < 300; ++i) {
        const arch::Stream fold = randomFold(random);
        const std::uint32_t banks = random.between(1, 8);
        const std::uint32_t wordBytes = random.between(1, 17);
        const PortMap map(0, banks, PortKind::OneReadWrite);
        PortArbiter ports(map.end(), {Arbitration::Fixed, {0}});
        const Ticket ticket = ports.post(0, foldReads(fold, wordBytes, map), 0);
        const auto expected = arch::activationReads({std::nullopt, banks, wordBytes}, fold);
        const Cycle completion = ports.completion(ticket);
        ports.advance(completion);
        ASSERT_EQ(completion, fold.window.outputs() + expected.conflictCycles) << "fold " << i;
        ASSERT_EQ(ports.counters(0), (PortCounters{expected.words, 0, expected.conflictCycles}));
    }
}

}  // namespace
}  // namespace systole::memory
