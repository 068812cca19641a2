// SPDX-License-Identifier: Apache-2.0
// What each ONNX operator becomes, and that the result computes what ONNX defines. The expected
// numbers are worked out by hand; tensors here are channels last, ONNX's are channels first.
#include <fmt/ranges.h>

#include "sim/graph/float_reference.hpp"
#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/imported_graph.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using Values = std::vector<float>;

class OnnxOperatorTest : public WorkloadFileTest {
protected:
    graph::Graph load(const OnnxTestModel& model) const {
        return importOnnx(model.save(path("m.onnx")));
    }

    Values run(const OnnxTestModel& model, const Values& image) const {
        const graph::Graph network = load(model);
        return graph::runFloat(network, image).tensors[network.output];
    }

    /// The kinds of its nodes, and the shape of its output.
    static std::string signature(const graph::Graph& network) {
        std::string text;
        for (const graph::Node& node : network.nodes) text += node.kind + ' ';
        return text + fmt::format("[{}]", fmt::join(outputOf(network).shape, " "));
    }
};

const Values kCount9{1, 2, 3, 4, 5, 6, 7, 8, 9};

TEST_F(OnnxOperatorTest, ConvOrdersItsWeightsChannelsLast) {
    OnnxTestModel model({1, 2, 2, 2});
    model.weights("w", {1, 2, 2, 2}, {1, 2, 3, 4, 10, 20, 30, 40});
    model.node("Conv", {"x", "w"}, "y");
    const graph::Graph network = load(model);
    EXPECT_THAT(weightsOf(network), ElementsAre(1, 10, 2, 20, 3, 30, 4, 40));
    EXPECT_THAT(matrixWork(network).bias, ElementsAre(0));
    // One in channel 0 of pixel (0, 1), one in channel 1 of pixel (1, 0).
    EXPECT_THAT(run(model, {0, 0, 1, 0, 0, 1, 0, 0}), ElementsAre(2 + 30));
}

TEST_F(OnnxOperatorTest, ConvStridesAndPadsEachSideByItself) {
    OnnxTestModel model({1, 1, 3, 3});
    model.weights("w", {1, 1, 2, 2}, {1, 10, 100, 1000}).weights("b", {1}, {0.5F});
    model.node("Conv", {"x", "w", "b"}, "y").integers("strides", {2, 1});
    model.integers("pads", {1, 0, 0, 1}).integers("kernel_shape", {2, 2});
    const graph::Graph network = load(model);
    EXPECT_EQ(outputOf(network).shape, (graph::Extents{1, 1, 2, 3}));
    EXPECT_THAT(run(model, kCount9), ElementsAre(2100.5F, 3200.5F, 300.5F,  // window rows -1 and 0
                                                 8754.5F, 9865.5F, 906.5F));
}

TEST_F(OnnxOperatorTest, ConvDilates) {
    OnnxTestModel model({1, 1, 3, 3});
    model.weights("w", {1, 1, 2, 2}, {1, 10, 100, 1000});
    model.node("Conv", {"x", "w"}, "y").integers("dilations", {2, 2});
    EXPECT_THAT(run(model, kCount9), ElementsAre(1 + 30 + 700 + 9000));
}

TEST_F(OnnxOperatorTest, ConvGroupsReadTheirOwnChannels) {
    OnnxTestModel model({1, 4, 1, 1});
    model.weights("w", {2, 2, 1, 1}, {1, 10, 100, 1000});
    model.node("Conv", {"x", "w"}, "y").integer("group", 2);
    EXPECT_THAT(run(model, {1, 2, 3, 4}), ElementsAre(21, 4300));
}

TEST_F(OnnxOperatorTest, AutoPadPutsAnOddPadWhereItsNameSays) {
    for (const auto& [name, top, bottom] :
         {std::tuple{"SAME_UPPER", 0, 1}, std::tuple{"SAME_LOWER", 1, 0},
          std::tuple{"VALID", 0, 0}}) {
        OnnxTestModel model({1, 1, 4, 3});
        model.weights("w", {1, 1, 3, 3}, Values(9, 1));
        model.node("Conv", {"x", "w"}, "y").text("auto_pad", name).integers("strides", {2, 1});
        const graph::Graph network = load(model);
        const arch::Window& window = matrixWork(network).window;
        EXPECT_EQ(window.y.padBefore, top) << name;
        EXPECT_EQ(window.y.padAfter, bottom) << name;
        EXPECT_EQ(window.x.padBefore, top + bottom) << name;  // an even pad of 2, or none
        EXPECT_EQ(window.x.padAfter, top + bottom) << name;
    }
}

TEST_F(OnnxOperatorTest, AutoPadCountsTheReachOfADilatedKernel) {
    OnnxTestModel model({1, 1, 5, 5});
    model.weights("w", {1, 1, 3, 3}, Values(9, 1));
    model.node("Conv", {"x", "w"}, "y")
        .text("auto_pad", "SAME_UPPER")
        .integers("dilations", {2, 2});
    const graph::Graph network = load(model);
    EXPECT_EQ(matrixWork(network).window.y.padBefore, 2);
    EXPECT_EQ(outputOf(network).shape, (graph::Extents{1, 1, 5, 5}));
}

/// scale 3, shift 1, mean 2, variance 3 with epsilon 1: (x - 2) / 2 * 3 + 1.
OnnxTestModel& addNormalization(OnnxTestModel& model, const std::string& input,
                                const std::string& output) {
    if (model.graph().initializer_size() < 4) {
        model.weights("g", {1}, {3}).weights("s", {1}, {1});
        model.weights("m", {1}, {2}).weights("v", {1}, {3});
    }
    return model.node("BatchNormalization", {input, "g", "s", "m", "v"}, output).real("epsilon", 1);
}

TEST_F(OnnxOperatorTest, BatchNormalizationFoldsIntoTheConvolutionBeforeIt) {
    OnnxTestModel model({1, 1, 1, 1});
    model.weights("w", {1, 1, 1, 1}, {5}).weights("b", {1}, {7});
    model.node("Conv", {"x", "w", "b"}, "c");
    addNormalization(model, "c", "y");
    const graph::Graph network = load(model);
    ASSERT_EQ(network.nodes.size(), 1U);
    EXPECT_THAT(weightsOf(network), ElementsAre(7.5F));
    EXPECT_THAT(matrixWork(network).bias, ElementsAre((7 - 2) * 1.5F + 1));
    EXPECT_EQ(outputOf(network).name, "y");
    EXPECT_EQ(network.tensors.size(), 3U);  // with the weights
}

TEST_F(OnnxOperatorTest, FoldingRoundsEachStepAsWritten) {
    const Values weights{0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F, 0.9F};
    OnnxTestModel model({1, 9, 1, 1});
    model.weights("w", {1, 9, 1, 1}, weights).weights("b", {1}, {0.1F});
    model.weights("g", {1}, {1.1F}).weights("s", {1}, {-0.7F});
    model.weights("m", {1}, {0.37F}).weights("v", {1}, {0.9F});
    model.node("Conv", {"x", "w", "b"}, "c");
    model.node("BatchNormalization", {"c", "g", "s", "m", "v"}, "y").real("epsilon", 1e-3F);
    const double factor = double{1.1F} / std::sqrt(double{0.9F} + double{1e-3F});
    const graph::Graph network = load(model);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        EXPECT_EQ(weightsOf(network)[i], static_cast<float>(double{weights[i]} * factor));
    }
    EXPECT_EQ(matrixWork(network).bias[0],
              static_cast<float>((double{0.1F} - double{0.37F}) * factor + double{-0.7F}));
}

TEST_F(OnnxOperatorTest, BatchNormalizationOfATensorReadTwiceIsVectorWork) {
    OnnxTestModel model({1, 1, 1, 1});
    model.weights("w", {1, 1, 1, 1}, {5}).node("Conv", {"x", "w"}, "c");
    model.weights("g", {1}, {3}).weights("s", {1}, {1}).weights("m", {1}, {2});
    model.weights("v", {1}, {3});
    addNormalization(model, "c", "n").node("Add", {"c", "n"}, "y");
    EXPECT_EQ(signature(load(model)), "convolution normalization addition [1 1 1 1]");
    EXPECT_THAT(run(model, {2}), ElementsAre(10 + (10 * 1.5F - 2)));
}

TEST_F(OnnxOperatorTest, BatchNormalizationOfTheInputIsVectorWorkByChannels) {
    OnnxTestModel model({1, 2, 1, 2});
    model.weights("g", {2}, {3, 1}).weights("s", {2}, {1, 0.5F}).weights("m", {2}, {2, -1});
    model.weights("v", {2}, {3, 0});
    addNormalization(model, "x", "y");
    EXPECT_EQ(signature(load(model)), "normalization [1 2 1 2]");
    EXPECT_THAT(run(model, {2, 4, 4, 8}), ElementsAre(1, 5.5F, 4, 9.5F));
}

TEST_F(OnnxOperatorTest, BatchNormalizationNeedsNoImage) {
    OnnxTestModel model({3, 1});
    addNormalization(model, "x", "y");
    EXPECT_THAT(run(model, {2, 4, 0}), ElementsAre(1, 4, -2));
}

TEST_F(OnnxOperatorTest, ReluDropsWhatIsNegative) {
    OnnxTestModel model({1, 1, 1, 3});
    model.node("Relu", {"x"}, "y");
    EXPECT_THAT(run(model, {-1, 0, 2}), ElementsAre(0, 0, 2));
}

TEST_F(OnnxOperatorTest, AddAddsElementByElement) {
    OnnxTestModel model({1, 1, 1, 2});
    model.node("Relu", {"x"}, "r").node("Add", {"x", "r"}, "y");
    EXPECT_THAT(run(model, {-3, 4}), ElementsAre(-3, 8));
}

TEST_F(OnnxOperatorTest, MaxPoolIgnoresThePadding) {
    OnnxTestModel model({1, 1, 3, 3});
    model.node("MaxPool", {"x"}, "y").integers("kernel_shape", {2, 2});
    model.integers("pads", {1, 1, 0, 0}).integers("strides", {2, 2});
    EXPECT_THAT(run(model, {-1, -2, -3, -4, -5, -6, -7, -8, -9}), ElementsAre(-1, -2, -4, -5));
}

TEST_F(OnnxOperatorTest, AveragePoolDividesByTheTapsInsideTheImage) {
    OnnxTestModel model({1, 1, 3, 3});
    model.node("AveragePool", {"x"}, "y").integers("kernel_shape", {2, 2});
    model.integers("pads", {1, 1, 0, 0}).integers("strides", {2, 2});
    EXPECT_THAT(run(model, kCount9), ElementsAre(1, 2.5F, 5.5F, 7));
}

TEST_F(OnnxOperatorTest, AveragePoolMayCountThePadding) {
    OnnxTestModel model({1, 1, 3, 3});
    model.node("AveragePool", {"x"}, "y").integers("kernel_shape", {2, 2});
    model.integers("pads", {1, 1, 0, 0}).integers("strides", {2, 2});
    model.integer("count_include_pad", 1);
    EXPECT_THAT(run(model, kCount9), ElementsAre(0.25F, 1.25F, 2.75F, 7));
}

TEST_F(OnnxOperatorTest, GlobalPoolsSeeTheWholeImage) {
    OnnxTestModel average({1, 2, 2, 2});
    average.node("GlobalAveragePool", {"x"}, "y");
    EXPECT_THAT(run(average, {1, 10, 2, 20, 3, 30, 6, 60}), ElementsAre(3, 30));
    EXPECT_EQ(signature(load(average)), "pooling [1 2 1 1]");
    OnnxTestModel largest({1, 2, 2, 2});
    largest.node("GlobalMaxPool", {"x"}, "y");
    EXPECT_THAT(run(largest, {1, 10, 2, 20, 3, 30, 6, 60}), ElementsAre(6, 60));
}

TEST_F(OnnxOperatorTest, GemmAfterFlattenReadsTheImageInItsOwnOrder) {
    for (const bool transposed : {true, false}) {
        OnnxTestModel model({-1, 2, 1, 2});
        model.node("Flatten", {"x"}, "f");
        // ONNX's features are (c, y, x): 1 and 2 for channel 0, 3 and 4 for channel 1.
        if (transposed) model.weights("w", {2, 4}, {1, 2, 3, 4, 10, 20, 30, 40});
        if (!transposed) model.weights("w", {4, 2}, {1, 10, 2, 20, 3, 30, 4, 40});
        model.weights("b", {2}, {100, 200});
        model.node("Gemm", {"f", "w", "b"}, "y").integer("transB", transposed ? 1 : 0);
        const graph::Graph network = load(model);
        EXPECT_THAT(weightsOf(network), ElementsAre(1, 3, 2, 4, 10, 30, 20, 40));
        EXPECT_EQ(signature(network), "convolution [1 2]");
        EXPECT_THAT(run(model, {1, 0, 0, 1}), ElementsAre(105, 250));
    }
}

TEST_F(OnnxOperatorTest, GemmNeedsNoBias) {
    OnnxTestModel model({1, 2});
    model.weights("w", {2, 1}, {3, 4}).node("Gemm", {"x", "w"}, "y");
    EXPECT_THAT(run(model, {1, 2}), ElementsAre(11));
}

TEST_F(OnnxOperatorTest, WhatChangesNothingLeavesNoNode) {
    OnnxTestModel model({1, 2, 1, 1});
    model.node("Identity", {"x"}, "i").node("Dropout", {"i"}, "d").real("ratio", 0.5F);
    model.shapeNode("shape", {0, -1}).node("Reshape", {"d", "shape"}, "r");
    model.node("Relu", {"r"}, "y");
    const graph::Graph network = load(model);
    ASSERT_EQ(network.nodes.size(), 1U);
    EXPECT_EQ(network.rootOf(network.nodes[0].inputs.at(0)), network.input);
}

TEST_F(OnnxOperatorTest, SoftmaxSumsToOneOverTheChannels) {
    OnnxTestModel model({1, 2});
    model.node("Softmax", {"x"}, "y");
    const Values result = run(model, {0, std::log(3.0F)});
    EXPECT_FLOAT_EQ(result[0], 0.25F);
    EXPECT_FLOAT_EQ(result[1], 0.75F);
}

TEST_F(OnnxOperatorTest, WeightsMayComeFromConstantNodesAndBeListedAmongTheInputs) {
    OnnxTestModel model({1, 1, 1, 1});
    model.constantNode("w", {1, 1, 1, 1}, {3}).weights("b", {1}, {1});
    OnnxTestModel::setValue(*model.graph().add_input(), "b", {1});
    model.node("Conv", {"x", "w", "b"}, "y");
    EXPECT_THAT(run(model, {2}), ElementsAre(7));
}

TEST_F(OnnxOperatorTest, WeightsMayBeRawLittleEndianBytes) {
    OnnxTestModel model({1, 1, 1, 1});
    model.weights("w", {1, 1, 1, 1}, {});
    model.graph().mutable_initializer(0)->set_raw_data(std::string("\x00\x00\x40\xc0", 4));
    model.node("Conv", {"x", "w"}, "y");
    EXPECT_THAT(run(model, {2}), ElementsAre(-6));
}

TEST_F(OnnxOperatorTest, NodesThatTheOutputDoesNotNeedAreDropped) {
    OnnxTestModel model({1, 1, 1, 1});
    model.node("Relu", {"x"}, "unused").node("Relu", {"unused"}, "too").node("Relu", {"x"}, "y");
    const graph::Graph network = load(model);
    ASSERT_EQ(network.nodes.size(), 1U);
    EXPECT_EQ(network.nodes[0].name, "y_node");
    EXPECT_EQ(network.tensors.size(), 2U);
}

TEST_F(OnnxOperatorTest, NodesWithoutNamesOrWithTheSameOneGetTheirOwn) {
    OnnxTestModel model({1, 1, 1, 1});
    model.node("Relu", {"x"}, "a").lastNode().clear_name();
    model.node("Relu", {"a"}, "b").lastNode().set_name("same");
    model.node("Relu", {"b"}, "c").lastNode().set_name("same");
    const graph::Graph network = load(model);
    EXPECT_EQ(network.nodes[0].name, "a");
    EXPECT_EQ(network.nodes[1].name, "same");
    EXPECT_EQ(network.nodes[2].name, "same_2");
}

}  // namespace
}  // namespace systole::sim
