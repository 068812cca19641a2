// SPDX-License-Identifier: Apache-2.0
#include "arch/activity/operand_sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <span>

#include "arch/fold/fold.hpp"
#include "arch/values/machine_state.hpp"
#include "models/numeric/sums/sum_register.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

constexpr std::uint32_t kOutputs = 40;
constexpr std::uint32_t kReduction = 24;
constexpr std::uint32_t kChannels = 12;
constexpr std::uint32_t kLarge = 1U << 20;
constexpr OperandSampling kEverything{.folds = kLarge, .elements = kLarge, .steps = kLarge};

ArrayConfig arrayOf(Dataflow dataflow) { return {.rows = 4, .columns = 4, .dataflow = dataflow}; }

/// The folds of one GEMM, layer 0, and of it once more, layer 2; layer 1 has none.
Program gemmTwice(const ArrayConfig& array) {
    Program program;
    program.layerNames = {"first", "nothing", "second"};
    program.activationBytes = kOutputs * kReduction;
    program.weightBytes = kReduction * kChannels;
    program.accumulatorRows = kOutputs + kChannels;
    program.dramBytes = program.activationBytes + program.weightBytes;
    const FoldLimits limits = foldLimits(array);
    const std::uint32_t channelStep = limits.channels == 0 ? kChannels : limits.channels;
    for (const std::uint32_t layer : {0U, 2U}) {
        for (std::uint32_t n = 0; n < kChannels; n += channelStep) {
            forEachFold(array, kOutputs, kReduction, [&](const Fold& fold) {
                Stream stream;
                stream.window.height = stream.window.outputHeight = kOutputs;
                stream.window.channels = stream.window.channelCount = kReduction;
                stream.outputBegin = fold.outputBegin;
                stream.outputs = fold.outputs;
                stream.kBegin = fold.kBegin;
                stream.reduction = fold.reduction;
                stream.channels = std::min(channelStep, kChannels - n);
                program.commands.push_back({stream, {}, layer});
            });
        }
    }
    return program;
}

/// The program on random codes below 100.
std::vector<OperandSample> samplesOf(const DatapathConfig& datapath, Dataflow dataflow,
                                     const OperandSampling& sampling, int replays = 1) {
    const ArrayConfig array = arrayOf(dataflow);
    const Program program = gemmTwice(array);
    MachineState state(machineWith(datapath, array, sampling));
    state.reset(program);
    std::mt19937_64 random(3);
    for (std::uint8_t& byte : state.dram()) byte = static_cast<std::uint8_t>(random() % 100);
    std::vector<OperandSample> samples;
    for (int replay = 0; replay < replays; ++replay) {
        state.startReplay();
        state.startSampling(program);
        state.execute(TransferCommand{.box = {.runBytes = program.activationBytes}});
        state.execute(TransferCommand{
            .box = {.address = program.activationBytes, .runBytes = program.weightBytes},
            .scratchpad = Scratchpad::Weight});
        for (const Command& command : program.commands) state.execute(command.operation);
        samples = state.takeSamples();
    }
    return samples;
}

DatapathConfig stochastic(std::uint64_t seed) {
    DatapathConfig datapath{formatOf("e4m3"), formatOf("e4m3"),
                            *numeric::parseAccumulator("dlfloat16")};
    auto& sum = std::get<numeric::FloatRegister>(datapath.accumulator.sum);
    sum.rounding = numeric::Rounding::Stochastic;
    sum.seed = seed;
    return datapath;
}

class SamplingTest : public testing::TestWithParam<Dataflow> {
protected:
    std::vector<OperandSample> sample(const OperandSampling& sampling, int replays = 1) const {
        return samplesOf(int8Datapath(), GetParam(), sampling, replays);
    }
    /// Of GetParam() all folds of a layer, as the program above cuts them.
    std::size_t folds() const { return gemmTwice(arrayOf(GetParam())).commands.size() / 2; }
};

TEST_P(SamplingTest, KeepsAsManyFoldsElementsAndStepsAsAreAskedFor) {
    const auto samples = sample({.folds = 3, .elements = 5, .steps = 7});
    ASSERT_EQ(samples.size(), 3U);
    EXPECT_EQ(samples[1].folds, 0U);
    EXPECT_TRUE(samples[1].traces.empty());
    for (const std::size_t layer : {0, 2}) {
        EXPECT_EQ(samples[layer].folds, folds());
        EXPECT_EQ(samples[layer].sampledFolds, 3U);
        ASSERT_EQ(samples[layer].traces.size(), 5U);
        for (const cost::OperandTrace& trace : samples[layer].traces) {
            EXPECT_EQ(trace.foldBegins, (std::vector<std::uint32_t>{0, 7, 14}));
            EXPECT_EQ(trace.steps(), 21U);
        }
    }
}

TEST_P(SamplingTest, SpreadsElementsOverTheRowsAndFoldsOverTheLayer) {
    const auto samples = sample({.folds = 3, .elements = 4, .steps = 7});
    for (std::uint32_t i = 0; i < 4; ++i) {
        EXPECT_EQ(samples[0].traces.at(i).row, i);
    }
    const ArrayConfig array = arrayOf(GetParam());
    const Program program = gemmTwice(array);
    const SamplingPlan plan(program, std::span(&array, 1), {.folds = 3});
    for (std::size_t third = 0; third < 3; ++third) {
        std::size_t sampled = 0;
        for (std::size_t i = third * folds() / 3; i < (third + 1) * folds() / 3; ++i) {
            sampled += plan.layerOf(i) == 0U ? 1 : 0;
        }
        EXPECT_EQ(sampled, 1U);
    }
}

/// The step of `whole` from which on `part` lies in it without a gap, codes and sums alike.
std::optional<std::uint32_t> placeIn(const cost::OperandTrace& whole,
                                     const cost::OperandTrace& part) {
    for (std::size_t at = 0; at + part.steps() <= whole.steps(); ++at) {
        const auto offset = static_cast<std::ptrdiff_t>(at);
        if (std::equal(part.activations.begin(), part.activations.end(),
                       whole.activations.begin() + offset) &&
            std::equal(part.weights.begin(), part.weights.end(), whole.weights.begin() + offset) &&
            std::equal(part.sums.begin(), part.sums.end(), whole.sums.begin() + offset)) {
            return static_cast<std::uint32_t>(at);
        }
    }
    return std::nullopt;
}

TEST_P(SamplingTest, AShorterTraceIsAPartOfTheWholeOne) {
    for (const DatapathConfig& datapath : {int8Datapath(), stochastic(5)}) {
        const auto whole = samplesOf(datapath, GetParam(), kEverything);
        const auto parts =
            samplesOf(datapath, GetParam(), {.folds = 1, .elements = kLarge, .steps = 6});
        ASSERT_EQ(whole[2].traces.size(), 16U);
        std::ptrdiff_t atBegin = 0;
        for (std::size_t i = 0; i < 16; ++i) {
            ASSERT_EQ(parts[2].traces.at(i).steps(), 6U);
            const auto place = placeIn(whole[2].traces[i], parts[2].traces[i]);
            ASSERT_TRUE(place) << i;
            const auto& begins = whole[2].traces[i].foldBegins;
            atBegin += std::count(begins.begin(), begins.end(), *place);
        }
        EXPECT_EQ(atBegin, 0);  // the seed draws another step
    }
}

TEST_P(SamplingTest, FollowsFromTheSeedAlone) {
    const OperandSampling sampling{.folds = 2, .elements = 3, .steps = 5, .seed = 9};
    const auto first = sample(sampling);
    const auto again = sample(sampling, 2);
    OperandSampling reseeded = sampling;
    reseeded.seed = 10;
    const auto other = sample(reseeded);
    EXPECT_EQ(again[0].traces, first[0].traces);
    EXPECT_EQ(again[2].traces, first[2].traces);
    EXPECT_NE(first[2].traces, first[0].traces);  // layers choose for themselves
    EXPECT_NE(other[0].traces, first[0].traces);
}

TEST_P(SamplingTest, RandomOperandsTakeThePlaceOfTheMachinesInTheSamePlaces) {
    OperandSampling sampling{.folds = 2, .elements = 8, .steps = kLarge};
    const auto real = sample(sampling);
    sampling.randomOperands = true;
    const auto random = sample(sampling);
    EXPECT_EQ(sample(sampling)[0].traces, random[0].traces);
    ASSERT_EQ(random[0].traces.size(), real[0].traces.size());
    bool negative = false;
    for (std::size_t i = 0; i < real[0].traces.size(); ++i) {
        EXPECT_EQ(random[0].traces[i].row, real[0].traces[i].row);
        EXPECT_EQ(random[0].traces[i].column, real[0].traces[i].column);
        EXPECT_EQ(random[0].traces[i].foldBegins, real[0].traces[i].foldBegins);
        EXPECT_NE(random[0].traces[i].activations, real[0].traces[i].activations);
        EXPECT_NE(random[0].traces[i].weights, real[0].traces[i].weights);
        // The top row of a stationary array adds to zero.
        const bool top = GetParam() != Dataflow::OutputStationary && real[0].traces[i].row == 0;
        EXPECT_EQ(random[0].traces[i].sums == real[0].traces[i].sums, top);
        for (const std::uint16_t code : random[0].traces[i].activations) {
            negative = negative || code >= 0x80;  // the machine's are below 100
        }
    }
    EXPECT_TRUE(negative);
    EXPECT_NE(random[2].traces[0].weights, random[0].traces[0].weights);
}

INSTANTIATE_TEST_SUITE_P(Dataflows, SamplingTest,
                         testing::Values(Dataflow::WeightStationary, Dataflow::InputStationary,
                                         Dataflow::OutputStationary),
                         [](const auto& dataflow) {
                             return std::string(
                                 kDataflowNames.at(static_cast<std::size_t>(dataflow.param)));
                         });

/// The first fold, weight stationary: step m, row k; the machine names bits by (m, column, k).
TEST(StochasticTraces, RoundWithTheBitsOfTheMachine) {
    const DatapathConfig datapath = stochastic(5);
    const numeric::Codec codec(datapath.activation);
    for (const Dataflow dataflow : {Dataflow::WeightStationary, Dataflow::OutputStationary}) {
        const bool outputs = dataflow == Dataflow::OutputStationary;
        const auto traces = samplesOf(datapath, dataflow, kEverything)[0].traces;
        constexpr std::uint32_t kColumn = 2;
        const std::uint32_t steps = outputs ? kReduction : kOutputs;
        for (std::uint32_t step = 1; step < steps; ++step) {
            // Output stationary, PE(1, 2); else the sum that enters PE(3, 2).
            const std::uint32_t m = outputs ? 1 : step;
            numeric::SumRegister sum(datapath.accumulator, codec, codec);
            numeric::AccumulatorEvents events;
            for (std::uint32_t k = 0; k < (outputs ? step : 3); ++k) {
                const auto& trace = traces.at((outputs ? 1 : k) * 4 + kColumn);
                const std::uint32_t at = outputs ? k : step;
                sum.add(numeric::productOf(codec.decode(trace.activations.at(at)),
                                           codec.decode(trace.weights.at(at))),
                        numeric::randomBits(5, m, kColumn, k, numeric::RandomStage::Product),
                        events);
            }
            std::int64_t word = 0;
            sum.storeOpen({&word, 1});
            const auto& trace = traces.at((outputs ? 1 : 3) * 4 + kColumn);
            EXPECT_EQ(trace.sums.at(step), std::bit_cast<std::uint64_t>(word)) << step;
        }
    }
}

/// Two groups of two taps in a 5 x 4 array, one column to the right.
TEST(TracesOfGroupsSideBySide, LieOnTheDiagonalAndBeginWithZero) {
    const ArrayConfig array{.rows = 5, .columns = 4, .depthwisePacking = true};
    Program program;
    program.layerNames = {"depthwise"};
    program.dramBytes = program.activationBytes = program.weightBytes = 16;
    program.accumulatorRows = 4;
    Stream stream;
    stream.window.width = 4;
    stream.window.channels = 2;
    stream.window.axes.x.kernel = stream.reduction = 2;
    stream.window.outputWidth = stream.outputs = 3;
    stream.groupCount = 2;
    stream.columnBegin = 1;
    program.commands = {{stream, {}, 0}};
    MachineState state(machineWith(int8Datapath(), array, kEverything));
    state.reset(program);
    for (std::uint8_t i = 0; i < 16; ++i) state.dram()[i] = static_cast<std::uint8_t>(i + 1);
    state.startSampling(program);
    state.execute(TransferCommand{.box = {.runBytes = 16}});
    state.execute(TransferCommand{.box = {.runBytes = 16}, .scratchpad = Scratchpad::Weight});
    state.execute(stream);
    const auto traces = state.takeSamples().at(0).traces;
    ASSERT_EQ(traces.size(), 4U);
    for (std::uint32_t i = 0; i < 4; ++i) {
        EXPECT_EQ(traces[i].row, i);
        EXPECT_EQ(traces[i].column, 1 + i / 2);
    }
    using Codes = std::vector<std::uint16_t>;
    EXPECT_EQ(traces[2].activations, (Codes{2, 4, 6}));  // group 1, first tap
    EXPECT_EQ(traces[3].activations, (Codes{4, 6, 8}));
    EXPECT_EQ(traces[3].weights, (Codes{4, 4, 4}));
    EXPECT_EQ(traces[2].sums, (std::vector<std::uint64_t>{0, 0, 0}));
    EXPECT_EQ(traces[3].sums, (std::vector<std::uint64_t>{3 * 2, 3 * 4, 3 * 6}));
}

TEST(MachineSamples, ComeWithAReplayThatComputesValuesIfAskedFor) {
    MachineConfig machine = arrayOnly(4, 4);
    const auto plain = buildAccelerator(machine);
    machine.operandSampling = kEverything;
    const auto sampled = buildAccelerator(machine);
    const Program program = gemmTwice(machine.array);
    plain->load(program);
    sampled->load(program);
    EXPECT_TRUE(plain->replayTimed().layers.at(0).operands.traces.empty());
    EXPECT_TRUE(sampled->replayTimed(false).layers.at(0).operands.traces.empty());
    const RunRecord record = sampled->replayTimed();
    EXPECT_EQ(record.layers.at(0).operands.traces.size(), 16U);
    EXPECT_EQ(record.layers.at(0).operands.folds, program.commands.size() / 2);
    EXPECT_TRUE(record.layers.at(1).operands.traces.empty());
    std::size_t steps = 0;
    for (const cost::OperandTrace& trace : record.layers.at(2).operands.traces) {
        steps += trace.steps();
    }
    EXPECT_EQ(steps, record.layers.at(2).counters.macs);
}

}  // namespace
}  // namespace systole::arch
