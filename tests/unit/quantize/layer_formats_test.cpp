// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

WorkFormats formats(const std::string& activation, const std::string& weight,
                    const std::string& accumulator = "int32") {
    return {*numeric::formatNamed(activation), *numeric::formatNamed(weight),
            *numeric::parseAccumulator(accumulator)};
}

const std::string& formatOf(const graph::Graph& graph, graph::TensorId tensor) {
    return numeric::nameOf(graph.quantizerOf(tensor).value().format);
}

graph::TensorId pointwise(NetworkBuilder& network, graph::TensorId input) {
    return network.convolve(input, {0.5F}, {0.0F});
}

TEST(FormatsOfLayers, AreThoseOfTheFirstEntryThatNamesThem) {
    Scheme scheme = int8Scheme();
    scheme.layers = {{"stage*.conv1", formats("int4", "int4"), ""},
                     {"*conv*", formats("int6", "int6"), ""}};
    EXPECT_EQ(numeric::nameOf(scheme.formatsOf("stage2.conv1").weight), "int4");
    EXPECT_EQ(numeric::nameOf(scheme.formatsOf("stage2.conv2").weight), "int6");
    EXPECT_EQ(numeric::nameOf(scheme.formatsOf("fc").weight), "int8");
    EXPECT_EQ(numeric::nameOf(scheme.formatsOf("conv").weight), "int6");
}

/// int8 -> int4 -> int4: the array's sums become codes of whoever reads them.
TEST(FormatsOfLayers, AreThoseOfTheTensorsThatTheyRead) {
    NetworkBuilder network;
    const auto first = pointwise(network, 0);
    const auto second = pointwise(network, first);
    Scheme scheme = int8Scheme();
    scheme.layers = {{"op_2", formats("int4", "int6", "int16"), ""}};
    const graph::Graph float32 = network.take(second);
    const graph::Graph graph = quantize(float32, scheme, magnitudes(float32, 7.0F));
    ASSERT_EQ(graph.nodes.size(), 2U);
    EXPECT_EQ(formatOf(graph, graph.input), "int8");
    EXPECT_EQ(formatOf(graph, graph.nodes[0].inputs[1]), "int8");
    EXPECT_EQ(formatOf(graph, first), "int4");
    EXPECT_EQ(graph.quantizerOf(first)->scale(), 1.0F);  // 7 / 7
    EXPECT_EQ(formatOf(graph, graph.nodes[1].inputs[1]), "int6");
    EXPECT_EQ(formatOf(graph, second), "int4") << "nobody reads it: its writer's activations";
    const auto& work = std::get<graph::MatrixWork>(graph.nodes[1].work);
    EXPECT_EQ(graph.accumulatorOf(work).name, "int16");
    EXPECT_EQ(graph.accumulatorOf(std::get<graph::MatrixWork>(graph.nodes[0].work)).name, "int32");
}

TEST(FormatsOfLayers, AreConvertedWhereReadersDiffer) {
    NetworkBuilder network;
    const auto first = pointwise(network, 0);
    const auto pooled = network.maximum(first);
    const auto wide = pointwise(network, pooled);
    const auto narrow = pointwise(network, first);
    const auto another = pointwise(network, first);
    const auto output = network.sum(network.sum(wide, narrow), another);
    Scheme scheme = int8Scheme();
    scheme.layers = {{"op_4", formats("int4", "int4"), ""}, {"op_5", formats("int4", "int4"), ""}};
    const graph::Graph float32 = network.take(output);
    const graph::Graph graph = quantize(float32, scheme, magnitudes(float32, 14.0F));
    EXPECT_EQ(formatOf(graph, first), "int8") << "the widest, as the pooling shares its scale";
    EXPECT_EQ(formatOf(graph, pooled), "int8");
    std::size_t conversions = 0;
    for (const graph::Node& node : graph.nodes) {
        if (node.kind != "conversion") continue;
        ++conversions;
        EXPECT_EQ(node.inputs, std::vector{first});
        EXPECT_EQ(formatOf(graph, node.output), "int4");
        EXPECT_EQ(graph.quantizerOf(node.output)->scale(), 2.0F);  // 14 / 7
        EXPECT_EQ(graph.tensors[node.output].name, graph.tensors[first].name + "/int4");
    }
    EXPECT_EQ(conversions, 1U) << "both readers share it";
}

TEST(FormatsOfLayers, AreAnErrorWhereNoLayerHasTheName) {
    const graph::Graph float32 = pointwiseNetwork({0.5F}, {0.0F});
    Scheme scheme = int8Scheme();
    scheme.layers = {
        {"op*", formats("int4", "int4"), "a"},
        {"convolution", formats("int4", "int4"), "scheme.yaml:7:3: layers.convolution"}};
    try {
        quantize(float32, scheme, magnitudes(float32, 1.0F));
        FAIL() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(),
                     "scheme.yaml:7:3: layers.convolution: 'tiny' has no layer 'convolution' for "
                     "the array, expected a name, or a pattern with *, of 'op'");
    }
}

}  // namespace
}  // namespace systole::sim
