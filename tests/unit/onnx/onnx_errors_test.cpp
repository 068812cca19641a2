// SPDX-License-Identifier: Apache-2.0
// Every model that the reader refuses, and how it says why.
#include <limits>

#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

class OnnxErrorTest : public WorkloadFileTest {
protected:
    std::string complaint(const OnnxTestModel& model) const {
        return messageOf([&] { importOnnx(model.save(path("m.onnx"))); });
    }

    /// x (1, 2, 4, 4) -> Conv with w (3, 2, 3, 3) -> y
    static OnnxTestModel convolution() {
        OnnxTestModel model({1, 2, 4, 4});
        model.weights("w", {3, 2, 3, 3}, std::vector<float>(54, 0.5F));
        model.node("Conv", {"x", "w"}, "y");
        return model;
    }
};

const std::string kConv = "m.onnx: node 'y_node' (operator 'Conv'): ";

TEST_F(OnnxErrorTest, TheModelWithoutDefectIsRead) {
    EXPECT_EQ(complaint(convolution()), "no error");
}

TEST_F(OnnxErrorTest, FilesThatAreNoModel) {
    const auto of = [&](const std::string& name) {
        return messageOf([&] { importOnnx(path(name)); });
    };
    write("empty.onnx", "");
    write("text.onnx", "This is no model.");
    EXPECT_EQ(of("none.onnx"), "none.onnx: does not exist, expected an ONNX model");
    EXPECT_EQ(of("empty.onnx"), "empty.onnx: is empty, expected an ONNX model");
    EXPECT_EQ(of("text.onnx"),
              "text.onnx: is no ONNX model or is damaged: its protobuf cannot be parsed");
    EXPECT_THAT(of("."), testing::HasSubstr("expected an ONNX model"));
}

TEST_F(OnnxErrorTest, UnknownOperatorsAreNamedWithTheKnownOnes) {
    OnnxTestModel model({1, 1, 1, 1});
    model.node("Hardmax", {"x"}, "y");
    EXPECT_THAT(complaint(model),
                testing::AllOf(testing::StartsWith("m.onnx: node 'y_node' (operator 'Hardmax'): "
                                                   "not supported, expected one of Abs, Add, "
                                                   "AveragePool, BatchNormalization, Clip, "),
                               testing::EndsWith(", Sum, Tanh, Transpose, Unsqueeze")));
}

TEST_F(OnnxErrorTest, OperatorsOfAnotherDomain) {
    OnnxTestModel model = convolution();
    model.lastNode().set_domain("com.example");
    EXPECT_EQ(complaint(model),
              kConv + "is of the domain 'com.example', expected a standard operator");
}

TEST_F(OnnxErrorTest, OpsetsThatNobodyHasLookedAt) {
    for (const int opset : {0, 6, 23}) {
        OnnxTestModel model = convolution();
        model.proto.mutable_opset_import(0)->set_version(opset);
        EXPECT_EQ(
            complaint(model),
            fmt::format("m.onnx: opset {} of the standard operators, expected 7 to 22", opset));
    }
}

TEST_F(OnnxErrorTest, InputsThatAreNoImage) {
    const auto of = [&](const std::vector<std::int64_t>& dims) {
        OnnxTestModel model(dims);
        model.node("Relu", {"x"}, "y");
        return complaint(model);
    };
    EXPECT_EQ(of({}), "m.onnx: input 'x': has rank 0, expected 1 to 8");
    EXPECT_EQ(of({1, 1, 1, 1, 1, 1, 1, 1, 1}), "m.onnx: input 'x': has rank 9, expected 1 to 8");
    EXPECT_EQ(of({8, 1, 1, 1}), "m.onnx: input 'x': has batch 8, expected 1 or dynamic");
    const std::string sizes =
        "m.onnx: input 'x': expected static sizes of at least 1 behind the batch, and at most "
        "268435456 elements";
    EXPECT_EQ(of({1, 1, -1, 4}), sizes);
    EXPECT_EQ(of({1, 0, 4, 4}), sizes);
    EXPECT_EQ(of({1, 1, 1LL << 40, 4}), sizes);
    EXPECT_EQ(of({1, 1 << 28, 1 << 28, 1 << 28}), sizes);
    OnnxTestModel integers({1, 1, 1, 1});
    integers.node("Relu", {"x"}, "y")
        .graph()
        .mutable_input(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->set_elem_type(onnx::TensorProto::INT8);
    EXPECT_EQ(complaint(integers),
              "m.onnx: input 'x': is no float tensor, expected one of FLOAT, FLOAT16, BFLOAT16, "
              "DOUBLE");
}

TEST_F(OnnxErrorTest, SeveralInputsOrOutputs) {
    OnnxTestModel model = convolution();
    OnnxTestModel::setValue(*model.graph().add_input(), "z", {1, 2, 4, 4});
    EXPECT_EQ(complaint(model), "m.onnx: has the inputs 'x' and 'z', expected one");
    OnnxTestModel outputs = convolution();
    outputs.graph().add_output()->set_name("x");
    EXPECT_EQ(complaint(outputs), "m.onnx: has 2 outputs, expected one");
    OnnxTestModel unknown = convolution();
    unknown.graph().mutable_output(0)->set_name("z");
    EXPECT_EQ(complaint(unknown), "m.onnx: no node computes the output 'z', expected one to");
    OnnxTestModel nothing({1, 1, 1, 1});
    nothing.node("Identity", {"x"}, "y");
    EXPECT_EQ(complaint(nothing), "m.onnx: the output is the input, expected an operation between");
}

TEST_F(OnnxErrorTest, CyclesAndUnknownInputs) {
    OnnxTestModel model({1, 1, 1, 1});
    model.node("Add", {"x", "b"}, "a").node("Relu", {"a"}, "b");
    EXPECT_EQ(complaint(model),
              "m.onnx: node 'a_node' (operator 'Add'): reads 'b', which nothing before it defines; "
              "expected nodes in execution order, without cycles");
}

TEST_F(OnnxErrorTest, TensorsDefinedTwice) {
    OnnxTestModel model({1, 1, 1, 1});
    model.node("Relu", {"x"}, "y").node("Relu", {"y"}, "y");
    EXPECT_EQ(complaint(model), "m.onnx: tensor 'y' is defined twice, expected one definition");
}

TEST_F(OnnxErrorTest, WeightsThatAreNotThere) {
    OnnxTestModel model({1, 2, 4, 4});
    model.node("Relu", {"x"}, "w").node("Conv", {"x", "w"}, "y");
    EXPECT_EQ(complaint(model),
              kConv + "input 1 ('w') is no constant, expected an initializer or a Constant node");
    OnnxTestModel none({1, 2, 4, 4});
    none.node("Conv", {"x", ""}, "y");
    EXPECT_EQ(complaint(none), kConv + "input 1 is absent, expected a constant");
    OnnxTestModel few({1, 2, 4, 4});
    few.node("Conv", {"x"}, "y");
    EXPECT_EQ(complaint(few), kConv + "has 1 inputs, expected 2 to 3");
}

TEST_F(OnnxErrorTest, WeightsOfAnotherTypeOrPlace) {
    OnnxTestModel model = convolution();
    model.graph().mutable_initializer(0)->set_data_type(onnx::TensorProto::INT8);
    EXPECT_EQ(complaint(model), kConv +
                                    "constant 'w' has the type INT8, expected one of FLOAT, "
                                    "FLOAT16, BFLOAT16, DOUBLE");
    OnnxTestModel sparse = convolution();
    sparse.graph().add_sparse_initializer();
    EXPECT_EQ(complaint(sparse), "m.onnx: has sparse initializers, expected dense ones");
}

TEST_F(OnnxErrorTest, WeightsThatDoNotFillTheirShape) {
    OnnxTestModel model = convolution();
    model.graph().mutable_initializer(0)->add_float_data(1);
    EXPECT_EQ(complaint(model),
              kConv + "constant 'w' holds 55 values, expected 54 for the shape [3, 2, 3, 3]");
    model = convolution();
    model.graph().mutable_initializer(0)->set_raw_data("abcde");
    EXPECT_EQ(complaint(model),
              kConv + "constant 'w' holds 1 values, expected 54 for the shape [3, 2, 3, 3]");
    for (const std::int64_t size : {std::int64_t{0}, std::int64_t{-3}, std::int64_t{1} << 62}) {
        model = convolution();
        model.graph().mutable_initializer(0)->set_dims(0, size);
        EXPECT_EQ(complaint(model),
                  kConv + fmt::format("constant 'w' has the shape [{}, 2, 3, 3], expected sizes of "
                                      "at least 1 and at most 268435456 elements",
                                      size));
    }
}

TEST_F(OnnxErrorTest, WeightsThatAreNotFinite) {
    for (const float value :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
        OnnxTestModel model = convolution();
        model.graph().mutable_initializer(0)->set_float_data(7, value);
        EXPECT_EQ(
            complaint(model),
            kConv + "constant 'w' holds a NaN or an infinity in binary32, expected finite values");
    }
}

TEST_F(OnnxErrorTest, WeightsOfTheWrongShape) {
    OnnxTestModel model({1, 3, 4, 4});
    model.weights("w", {3, 2, 3, 3}, std::vector<float>(54)).node("Conv", {"x", "w"}, "y");
    EXPECT_EQ(complaint(model),
              kConv + "has weights of the shape [3, 2, 3, 3], expected [N, 3, height, width]");
    OnnxTestModel line({1, 2, 4, 4});
    line.weights("w", {3, 2, 3}, std::vector<float>(18)).node("Conv", {"x", "w"}, "y");
    EXPECT_EQ(complaint(line),
              kConv + "has weights of rank 3, expected 4 (two-dimensional convolution)");
    OnnxTestModel bias = convolution();
    bias.weights("b", {2}, {1, 2}).lastNode().add_input("b");
    EXPECT_EQ(complaint(bias), kConv + "'b' has the shape [2], expected [3]");
    OnnxTestModel gemm({1, 5});
    gemm.weights("w", {4, 3}, std::vector<float>(12)).node("Gemm", {"x", "w"}, "y");
    EXPECT_EQ(complaint(gemm),
              "m.onnx: node 'y_node' (operator 'Gemm'): has weights of the shape "
              "[4, 3], expected 5 along axis 0 of 2");
}

TEST_F(OnnxErrorTest, AttributesThatConvCannotHave) {
    const auto with = [&](const std::function<void(OnnxTestModel&)>& change) {
        OnnxTestModel model = convolution();
        change(model);
        return complaint(model);
    };
    EXPECT_EQ(with([](auto& m) { m.integer("group", 3); }),
              kConv + "has group 3, expected a divisor of 2 input and 3 output channels");
    EXPECT_EQ(with([](auto& m) { m.integer("group", 0); }),
              kConv + "has group 0, expected a divisor of 2 input and 3 output channels");
    EXPECT_EQ(with([](auto& m) {
                  m.integers("strides", {1, 0});
              }),
              kConv + "attribute 'strides' has the value 0, expected 1 to 32768");
    EXPECT_EQ(with([](auto& m) { m.integers("strides", {1}); }),
              kConv + "attribute 'strides' has 1 values, expected 2 (two-dimensional images)");
    EXPECT_EQ(with([](auto& m) {
                  m.integers("pads", {0, 0, -1, 0});
              }),
              kConv + "attribute 'pads' has the value -1, expected 0 to 32768");
    EXPECT_EQ(with([](auto& m) { m.integer("strides", 2); }),
              kConv + "attribute 'strides' has the wrong type, expected INTS");
    EXPECT_EQ(with([](auto& m) { m.integer("colour", 2); }),
              kConv +
                  "attribute 'colour' is not supported, expected one of auto_pad, dilations, "
                  "group, kernel_shape, pads, strides");
    EXPECT_EQ(with([](auto& m) {
                  m.integers("kernel_shape", {3, 2});
              }),
              kConv + "kernel_shape differs from its weights, expected 3 x 3");
    EXPECT_EQ(with([](auto& m) { m.text("auto_pad", "SAME"); }),
              kConv + "has auto_pad 'SAME', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
    EXPECT_EQ(with([](auto& m) {
                  m.text("auto_pad", "VALID").integers("pads", {1, 1, 1, 1});
              }),
              kConv + "has pads and auto_pad 'VALID', expected only one of them");
    EXPECT_EQ(with([](auto& m) {
                  m.integers("dilations", {2, 2});
              }),
              kConv + "its 3 x 3 kernel is larger than the padded 4 x 4 image");
    EXPECT_EQ(with([](auto& m) {
                  m.integers("pads", {32768, 32768, 32768, 32768});
              }),
              kConv + "its result has 65538 x 65538 x 3 elements, expected at most 268435456");
}

TEST_F(OnnxErrorTest, PoolsWithoutAnImageUnderneath) {
    const std::string place = "m.onnx: node 'y_node' (operator 'AveragePool'): ";
    OnnxTestModel model({1, 1, 4, 4});
    model.node("AveragePool", {"x"}, "y");
    EXPECT_EQ(complaint(model), place + "has no kernel_shape, expected one");
    model.integers("kernel_shape", {2, 2}).integers("pads", {2, 0, 0, 0});
    EXPECT_EQ(complaint(model),
              place + "has windows that lie in the padding alone, expected a pad below the kernel");
}

TEST_F(OnnxErrorTest, AdditionsThatDoNotBroadcast) {
    OnnxTestModel model({1, 2, 4, 4});
    model.weights("c", {3, 1, 1}, {1, 2, 3}).node("Add", {"x", "c"}, "y");
    EXPECT_EQ(complaint(model),
              "m.onnx: node 'y_node' (operator 'Add'): combines shapes [1, 2, 4, 4] and [3, 1, 1], "
              "expected equal sizes, or 1");
}

TEST_F(OnnxErrorTest, ProductsThatDoNotFit) {
    const std::string place = "m.onnx: node 'y_node' (operator 'Gemm'): ";
    OnnxTestModel image({1, 2, 1, 1});
    image.weights("w", {2, 1}, {1, 2}).node("Gemm", {"x", "w"}, "y");
    EXPECT_EQ(complaint(image), place + "its input has rank 4, expected 2 (a Flatten before it)");
    OnnxTestModel bias({3, 2});
    bias.weights("w", {2, 2}, {1, 2, 3, 4}).weights("c", {3, 1}, {1, 2, 3});
    bias.node("Gemm", {"x", "w", "c"}, "y");
    EXPECT_EQ(complaint(bias), place + "has a bias of the shape [3, 1], expected [2]");
    OnnxTestModel batches({1, 3, 2, 2});
    batches.weights("w", {2, 2, 2}, std::vector<float>(8)).node("MatMul", {"x", "w"}, "y");
    EXPECT_EQ(complaint(batches),
              "m.onnx: node 'y_node' (operator 'MatMul'): multiplies [1, 3, 2, 2] by [2, 2, 2], "
              "expected [.., M, K] and [.., K, N] of batches that are equal, or 1");
    OnnxTestModel constant({2, 2});
    constant.weights("w", {2, 2}, {1, 2, 3, 4}).node("MatMul", {"w", "x"}, "y");
    EXPECT_EQ(
        complaint(constant),
        "m.onnx: node 'y_node' (operator 'MatMul'): input 0 is the constant 'w', expected the "
        "result of another node");
}

TEST_F(OnnxErrorTest, ShapesThatTensorsCannotTake) {
    OnnxTestModel axis({1, 2, 2, 2});
    axis.node("Flatten", {"x"}, "f").integer("axis", 5).node("Relu", {"f"}, "y");
    EXPECT_EQ(complaint(axis),
              "m.onnx: node 'f_node' (operator 'Flatten'): has axis 5, expected -4 to 3");
    OnnxTestModel reshape({1, 2, 2, 2});
    reshape.shapeNode("s", {2, 5}).node("Reshape", {"x", "s"}, "r").node("Relu", {"r"}, "y");
    EXPECT_EQ(complaint(reshape),
              "m.onnx: node 'r_node' (operator 'Reshape'): reshapes 8 elements to [2, 5]");
    OnnxTestModel deep({1, 2, 2, 2});
    deep.shapeNode("s", {0, 1, 2, 3, 4})
        .node("Unsqueeze", {"x", "s"}, "u")
        .node("Relu", {"u"}, "y");
    EXPECT_EQ(complaint(deep),
              "m.onnx: node 'u_node' (operator 'Unsqueeze'): its result has rank 9, expected at "
              "most 8");
    OnnxTestModel slice({1, 2, 2, 2});
    slice.shapeNode("s", {1}).shapeNode("e", {1}).node("Slice", {"x", "s", "e"}, "y");
    EXPECT_EQ(complaint(slice),
              "m.onnx: node 'y_node' (operator 'Slice'): gives the shape [0, 2, 2, 2], expected "
              "sizes of at least 1 and at most 268435456 elements");
    OnnxTestModel join({1, 2, 2, 2});
    join.node("MaxPool", {"x"}, "p").integers("kernel_shape", {2, 2});
    join.node("Concat", {"x", "p"}, "y").integer("axis", 1);
    EXPECT_EQ(complaint(join),
              "m.onnx: node 'y_node' (operator 'Concat'): joins shapes [1, 2, 2, 2] and [1, 2, 1, "
              "1] along axis 1, expected sizes that differ there alone");
}

TEST_F(OnnxErrorTest, WaysOfResizingThatNobodyComputes) {
    const std::string place = "m.onnx: node 'y_node' (operator 'Resize'): ";
    OnnxTestModel model({1, 1, 2, 2});
    model.weights("s", {4}, {1, 1, 2, 2}).node("Resize", {"x", "", "s"}, "y");
    model.text("mode", "linear").text("nearest_mode", "up");
    EXPECT_EQ(complaint(model), place + "has mode 'linear', expected 'nearest'\n" + place +
                                    "has nearest_mode 'up', expected one of ceil, floor, "
                                    "round_prefer_ceil, round_prefer_floor");
    OnnxTestModel few({1, 1, 2, 2});
    few.weights("s", {2}, {2, 2}).node("Resize", {"x", "", "s"}, "y");
    EXPECT_EQ(complaint(few), place + "has 2 sizes or scales, expected 4");
    OnnxTestModel none({1, 1, 2, 2});
    none.weights("s", {4}, {1, 1, 0.25F, 2}).node("Resize", {"x", "", "s"}, "y");
    EXPECT_EQ(complaint(none), place + "makes 0 elements of 2, expected 1 to 268435456");
}

TEST_F(OnnxErrorTest, OperatorsThatTheOpsetDoesNotHave) {
    OnnxTestModel model({1, 2});
    model.node("Gelu", {"x"}, "y");
    EXPECT_EQ(complaint(model),
              "m.onnx: node 'y_node' (operator 'Gelu'): is no operator of opset 13, expected 20 or "
              "later");
}

TEST_F(OnnxErrorTest, NormalizationsByANegativeVariance) {
    OnnxTestModel model({1, 1, 1, 1});
    model.weights("a", {1}, {1}).weights("v", {1}, {-1});
    model.node("BatchNormalization", {"x", "a", "a", "a", "v"}, "y");
    EXPECT_EQ(complaint(model),
              "m.onnx: node 'y_node' (operator 'BatchNormalization'): leads to "
              "weights that are not finite, expected a positive variance + epsilon");
}

TEST_F(OnnxErrorTest, SoftmaxOverAnAxisThatIsNotThere) {
    OnnxTestModel model({1, 2, 2, 1});
    model.node("Softmax", {"x"}, "y").integer("axis", 4);
    EXPECT_EQ(complaint(model),
              "m.onnx: node 'y_node' (operator 'Softmax'): has axis 4, expected -4 to 3");
}

TEST_F(OnnxErrorTest, ConvolutionsOfThreeDimensions) {
    OnnxTestModel model({1, 2, 4, 4, 4});
    model.weights("w", {3, 2, 1, 1, 1}, std::vector<float>(6)).node("Conv", {"x", "w"}, "y");
    EXPECT_EQ(
        complaint(model),
        kConv + "has weights of rank 5, expected 4 or 3 (convolution of two dimensions or one)\n" +
            kConv + "input 0 has rank 5, expected 4 (N, C, H, W) or 3 (N, C, W)");
}

}  // namespace
}  // namespace systole::sim
