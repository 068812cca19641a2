// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "arch/array/array_accesses.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

/// The bytes that one step reads, every one listed.
using Step = std::vector<std::uint64_t>;

using Words = std::vector<std::set<std::uint64_t>>;

/// Whole elements in a word; the bytes behind them stay unused.
std::uint64_t wordOf(const ScratchpadConfig& config, std::uint64_t byte, std::uint32_t element) {
    return byte / (config.wordBytes / element * element);
}

/// The different words of each step.
Words stepWords(const ScratchpadConfig& config, std::uint32_t element,
                const std::vector<Step>& steps) {
    Words words(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const std::uint64_t byte : steps[i]) words[i].insert(wordOf(config, byte, element));
    }
    return words;
}

/// Lanes [lane][step] of byte addresses, -1 in the padding; each keeps its last word.
Words laneWords(const ScratchpadConfig& config, std::uint32_t element,
                const std::vector<std::vector<std::int64_t>>& lanes) {
    Words steps(lanes.front().size());
    for (const auto& lane : lanes) {
        std::optional<std::uint64_t> held;
        for (std::size_t i = 0; i < lane.size(); ++i) {
            if (lane[i] < 0) continue;
            const std::uint64_t word = wordOf(config, static_cast<std::uint64_t>(lane[i]), element);
            if (held != word) steps[i].insert(word);
            held = word;
        }
    }
    return steps;
}

ScratchpadConfig randomScratchpad(std::mt19937& random) {
    const std::uint64_t banks = random() % 9;
    return {std::nullopt, banks == 0 ? Limit{} : Limit{banks},
            2 + static_cast<std::uint32_t>(random() % 16)};
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
    window.axes.y.padBefore = 2 - static_cast<std::int32_t>(between(0, 4));
    window.axes.x.padBefore = 2 - static_cast<std::int32_t>(between(0, 4));
    window.axes.x.stride = between(1, 2);
    window.axes.y.kernel = between(1, 3);
    window.axes.x.kernel = between(1, 3);
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

void expectReads(const WordSteps& steps, const Words& expected) {
    ASSERT_EQ(steps.steps(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto words = steps.of(i);
        ASSERT_EQ(words.size(), expected[i].size()) << "no word twice";
        ASSERT_EQ(std::set<std::uint64_t>(words.begin(), words.end()), expected[i]);
    }
}

struct Case {
    MachineConfig machine;
    Stream stream;
    std::uint32_t activationBytes;
    std::uint32_t weightBytes;
    FoldReads reads;
};

Case randomCase(std::mt19937& random, Dataflow dataflow) {
    Case sample;
    sample.machine = arrayOnly(8, 8);
    sample.machine.activationScratchpad = randomScratchpad(random);
    sample.machine.weightScratchpad = randomScratchpad(random);
    sample.stream = randomStream(random);
    sample.activationBytes = sample.stream.window.elementBytes;
    sample.weightBytes = 1 + static_cast<std::uint32_t>(random() % 2);
    const auto format = [](std::uint32_t bytes) { return formatOf(bytes == 1 ? "int8" : "int16"); };
    sample.machine.datapath.activation = format(sample.activationBytes);
    sample.machine.datapath.weight = format(sample.weightBytes);
    sample.reads = foldReads(dataflow, ScratchpadPorts(sample.machine), sample.stream);
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
        const auto& [machine, stream, activationBytes, weightBytes, reads] = sample;
        expectReads(reads.activationSteps, stepWords(machine.activationScratchpad, activationBytes,
                                                     activationSteps(stream)));
        std::vector<Step> rows = weightSteps(stream, weightBytes);
        std::reverse(rows.begin(), rows.end());
        expectReads(reads.weightLoads, stepWords(machine.weightScratchpad, weightBytes, rows));
        EXPECT_EQ(reads.weightSteps.words() + reads.activationLoads.words(), 0U);
    });
}

TEST(OperandReads, OutputStationaryReadsALaneAPositionAndRowsOfWeights) {
    checkCases(Dataflow::OutputStationary, [](const Case& sample) {
        const auto& [machine, stream, activationBytes, weightBytes, reads] = sample;
        expectReads(reads.activationSteps, laneWords(machine.activationScratchpad, activationBytes,
                                                     activationLanes(stream, false)));
        expectReads(reads.weightSteps, stepWords(machine.weightScratchpad, weightBytes,
                                                 weightSteps(stream, weightBytes)));
        EXPECT_EQ(reads.weightLoads.words() + reads.activationLoads.words(), 0U);
    });
}

TEST(OperandReads, InputStationaryLoadsPositionsAndReadsALaneARowOfWeights) {
    checkCases(Dataflow::InputStationary, [](const Case& sample) {
        const auto& [machine, stream, activationBytes, weightBytes, reads] = sample;
        expectReads(reads.activationLoads, laneWords(machine.activationScratchpad, activationBytes,
                                                     activationLanes(stream, true)));
        expectReads(reads.weightSteps, laneWords(machine.weightScratchpad, weightBytes,
                                                 weightLanes(stream, weightBytes)));
        EXPECT_EQ(reads.weightLoads.words() + reads.activationSteps.words(), 0U);
    });
}

/// One cycle more for every further word of a bank in a step.
Cycle lostAlone(const ScratchpadConfig& config, const WordSteps& steps) {
    Cycle lost = 0;
    for (std::size_t i = 0; config.banks && i < steps.steps(); ++i) {
        std::map<std::uint64_t, Cycle> perBank;
        Cycle busiest = 1;
        for (const std::uint64_t word : steps.of(i)) {
            busiest = std::max(busiest, ++perBank[word % *config.banks]);
        }
        lost += busiest - 1;
    }
    return lost;
}

TEST(ArrayAccesses, AFoldAloneLosesItsOwnBankConflicts) {
    checkCases(Dataflow::WeightStationary, [](const Case& sample) {
        MachineConfig machine = sample.machine;
        machine.array.rows = sample.stream.reduction;
        machine.array.columns = sample.stream.channels;
        ScratchpadPorts ports(machine);
        ArrayAccesses accesses(machine.array, ports);
        const FoldTimes times = FoldSchedule(machine.array).add(sample.stream.outputs);
        accesses.add(times, sample.stream, sample.reads, 0);
        const Cycle expected =
            times.end + lostAlone(machine.activationScratchpad, sample.reads.activationSteps) +
            lostAlone(machine.weightScratchpad, sample.reads.weightLoads);
        const memory::Ticket ticket = ports.arbiter().post(2, accesses.steps(0, times.end), 0);
        ASSERT_EQ(ports.arbiter().completion(ticket), expected);
    });
}

TEST(ArrayAccesses, AddingToASumCostsASinglePortTwoCycles) {
    MachineConfig machine = arrayOnly(4, 4);
    machine.accumulatorBuffer = {64, memory::PortKind::OneReadWrite};
    ScratchpadPorts ports(machine);
    ArrayAccesses accesses(machine.array, ports);
    Stream stream;
    stream.outputs = 10;
    stream.channels = 3;
    stream.accumulate = true;
    const FoldTimes times = FoldSchedule(machine.array).add(10);
    accesses.add(times, stream, {}, 1);
    const memory::Ticket ticket = ports.arbiter().post(2, accesses.steps(0, times.end + 1), 0);
    // Sums of 10 steps in 3 columns appear in 12 cycles, the last of them before the fold's end.
    EXPECT_EQ(ports.arbiter().completion(ticket), times.end + 1 + 12);
}

TEST(ArrayAccesses, SumsOfSeveralFoldsComeDownColumnsOfTheirOwn) {
    MachineConfig machine = arrayOnly(1, 16);
    machine.array.overlapFolds = true;
    machine.accumulatorBuffer = {64, memory::PortKind::OneReadWrite};
    ScratchpadPorts ports(machine);
    ArrayAccesses accesses(machine.array, ports);
    FoldSchedule schedule(machine.array);
    Stream stream;
    stream.channels = 16;
    stream.accumulate = true;
    constexpr Cycle kFolds = 20;  // a step each: sixteen of them are on the wires at a time
    FoldTimes times;
    for (Cycle fold = 0; fold < kFolds; ++fold) {
        times = schedule.add(1);
        accesses.add(times, stream, {}, 0);
    }
    const memory::Ticket ticket = ports.arbiter().post(2, accesses.steps(0, times.end + 1), 0);
    EXPECT_EQ(ports.arbiter().completion(ticket), times.end + 1 + kFolds + 16 - 1);
}

TEST(OperandReads, SixBitElementsLieClosePacked) {
    MachineConfig machine = arrayOnly(8, 8);
    machine.datapath.activation = machine.datapath.weight = formatOf("int6");
    machine.weightScratchpad.wordBytes = 32;
    Stream stream;
    stream.channels = 84;  // 42 in a word of 256 bits
    EXPECT_EQ(
        foldReads(Dataflow::WeightStationary, ScratchpadPorts(machine), stream).weightLoads.words(),
        2U);
    machine.datapath.packing = memory::Packing::Padded;
    EXPECT_EQ(
        foldReads(Dataflow::WeightStationary, ScratchpadPorts(machine), stream).weightLoads.words(),
        3U);
}

}  // namespace
}  // namespace systole::arch
