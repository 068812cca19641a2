// SPDX-License-Identifier: Apache-2.0
// A model that Systole cannot run says everything that stands against it at once.
#include <algorithm>

#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

class OnnxObstaclesTest : public WorkloadFileTest {
protected:
    std::string complaint(const OnnxTestModel& model) const {
        return messageOf([&] { importOnnx(model.save(path("m.onnx"))); });
    }
};

TEST_F(OnnxObstaclesTest, EveryNodeThatCannotRunIsNamedAndNodesOfOneProblemShareALine) {
    OnnxTestModel model({1, 2, 4, 4});
    model.node("Hardmax", {"x"}, "a").node("Multinomial", {"a"}, "b").node("Hardmax", {"b"}, "c");
    model.node("MaxPool", {"x"}, "y");
    const std::string text = complaint(model);
    EXPECT_THAT(text, HasSubstr("m.onnx: nodes 'a_node', 'c_node' (operator 'Hardmax'): not "));
    EXPECT_THAT(text, HasSubstr("\nm.onnx: node 'b_node' (operator 'Multinomial'): not supported"));
    EXPECT_THAT(text, HasSubstr("\nm.onnx: node 'y_node' (operator 'MaxPool'): has no "
                                "kernel_shape, expected one"));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(OnnxObstaclesTest, ShapesAfterAnObstacleAreThoseThatTheModelNotes) {
    OnnxTestModel model({1, 2, 6, 4});
    model.weights("w", {3, 2, 3, 3}, std::vector<float>(54)).node("Hardmax", {"x"}, "t");
    model.node("Conv", {"t", "w"}, "c").integers("kernel_shape", {3, 3});
    model.node("Softmax", {"c"}, "y").integer("axis", 4);
    EXPECT_THAT(complaint(model), Not(HasSubstr("Softmax'):")));
    OnnxTestModel::setValue(*model.graph().add_value_info(), "t", {1, 2, 6, 4});
    EXPECT_THAT(complaint(model), HasSubstr("'y_node' (operator 'Softmax'): has axis 4"));
}

TEST_F(OnnxObstaclesTest, TheModelsInterfaceAndItsNodesAreReportedTogether) {
    OnnxTestModel model({8, 2, 4, 4}, 23);
    model.node("Hardmax", {"x"}, "y").node("Relu", {"z"}, "r");
    const std::string text = complaint(model);
    EXPECT_THAT(text, HasSubstr("m.onnx: opset 23 of the standard operators, expected 7 to 22\n"));
    EXPECT_THAT(text, HasSubstr("m.onnx: input 'x': has batch 8, expected 1 or dynamic\n"));
    EXPECT_THAT(text, HasSubstr("node 'y_node' (operator 'Hardmax'): not supported"));
    EXPECT_THAT(text, HasSubstr("node 'r_node' (operator 'Relu'): reads 'z', which nothing"));
}

TEST_F(OnnxObstaclesTest, WhatFollowsFromAnObstacleIsNoObstacle) {
    OnnxTestModel model({8, 2, 4, 4});
    model.node("Relu", {"x"}, "a").node("Add", {"a", "x"}, "b").node("Identity", {"b"}, "y");
    EXPECT_EQ(complaint(model), "m.onnx: input 'x': has batch 8, expected 1 or dynamic");
    OnnxTestModel domain({1, 2, 4, 4});
    domain.node("Quant", {"x"}, "q").lastNode().set_domain("qonnx");
    domain.node("Relu", {"q"}, "y");
    EXPECT_EQ(complaint(domain),
              "m.onnx: node 'q_node' (operator 'Quant'): is of the domain "
              "'qonnx', expected a standard operator");
}

TEST_F(OnnxObstaclesTest, EveryObstacleOfANodeIsNamed) {
    OnnxTestModel model({1, 4, 6, 6});
    model.weights("w", {3, 2, 3, 3}, std::vector<float>(54)).weights("b", {2}, {1, 2});
    model.node("Conv", {"x", "w", "b"}, "y").integers("strides", {1, 1, 1}).integer("group", 2);
    model.integers("pads", {1, 1, -1, 1}).integer("colour", 2).text("auto_pad", "MIDDLE");
    const std::string conv = "m.onnx: node 'y_node' (operator 'Conv'): ";
    EXPECT_EQ(complaint(model),
              conv +
                  "attribute 'colour' is not supported, expected one of auto_pad, dilations, "
                  "group, kernel_shape, pads, strides\n" +
                  conv + "attribute 'strides' has 3 values, expected 2 (two-dimensional images)\n" +
                  conv + "attribute 'pads' has the value -1, expected 0 to 32768\n" + conv +
                  "has auto_pad 'MIDDLE', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER\n" +
                  conv + "has group 2, expected a divisor of 4 input and 3 output channels\n" +
                  conv + "'b' has the shape [2], expected [3]");
}

TEST_F(OnnxObstaclesTest, ObstaclesOfPoolsAndProductsOfAnotherRank) {
    OnnxTestModel model({1, 2, 8, 8, 8});
    model.node("MaxPool", {"x"}, "p").integers("kernel_shape", {2}).integers("strides", {2});
    model.weights("m", {8, 3, 1}, std::vector<float>(24)).weights("b", {2, 2}, {1, 2, 3, 4});
    model.node("Gemm", {"p", "m", "b"}, "g").real("beta", 0.5F).text("transB", "no");
    model.node("Gemm", {"p", "m", "b"}, "y");
    const std::string two = " values, expected 2 (two-dimensional images)\n";
    const std::string pool = "m.onnx: node 'p_node' (operator 'MaxPool'): ";
    EXPECT_EQ(complaint(model),
              pool + "attribute 'kernel_shape' has 1" + two + pool + "attribute 'strides' has 1" +
                  two + pool + "input 0 has rank 5, expected 4 (N, C, H, W) or 3 (N, C, W)\n" +
                  "m.onnx: node 'g_node' (operator 'Gemm'): attribute 'transB' has the wrong type, "
                  "expected INT\n"
                  "m.onnx: node 'y_node' (operator 'Gemm'): has weights of the shape [8, 3, 1], "
                  "expected the features along axis 0 of 2");
}

TEST_F(OnnxObstaclesTest, ANodeOfAnUnknownShapeIsLookedAtAsFarAsItIsKnown) {
    OnnxTestModel model({1, 2, 6, 6});
    model.weights("w", {3, 2, 3, 3, 3}, std::vector<float>(162)).weights("a", {2}, {1, 2});
    model.node("Hardmax", {"x"}, "t")
        .node("Conv", {"t", "w"}, "c")
        .integers("dilations", {1, 1, 1});
    model.node("BatchNormalization", {"c", "a", "a", "a", "x"}, "n").integer("training_mode", 1);
    model.node("ConvTranspose", {"n", "w"}, "d").integers("output_padding", {0, 0, 0});
    model.node("LeakyRelu", {"d"}, "f").text("alpha", "much");
    const std::string text = complaint(model);
    for (const char* part :
         {"'t_node' (operator 'Hardmax'): not supported",
          "'c_node' (operator 'Conv'): attribute 'dilations' has 3 values",
          "'c_node' (operator 'Conv'): has weights of rank 5, expected 4 or 3",
          "'n_node' (operator 'BatchNormalization'): expected training_mode = 0",
          "'n_node' (operator 'BatchNormalization'): input 4 ('x') is no constant",
          "'d_node' (operator 'ConvTranspose'): attribute 'output_padding' has 3 values",
          "'d_node' (operator 'ConvTranspose'): has weights of rank 5",
          "'f_node' (operator 'LeakyRelu'): attribute 'alpha' has the wrong type"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 7);
}

TEST_F(OnnxObstaclesTest, ANodeWithAnObstacleOfItsOwnStillShowsWhatFollows) {
    OnnxTestModel model({1, 2, 4, 4});
    model.node("MaxPool", {"x"}, "p").integers("kernel_shape", {2, 2}).integer("colour", 1);
    model.node("MaxPool", {"p"}, "y").integers("kernel_shape", {9, 9});
    EXPECT_THAT(complaint(model),
                testing::AllOf(HasSubstr("attribute 'colour' is not supported"),
                               HasSubstr("its 9 x 9 kernel is larger than the padded 3 x 3")));
}

TEST_F(OnnxObstaclesTest, NormalizationsAreCheckedTogether) {
    OnnxTestModel model({1, 1, 1, 1});
    model.weights("a", {1}, {1}).weights("v", {1}, {-1});
    model.node("BatchNormalization", {"x", "a", "a", "a", "v"}, "b");
    model.node("BatchNormalization", {"b", "a", "a", "a", "v"}, "y");
    EXPECT_THAT(complaint(model), HasSubstr("nodes 'b_node', 'y_node' (operator "
                                            "'BatchNormalization'): leads to weights"));
}

TEST_F(OnnxObstaclesTest, NamesThatATerminalWouldObeyAreEscaped) {
    OnnxTestModel model({1, 1, 1, 1});
    model.node("Hardmax\n", {"x"}, "y").lastNode().set_name("a\x1b[31m\r\n\xff\xe2\x80\xae");
    const std::string text = complaint(model);
    EXPECT_THAT(text, HasSubstr("node 'a\\x1b[31m\\x0d\\n\\xff\\u202e' (operator 'Hardmax\\n')"));
    EXPECT_THAT(text, Not(HasSubstr("\n")));
}

TEST_F(OnnxObstaclesTest, NamesOfANetworkAreEscapedAndStayUnique) {
    OnnxTestModel model({1, 1, 1, 1});
    model.node("Relu", {"x"}, "a\n").lastNode().set_name("n\n");
    model.node("Relu", {"a\n"}, "a\\n").lastNode().set_name("n\\n");
    const graph::Graph network = importOnnx(model.save(path("m.onnx")));
    EXPECT_EQ(network.nodes[0].name, "n\\n");
    EXPECT_EQ(network.nodes[1].name, "n\\n_2");
    EXPECT_EQ(network.tensors[1].name, "a\\n");
    EXPECT_EQ(network.tensors[2].name, "a\\n_2");
}

}  // namespace
}  // namespace systole::sim
