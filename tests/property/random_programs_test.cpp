// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "arch/fold/fold.hpp"
#include "random_machine.hpp"
#include "random_network.hpp"
#include "replay.hpp"
#include "sim/graph/exact_reference.hpp"

namespace systole::sim {
namespace {

constexpr std::uint64_t kPairs = 40;

/// One random network on one random machine.
struct Pair {
    std::uint64_t seed;
    RandomNetwork network;
    std::vector<numeric::Code> input;
    TightFit fit;
    std::unique_ptr<arch::Accelerator> accelerator;
};

Pair makePair(std::uint64_t seed) {
    RandomNetwork network = randomNetwork(seed);
    std::vector<numeric::Code> input = randomInput(network.graph, seed);
    TightFit fit = fitTightly(network.graph, network.scheme, seed);
    auto accelerator = buildAccelerator(fit.machine);
    return {seed, std::move(network), std::move(input), std::move(fit), std::move(accelerator)};
}

/// Outputs that element i of an axis is scattered to, over all elements and taps.
std::uint64_t scattered(const arch::WindowAxis& axis, std::uint32_t input) {
    std::uint64_t outputs = 0;
    for (std::int64_t i = 0; i < input; ++i) {
        for (std::int64_t k = 0; k < axis.kernel; ++k) {
            const std::int64_t output = i * axis.upsample + axis.padBefore - k * axis.dilation;
            outputs += output >= 0 && output < axis.positions(input) ? 1 : 0;
        }
    }
    return outputs;
}

std::uint64_t macsOf(const graph::Graph& graph, const graph::Node& node,
                     const graph::MatrixWork& work) {
    const graph::MatrixExtents extents = extentsOf(graph, node, work);
    const arch::Window& window = work.window;
    const std::uint64_t positions =
        work.transposed
            ? scattered(window.y, extents.inputHeight) * scattered(window.x, extents.inputWidth)
            : std::uint64_t{extents.outputHeight} * extents.outputWidth * window.taps();
    return extents.batches * positions * (extents.inputChannels / work.groups) *
           extents.outputChannels;
}

std::uint64_t macsOf(const graph::Graph& graph) {
    std::uint64_t macs = 0;
    for (const graph::Node& node : graph.nodes) {
        if (const auto* work = std::get_if<graph::MatrixWork>(&node.work)) {
            macs += macsOf(graph, node, *work);
        }
    }
    return macs;
}

void expectTensors(Pair& pair, const std::vector<std::vector<numeric::Code>>& expected,
                   const char* replay) {
    const std::vector<graph::Tensor>& tensors = pair.network.graph.tensors;
    for (graph::TensorId tensor = 0; tensor < tensors.size(); ++tensor) {
        if (tensors[tensor].origin != graph::Origin::Constant &&
            pair.fit.lowered.tensors[tensor].address) {
            ASSERT_EQ(readTensor(*pair.accelerator, pair.fit.lowered, tensor), expected[tensor])
                << replay << ", tensor " << tensors[tensor].name;
        }
    }
}

void checkPair(Pair& pair) {
    const auto expected =
        runExact(pair.network.graph, pair.input, arch::foldReduction(pair.fit.machine.array));
    const LoweredNetwork& lowered = pair.fit.lowered;
    const graph::TensorId input = pair.network.graph.input;

    loadNetwork(*pair.accelerator, lowered, input, pair.input);
    const arch::RunRecord record = pair.accelerator->replayTimed();
    ASSERT_NO_FATAL_FAILURE(expectTensors(pair, expected, "timed"));
    expectConservation(record);
    EXPECT_EQ(record.counters.macs, macsOf(pair.network.graph));

    loadNetwork(*pair.accelerator, lowered, input, pair.input);
    pair.accelerator->replayValues();
    ASSERT_NO_FATAL_FAILURE(expectTensors(pair, expected, "untimed"));

    const arch::RunRecord again = pair.accelerator->replayTimed(false);
    EXPECT_EQ(again.cycles, record.cycles) << "timing must not depend on values or on history";
    EXPECT_EQ(again.states, record.states);
    ASSERT_NO_FATAL_FAILURE(expectTensors(pair, expected, "after timing alone"));

    const LoweredNetwork written = lower(pair.network.graph, pair.fit.machine, {.values = false});
    pair.accelerator->load(written.program);
    const arch::RunRecord timed = pair.accelerator->replayTimed(false);
    EXPECT_EQ(timed.cycles, record.cycles) << "a program written while it runs is the listed one";
    EXPECT_EQ(timed.states, record.states);
    EXPECT_EQ(timed.dramBytes, record.dramBytes);
}

class RandomPrograms : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomPrograms, LeaveTheTensorsOfTheReferenceInDramTimedAndUntimed) {
    std::vector<Pair> pairs;
    std::uint32_t refusals = 0;
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        const std::uint64_t seed = GetParam() * kPairs + i;
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        ASSERT_NO_THROW(pairs.push_back(makePair(seed)));
        refusals += pairs.back().fit.refusals;
    }
    RecordProperty("machines_refused", static_cast<int>(refusals));
    EXPECT_GT(refusals, 0U) << "no machine was too small: the tilings are not tight";
    for (Pair& pair : pairs) {
        SCOPED_TRACE(testing::Message() << "seed " << pair.seed << ", " << pair.network.graph.name);
        ASSERT_NO_FATAL_FAILURE(checkPair(pair));
    }
}

/// Memories that hold whole layers: each output's products are then summed in one go, fold by fold.
Pair makeRoomyPair(std::uint64_t seed) {
    RandomNetwork network = randomNetwork(seed, Additions::Ordered);
    std::vector<numeric::Code> input = randomInput(network.graph, seed);
    TightFit fit{randomMachine(network.scheme, seed), {}, 0};
    fit.machine.activationScratchpad.capacityBytes = std::nullopt;
    fit.machine.weightScratchpad.capacityBytes = std::nullopt;
    fit.machine.accumulatorBuffer.rows = std::nullopt;
    fit.lowered = lower(network.graph, fit.machine);
    auto accelerator = buildAccelerator(fit.machine);
    return {seed, std::move(network), std::move(input), std::move(fit), std::move(accelerator)};
}

class OrderedPrograms : public testing::TestWithParam<std::uint64_t> {};

TEST_P(OrderedPrograms, AddInTheOrderOfTheArrayWhereTheOrderMatters) {
    constexpr std::uint64_t kRoomyPairs = 10;
    std::vector<Pair> pairs;
    for (std::uint64_t i = 0; i < kRoomyPairs; ++i) {
        ASSERT_NO_THROW(pairs.push_back(makeRoomyPair(GetParam() * kRoomyPairs + i)));
    }
    for (Pair& pair : pairs) {
        SCOPED_TRACE(testing::Message() << "seed " << pair.seed << ", " << pair.network.graph.name
                                        << ", " << pair.network.scheme.name);
        ASSERT_NO_FATAL_FAILURE(checkPair(pair));
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, OrderedPrograms, testing::Range<std::uint64_t>(0, 6));

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPrograms, testing::Range<std::uint64_t>(0, 20));

}  // namespace
}  // namespace systole::sim
