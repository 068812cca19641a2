// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_export.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

using graph::Graph;
using testing::ElementsAre;
using testing::HasSubstr;

class ExportOnnxTest : public WorkloadFileTest {
protected:
    onnx::GraphProto exported(const Graph& network, bool allOutputs = false) const {
        exportOnnx(network, path("q.onnx"), {.allOutputs = allOutputs});
        onnx::ModelProto model;
        EXPECT_TRUE(model.ParseFromString(read(path("q.onnx"))));
        EXPECT_EQ(model.opset_import(0).version(), 13);
        return model.graph();
    }

    static Graph quantized(const Graph& network, const Scheme& scheme = int8Scheme()) {
        return quantize(network, scheme, magnitudes(network, 127));
    }

    std::string complaint(const Graph& network) const {
        return messageOf([&] { exportOnnx(network, path("q.onnx"), {}); });
    }

    static const onnx::TensorProto& initializer(const onnx::GraphProto& graph,
                                                const std::string& name) {
        for (const auto& tensor : graph.initializer()) {
            if (tensor.name() == name) return tensor;
        }
        ADD_FAILURE() << "no initializer " << name;
        return graph.initializer(0);
    }

    static std::vector<std::string> operators(const onnx::GraphProto& graph) {
        std::vector<std::string> types;
        for (const auto& node : graph.node()) types.push_back(node.op_type());
        return types;
    }

    static std::vector<std::int64_t> attribute(const onnx::NodeProto& node,
                                               const std::string& name) {
        for (const auto& found : node.attribute()) {
            if (found.name() == name) return {found.ints().begin(), found.ints().end()};
        }
        return {};
    }

    /// 2 x 2 x 2 -> 1 x 1 x 1; k = (ky, kx, c) counts 1 to 8.
    static Graph convolution(bool relu = false) {
        NetworkBuilder builder({1, 2, 2, 2});
        const auto y = builder.convolve(0, {1, 2, 3, 4, 5, 6, 7, 127}, {10},
                                        {.y = {.kernel = 2}, .x = {.kernel = 2}});
        return builder.take(relu ? builder.relu(y) : y);
    }
};

TEST_F(ExportOnnxTest, AConvolutionIsAQLinearConvBetweenFloats) {
    const onnx::GraphProto graph = exported(quantized(convolution()));
    EXPECT_THAT(operators(graph), ElementsAre("QuantizeLinear", "QLinearConv", "DequantizeLinear"));
    EXPECT_EQ(graph.input(0).name(), "x_float");
    ASSERT_EQ(graph.output_size(), 1);
    EXPECT_EQ(graph.output(0).name(), "y_float");
    const onnx::NodeProto& node = graph.node(1);
    EXPECT_EQ(node.name(), "op");
    EXPECT_EQ(node.input(0), "x");
    EXPECT_EQ(node.output(0), "y");
}

TEST_F(ExportOnnxTest, WeightsAreChannelsFirst) {
    const onnx::GraphProto graph = exported(quantized(convolution()));
    const onnx::TensorProto& weights = initializer(graph, "y/convolve/weights");
    EXPECT_THAT(weights.dims(), ElementsAre(1, 2, 2, 2));
    EXPECT_EQ(weights.raw_data(), "\x01\x03\x05\x07\x02\x04\x06\x7f");
    EXPECT_THAT(initializer(graph, "y/convolve/bias").int32_data(), ElementsAre(10));
    EXPECT_THAT(initializer(graph, "y/convolve/weight_scales").float_data(), ElementsAre(1.0F));
}

TEST_F(ExportOnnxTest, ATransposedConvolutionIsAQLinearConvOfSpreadCodes) {
    NetworkBuilder builder({1, 2, 2, 2});
    const arch::Window window{.y = {.kernel = 2, .padBefore = 1, .padAfter = 1, .upsample = 2},
                              .x = {.kernel = 2, .padBefore = -2, .padAfter = 0, .upsample = 3}};
    const auto y = builder.convolve(0, {1, 2, 3, 4, 5, 6, 7, 127}, {10}, window);
    const onnx::GraphProto graph = exported(quantized(builder.take(y)));
    EXPECT_THAT(operators(graph),
                ElementsAre("QuantizeLinear", "DequantizeLinear", "ConvTranspose", "QuantizeLinear",
                            "Slice", "QLinearConv", "DequantizeLinear"));
    EXPECT_THAT(initializer(graph, "y/upsampled/ones").dims(), ElementsAre(2, 1, 1, 1));
    EXPECT_THAT(initializer(graph, "y/cropped/starts").int64_data(), ElementsAre(0, 2));
    EXPECT_THAT(attribute(graph.node(2), "strides"), ElementsAre(2, 3));
    EXPECT_EQ(graph.node(5).input(0), "y/cropped");
    EXPECT_THAT(attribute(graph.node(5), "pads"), ElementsAre(1, 0, 1, 0));
    EXPECT_THAT(attribute(graph.node(5), "strides"), ElementsAre(1, 1));
}

TEST_F(ExportOnnxTest, EveryTensorOfCodesCanBeAnOutput) {
    const onnx::GraphProto graph = exported(quantized(convolution()), true);
    ASSERT_EQ(graph.output_size(), 3);
    EXPECT_EQ(graph.output(1).name(), "x");
    EXPECT_EQ(graph.output(2).name(), "y");
    EXPECT_EQ(graph.output(2).type().tensor_type().elem_type(), onnx::TensorProto::INT8);
}

TEST_F(ExportOnnxTest, AFusedReluFollowsThroughFloats) {
    const onnx::GraphProto graph = exported(quantized(convolution(true)));
    EXPECT_THAT(operators(graph), ElementsAre("QuantizeLinear", "QLinearConv", "DequantizeLinear",
                                              "Relu", "QuantizeLinear", "DequantizeLinear"));
    EXPECT_EQ(graph.node(4).output(0), "y_2");
}

TEST_F(ExportOnnxTest, AnAdditionIsOneOfFloats) {
    NetworkBuilder builder({1, 2, 1, 1});
    EXPECT_THAT(operators(exported(quantized(builder.take(builder.sum(0, 0))))),
                ElementsAre("QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "Add",
                            "QuantizeLinear", "DequantizeLinear"));
}

TEST_F(ExportOnnxTest, AnAverageIsADepthwiseConvolutionOfOnes) {
    NetworkBuilder builder({1, 2, 1, 3});
    const onnx::GraphProto graph =
        exported(quantized(builder.take(builder.average(0, {.y = {}, .x = {.kernel = 3}}))));
    EXPECT_EQ(initializer(graph, "y/convolve/weights").raw_data(), std::string(6, '\x01'));
    EXPECT_THAT(initializer(graph, "y/convolve/weight_scales").float_data(),
                ElementsAre(1.0F / 3, 1.0F / 3));
}

TEST_F(ExportOnnxTest, MaximaWorkOnCodes) {
    NetworkBuilder builder({1, 2, 1, 3});
    const arch::Window window{.y = {}, .x = {.kernel = 3, .stride = 2, .padBefore = 1}};
    const onnx::GraphProto graph = exported(quantized(builder.take(builder.maximum(0, window))));
    EXPECT_THAT(operators(graph), ElementsAre("QuantizeLinear", "MaxPool", "DequantizeLinear"));
    EXPECT_THAT(attribute(graph.node(1), "kernel_shape"), ElementsAre(1, 3));
    EXPECT_THAT(attribute(graph.node(1), "strides"), ElementsAre(1, 2));
    EXPECT_THAT(attribute(graph.node(1), "pads"), ElementsAre(0, 1, 0, 0));
}

TEST_F(ExportOnnxTest, SchemesThatQLinearConvCannotExpress) {
    EXPECT_EQ(complaint(quantized(convolution(), schemeOf("e4m3", "int8", "int32"))),
              "tiny: cannot become ONNX: activations are e4m3, expected int8");
    EXPECT_EQ(
        complaint(quantized(convolution(), schemeOf("int8", "e4m3", "int32"))),
        "tiny: cannot become ONNX: weights are e4m3, expected signed integers of up to 8 bits");
    EXPECT_EQ(complaint(quantized(convolution(), fixedPointScheme())),
              "tiny: cannot become ONNX: requantization is fixed_point, expected fp32_multiplier");
}

TEST_F(ExportOnnxTest, AccumulatorsThatNoSumCanTellFromInt32) {
    // (1 + .. + 7 + 127) * 128 + 10 = 19850
    EXPECT_EQ(complaint(quantized(convolution(), schemeOf("int8", "int8", "exact"))), "no error");
    EXPECT_EQ(complaint(quantized(convolution(), schemeOf("int8", "int8", "int16"))), "no error");
    EXPECT_EQ(
        complaint(quantized(convolution(), schemeOf("int8", "int8", "int15"))),
        "tiny: cannot become ONNX: node 'op' may leave its accumulator int15, expected int32");
    Graph large = quantized(convolution(), schemeOf("int8", "int8", "exact"));
    matrixOf(large).terms[0] = (1LL << 31) - 19840;
    EXPECT_THAT(complaint(large), HasSubstr("may leave its accumulator exact"));
    matrixOf(large).terms[0] = (1LL << 31) - 19841;
    EXPECT_EQ(complaint(large), "no error");
}

TEST_F(ExportOnnxTest, AveragesThatDoNotCountTheirPadding) {
    const auto average = [](double divisor) {
        NetworkBuilder builder({1, 1, 1, 2});
        return builder.take(
            builder.average(0, {.y = {}, .x = {.kernel = 2, .padBefore = 1}}, divisor));
    };
    EXPECT_EQ(complaint(quantized(average(0))),
              "tiny: cannot become ONNX: node 'op' averages without its padding, expected "
              "count_include_pad");
    EXPECT_EQ(complaint(quantized(average(2))), "no error");
}

TEST_F(ExportOnnxTest, AProgramIsOneOperatorAStep) {
    NetworkBuilder builder({1, 2, 1, 1});
    graph::ProgramWriter writer;
    const auto x = writer.load();
    const auto half = writer.apply("multiply", x, writer.constant(0.5));
    const auto less = writer.apply("less", x, half);
    const auto sigmoid = writer.apply("sigmoid", x);
    const auto choice = writer.apply("select", less, sigmoid, half);
    const onnx::GraphProto graph =
        exported(quantized(builder.take(builder.apply(writer.stored(choice), {0}))));
    EXPECT_THAT(operators(graph),
                ElementsAre("QuantizeLinear", "DequantizeLinear", "Mul", "Less", "Cast", "Sigmoid",
                            "Cast", "Where", "QuantizeLinear", "DequantizeLinear"));
    EXPECT_THAT(initializer(graph, "y/step1").float_data(), ElementsAre(0.5F));
}

TEST_F(ExportOnnxTest, ReductionsHaveTheAxesOfOnnx) {
    NetworkBuilder builder({1, 2, 1, 1});
    const onnx::GraphProto graph = exported(quantized(builder.take(builder.softmax(0))));
    EXPECT_THAT(operators(graph),
                ElementsAre("QuantizeLinear", "DequantizeLinear", "ReduceMax", "Sub", "Exp",
                            "ReduceSum", "Div", "QuantizeLinear", "DequantizeLinear"));
    EXPECT_THAT(attribute(graph.node(2), "axes"), ElementsAre(1));
}

TEST_F(ExportOnnxTest, ConstantsOfVectorWorkAreFloats) {
    NetworkBuilder builder({1, 2, 1, 2});
    const auto constant =
        builder.builder().constant("c", {1, 2, 1, 2}, {1, 2, 3, 4}, graph::channelsLast(4));
    const onnx::GraphProto graph = exported(quantized(builder.take(builder.sum(0, constant))));
    EXPECT_THAT(initializer(graph, "c").float_data(), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(initializer(graph, "c").dims(), ElementsAre(1, 2, 1, 2));
}

TEST_F(ExportOnnxTest, MovesAreGatheredTransposedAndPutTogether) {
    NetworkBuilder builder({1, 2, 1, 3});
    EXPECT_THAT(
        operators(exported(quantized(builder.take(builder.concat({0, 0}))))),
        ElementsAre("QuantizeLinear", "Identity", "Identity", "Concat", "DequantizeLinear"));
    graph::GraphBuilder moved("moved");
    const auto x = moved.input("x", {2, 3}, graph::naturalOrder(2));
    const auto y = moved.tensor("y", {2, 2}, graph::naturalOrder(2));
    // y[i][j] = x[j][2 - 2 i]
    graph::Copy copy{.input = 0, .space = {2, 2}, .source = {}, .target = {}};
    copy.source.axes = {{{0, 1}, 0, {}}, {{-2, 0}, 2, {}}};
    copy.target.axes = {{{1, 0}, 0, {}}, {{0, 1}, 0, {}}};
    moved.add({.name = "move",
               .kind = "move",
               .work = graph::MoveWork{{copy}},
               .inputs = {x},
               .output = y});
    moved.setOutput(y);
    const onnx::GraphProto graph = exported(quantized(moved.take()));
    EXPECT_THAT(operators(graph), ElementsAre("QuantizeLinear", "Gather", "Transpose", "Identity",
                                              "DequantizeLinear"));
    EXPECT_THAT(initializer(graph, "y/axis1/indices").int64_data(), ElementsAre(2, 0));
    EXPECT_THAT(attribute(graph.node(2), "perm"), ElementsAre(1, 0));
}

TEST_F(ExportOnnxTest, AViewIsAReshapeOfTheMemory) {
    graph::GraphBuilder builder("view");
    const auto x = builder.input("x", {1, 2, 2, 2}, graph::channelsLast(4));
    const auto view = builder.view(x, "flat", {1, 8}, graph::naturalOrder(2));
    const auto y = builder.tensor("y", {1, 8}, graph::naturalOrder(2));
    graph::ProgramWriter writer;
    builder.add({.name = "relu",
                 .kind = "relu",
                 .work = graph::elementwise({&builder[view]}, builder[y],
                                            writer.stored(writer.apply("positive", writer.load()))),
                 .inputs = {view},
                 .output = y});
    builder.setOutput(y);
    const onnx::GraphProto graph = exported(quantized(builder.take()));
    EXPECT_THAT(operators(graph),
                ElementsAre("QuantizeLinear", "Transpose", "Reshape", "Identity",
                            "DequantizeLinear", "Relu", "QuantizeLinear", "DequantizeLinear"));
    EXPECT_THAT(attribute(graph.node(1), "perm"), ElementsAre(0, 2, 3, 1));
    EXPECT_THAT(initializer(graph, "flat/shaped/shape").int64_data(), ElementsAre(0, 8));
}

TEST_F(ExportOnnxTest, AProductOfTwoTensorsIsAQLinearMatMul) {
    graph::GraphBuilder builder("product");
    const auto x = builder.input("x", {2, 2}, graph::naturalOrder(2));
    const auto y = builder.tensor("y", {2, 2}, graph::naturalOrder(2));
    graph::MatrixWork work;
    work.image = {{}, {0}, {}, {1}};
    work.result = {{}, {0}, {}, {1}};
    work.weights = graph::WeightAxes{{}, {1}, {0}};
    work.epilogue = graph::identityProgram();
    builder.add({.name = "op", .kind = "product", .work = work, .inputs = {x, x}, .output = y});
    builder.setOutput(y);
    EXPECT_THAT(operators(exported(quantized(builder.take()))),
                ElementsAre("QuantizeLinear", "Reshape", "Transpose", "Reshape", "QLinearMatMul",
                            "Reshape", "Identity", "DequantizeLinear"));
}

TEST_F(ExportOnnxTest, AClipOfSumsHasNoOperator) {
    NetworkBuilder builder;
    graph::ProgramWriter writer;
    const auto x = writer.load();
    const auto clip = writer.stored(writer.apply("minimum", x, writer.constant(6)));
    const auto y = builder.convolve(0, {1}, {0});
    EXPECT_EQ(
        complaint(quantized(builder.take(builder.apply(clip, {y}, "clip")))),
        "tiny: cannot become ONNX: node 'op' has an activation behind its sums that codes have no "
        "operator for, expected none or a ReLU");
}

TEST_F(ExportOnnxTest, FilesAppearWhole) {
    exported(quantized(convolution()));
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path("."))) {
        files.push_back(entry.path().filename().string());
    }
    EXPECT_THAT(files, ElementsAre("q.onnx"));
    EXPECT_EQ(messageOf([&] { exportOnnx(quantized(convolution()), path("no/q.onnx"), {}); }),
              "no/q.onnx: cannot be written: No such file or directory");
    std::filesystem::create_directories(path("folder/full"));
    EXPECT_EQ(messageOf([&] { exportOnnx(quantized(convolution()), path("folder"), {}); }),
              "folder: cannot be written: Is a directory");
}

}  // namespace
}  // namespace systole::sim
