// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_export.hpp"
#include "sim/quantize/quantizer.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ExportOnnxTest : public WorkloadFileTest {
protected:
    onnx::GraphProto exported(const QuantizedNetwork& network, bool allOutputs = false) const {
        exportOnnx(network, path("q.onnx"), {.allOutputs = allOutputs});
        onnx::ModelProto model;
        EXPECT_TRUE(model.ParseFromString(read(path("q.onnx"))));
        EXPECT_EQ(model.opset_import(0).version(), 13);
        return model.graph();
    }

    static QuantizedNetwork quantized(const Network& network, const Scheme& scheme = int8Scheme()) {
        return quantize(network, scheme, std::vector<float>(network.tensors.size(), 127.0F));
    }

    std::string complaint(const QuantizedNetwork& network) const {
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
    static Network convolution() {
        Convolution convolution = pointwise({1, 2, 3, 4, 5, 6, 7, 127}, {10});
        convolution.window = {.kernelHeight = 2, .kernelWidth = 2};
        return networkOf({2, 2, 2}, convolution, {1, 1, 1});
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
    Convolution convolution = pointwise({1, 2, 3, 4, 5, 6, 7, 127}, {10});
    convolution.transposed = true;
    convolution.window = {.kernelHeight = 2,
                          .kernelWidth = 2,
                          .padTop = 1,
                          .padLeft = -2,
                          .padBottom = 1,
                          .padRight = 0,
                          .upsampleHeight = 2,
                          .upsampleWidth = 3};
    const onnx::GraphProto graph =
        exported(quantized(networkOf({2, 2, 2}, convolution, {4, 1, 1})));
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
    Network network = convolution();
    network.tensors.push_back({"r", {1, 1, 1}});
    network.nodes.push_back({"relu", Relu{}, {1}, 2});
    network.output = 2;
    const onnx::GraphProto graph = exported(quantized(network));
    EXPECT_THAT(operators(graph), ElementsAre("QuantizeLinear", "QLinearConv", "DequantizeLinear",
                                              "Relu", "QuantizeLinear", "DequantizeLinear"));
    EXPECT_EQ(graph.node(4).output(0), "r");
}

TEST_F(ExportOnnxTest, AnAdditionIsOneOfFloats) {
    const Network network = networkOf({1, 1, 2}, Addition{}, {1, 1, 2}, {0, 0});
    EXPECT_THAT(operators(exported(quantized(network))),
                ElementsAre("QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "Add",
                            "QuantizeLinear", "DequantizeLinear"));
}

TEST_F(ExportOnnxTest, AnAverageIsADepthwiseConvolutionOfOnes) {
    const Pooling pooling{.kind = Pooling::Kind::Average, .window = {.kernelWidth = 3}};
    const onnx::GraphProto graph = exported(quantized(networkOf({1, 3, 2}, pooling, {1, 1, 2})));
    EXPECT_EQ(initializer(graph, "y/convolve/weights").raw_data(), std::string(6, '\x01'));
    EXPECT_THAT(initializer(graph, "y/convolve/weight_scales").float_data(),
                ElementsAre(1.0F / 3, 1.0F / 3));
}

TEST_F(ExportOnnxTest, MaximaWorkOnCodes) {
    const Pooling pooling{.kind = Pooling::Kind::Max, .window = {.kernelWidth = 3}};
    EXPECT_THAT(operators(exported(quantized(networkOf({1, 3, 2}, pooling, {1, 1, 2})))),
                ElementsAre("QuantizeLinear", "MaxPool", "DequantizeLinear"));
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
    QuantizedNetwork large = quantized(convolution(), schemeOf("int8", "int8", "exact"));
    std::get<QuantizedConvolution>(large.nodes[0].operation).bias[0] = (1LL << 31) - 19840;
    EXPECT_THAT(complaint(large), HasSubstr("may leave its accumulator exact"));
    std::get<QuantizedConvolution>(large.nodes[0].operation).bias[0] = (1LL << 31) - 19841;
    EXPECT_EQ(complaint(large), "no error");
}

TEST_F(ExportOnnxTest, AveragesThatDoNotCountTheirPadding) {
    Pooling pooling{.kind = Pooling::Kind::Average, .window = {.kernelWidth = 2, .padLeft = 1}};
    EXPECT_EQ(complaint(quantized(networkOf({1, 2, 1}, pooling, {1, 2, 1}))),
              "tiny: cannot become ONNX: node 'op' averages without its padding, expected "
              "count_include_pad");
    pooling.countIncludesPad = true;
    EXPECT_EQ(complaint(quantized(networkOf({1, 2, 1}, pooling, {1, 2, 1}))), "no error");
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
