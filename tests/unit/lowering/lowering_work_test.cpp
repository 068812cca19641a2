// SPDX-License-Identifier: Apache-2.0
// What the three kinds of work become: commands, their operands and what they load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "sim/base/config_error.hpp"
#include "sim/graph/image_batch.hpp"
#include "sim/lowering/vector_commands.hpp"
#include "tests/unit/lowering/lowering_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// a[2, 3, 8] times b[2, 8, 4], or times b[2, 4, 8] turned round.
graph::Graph productOfTensors(bool turned) {
    graph::GraphBuilder builder("product");
    const auto a = builder.input("a", {2, 3, 8}, graph::naturalOrder(3));
    const graph::Extents right = turned ? graph::Extents{2, 4, 8} : graph::Extents{2, 8, 4};
    const auto b = builder.tensor("b", right, graph::naturalOrder(3));
    builder.graph().tensors[b].origin = graph::Origin::Input;
    const auto y = builder.tensor("y", {2, 3, 4}, graph::naturalOrder(3));
    graph::MatrixWork work;
    work.image = work.result = {.batch = {0}, .y = {1}, .x = {}, .channel = {2}};
    work.weights = turned ? graph::WeightAxes{.batch = {0}, .channel = {2}, .output = {1}}
                          : graph::WeightAxes{.batch = {0}, .channel = {1}, .output = {2}};
    work.epilogue = graph::identityProgram();
    addNode(builder, std::move(work), {a, b}, y);
    return quantized(builder, y);
}

TEST(LoweredMatrixWork, LoadsWeightsThatAreATensorBatchByBatch) {
    const graph::Graph graph = productOfTensors(false);
    const LoweredNetwork lowered = lower(graph, arrayOnly(8, 8));
    const auto loads = weightLoadsOf(lowered.program);
    ASSERT_THAT(loads, SizeIs(4)) << "weights and records of two batches";
    const std::uint64_t b = lowered.tensors[1].address.value();
    EXPECT_EQ(loads[0].box, (arch::DramBox{.address = b, .runBytes = 32}));
    EXPECT_EQ(loads[2].box, (arch::DramBox{.address = b + 32, .runBytes = 32}));
    EXPECT_EQ(loads[1].box, loads[3].box) << "all batches have the same records";
    EXPECT_EQ(loads[1].address, loads[0].address + 32);
    EXPECT_EQ(lowered.layers[0].macs, 2U * 3 * 8 * 4);
    EXPECT_EQ(lowered.layers[0].mapping->batches, 2U);
}

TEST(LoweredMatrixWork, GathersWeightsWhoseReductionLiesAlongMemory) {
    const LoweredNetwork lowered = lower(productOfTensors(true), arrayOnly(8, 8));
    const auto loads = weightLoadsOf(lowered.program);
    ASSERT_THAT(loads, SizeIs(4));
    EXPECT_EQ(loads[0].box.runBytes, 1U);
    EXPECT_THAT(loads[0].box.counts, ElementsAre(8, 4)) << "reduction, then outputs";
    EXPECT_THAT(loads[0].box.strides, ElementsAre(1, 8));
}

TEST(LoweredMatrixWork, LoadsConstantWeightsOnceForAllBatches) {
    const LoweredNetwork lowered =
        lower(convolutionOf({3, 4, 5, 5}, square({.kernel = 3}), 1, 8), arrayOnly(36, 8));
    EXPECT_THAT(weightLoadsOf(lowered.program), SizeIs(1));
    EXPECT_THAT(transfersOf(lowered.program, arch::Direction::Store), SizeIs(3));
    EXPECT_EQ(lowered.layers[0].mapping->folds, 3U);
}

TEST(LoweredMatrixWork, TakesTheImagesOfAFullyConnectedLayerForRows) {
    const graph::Graph one = convolutionOf({1, 16, 1, 1}, {}, 1, 8);
    const LoweredNetwork lowered = lower(graph::withImages(one, 4), arrayOnly(16, 8));
    EXPECT_THAT(weightLoadsOf(lowered.program), SizeIs(1));
    const auto streams = operationsOf<arch::Stream>(lowered.program);
    ASSERT_THAT(streams, SizeIs(1)) << "the array shifts its weights in once";
    EXPECT_EQ(streams[0].outputs, 4U);
    EXPECT_EQ(lowered.layers[0].mapping->m(), 4U);
    EXPECT_EQ(lowered.layers[0].macs, 4U * 16 * 8);
}

TEST(LoweredMatrixWork, TakesTheImagesOfAConvolutionOneAfterAnother) {
    const graph::Graph one = convolutionOf({1, 4, 5, 5}, square({.kernel = 3}), 1, 8);
    const LoweredNetwork lowered = lower(graph::withImages(one, 3), arrayOnly(36, 8));
    EXPECT_THAT(weightLoadsOf(lowered.program), SizeIs(1));
    EXPECT_THAT(transfersOf(lowered.program, arch::Direction::Load, arch::Scratchpad::Activation),
                SizeIs(3));
    EXPECT_EQ(lowered.layers[0].mapping->shape.images, 3U);
    EXPECT_EQ(lowered.tensors[one.input].elements, 3U * 4 * 5 * 5);
}

TEST(LoweredMatrixWork, LoadsTheWeightsOfEveryImageWhereTheyAreATensor) {
    const graph::Graph graph = graph::withImages(productOfTensors(false), 2);
    const LoweredNetwork lowered = lower(graph, arrayOnly(8, 8));
    EXPECT_EQ(lowered.layers[0].mapping->batches, 4U);
    const auto loads = weightLoadsOf(lowered.program);
    ASSERT_THAT(loads, SizeIs(8)) << "weights and records, of two batches of two images";
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(loads[2 * i].box.address, lowered.tensors[1].address.value() + 32 * i);
    }
}

TEST(LoweredMatrixWork, NamesTheTensorOfAFormatThatTheArrayDoesNotHave) {
    graph::Graph graph = convolutionOf({1, 4, 5, 5}, {}, 1, 8);
    graph.tensors[0].quantizer->format = formatOf("e4m3");
    try {
        lower(graph, arrayOnly(8, 8));
        FAIL() << "int8 multiplies e4m3";
    } catch (const ConfigError& error) {
        EXPECT_THAT(
            error.what(),
            HasSubstr("'layer' of 'one layer' multiplies e4m3 by int8, expected int8 by int8"));
    }
}

numeric::VectorProgram product() {
    graph::ProgramWriter writer;
    const auto x = writer.load();
    return writer.stored(writer.apply("multiply", x, writer.load()));
}

TEST(LoweredVectorWork, LoadsABroadcastConstantOnceInBinary32) {
    arch::MachineConfig machine = arrayOnly(4, 4);
    // Twice 4 rows of 16 bytes in and out, and twice 16 values of 4 bytes.
    machine.activationScratchpad = {384, kFree, 16};
    const LoweredNetwork lowered =
        lower(elementsOf({{1, 16, 8, 1}, {16, 1, 1}}, product()), machine);
    const auto loads = transfersOf(lowered.program, arch::Direction::Load);
    ASSERT_THAT(loads, SizeIs(3));
    EXPECT_EQ(loads[1].type, arch::kFirstListedType);
    EXPECT_EQ(loads[1].box.runBytes, 64U);
    EXPECT_EQ(loads[2].type, arch::kActivationType);
    const auto commands = operationsOf<arch::VectorCommand>(lowered.program);
    ASSERT_THAT(commands, SizeIs(2));
    EXPECT_THAT(commands[0].space.extents, ElementsAre(4, 16)) << "rows and columns are one axis";
    EXPECT_THAT(commands[0].operands[1].view.strides, ElementsAre(0, 4));
    ASSERT_THAT(lowered.program.types, SizeIs(1));
    EXPECT_FALSE(lowered.program.types[0].format.has_value());
}

TEST(LoweredVectorWork, KeepsReducedAxesWhole) {
    graph::GraphBuilder builder("softmax");
    const auto x = builder.input("x", {6, 40}, graph::naturalOrder(2));
    const auto y = builder.tensor("y", {6, 40}, graph::naturalOrder(2));
    graph::ProgramWriter writer;
    const auto e = writer.apply("exponential", writer.load());
    numeric::VectorProgram program =
        writer.stored(writer.apply("divide", e, writer.reduce(numeric::ReduceStep::Kind::Sum, e)));
    addNode(builder, graph::reducing({&builder[x]}, builder[y], {1}, std::move(program)), {x}, y);
    const graph::Graph graph = quantized(builder, y);
    arch::MachineConfig machine = arrayOnly(4, 4);
    machine.activationScratchpad = {200, kFree, 1};
    const auto commands = operationsOf<arch::VectorCommand>(lower(graph, machine).program);
    ASSERT_THAT(commands, SizeIs(6));
    EXPECT_THAT(commands[0].space.extents, ElementsAre(40));
    machine.activationScratchpad.capacityBytes = 159;
    EXPECT_THROW(lower(graph, machine), ConfigError) << "a row in and out, twice, is 160 bytes";
}

TEST(MergedAxes, AreThoseThatAllOperandsHaveOneAfterAnother) {
    const auto merged = [](std::vector<std::uint32_t> extents, std::vector<bool> reduced,
                           const std::vector<std::vector<std::int64_t>>& strides) {
        arch::VectorCommand command{
            .program = nullptr, .space = {std::move(extents), std::move(reduced)}, .operands = {}};
        for (const auto& each : strides) command.operands.push_back({.view = {0, each, {}}});
        mergeAxes(command);
        return command.space.extents;
    };
    EXPECT_THAT(merged({2, 3, 4}, {false, false, false}, {{12, 4, 1}, {12, 4, 1}}),
                ElementsAre(24));
    EXPECT_THAT(merged({2, 3, 4}, {false, false, false}, {{12, 4, 1}, {0, 4, 1}}),
                ElementsAre(2, 12));
    EXPECT_THAT(merged({2, 3, 4}, {false, true, false}, {{12, 4, 1}}), ElementsAre(2, 3, 4));
    EXPECT_THAT(merged({2, 1, 4}, {false, false, true}, {{4, 9, 1}}), ElementsAre(2, 4));
    EXPECT_THAT(merged({5, 1}, {false, false}, {{1, 7}}), ElementsAre(5, 1)) << "lanes lie there";
}

/// A copy of x[extents] whose coordinate along one axis comes from a table.
graph::Graph tableOf(const graph::Extents& extents, std::size_t axis,
                     const std::vector<std::uint32_t>& table) {
    graph::GraphBuilder builder("table");
    const auto x = builder.input("x", extents, graph::naturalOrder(extents.size()));
    graph::Copy copy = graph::boxCopy(0, builder[x], graph::Extents(extents.size(), 0));
    copy.space[axis] = static_cast<std::uint32_t>(table.size());
    copy.source.axes[axis].table = table;
    const auto y = builder.tensor("y", copy.space, graph::naturalOrder(extents.size()));
    addNode(builder, graph::MoveWork{{copy}}, {x}, y);
    return quantized(builder, y);
}

TEST(LoweredMoves, LoadOnceWhatStandsInATableSeveralTimes) {
    const LoweredNetwork lowered = lower(tableOf({3, 4}, 0, {0, 0, 1, 1, 2, 2}), arrayOnly(4, 4));
    const auto loads = transfersOf(lowered.program, arch::Direction::Load);
    ASSERT_THAT(loads, SizeIs(1));
    EXPECT_EQ(loads[0].box.runBytes, 12U);
    const auto stores = transfersOf(lowered.program, arch::Direction::Store);
    ASSERT_THAT(stores, SizeIs(2)) << "even rows, odd rows";
    EXPECT_EQ(stores[0].box.counts[0], 3U);
    EXPECT_EQ(stores[0].box.strides[0], 8U);
    EXPECT_EQ(stores[1].box.address, stores[0].box.address + 4);
}

TEST(LoweredMoves, TakeNeighboursOfATableTogether) {
    const LoweredNetwork lowered = lower(tableOf({9, 4}, 0, {5, 6, 7, 1, 3}), arrayOnly(4, 4));
    std::vector<std::uint64_t> bytes;
    for (const auto& load : transfersOf(lowered.program, arch::Direction::Load)) {
        bytes.push_back(load.box.bytes());
    }
    EXPECT_THAT(bytes, ElementsAre(12, 8)) << "5 6 7, and 1 3 in a step of two";
}

TEST(LoweredMoves, AreCutToFitTwice) {
    arch::MachineConfig machine = arrayOnly(4, 4);
    machine.activationScratchpad = {32, kFree, 4};
    const LoweredNetwork lowered = lower(tableOf({8, 4}, 0, {0, 1, 2, 3, 4, 5, 6, 7}), machine);
    std::vector<std::uint32_t> destinations;
    for (const auto& load : transfersOf(lowered.program, arch::Direction::Load)) {
        EXPECT_EQ(load.box.runBytes, 16U);
        destinations.push_back(load.address);
    }
    EXPECT_THAT(destinations, ElementsAre(0, 16));
    machine.activationScratchpad.capacityBytes = 4;
    EXPECT_THROW(lower(tableOf({1, 1}, 0, {0}), machine), ConfigError);
}

TEST(Fusion, IsOfElementsThatAloneReadTheMatrixWork) {
    graph::GraphBuilder builder("residual");
    const auto x = builder.input("x", {1, 4, 5, 5}, graph::channelsLast(4));
    const auto w = builder.constant("w", {4, 1, 1, 4}, {});
    const auto inner = builder.tensor("inner", {1, 4, 5, 5}, graph::channelsLast(4));
    const auto y = builder.tensor("y", {1, 4, 5, 5}, graph::channelsLast(4));
    graph::MatrixWork work;
    work.image = work.result = graph::imageAxes(4);
    work.epilogue = graph::identityProgram();
    addNode(builder, std::move(work), {x, w}, inner);
    graph::VectorWork sum =
        graph::elementwise({&builder[x], &builder[inner]}, builder[y], product());
    addNode(builder, std::move(sum), {x, inner}, y);
    graph::Graph graph = quantized(builder, y);
    EXPECT_EQ(findFusions(graph).at(0), 1U);
    const LoweredNetwork lowered = lower(graph, arrayOnly(4, 4));
    EXPECT_THAT(lowered.layers, SizeIs(1));
    EXPECT_EQ(lowered.layers[0].name, "layer + layer_2");
    EXPECT_FALSE(lowered.tensors[inner].address) << "it never reaches the DRAM";
    graph.output = inner;  // now somebody else reads it
    EXPECT_FALSE(findFusions(graph).at(0).has_value());
}

}  // namespace
}  // namespace systole::sim
