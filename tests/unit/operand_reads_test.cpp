// SPDX-License-Identifier: Apache-2.0
#include "arch/operand_reads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace systole::arch {
namespace {

/// The bytes that one step reads, every one listed.
using Step = std::vector<std::uint64_t>;

struct AccessCount {
    std::uint64_t words = 0;
    Cycle conflicts = 0;
};

/// Conflicts: a step takes as many cycles as its busiest bank has words.
AccessCount countWords(const ScratchpadConfig& config,
                       const std::vector<std::set<std::uint64_t>>& steps) {
    AccessCount count;
    for (const std::set<std::uint64_t>& words : steps) {
        count.words += words.size();
        std::map<std::uint64_t, std::uint64_t> perBank;
        std::uint64_t busiest = 0;
        for (const std::uint64_t word : words) {
            busiest = std::max(busiest, ++perBank[config.banks ? word % *config.banks : word]);
        }
        count.conflicts += busiest > 0 ? busiest - 1 : 0;
    }
    return count;
}

/// The different words of each step.
AccessCount countSteps(const ScratchpadConfig& config, const std::vector<Step>& steps) {
    std::vector<std::set<std::uint64_t>> words(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const std::uint64_t byte : steps[i]) words[i].insert(byte / config.wordBytes);
    }
    return countWords(config, words);
}

/// Lanes [lane][step] of byte addresses, -1 in the padding; each keeps its last word.
AccessCount countLanes(const ScratchpadConfig& config,
                       const std::vector<std::vector<std::int64_t>>& lanes) {
    std::vector<std::set<std::uint64_t>> steps(lanes.front().size());
    for (const auto& lane : lanes) {
        std::int64_t held = -1;
        for (std::size_t i = 0; i < lane.size(); ++i) {
            if (lane[i] < 0) continue;
            const std::int64_t word = lane[i] / config.wordBytes;
            if (word != held) steps[i].insert(static_cast<std::uint64_t>(word));
            held = word;
        }
    }
    return countWords(config, steps);
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
    stream.outputBegin = between(0, window.outputs() - 1);
    stream.outputs = between(1, window.outputs() - stream.outputBegin);
    stream.kBegin = between(0, window.reduction() - 1);
    stream.reduction = between(1, window.reduction() - stream.kBegin);
    stream.channels = between(1, 20);
    stream.weights = between(0, 60);
    return stream;
}

/// Byte address of the element that output m reads for k; -1 in the padding.
std::int64_t activationAddress(const Stream& stream, std::uint32_t m, std::uint32_t k) {
    std::int64_t address = -1;
    forEachRun(stream.window, stream.outputBegin + m, stream.kBegin + k, 1,
               [&](std::uint32_t, std::uint32_t at, std::uint32_t) { address = at; });
    return address;
}

std::vector<std::vector<std::int64_t>> activationLanes(const Stream& stream, bool lastFirst) {
    std::vector<std::vector<std::int64_t>> lanes(stream.outputs);
    for (std::uint32_t m = 0; m < stream.outputs; ++m) {
        for (std::uint32_t i = 0; i < stream.reduction; ++i) {
            const std::uint32_t k = lastFirst ? stream.reduction - 1 - i : i;
            lanes[m].push_back(activationAddress(stream, m, k));
        }
    }
    return lanes;
}

std::vector<Step> activationSteps(const Stream& stream) {
    std::vector<Step> steps(stream.outputs);
    for (std::uint32_t m = 0; m < stream.outputs; ++m) {
        for (std::uint32_t k = 0; k < stream.reduction; ++k) {
            const std::int64_t address = activationAddress(stream, m, k);
            for (std::uint32_t i = 0; address >= 0 && i < stream.window.elementBytes; ++i) {
                steps[m].push_back(static_cast<std::uint64_t>(address) + i);
            }
        }
    }
    return steps;
}

std::vector<Step> weightSteps(const Stream& stream, std::uint32_t elementBytes) {
    std::vector<Step> steps(stream.reduction);
    std::uint64_t byte = stream.weights;
    for (Step& step : steps) {
        for (std::uint32_t i = 0; i < stream.channels * elementBytes; ++i) step.push_back(byte++);
    }
    return steps;
}

std::vector<std::vector<std::int64_t>> weightLanes(const Stream& stream,
                                                   std::uint32_t elementBytes) {
    std::vector<std::vector<std::int64_t>> lanes(stream.reduction);
    std::int64_t byte = stream.weights;
    for (auto& lane : lanes) {
        for (std::uint32_t n = 0; n < stream.channels; ++n, byte += elementBytes) {
            lane.push_back(byte);
        }
    }
    return lanes;
}

void expectReads(const ScratchpadConfig& config, const WordSteps& steps,
                 const AccessCount& expected) {
    ASSERT_EQ(steps.words(), expected.words);
    ASSERT_EQ(conflictCycles(config, steps), expected.conflicts);
}

struct Case {
    MachineConfig machine;
    Stream stream;
    std::uint32_t weightBytes;
    FoldReads reads;
};

Case randomCase(std::mt19937& random, Dataflow dataflow) {
    Case sample;
    sample.machine.array.dataflow = dataflow;
    sample.machine.activationScratchpad = randomScratchpad(random);
    sample.machine.weightScratchpad = randomScratchpad(random);
    sample.stream = randomStream(random);
    sample.weightBytes = 1 + static_cast<std::uint32_t>(random() % 2);
    sample.reads = foldReads(sample.machine, sample.stream, sample.weightBytes);
    return sample;
}

/// Cases of one dataflow, each given to `check`.
template <typename Check>
void checkCases(Dataflow dataflow, Check&& check) {
    constexpr unsigned kSeed = 23;
    std::mt19937 random(kSeed);
    for (int i = 0; i < 1000; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", stream " << i);
        ASSERT_NO_FATAL_FAILURE(check(randomCase(random, dataflow)));
    }
}

TEST(OperandReads, WeightStationaryReadsRowsOfWeightsThenWindows) {
    checkCases(Dataflow::WeightStationary, [](const Case& sample) {
        const auto& [machine, stream, weightBytes, reads] = sample;
        expectReads(machine.activationScratchpad, reads.activationSteps,
                    countSteps(machine.activationScratchpad, activationSteps(stream)));
        expectReads(machine.weightScratchpad, reads.weightLoads,
                    countSteps(machine.weightScratchpad, weightSteps(stream, weightBytes)));
        EXPECT_EQ(reads.weightSteps.words() + reads.activationLoads.words(), 0U);
    });
}

TEST(OperandReads, OutputStationaryReadsALaneAPositionAndRowsOfWeights) {
    checkCases(Dataflow::OutputStationary, [](const Case& sample) {
        const auto& [machine, stream, weightBytes, reads] = sample;
        expectReads(machine.activationScratchpad, reads.activationSteps,
                    countLanes(machine.activationScratchpad, activationLanes(stream, false)));
        expectReads(machine.weightScratchpad, reads.weightSteps,
                    countSteps(machine.weightScratchpad, weightSteps(stream, weightBytes)));
        EXPECT_EQ(reads.weightLoads.words() + reads.activationLoads.words(), 0U);
    });
}

TEST(OperandReads, InputStationaryLoadsPositionsAndReadsALaneARowOfWeights) {
    checkCases(Dataflow::InputStationary, [](const Case& sample) {
        const auto& [machine, stream, weightBytes, reads] = sample;
        expectReads(machine.activationScratchpad, reads.activationLoads,
                    countLanes(machine.activationScratchpad, activationLanes(stream, true)));
        expectReads(machine.weightScratchpad, reads.weightSteps,
                    countLanes(machine.weightScratchpad, weightLanes(stream, weightBytes)));
        EXPECT_EQ(reads.weightLoads.words() + reads.activationSteps.words(), 0U);
    });
}

TEST(OperandReads, ChargeTheWordsThatOneBankMustServeOneAfterTheOther) {
    WordSteps steps;
    for (const std::uint64_t word : {0U, 4U, 8U, 9U, 0U}) {  // banks 0, 0, 0, 1; 0 is there
        steps.add(word);
    }
    steps.endStep();
    EXPECT_EQ(steps.words(), 4U);
    EXPECT_EQ(conflictCycles({std::nullopt, 4, 16}, steps), 2U);
}

TEST(OperandReads, ForgetTheBanksOfTheStepBefore) {
    WordSteps steps;
    for (int step = 0; step < 3; ++step) {
        steps.add(0);
        steps.add(1);
        steps.endStep();
    }
    EXPECT_EQ(steps.words(), 6U);
    EXPECT_EQ(conflictCycles({std::nullopt, 2, 4}, steps), 0U);
}

}  // namespace
}  // namespace systole::arch
