// SPDX-License-Identifier: Apache-2.0
// Nodes of constants alone, as exporters write them around weights and shapes, are no part of the
// network: what they give is a constant.
#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/imported_graph.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class OnnxFoldingTest : public WorkloadFileTest {
protected:
    graph::Graph read(const OnnxTestModel& model) const {
        return importOnnx(model.save(path("m.onnx")));
    }
    std::string complaint(const OnnxTestModel& model) const {
        return messageOf([&] { read(model); });
    }

    /// The weights of a convolution of one channel that reads the constant `weights`.
    std::vector<float> foldedWeights(OnnxTestModel model, const std::string& weights) const {
        model.node("Conv", {"x", weights}, "y");
        const graph::Graph network = read(model);
        EXPECT_EQ(network.nodes.size(), 1U);
        return weightsOf(network);
    }

    /// x (1, 1, 4, 4) and w (1, 1, 2, 3) = 1 .. 6
    static OnnxTestModel withWeights() {
        OnnxTestModel model({1, 1, 4, 4});
        model.weights("w", {1, 1, 2, 3}, {1, 2, 3, 4, 5, 6});
        return model;
    }

    /// Whether x (1, 2, 4, 4) is reshaped to a vector of 32 features by the constant `shape`, and
    /// then multiplied by a matrix.
    bool flattens(OnnxTestModel model, const std::string& shape) const {
        model.node("Reshape", {"x", shape}, "flat");
        model.weights("matrix", {32, 3}, std::vector<float>(96, 0.5F));
        model.node("Gemm", {"flat", "matrix"}, "y");
        return read(model).nodes.size() == 1;
    }
};

TEST_F(OnnxFoldingTest, CastsOfWeightsRoundOnce) {
    OnnxTestModel model = withWeights();
    model.node("Cast", {"w"}, "half").integer("to", onnx::TensorProto::FLOAT16);
    model.node("Cast", {"half"}, "w2").integer("to", onnx::TensorProto::FLOAT);
    EXPECT_THAT(foldedWeights(model, "w2"), ElementsAre(1, 2, 3, 4, 5, 6));
    OnnxTestModel fine({1, 1, 4, 4});
    fine.weights("w", {1, 1, 1, 2}, {1.0F + 0x1p-11F, 1.0F + 0x1.8p-8F});
    fine.node("Cast", {"w"}, "half").integer("to", onnx::TensorProto::FLOAT16);
    EXPECT_THAT(foldedWeights(fine, "half"),
                ElementsAre(1.0F, 1.0F + 0x1.8p-8F));  // a tie: to even
    fine.node("Cast", {"w"}, "brain").integer("to", onnx::TensorProto::BFLOAT16);
    EXPECT_THAT(foldedWeights(fine, "brain"), ElementsAre(1.0F, 1.0F + 0x1p-7F));
}

TEST_F(OnnxFoldingTest, IntegersBecomeFloatsAndFloatsAreCutOff) {
    OnnxTestModel model({1, 1, 4, 4});
    onnx::TensorProto& tensor = *model.graph().add_initializer();
    tensor.set_name("q");
    tensor.set_data_type(onnx::TensorProto::INT8);
    for (const std::int64_t size : {1, 1, 1, 3}) tensor.add_dims(size);
    tensor.set_raw_data(std::string("\x80\xff\x7f", 3));
    model.node("Cast", {"q"}, "w").integer("to", onnx::TensorProto::FLOAT);
    EXPECT_THAT(foldedWeights(model, "w"), ElementsAre(-128, -1, 127));
    OnnxTestModel cut({1, 1, 4, 4});
    cut.weights("f", {1, 1, 1, 2}, {-2.75F, 3.99F});
    cut.node("Cast", {"f"}, "i").integer("to", onnx::TensorProto::INT32);
    cut.node("Cast", {"i"}, "w").integer("to", onnx::TensorProto::FLOAT);
    EXPECT_THAT(foldedWeights(cut, "w"), ElementsAre(-2, 3));
}

TEST_F(OnnxFoldingTest, TransposedWeightsAreThoseThatTheyBecome) {
    OnnxTestModel model({1, 1, 4, 4});
    model.weights("w", {2, 3, 1, 1}, {1, 2, 3, 4, 5, 6});
    model.node("Transpose", {"w"}, "t").integers("perm", {2, 3, 1, 0});
    EXPECT_THAT(foldedWeights(model, "t"), ElementsAre(1, 4, 2, 5, 3, 6));
    OnnxTestModel reversed({1, 3});
    reversed.weights("m", {2, 3}, {1, 2, 3, 4, 5, 6}).node("Transpose", {"m"}, "t");
    reversed.node("Gemm", {"x", "t"}, "y");
    EXPECT_THAT(weightsOf(read(reversed)), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(OnnxFoldingTest, ReshapedSqueezedAndFlattenedWeightsKeepTheirOrder) {
    OnnxTestModel model = withWeights();
    model.shapeNode("s", {0, 1, -1, 2}).node("Reshape", {"w", "s"}, "r");
    EXPECT_THAT(foldedWeights(model, "r"), ElementsAre(1, 2, 3, 4, 5, 6));
    model.node("Squeeze", {"r"}, "q").shapeNode("a", {0, 1}).node("Unsqueeze", {"q", "a"}, "u");
    EXPECT_THAT(foldedWeights(model, "u"), ElementsAre(1, 2, 3, 4, 5, 6));
    OnnxTestModel old({1, 1, 4, 8}, 11);  // axes were attributes
    old.weights("w", {1, 6}, {1, 2, 3, 4, 5, 6}).node("Unsqueeze", {"w"}, "u");
    old.integers("axes", {0, 1});
    EXPECT_THAT(foldedWeights(old, "u"), ElementsAre(1, 2, 3, 4, 5, 6));
    OnnxTestModel flat({1, 6});
    flat.weights("w", {2, 3, 2}, std::vector<float>(12, 2)).node("Flatten", {"w"}, "f");
    flat.node("Gemm", {"x", "f"}, "y").integer("transB", 1);
    EXPECT_EQ(read(flat).nodes.size(), 1U);
}

TEST_F(OnnxFoldingTest, JoinedAndCutWeights) {
    OnnxTestModel model({1, 1, 4, 4});
    model.weights("a", {1, 1, 2, 1}, {1, 2}).weights("b", {1, 1, 2, 2}, {3, 4, 5, 6});
    model.node("Concat", {"a", "b"}, "c").integer("axis", 3);
    EXPECT_THAT(foldedWeights(model, "c"), ElementsAre(1, 3, 4, 2, 5, 6));
    model.shapeNode("starts", {-1, 1}).shapeNode("ends", {-9, 9223372036854775807});
    model.shapeNode("axes", {2, 3}).shapeNode("steps", {-1, 1});
    model.node("Slice", {"c", "starts", "ends", "axes", "steps"}, "s");
    EXPECT_THAT(foldedWeights(model, "s"), ElementsAre(5, 6, 3, 4));
    model.shapeNode("which", {1, 0, 1}).node("Gather", {"c", "which"}, "g").integer("axis", -1);
    EXPECT_THAT(foldedWeights(model, "g"), ElementsAre(3, 1, 3, 5, 2, 5));
}

TEST_F(OnnxFoldingTest, WeightsTimesAFactorAndFilledOnes) {
    OnnxTestModel model = withWeights();
    model.weights("gain", {1, 3}, {2, 0.5F, -1}).node("Mul", {"w", "gain"}, "m");
    EXPECT_THAT(foldedWeights(model, "m"), ElementsAre(2, 1, -3, 8, 2.5F, -6));
    model.shapeNode("s", {1, 1, 2, 3}).node("ConstantOfShape", {"s"}, "zeros");
    model.node("Sub", {"zeros", "w"}, "n");
    EXPECT_THAT(foldedWeights(model, "n"), ElementsAre(-1, -2, -3, -4, -5, -6));
}

/// What PyTorch writes for `x.view(x.size(0), -1)`.
TEST_F(OnnxFoldingTest, AFlattenedImageByItsShape) {
    OnnxTestModel model({-1, 2, 4, 4});
    model.node("Shape", {"x"}, "shape").shapeNode("zero", {0});
    model.node("Gather", {"shape", "zero"}, "batch").integer("axis", 0);
    model.shapeNode("rest", {-1}).node("Concat", {"batch", "rest"}, "s").integer("axis", 0);
    EXPECT_TRUE(flattens(model, "s"));
    OnnxTestModel scalar({-1, 2, 4, 4});
    scalar.node("Shape", {"x"}, "shape").node("Constant", {}, "zero").integer("value_int", 0);
    scalar.node("Gather", {"shape", "zero"}, "batch").shapeNode("axes", {0});
    scalar.node("Unsqueeze", {"batch", "axes"}, "b").node("Constant", {}, "rest");
    scalar.integers("value_ints", {-1}).node("Concat", {"b", "rest"}, "s").integer("axis", 0);
    EXPECT_TRUE(flattens(scalar, "s"));
}

TEST_F(OnnxFoldingTest, AFlattenedImageBySumsAndProductsOfItsShape) {
    OnnxTestModel model({1, 2, 4, 4});
    model.node("Shape", {"x"}, "shape");
    model.shapeNode("one", {1}).shapeNode("end", {4}).node("Slice", {"shape", "one", "end"}, "chw");
    model.shapeNode("c", {0}).node("Gather", {"chw", "c"}, "channels");
    model.shapeNode("h", {1}).node("Gather", {"chw", "h"}, "height");
    model.node("Mul", {"channels", "height"}, "ch").node("Mul", {"ch", "height"}, "features");
    model.node("Div", {"features", "features"}, "batch");
    model.node("Concat", {"batch", "features"}, "s").integer("axis", 0);
    EXPECT_TRUE(flattens(model, "s"));
    OnnxTestModel narrow({1, 2, 4, 4}, 15);
    narrow.node("Shape", {"x"}, "batch").integer("end", 1);
    narrow.node("Cast", {"batch"}, "b32").integer("to", onnx::TensorProto::INT32);
    narrow.node("Cast", {"b32"}, "b").integer("to", onnx::TensorProto::INT64);
    narrow.shapeNode("rest", {32}).node("Concat", {"b", "rest"}, "s").integer("axis", 0);
    EXPECT_TRUE(flattens(narrow, "s"));
}

TEST_F(OnnxFoldingTest, ConstantsThatDoNotFoldAreObstaclesWithTheirNode) {
    OnnxTestModel model = withWeights();
    model.node("Cast", {"w"}, "c").integer("to", onnx::TensorProto::STRING);
    model.shapeNode("s", {4, 4}).node("Reshape", {"w", "s"}, "r");
    model.node("Transpose", {"w"}, "t").integers("perm", {0, 0, 1, 2});
    model.shapeNode("far", {7}).node("Gather", {"w", "far"}, "g");
    model.node("Conv", {"x", "r"}, "y");
    EXPECT_EQ(
        complaint(model),
        "m.onnx: node 'c_node' (operator 'Cast'): has the type STRING, expected one of FLOAT, "
        "FLOAT16, BFLOAT16, DOUBLE, INT64, INT32, INT16, INT8, UINT16, UINT8\n"
        "m.onnx: node 'r_node' (operator 'Reshape'): reshapes 6 elements to [4, 4]\n"
        "m.onnx: node 't_node' (operator 'Transpose'): has perm [0, 0, 1, 2] for a tensor of "
        "rank 4\n"
        "m.onnx: node 'g_node' (operator 'Gather'): takes element 7 of 1");
}

TEST_F(OnnxFoldingTest, ConstantsTooLargeForAnyModelAreRefused) {
    OnnxTestModel model = withWeights();
    model.shapeNode("s", {1 << 20, 1 << 20}).node("ConstantOfShape", {"s"}, "zeros");
    model.node("Conv", {"x", "zeros"}, "y");
    EXPECT_THAT(complaint(model), HasSubstr("node 'zeros_node' (operator 'ConstantOfShape'): gives "
                                            "the shape [1048576, 1048576]"));
}

TEST_F(OnnxFoldingTest, AnActivationIsNotFolded) {
    OnnxTestModel model({1, 2, 4, 4});
    model.node("Gather", {"x", "which"}, "g").shapeNode("which", {0}).node("Relu", {"g"}, "y");
    EXPECT_THAT(complaint(model), HasSubstr("'g_node' (operator 'Gather'): not supported"));
}

TEST_F(OnnxFoldingTest, AShapeBehindAnObstacleIsNoFurtherObstacle) {
    OnnxTestModel model({1, 2, 4, 4});
    model.node("Hardmax", {"x"}, "a").node("Shape", {"a"}, "shape").shapeNode("zero", {0});
    model.node("Gather", {"shape", "zero"}, "b").shapeNode("rest", {-1});
    model.node("Concat", {"b", "rest"}, "s").integer("axis", 0);
    model.node("Reshape", {"a", "s"}, "y");
    EXPECT_THAT(complaint(model), testing::AllOf(HasSubstr("'a_node' (operator 'Hardmax')"),
                                                 testing::Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace systole::sim
