// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/graph_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/check.hpp"
#include "sim/graph/float_reference.hpp"
#include "sim/graph/works.hpp"

namespace systole::graph {
namespace {

using testing::ElementsAre;

/// Work that adds nothing: the output is the input.
TensorId addCopy(GraphBuilder& builder, TensorId input, const std::string& name) {
    const Tensor from = builder[input];
    const TensorId output = builder.tensor(name, from.shape, from.order);
    builder.add({.name = name,
                 .kind = "copy",
                 .work = elementwise({&builder[input]}, builder[output], identityProgram()),
                 .inputs = {input},
                 .output = output});
    return output;
}

TEST(GraphBuilderTest, NamesBecomeUnique) {
    GraphBuilder builder("g");
    const TensorId x = builder.input("a", {2}, {0});
    const TensorId y = addCopy(builder, x, "a");
    builder.setOutput(addCopy(builder, y, "a"));
    const Graph graph = builder.take();
    EXPECT_EQ(graph.tensors[1].name, "a_2");
    EXPECT_EQ(graph.tensors[2].name, "a_3");
    EXPECT_EQ(graph.nodes[1].name, "a_2");
}

TEST(GraphBuilderTest, AReshapeOfAnImageMovesItIntoNaturalOrder) {
    GraphBuilder builder("g");
    const TensorId x = builder.input("x", {1, 2, 1, 3}, channelsLast(4));
    builder.setOutput(builder.reshaped(x, "row", {6}));
    const Graph graph = builder.take();
    ASSERT_EQ(graph.nodes.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<MoveWork>(graph.nodes[0].work));
    const std::vector<float> image{1, 10, 2, 20, 3, 30};
    EXPECT_THAT(runFloat(graph, image).tensors[graph.output], ElementsAre(1, 2, 3, 10, 20, 30));
}

TEST(GraphBuilderTest, AxesOfOneElementComeAndGoInPlace) {
    GraphBuilder builder("g");
    const TensorId x = builder.input("x", {1, 2, 4, 3}, channelsLast(4));
    const TensorId view = builder.reshaped(x, "view", {2, 1, 4, 3, 1});
    EXPECT_TRUE(builder.graph().nodes.empty());
    EXPECT_EQ(builder[view].viewOf, x);
    // Rows, columns, channels, as the image lies.
    EXPECT_THAT(builder[view].strides(), ElementsAre(1, 24, 6, 2, 24));
}

TEST(GraphBuilderTest, PruningKeepsWhatTheOutputNeeds) {
    GraphBuilder builder("g");
    const TensorId x = builder.input("x", {2, 3}, naturalOrder(2));
    const TensorId unused = addCopy(builder, x, "unused");
    addCopy(builder, unused, "behind it");
    const TensorId y = addCopy(builder, builder.reshaped(x, "view", {3, 2}), "y");
    builder.reshaped(unused, "view of it", {6});
    builder.setOutput(builder.reshaped(y, "row", {6}));
    const Graph graph = pruned(builder.take());
    std::vector<std::string> names;
    for (const Tensor& tensor : graph.tensors) names.push_back(tensor.name);
    EXPECT_THAT(names, ElementsAre("x", "view", "y", "row"));
    EXPECT_EQ(graph.nodes.size(), 1U);
    EXPECT_EQ(graph.rootOf(graph.output), 2U);
    checkGraph(graph);
}

TEST(GraphBuilderTest, WindowsGoOverLines) {
    GraphBuilder builder("g");
    const TensorId x = builder.input("x", {1, 2, 3}, channelsLast(3));
    const TensorId y = builder.tensor("y", {1, 2, 2}, channelsLast(3));
    const arch::Window window{.y = {}, .x = {.kernel = 2}};
    const numeric::VectorProgram largest = [] {
        numeric::VectorProgram program;
        program.add(numeric::LoadStep{0});
        program.add(numeric::ReduceStep{numeric::ReduceStep::Kind::Maximum, 0});
        program.add(numeric::StoreStep{1, 1});
        return program;
    }();
    builder.add({.name = "pool",
                 .kind = "pooling",
                 .work = windowed(window, builder[y], largest),
                 .inputs = {x},
                 .output = y});
    builder.setOutput(y);
    const Graph graph = builder.take();
    const std::vector<float> line{1, 30, 2, 20, 3, 10};
    EXPECT_THAT(runFloat(graph, line).tensors[graph.output], ElementsAre(2, 30, 3, 20));
}

TEST(GraphBuilderTest, AnOutputThatIsNotWrittenWholeIsADefect) {
    GraphBuilder builder("g");
    const TensorId x = builder.input("x", {2}, {0});
    const TensorId y = builder.tensor("y", {3}, {0});
    builder.add({.name = "move",
                 .kind = "move",
                 .work = MoveWork{{boxCopy(0, builder[x], {1})}},
                 .inputs = {x},
                 .output = y});
    builder.setOutput(y);
    EXPECT_THROW(builder.take(), InvariantError);
}

}  // namespace
}  // namespace systole::graph
