// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "arch/fold/fold_schedule.hpp"
#include "arch/mapping/mapping_objective.hpp"
#include "arch/mapping/mapping_space.hpp"
#include "arch/mapping/mapping_timeline.hpp"
#include "arch/mapping/tile_fit.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

constexpr auto kFp32 = numeric::ScaleArithmetic::Fp32Multiplier;

MachineConfig smallMachine() {
    MachineConfig machine = arrayOnly(8, 8);
    machine.activationScratchpad = {4096, 8, 8};
    machine.weightScratchpad = {4096, 1, 8};
    machine.accumulatorBuffer = {128};
    machine.vectorUnit = {8, 2};
    machine.dma = {16, 16};
    machine.dram.ideal->bytesPerCycle = 16;
    machine.dram.ideal->latencyCycles = 20;
    return machine;
}

ConvolutionShape convolution3x3(std::uint32_t size, std::uint32_t inputs, std::uint32_t outputs) {
    ConvolutionShape shape;
    shape.inputHeight = shape.inputWidth = size;
    shape.outputHeight = shape.outputWidth = size;
    shape.inputChannels = inputs;
    shape.outputChannels = outputs;
    shape.window.y.kernel = shape.window.x.kernel = 3;
    shape.window.y.padBefore = shape.window.x.padBefore = 1;
    return shape;
}

/// Energies that make cycles, bursts and folds weigh about the same.
constexpr ActionEnergies kEnergies{.product = 1e-12,
                                   .idleElementCycle = 1e-13,
                                   .stationaryOperand = 1e-14,
                                   .dramRead = 5e-9,
                                   .dramWrite = 7e-9,
                                   .dramActivate = 1e-9,
                                   .cycle = 4e-10};

MappingTask taskOf(const ConvolutionShape& shape, const MappingOverride& fixed = {}) {
    return {shape, kFp32, fixed, 0, &kEnergies, nullptr};
}

MappingResult search(const MachineConfig& machine, const ConvolutionShape& shape,
                     const MappingOverride& fixed = {}) {
    return std::get<MappingResult>(
        searchMapping(machine, Datapath(machine.datapath), taskOf(shape, fixed)));
}

std::string refusal(const MachineConfig& machine, const ConvolutionShape& shape) {
    return std::get<DoesNotFit>(searchMapping(machine, Datapath(machine.datapath), taskOf(shape)))
        .reason;
}

TEST(MappingSearch, KeepsWholeWhatFitsWhereMemoryIsFree) {
    const ConvolutionTiling tiling = search(arrayOnly(8, 8), convolution3x3(4, 8, 8)).best.tiling;
    EXPECT_EQ(tiling.tileHeight, 4U);
    EXPECT_EQ(tiling.tileWidth, 4U);
    EXPECT_EQ(tiling.channelChunk, 8U);
    EXPECT_EQ(tiling.accumulatorRows, 16U);
    // Nine taps of 8 x 8 codes, and per column a 4-byte bias and a 4-byte multiplier.
    EXPECT_EQ(tiling.weightBufferBytes, 9U * 8 * 8 + 8 * 8);
}

TEST(MappingSearch, SplitsTheReductionOfFloatSumsOnlyWhereNothingElseFits) {
    MachineConfig machine = smallMachine();
    machine.datapath.accumulator = *numeric::parseAccumulator("fp32");
    EXPECT_EQ(search(machine, convolution3x3(8, 16, 8)).best.tiling.channelChunk, 16U);
    machine.weightScratchpad.capacityBytes = 2048;
    EXPECT_EQ(search(machine, convolution3x3(8, 16, 8)).best.tiling.channelChunk, 8U);
}

TEST(MappingSearch, KnowsWhichSumsDependOnTheOrder) {
    const auto isFree = [](const char* name) {
        return orderIsFree(*numeric::parseAccumulator(name));
    };
    EXPECT_TRUE(isFree("int32"));
    EXPECT_TRUE(isFree("exact"));
    EXPECT_FALSE(isFree("int18_saturate"));
    EXPECT_FALSE(isFree("fp32"));
    auto chunked = *numeric::parseAccumulator("int32");
    chunked.chunk = numeric::Chunk{chunked.sum, 4};
    EXPECT_FALSE(orderIsFree(chunked));
}

TEST(MappingSearch, SaysWhatDoesNotFit) {
    MachineConfig machine = smallMachine();
    machine.weightScratchpad.capacityBytes = 100;
    EXPECT_EQ(refusal(machine, convolution3x3(8, 16, 8)),
              "the weights of one block of 8 output channels need 136 bytes, half of the weight "
              "scratchpad has 48");
    machine = smallMachine();
    machine.activationScratchpad.capacityBytes = 32;
    EXPECT_EQ(refusal(machine, convolution3x3(8, 1, 8)),
              "a tile of 1 x 1 outputs needs 48 bytes, the activation scratchpad has 32");
}

TEST(MappingSearch, TakesLongerWhereTheDmaPortIsNarrow) {
    MachineConfig machine = smallMachine();
    const ConvolutionShape shape = convolution3x3(12, 8, 24);
    const Cycle wide = search(machine, shape).best.estimate.cycles;
    machine.dma.bytesPerCycle = 1;
    EXPECT_GT(search(machine, shape).best.estimate.cycles, wide);
}

TEST(FoldCosts, AreThoseOfTheSchedule) {
    for (const Dataflow dataflow :
         {Dataflow::WeightStationary, Dataflow::OutputStationary, Dataflow::InputStationary}) {
        for (const Drain drain : {Drain::Serial, Drain::Shadow, Drain::Direct}) {
            for (const bool overlap : {false, true}) {
                for (const std::uint32_t cyclesPerStep : {1U, 3U}) {
                    const ArrayConfig array{.rows = 5,
                                            .columns = 7,
                                            .dataflow = dataflow,
                                            .overlapFolds = overlap,
                                            .drain = drain,
                                            .pipelineDepth = 2,
                                            .cyclesPerStep = cyclesPerStep};
                    const FoldCosts costs(array);
                    for (std::uint64_t steps = 1; steps < 30; ++steps) {
                        EXPECT_EQ(costs.period(steps), foldPeriod(array, steps));
                        EXPECT_EQ(costs.tail(steps), isolatedFoldCycles(array, steps) -
                                                         std::min(isolatedFoldCycles(array, steps),
                                                                  foldPeriod(array, steps)));
                    }
                }
            }
        }
    }
}

ConvolutionShape randomShape(std::mt19937& random) {
    const auto between = [&](std::uint32_t low, std::uint32_t high) {
        return low + static_cast<std::uint32_t>(random() % (high - low + 1));
    };
    ConvolutionShape shape = convolution3x3(between(1, 20), between(1, 40), between(1, 40));
    shape.window.x.stride = shape.window.y.stride = between(1, 3);
    shape.outputHeight = (shape.inputHeight - 1) / shape.window.y.stride + 1;
    shape.outputWidth = (shape.inputWidth - 1) / shape.window.x.stride + 1;
    shape.hasSkip = random() % 2 == 0;
    if (random() % 4 == 0) {
        shape.groups = between(2, 4);
        shape.inputChannels = shape.groups * between(1, 6);
        shape.outputChannels = shape.groups * between(1, 9);
    }
    return shape;
}

MachineConfig randomMachine(std::mt19937& random) {
    const auto between = [&](std::uint32_t low, std::uint32_t high) {
        return low + static_cast<std::uint32_t>(random() % (high - low + 1));
    };
    MachineConfig machine = smallMachine();
    machine.array = {between(1, 20), between(1, 20)};
    machine.array.dataflow = static_cast<Dataflow>(random() % 3);
    machine.array.overlapFolds = random() % 2 == 0;
    machine.activationScratchpad.capacityBytes = between(60, 5000);
    machine.weightScratchpad.capacityBytes = between(60, 5000);
    machine.accumulatorBuffer.rows = between(2, 200);
    machine.mapping.objective = static_cast<MappingObjective>(random() % kObjectiveNames.size());
    return machine;
}

void expectFits(const MachineConfig& machine, const ConvolutionShape& shape,
                const ConvolutionTiling& tiling) {
    EXPECT_LE(tiling.buffers.total(), *machine.activationScratchpad.capacityBytes);
    EXPECT_LE(tiling.weightBufferBytes, *machine.weightScratchpad.capacityBytes / 2);
    EXPECT_LE(tiling.accumulatorRows, *machine.accumulatorBuffer.rows / 2);
    const std::uint32_t height =
        std::min(shape.inputHeight, inputExtent(tiling.tileHeight, shape.window.y));
    const std::uint32_t width =
        std::min(shape.inputWidth, inputExtent(tiling.tileWidth, shape.window.x));
    EXPECT_GE(tiling.buffers.input, height * width * tiling.channelChunk);
    for (const ColumnChunkWork& chunk :
         ColumnPlan(machine.array, shape, tiling.blocksPerChunk, tiling.groupsTogether).chunks) {
        EXPECT_GE(tiling.buffers.output, tiling.tileHeight * tiling.tileWidth * chunk.outputs);
        if (tiling.channelChunk == 0) {
            EXPECT_GE(tiling.buffers.input, height * width * (chunk.groupEnd - chunk.groupBegin) *
                                                shape.channelsPerGroup());
        }
    }
    EXPECT_EQ(tiling.buffers.skip, shape.hasSkip ? tiling.buffers.output : 0);
}

bool newFolds(const ArrayConfig& array, const ConvolutionShape& shape,
              const ConvolutionTiling& tiling) {
    return tiling.splits(shape) && !keepsFolds(array, shape, tiling.channelChunk);
}

/// Every candidate that fits, estimated: no bounds, no pruning.
class BruteForce {
public:
    BruteForce(const MachineConfig& machine, const ConvolutionShape& shape)
        : datapath_(machine.datapath),
          machine_(machine),
          shape_(shape),
          space_(machine.array, shape, {}),
          fit_(machine, datapath_, shape, kFp32),
          costs_(machine, datapath_, shape, kFp32, {0, 1, &kEnergies}) {}

    /// The scores of all candidates, in the order of the space.
    std::vector<MappingScore> scores() {
        for (std::size_t channels = 0; channels < space_.channelChunks().size(); ++channels) {
            for (std::size_t plan = 0; plan < space_.plans().size(); ++plan) {
                for (std::size_t row = 0; row < space_.rows().size(); ++row) {
                    for (std::size_t column = 0; column < space_.columns().size(); ++column) {
                        add(channels, plan, row, column);
                    }
                }
            }
        }
        return scores_;
    }

private:
    void add(std::size_t channels, std::size_t plan, std::size_t row, std::size_t column) {
        for (const bool weightsOuter : space_.loopOrders(plan, row, column)) {
            MappingCandidate candidate =
                space_.candidate(channels, plan, row, column, weightsOuter);
            if (!fit_.fits(candidate.tiling)) {
                continue;
            }
            candidate.reads = costs_.operandReads(candidate);
            scores_.push_back(scoreOf(machine_.mapping.objective, estimateOf(costs_, candidate),
                                      newFolds(machine_.array, shape_, candidate.tiling)));
        }
    }

    Datapath datapath_;
    const MachineConfig& machine_;
    const ConvolutionShape& shape_;
    MappingSpace space_;
    TileFit fit_;
    MappingCosts costs_;
    std::vector<MappingScore> scores_;
};

TEST(MappingSearch, FindsTheBestOfAllCandidates) {
    constexpr unsigned kSeed = 31;
    std::mt19937 random(kSeed);
    std::uint32_t fitting = 0;
    for (int i = 0; i < 250; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", shape " << i);
        const MachineConfig machine = randomMachine(random);
        const ConvolutionShape shape = randomShape(random);
        const auto scores = BruteForce(machine, shape).scores();
        const auto result = searchMapping(machine, Datapath(machine.datapath), taskOf(shape));
        ASSERT_EQ(std::holds_alternative<DoesNotFit>(result), scores.empty());
        if (scores.empty()) {
            continue;
        }
        ++fitting;
        const auto& found = std::get<MappingResult>(result);
        const MappingScore score = scoreOf(machine.mapping.objective, found.best.estimate,
                                           newFolds(machine.array, shape, found.best.tiling));
        EXPECT_EQ(found.candidates, scores.size());
        EXPECT_EQ(score.first, scores[bestOf(scores, kNearlyEqual, 0)].first);
        EXPECT_EQ(score.second, scores[bestOf(scores, kNearlyEqual, 0)].second);
        EXPECT_EQ(found.runnerUp.has_value(), scores.size() > 1);
        expectFits(machine, shape, found.best.tiling);
    }
    EXPECT_GT(fitting, 120U);
}

TEST(MappingSearch, FitsTheMachineForRandomShapes) {
    constexpr unsigned kSeed = 29;
    std::mt19937 random(kSeed);
    std::uint32_t fitting = 0;
    for (int i = 0; i < 1500; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", shape " << i);
        const MachineConfig machine = randomMachine(random);
        const ConvolutionShape shape = randomShape(random);
        const auto result = searchMapping(machine, Datapath(machine.datapath), taskOf(shape));
        if (const auto* found = std::get_if<MappingResult>(&result)) {
            ++fitting;
            expectFits(machine, shape, found->best.tiling);
        }
    }
    EXPECT_GT(fitting, 700U);
}

TEST(MappingSpace, HasFewSizesHoweverLongTheAxis) {
    EXPECT_EQ(thinned(equalParts(4096)), equalParts(4096)) << "all sizes";
    const std::vector<std::uint32_t> sizes = thinned(equalParts(1 << 20));
    EXPECT_LE(sizes.size(), kMostSizes + 1);
    EXPECT_EQ(sizes.front(), 1U << 20);
    EXPECT_EQ(sizes.back(), 1U);
    for (const std::uint32_t size : equalParts(1 << 20)) {
        // The list descends.
        const auto below = std::upper_bound(sizes.begin(), sizes.end(), size, std::greater<>());
        ASSERT_NE(below, sizes.begin());
        EXPECT_LE(*(below - 1), 1.13 * size) << "one that stays is hardly larger";
    }
}

/// Lists of a million tiles or chunks would take gigabytes: blocks that are alike are kept once.
TEST(MappingSpace, ChunksOfAWideLayerShareTheirBlocks) {
    const ConvolutionShape shape{.inputChannels = 1, .outputChannels = 1 << 20};
    const ColumnPlan plan({.rows = 16, .columns = 16}, shape, 1, 1);
    ASSERT_EQ(plan.chunks.size(), (1U << 20) / 16);
    for (const ColumnChunkWork& chunk : plan.chunks) {
        ASSERT_EQ(chunk.blocks, plan.chunks.front().blocks);
    }
    EXPECT_EQ(plan.blocks, plan.chunks.size());
}

TEST(MappingSearch, LeavesAloneWhatIsFixed) {
    const MappingResult result = search(smallMachine(), convolution3x3(12, 8, 24),
                                        {.weightsOuter = false,
                                         .tileHeight = 3,
                                         .tileWidth = 5,
                                         .channels = 4,
                                         .outputChannels = 16,
                                         .origin = ""});
    EXPECT_FALSE(result.best.tiling.weightsOuter);
    EXPECT_EQ(result.best.tiling.tileHeight, 3U);
    EXPECT_EQ(result.best.tiling.tileWidth, 5U);
    EXPECT_EQ(result.best.tiling.channelChunk, 4U);
    EXPECT_EQ(result.best.tiling.blocksPerChunk, 2U);
    EXPECT_EQ(result.candidates, 1U);
    EXPECT_FALSE(result.runnerUp);
}

TEST(MappingSearch, MovesFewerBytesWhereThatIsTheObjective) {
    MachineConfig machine = smallMachine();
    machine.dram.ideal->bytesPerCycle =
        1000;  // bytes cost no time: cycles alone choose small tiles
    machine.dma.bytesPerCycle = 1000;
    std::uint32_t differ = 0;
    for (const std::uint32_t size : {7U, 10U, 16U, 21U}) {
        for (const std::uint32_t channels : {8U, 16U, 24U}) {
            const ConvolutionShape shape = convolution3x3(size, channels, 24);
            machine.mapping.objective = MappingObjective::Cycles;
            const MappingEstimate fast = search(machine, shape).best.estimate;
            machine.mapping.objective = MappingObjective::DramBytes;
            const MappingEstimate frugal = search(machine, shape).best.estimate;
            EXPECT_LE(static_cast<double>(frugal.dramBytes),
                      static_cast<double>(fast.dramBytes) * (1 + kNearlyEqual));
            EXPECT_LE(static_cast<double>(fast.cycles),
                      static_cast<double>(frugal.cycles) * (1 + kNearlyEqual));
            differ += frugal.dramBytes < fast.dramBytes && frugal.cycles > fast.cycles ? 1 : 0;
        }
    }
    EXPECT_GT(differ, 0U);
}

}  // namespace
}  // namespace systole::arch
