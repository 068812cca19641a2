// SPDX-License-Identifier: Apache-2.0
// What operators become besides layers of image networks: products, functions, reductions and
// moves. The numbers are worked out by hand, or by a plain formula.
#include <fmt/ranges.h>

#include <cmath>
#include <numbers>

#include "sim/graph/float_reference.hpp"
#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/imported_graph.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;
using Values = std::vector<float>;

class OnnxWorkTest : public WorkloadFileTest {
protected:
    graph::Graph load(const OnnxTestModel& model) const {
        return importOnnx(model.save(path("m.onnx")));
    }
    /// In the order of memory.
    Values run(const OnnxTestModel& model, const Values& image) const {
        const graph::Graph network = load(model);
        return graph::runFloat(network, image).tensors[network.output];
    }
    std::string kinds(const OnnxTestModel& model) const {
        std::string text;
        for (const graph::Node& node : load(model).nodes) text += node.kind + ' ';
        return text;
    }
    graph::Extents shapeOf(const OnnxTestModel& model) const { return outputOf(load(model)).shape; }
};

const Values kCount6{1, 2, 3, 4, 5, 6};

TEST_F(OnnxWorkTest, MatMulWithAConstantTakesLeadingAxesAsRows) {
    OnnxTestModel model({1, 3, 2});
    model.weights("w", {2, 2}, {1, 10, 100, 1000}).node("MatMul", {"x", "w"}, "y");
    EXPECT_THAT(run(model, kCount6), ElementsAre(201, 2010, 403, 4030, 605, 6050));
    EXPECT_EQ(shapeOf(model), (graph::Extents{1, 3, 2}));
    const graph::Graph network = load(model);
    const auto extents = graph::extentsOf(network, network.nodes[0], matrixWork(network));
    EXPECT_EQ(extents.inputHeight, 3U);
    EXPECT_EQ(extents.inputChannels, 2U);
    EXPECT_EQ(extents.batches, 1U);
}

TEST_F(OnnxWorkTest, MatMulOfTwoTensorsHasTheirBatches) {
    OnnxTestModel model({2, 1, 2});
    model.node("Transpose", {"x"}, "t").integers("perm", {0, 2, 1});
    model.node("MatMul", {"t", "x"}, "y");
    // Of each batch the outer product of a row with itself.
    EXPECT_THAT(run(model, {1, 2, 3, 4}), ElementsAre(1, 2, 2, 4, 9, 12, 12, 16));
    const graph::Graph network = load(model);
    ASSERT_TRUE(matrixWork(network, network.nodes.size() - 1).weights.has_value());
    EXPECT_EQ(graph::extentsOf(network, network.nodes.back(),
                               matrixWork(network, network.nodes.size() - 1))
                  .batches,
              2U);
}

TEST_F(OnnxWorkTest, MatMulRepeatsABatchThatOneTensorDoesNotHave) {
    OnnxTestModel model({2, 1, 2});
    model.shapeNode("s", {0}).shapeNode("e", {1}).node("Slice", {"x", "s", "e"}, "first");
    model.shapeNode("f", {2, 1}).node("Reshape", {"first", "f"}, "column");
    model.node("MatMul", {"x", "column"}, "y");
    EXPECT_THAT(run(model, {1, 2, 3, 4}), ElementsAre(5, 11));
    OnnxTestModel wide({2, 1, 2});
    wide.shapeNode("s", {0}).shapeNode("e", {1}).node("Slice", {"x", "s", "e"}, "first");
    wide.node("Transpose", {"x"}, "t").integers("perm", {0, 2, 1});
    wide.node("MatMul", {"first", "t"}, "y");
    EXPECT_THAT(run(wide, {1, 2, 3, 4}), ElementsAre(5, 11));
    EXPECT_EQ(kinds(wide), "slice expand matmul ");
}

TEST_F(OnnxWorkTest, MatMulOfVectorsDropsTheirAxes) {
    OnnxTestModel model({3, 2});
    model.weights("w", {2}, {10, 1}).node("MatMul", {"x", "w"}, "m").node("Neg", {"m"}, "y");
    EXPECT_THAT(run(model, kCount6), ElementsAre(-12, -34, -56));
    EXPECT_EQ(shapeOf(model), (graph::Extents{3}));
}

TEST_F(OnnxWorkTest, GemmOfSeveralRowsFoldsItsFactorsIntoTheConstants) {
    OnnxTestModel model({2, 3});
    model.weights("w", {1, 2}, {3, 4}).weights("c", {2}, {8, 16});
    model.weights("u", {2, 2}, {1, 2, 3, 4}).node("Gemm", {"x", "u", "c"}, "y");
    model.integer("transA", 1).real("alpha", 2).real("beta", 0.5F);
    EXPECT_EQ(kinds(model), "move convolution ");
    // Rows of the transposed input are 1 4, 2 5 and 3 6.
    EXPECT_THAT(run(model, kCount6), ElementsAre(2 * 13 + 4, 2 * 18 + 8, 2 * 17 + 4, 2 * 24 + 8,
                                                 2 * 21 + 4, 2 * 30 + 8));
}

TEST_F(OnnxWorkTest, AProductBehindAFlattenMovesNothing) {
    OnnxTestModel model({1, 2, 1, 2});
    model.node("Flatten", {"x"}, "f").weights("w", {4, 1}, {1, 2, 3, 4});
    model.node("MatMul", {"f", "w"}, "y");
    EXPECT_EQ(kinds(model), "convolution ");
    EXPECT_THAT(run(model, {1, 0, 0, 1}), ElementsAre(1 + 4));
    model.node("Relu", {"f"}, "r").node("MatMul", {"r", "w"}, "z");
    EXPECT_EQ(kinds(model), "move relu matmul ");
    EXPECT_THAT(run(model, {1, 0, 0, 1}), ElementsAre(1 + 4));
}

TEST_F(OnnxWorkTest, ConvolutionsAndPoolsOfLines) {
    OnnxTestModel model({1, 2, 3});
    model.weights("w", {1, 2, 2}, {1, 10, 100, 1000}).node("Conv", {"x", "w"}, "c");
    model.integers("pads", {0, 1}).node("AveragePool", {"c"}, "y").integers("kernel_shape", {3});
    EXPECT_EQ(inputOf(load(model)).order, (graph::Axes{0, 2, 1}));
    // Channels last; 1 2 3 in channel 0, 4 5 6 in channel 1.
    EXPECT_THAT(run(model, {1, 4, 2, 5, 3, 6}),
                ElementsAre(FloatEq((21 + 5400 + 32 + 6500 + 3 + 600) / 3.0F)));
    OnnxTestModel turned({1, 1, 2});
    turned.weights("w", {1, 1, 2}, {1, 10}).node("ConvTranspose", {"x", "w"}, "y");
    EXPECT_THAT(run(turned, {1, 2}), ElementsAre(1, 12, 20));
}

TEST_F(OnnxWorkTest, ArithmeticBroadcastsTensorsAndConstants) {
    OnnxTestModel model({1, 2, 1, 2});
    model.weights("c", {2, 1, 1}, {10, 20}).node("Add", {"x", "c"}, "a");
    model.weights("one", {}, {1}).node("Sub", {"one", "a"}, "s");
    model.weights("row", {1, 1, 1, 2}, {2, 3}).node("Mul", {"s", "row"}, "m");
    model.weights("half", {1}, {0.5F}).node("Div", {"m", "half"}, "y");
    // (1 - (x + c)) * row * 2, pixel by pixel.
    EXPECT_THAT(run(model, {1, 2, 3, 4}), ElementsAre(-40, -84, -72, -138));
    EXPECT_EQ(outputOf(load(model)).order, graph::channelsLast(4));
    EXPECT_EQ(kinds(model), "addition subtraction multiplication division ");
    OnnxTestModel two({2, 1});
    two.node("Transpose", {"x"}, "t").node("Mul", {"x", "t"}, "y");
    EXPECT_THAT(run(two, {2, 3}), ElementsAre(4, 6, 6, 9));
}

TEST_F(OnnxWorkTest, AConstantOfOneElementIsAStepOfTheProgram) {
    OnnxTestModel model({1, 3});
    model.weights("c", {1, 1}, {2}).node("Mul", {"x", "c"}, "y");
    EXPECT_EQ(load(model).nodes[0].inputs.size(), 1U);
    EXPECT_THAT(run(model, {1, 2, 3}), ElementsAre(2, 4, 6));
}

TEST_F(OnnxWorkTest, ExtremesOfSeveralTensors) {
    OnnxTestModel model({1, 3});
    model.node("Neg", {"x"}, "n").weights("c", {1}, {1}).node("Max", {"x", "n", "c"}, "a");
    model.weights("d", {3}, {2, 2, 9}).node("Min", {"a", "d"}, "y");
    EXPECT_THAT(run(model, {-3, 0.5F, 5}), ElementsAre(2, 1, 5));
}

/// Operators of one tensor, and what they are.
struct FunctionCase {
    const char* name;
    std::function<double(double)> formula;
    std::function<void(OnnxTestModel&)> set = [](OnnxTestModel&) {};
};

TEST_F(OnnxWorkTest, FunctionsAreTheirFormulas) {
    const auto gauss = [](double x) { return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2)); };
    const auto line = [](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); };
    const std::vector<FunctionCase> cases{
        {"Abs", [](double x) { return std::fabs(x); }},
        {"Clip", [](double x) { return std::clamp(x, -1.0, 0.5); },
         [](OnnxTestModel& m) {
             m.weights("lo", {}, {-1}).weights("hi", {}, {0.5F});
             m.lastNode().add_input("lo");
             m.lastNode().add_input("hi");
         }},
        {"Erf", [](double x) { return std::erf(x); }},
        {"Exp", [](double x) { return std::exp(x); }},
        {"Floor", [](double x) { return std::floor(x); }},
        {"Gelu", gauss},
        {"Gelu",
         [](double x) {
             return 0.5 * x *
                    (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
         },
         [](OnnxTestModel& m) { m.text("approximate", "tanh"); }},
        {"HardSigmoid", [](double x) { return std::clamp(0.25 * x + 0.125, 0.0, 1.0); },
         [](OnnxTestModel& m) { m.real("alpha", 0.25F).real("beta", 0.125F); }},
        {"HardSwish", [&](double x) { return x * line(x); }},
        {"LeakyRelu", [](double x) { return x < 0 ? 0.25 * x : x; },
         [](OnnxTestModel& m) { m.real("alpha", 0.25F); }},
        {"Log", [](double x) { return std::log(x); }},
        {"Neg", [](double x) { return -x; }},
        {"Pow", [](double x) { return x * x; },
         [](OnnxTestModel& m) {
             m.weights("two", {}, {2});
             m.lastNode().add_input("two");
         }},
        {"PRelu", [](double x) { return x < 0 ? 0.5 * x : x; },
         [](OnnxTestModel& m) {
             m.weights("slope", {2}, {0.5F, 0.5F});
             m.lastNode().add_input("slope");
         }},
        {"Reciprocal", [](double x) { return 1 / x; }},
        {"Relu", [](double x) { return std::max(x, 0.0); }},
        {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
        {"Sqrt", [](double x) { return std::sqrt(x); }},
        {"Tanh", [](double x) { return std::tanh(x); }},
    };
    for (const FunctionCase& one : cases) {
        const bool needsPositive = std::string("Log Sqrt").find(one.name) != std::string::npos;
        for (const float x : {-4.0F, -0.75F, 0.375F, 2.5F}) {
            if (needsPositive && x < 0) continue;
            OnnxTestModel model({1, 2}, 20);
            model.node(one.name, {"x"}, "y");
            one.set(model);
            const auto expected = static_cast<float>(one.formula(double{x}));
            EXPECT_THAT(run(model, {x, x}), testing::Each(FloatNear(expected, 2e-6F)))
                << one.name << " " << x;
        }
    }
}

TEST_F(OnnxWorkTest, ClipTakesItsEndsFromAttributesInOldModels) {
    OnnxTestModel model({1, 3}, 10);
    model.node("Clip", {"x"}, "y").real("min", 0).real("max", 6);
    EXPECT_THAT(run(model, {-1, 3, 9}), ElementsAre(0, 3, 6));
}

TEST_F(OnnxWorkTest, LayerNormalizationIsThatOfEachRow) {
    OnnxTestModel model({1, 2, 2}, 17);
    model.weights("g", {2}, {1, 2}).weights("b", {2}, {10, 20});
    model.node("LayerNormalization", {"x", "g", "b"}, "y").real("epsilon", 3);
    // Means 2 and 5, variances 1 and 1, with epsilon 4: the rows are -0.5, 0.5.
    EXPECT_THAT(run(model, {1, 3, 4, 6}), ElementsAre(9.5F, 21, 9.5F, 21));
}

TEST_F(OnnxWorkTest, SoftmaxOverAnyAxisAndOverAllThatFollowInOldModels) {
    const float third = std::log(3.0F);
    OnnxTestModel model({1, 2, 1, 2});
    model.node("Softmax", {"x"}, "y").integer("axis", 1);
    // Channels last: the channels of a pixel are neighbours.
    const Values quarters{0.25F, 0.75F, 0.5F, 0.5F};
    EXPECT_THAT(run(model, {0, third, 1, 1}), testing::Pointwise(FloatEq(), quarters));
    model.lastNode().mutable_attribute(0)->set_i(-1);
    EXPECT_THAT(run(model, {0, 1, third, 1}),
                testing::Pointwise(FloatEq(), {0.25F, 0.5F, 0.75F, 0.5F}));
    OnnxTestModel old({1, 2, 2}, 11);
    old.node("Softmax", {"x"}, "y");
    const Values eighths = run(old, {0, 0, third, third});
    EXPECT_THAT(eighths, testing::Pointwise(FloatEq(), {0.125F, 0.125F, 0.375F, 0.375F}));
}

TEST_F(OnnxWorkTest, ReductionsKeepTheirAxesOrNot) {
    OnnxTestModel mean({1, 2, 1, 3});
    mean.node("ReduceMean", {"x"}, "y").integers("axes", {2, 3}).integer("keepdims", 0);
    EXPECT_EQ(shapeOf(mean), (graph::Extents{1, 2}));
    EXPECT_THAT(run(mean, {1, 10, 2, 20, 6, 60}), ElementsAre(3, 30));
    EXPECT_EQ(kinds(mean), "mean ");
    OnnxTestModel sum({2, 3});
    sum.shapeNode("a", {-1}).node("ReduceSum", {"x", "a"}, "y");
    EXPECT_EQ(shapeOf(sum), (graph::Extents{2, 1}));
    EXPECT_THAT(run(sum, kCount6), ElementsAre(6, 15));
    OnnxTestModel most({2, 3});
    most.node("ReduceMax", {"x"}, "y").integers("axes", {0});
    EXPECT_THAT(run(most, kCount6), ElementsAre(4, 5, 6));
    OnnxTestModel all({2, 3});
    all.node("ReduceMin", {"x"}, "y");
    EXPECT_THAT(run(all, kCount6), ElementsAre(1));
}

TEST_F(OnnxWorkTest, GlobalPoolsOfAnyRank) {
    OnnxTestModel model({1, 2, 1, 2, 2});
    model.node("GlobalAveragePool", {"x"}, "y");
    EXPECT_EQ(shapeOf(model), (graph::Extents{1, 2, 1, 1, 1}));
    EXPECT_THAT(run(model, {1, 2, 3, 6, 10, 20, 30, 60}), ElementsAre(3, 30));
    OnnxTestModel line({1, 2, 2});
    line.node("GlobalMaxPool", {"x"}, "y");
    EXPECT_THAT(run(line, {1, 40, 3, 20}), ElementsAre(3, 40));
}

TEST_F(OnnxWorkTest, ConcatOfImagesStaysChannelsLast) {
    OnnxTestModel model({1, 1, 1, 2});
    model.node("Neg", {"x"}, "n").node("Concat", {"x", "n", "x"}, "y").integer("axis", 1);
    EXPECT_EQ(shapeOf(model), (graph::Extents{1, 3, 1, 2}));
    EXPECT_THAT(run(model, {1, 2}), ElementsAre(1, -1, 1, 2, -2, 2));
    EXPECT_EQ(kinds(model), "negate concat ");
}

TEST_F(OnnxWorkTest, ConcatTakesConstantsAndLiesAsItsFirstTensor) {
    OnnxTestModel model({1, 1, 1, 2});
    model.weights("c", {1, 2, 1, 2}, {10, 20, 30, 40});
    model.node("Concat", {"c", "x"}, "y").integer("axis", 1);
    EXPECT_THAT(run(model, {1, 2}), ElementsAre(10, 30, 1, 20, 40, 2));
    EXPECT_EQ(kinds(model), "concat ");
}

TEST_F(OnnxWorkTest, BatchesOfConstantMatricesAreRepeatedOnceAndForAll) {
    OnnxTestModel model({1, 2, 2, 1, 2});
    model.weights("w", {2, 1, 2, 1}, {1, 10, 100, 1000}).node("MatMul", {"x", "w"}, "y");
    EXPECT_EQ(shapeOf(model), (graph::Extents{1, 2, 2, 1, 1}));
    EXPECT_THAT(run(model, {1, 2, 3, 4, 5, 6, 7, 8}), ElementsAre(21, 43, 6500, 8700));
    EXPECT_EQ(kinds(model), "matmul ");
    EXPECT_THAT(weightsOf(load(model)), ElementsAre(1, 10, 1, 10, 100, 1000, 100, 1000));
}

TEST_F(OnnxWorkTest, SlicesForwardsAndBackwards) {
    OnnxTestModel model({1, 6});
    model.shapeNode("s", {-1}).shapeNode("e", {-100}).shapeNode("a", {1}).shapeNode("t", {-2});
    model.node("Slice", {"x", "s", "e", "a", "t"}, "y");
    EXPECT_THAT(run(model, kCount6), ElementsAre(6, 4, 2));
    OnnxTestModel image({1, 2, 1, 2}, 9);  // starts and ends were attributes
    image.node("Slice", {"x"}, "y").integers("starts", {1}).integers("ends", {9});
    image.integers("axes", {1});
    EXPECT_THAT(run(image, {1, 10, 2, 20}), ElementsAre(10, 20));
    OnnxTestModel whole({1, 6});
    whole.shapeNode("s", {0}).shapeNode("e", {9}).shapeNode("a", {1});
    whole.node("Slice", {"x", "s", "e", "a"}, "w").node("Neg", {"w"}, "y");
    EXPECT_EQ(kinds(whole), "negate ");
}

TEST_F(OnnxWorkTest, TransposeMovesOnlyWhatLiesElsewhere) {
    OnnxTestModel model({2, 3});
    model.node("Transpose", {"x"}, "y");
    EXPECT_THAT(run(model, kCount6), ElementsAre(1, 4, 2, 5, 3, 6));
    OnnxTestModel image({1, 2, 1, 3});
    image.node("Transpose", {"x"}, "t").integers("perm", {0, 2, 3, 1}).node("Neg", {"t"}, "y");
    EXPECT_EQ(kinds(image), "negate ");  // channels last is how it lies
    EXPECT_EQ(shapeOf(image), (graph::Extents{1, 1, 3, 2}));
    EXPECT_THAT(run(image, kCount6), ElementsAre(-1, -2, -3, -4, -5, -6));
}

TEST_F(OnnxWorkTest, ReshapesOfImagesCountInTheOrderOfOnnx) {
    OnnxTestModel model({1, 2, 1, 3});
    model.shapeNode("s", {0, -1, 2}).node("Reshape", {"x", "s"}, "r").node("Neg", {"r"}, "y");
    EXPECT_EQ(kinds(model), "move negate ");
    EXPECT_EQ(shapeOf(model), (graph::Extents{1, 3, 2}));
    EXPECT_THAT(run(model, {1, 10, 2, 20, 3, 30}), ElementsAre(-1, -2, -3, -10, -20, -30));
}

TEST_F(OnnxWorkTest, AxesOfOneElementComeAndGoWithoutAMove) {
    OnnxTestModel model({1, 2, 1, 3});
    model.shapeNode("a", {2}).node("Squeeze", {"x", "a"}, "q").node("Neg", {"q"}, "n");
    model.shapeNode("b", {0}).node("Unsqueeze", {"n", "b"}, "u").node("Relu", {"u"}, "y");
    EXPECT_EQ(kinds(model), "negate relu ");
    EXPECT_EQ(shapeOf(model), (graph::Extents{1, 1, 2, 3}));
    EXPECT_THAT(run(model, {-1, 1, -2, 2, -3, -4}), ElementsAre(1, 0, 2, 0, 3, 4));
}

TEST_F(OnnxWorkTest, ResizeTakesTheNearestElement) {
    const auto resized = [&](const char* mode, const char* nearest, const Values& scales) {
        OnnxTestModel model({1, 1, 1, 3});
        model.weights("s", {4}, scales).node("Resize", {"x", "", "s"}, "y");
        model.text("coordinate_transformation_mode", mode).text("nearest_mode", nearest);
        return run(model, {1, 2, 3});
    };
    const Values twice{1, 1, 1, 2};
    EXPECT_THAT(resized("asymmetric", "floor", twice), ElementsAre(1, 1, 2, 2, 3, 3));
    EXPECT_THAT(resized("asymmetric", "ceil", twice), ElementsAre(1, 2, 2, 3, 3, 3));
    EXPECT_THAT(resized("half_pixel", "round_prefer_floor", twice), ElementsAre(1, 1, 2, 2, 3, 3));
    EXPECT_THAT(resized("align_corners", "round_prefer_ceil", twice),
                ElementsAre(1, 1, 2, 2, 3, 3));  // 0, 0.4, 0.8, 1.2, 1.6, 2
    EXPECT_THAT(resized("pytorch_half_pixel", "floor", {1, 1, 1, 0.34F}), ElementsAre(1));
    EXPECT_THAT(resized("half_pixel", "floor", {1, 1, 1, 0.34F}), ElementsAre(1));
    OnnxTestModel sizes({1, 2, 1, 1});
    sizes.shapeNode("z", {1, 2, 2, 1}).node("Resize", {"x", "", "", "z"}, "y");
    EXPECT_THAT(run(sizes, {5, 7}), ElementsAre(5, 7, 5, 7));
    EXPECT_EQ(outputOf(load(sizes)).order, graph::channelsLast(4));
}

TEST_F(OnnxWorkTest, ExpandRepeats) {
    OnnxTestModel model({2, 1});
    model.shapeNode("s", {2, 1, 3}).node("Expand", {"x", "s"}, "y");
    EXPECT_THAT(run(model, {1, 2}), ElementsAre(1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2));
}

TEST_F(OnnxWorkTest, OneHeadOfAttention) {
    OnnxTestModel model({1, 2, 2});
    model.node("Transpose", {"x"}, "k").integers("perm", {0, 2, 1});
    model.node("MatMul", {"x", "k"}, "scores").node("Softmax", {"scores"}, "p");
    model.node("MatMul", {"p", "x"}, "y");
    const Values x{1, 0, 0, 1};
    const double e = std::exp(1.0);
    const auto more = static_cast<float>(e / (e + 1));
    const auto less = static_cast<float>(1 / (e + 1));
    EXPECT_THAT(run(model, x),
                ElementsAre(FloatEq(more), FloatEq(less), FloatEq(less), FloatEq(more)));
}

}  // namespace
}  // namespace systole::sim
