// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "arch/scratchpad_access.hpp"

namespace systole::arch {
namespace {

/// The bytes that one step reads, every one listed.
using Step = std::vector<std::uint64_t>;

/// Words read: the different ones of each step. Conflicts: a step takes as many cycles as its
/// busiest bank has words.
AccessCount countSteps(const ScratchpadConfig& config, const std::vector<Step>& steps) {
    AccessCount count;
    for (const Step& step : steps) {
        std::set<std::uint64_t> words;
        for (const std::uint64_t byte : step) words.insert(byte / config.wordBytes);
        count.words += words.size();
        std::map<std::uint64_t, std::uint64_t> perBank;
        std::uint64_t busiest = 0;
        for (const std::uint64_t word : words) {
            busiest = std::max(busiest, ++perBank[config.banks ? word % *config.banks : word]);
        }
        count.conflictCycles += busiest > 0 ? busiest - 1 : 0;
    }
    return count;
}

ScratchpadConfig randomScratchpad(std::mt19937& random) {
    const std::uint64_t banks = random() % 9;
    return {std::nullopt, banks == 0 ? Limit{} : Limit{banks},
            1 + static_cast<std::uint32_t>(random() % 17)};
}

Stream randomStream(std::mt19937& random) {
    const auto between = [&](std::uint32_t low, std::uint32_t high) {
        return low + static_cast<std::uint32_t>(random() % (high - low + 1));
    };
    Stream stream;
    TileWindow& window = stream.window;
    window.address = between(0, 40);
    window.elementBytes = between(1, 2);
    window.height = between(1, 7);
    window.width = between(1, 7);
    window.channels = between(1, 10);
    window.originY = static_cast<std::int32_t>(between(0, 4)) - 2;
    window.originX = static_cast<std::int32_t>(between(0, 4)) - 2;
    window.strideX = between(1, 2);
    window.kernelHeight = between(1, 3);
    window.kernelWidth = between(1, 3);
    window.outputHeight = between(1, 4);
    window.outputWidth = between(1, 4);
    window.channelCount = window.channels;
    stream.kBegin = between(0, window.reduction() - 1);
    stream.rows = between(1, window.reduction() - stream.kBegin);
    stream.columns = between(1, 20);
    stream.weights = between(0, 60);
    return stream;
}

std::vector<Step> activationSteps(const Stream& stream) {
    std::vector<Step> steps(stream.window.outputs());
    for (std::uint32_t m = 0; m < stream.window.outputs(); ++m) {
        forEachRun(stream.window, m, stream.kBegin, stream.rows,
                   [&](std::uint32_t, std::uint32_t address, std::uint32_t elements) {
                       for (std::uint32_t i = 0; i < elements * stream.window.elementBytes; ++i) {
                           steps[m].push_back(address + i);
                       }
                   });
    }
    return steps;
}

std::vector<Step> weightSteps(const Stream& stream, std::uint32_t elementBytes) {
    std::vector<Step> steps(stream.rows);
    std::uint64_t byte = stream.weights;
    for (Step& step : steps) {
        for (std::uint32_t i = 0; i < stream.columns * elementBytes; ++i) step.push_back(byte++);
    }
    return steps;
}

TEST(ScratchpadAccess, EqualsListingEveryByteOfEveryStep) {
    constexpr unsigned kSeed = 23;
    std::mt19937 random(kSeed);
    for (int i = 0; i < 2000; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", stream " << i);
        const ScratchpadConfig config = randomScratchpad(random);
        const Stream stream = randomStream(random);
        const AccessCount activations = activationReads(config, stream);
        const AccessCount expected = countSteps(config, activationSteps(stream));
        ASSERT_EQ(activations.words, expected.words);
        ASSERT_EQ(activations.conflictCycles, expected.conflictCycles);
        const auto elementBytes = 1 + static_cast<std::uint32_t>(random() % 2);
        const AccessCount weights = weightReads(config, stream, elementBytes);
        const AccessCount expectedWeights = countSteps(config, weightSteps(stream, elementBytes));
        ASSERT_EQ(weights.words, expectedWeights.words);
        ASSERT_EQ(weights.conflictCycles, expectedWeights.conflictCycles);
    }
}

TEST(ScratchpadAccess, ChargesTheWordsThatOneBankMustServeOneAfterTheOther) {
    AccessCounter counter({std::nullopt, 4, 16});
    counter.beginStep();
    counter.read(0, 16);    // bank 0
    counter.read(64, 16);   // bank 0 again
    counter.read(130, 20);  // words 8 and 9: banks 0 and 1
    counter.read(8, 4);     // shares word 0
    counter.endStep();
    EXPECT_EQ(counter.count().words, 4U);
    EXPECT_EQ(counter.count().conflictCycles, 2U);
}

TEST(ScratchpadAccess, ForgetsTheBanksOfTheStepBefore) {
    AccessCounter counter({std::nullopt, 2, 4});
    for (int step = 0; step < 3; ++step) {
        counter.beginStep();
        counter.read(0, 8);
        counter.endStep();
    }
    EXPECT_EQ(counter.count().words, 6U);
    EXPECT_EQ(counter.count().conflictCycles, 0U);
}

}  // namespace
}  // namespace systole::arch
