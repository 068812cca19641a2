// SPDX-License-Identifier: Apache-2.0
// Calibration, fusion of activations, tied tensors, and what a scheme cannot serve.
#include <limits>

#include "sim/graph/exact_reference.hpp"
#include "sim/graph/fusion.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using Images = std::vector<std::vector<float>>;
using graph::Graph;
using graph::TensorId;

/// The kinds of the nodes that are left, and whether their programs end in an extreme.
std::vector<std::string> fused(const Graph& network) {
    std::vector<std::string> kinds;
    for (const graph::Node& node : graph::fuseActivations(network).nodes) {
        const auto& program = std::holds_alternative<graph::MatrixWork>(node.work)
                                  ? std::get<graph::MatrixWork>(node.work).epilogue
                                  : std::get<graph::VectorWork>(node.work).program;
        const auto& last = std::get<numeric::StoreStep>(program.steps.back());
        const auto* apply = std::get_if<numeric::ApplyStep>(&program.steps.at(last.value));
        kinds.push_back(node.kind);
        if (apply != nullptr && node.kind != "relu" && node.kind != "clip") {
            kinds.back() += fmt::format(" {}", apply->function->name);
        }
    }
    return kinds;
}

/// Of one input and one output.
TensorId convolve(NetworkBuilder& builder, TensorId input) {
    return builder.convolve(input, {1}, {0});
}

numeric::VectorProgram clipProgram() {
    graph::ProgramWriter writer;
    const auto low = writer.apply("maximum", writer.load(), writer.constant(0));
    return writer.stored(writer.apply("minimum", low, writer.constant(6)));
}

TEST(QuantizeFusionTest, AReluBelongsToTheConvolutionOrAdditionBeforeIt) {
    NetworkBuilder builder;
    const TensorId relu = builder.relu(convolve(builder, 0));
    EXPECT_THAT(fused(builder.take(builder.relu(builder.sum(relu, 0)))),
                ElementsAre("convolution positive", "addition positive"));
}

TEST(QuantizeFusionTest, AClipBelongsToTheNodeBeforeIt) {
    NetworkBuilder builder;
    const TensorId clipped = builder.apply(clipProgram(), {convolve(builder, 0)}, "clip");
    EXPECT_THAT(fused(builder.take(clipped)), ElementsAre("convolution minimum"));
}

TEST(QuantizeFusionTest, ANodeTakesOneActivation) {
    NetworkBuilder builder;
    const TensorId relu = builder.relu(convolve(builder, 0));
    EXPECT_THAT(fused(builder.take(builder.apply(clipProgram(), {relu}, "clip"))),
                ElementsAre("convolution positive", "clip"));
}

TEST(QuantizeFusionTest, AReluOfATensorReadTwiceStays) {
    NetworkBuilder builder;
    const TensorId y = convolve(builder, 0);
    EXPECT_THAT(fused(builder.take(builder.sum(y, builder.relu(y)))),
                ElementsAre("convolution", "relu", "addition add"));
}

TEST(QuantizeFusionTest, AReluOfTheNetworksOutputStays) {
    NetworkBuilder builder;
    const TensorId y = convolve(builder, 0);
    const TensorId relu = builder.relu(y);
    builder.sum(relu, relu);
    Graph network = builder.take(relu);
    network.output = y;
    // Nobody needs the ReLU, but its input is read as the output.
    EXPECT_THAT(fused(network), ElementsAre("convolution"));
    NetworkBuilder both;
    const TensorId shared = convolve(both, 0);
    EXPECT_THAT(fused(both.take(both.sum(both.relu(shared), shared))),
                ElementsAre("convolution", "relu", "addition add"));
}

TEST(QuantizeFusionTest, AReluOfWhatKeepsItsScaleStays) {
    NetworkBuilder builder;
    EXPECT_THAT(fused(builder.take(builder.relu(builder.maximum(builder.relu(0))))),
                ElementsAre("relu", "pooling", "relu"));
    NetworkBuilder average;
    EXPECT_THAT(fused(average.take(average.relu(average.average(0)))),
                ElementsAre("pooling positive"));
}

TEST(QuantizeNetworkTest, TensorsInsideAFusedNodeAreGone) {
    NetworkBuilder builder;
    const TensorId y = convolve(builder, 0);    // 2; the weights are 1
    const TensorId relu = builder.relu(y);      // 3
    const TensorId sum = builder.sum(relu, 0);  // 4
    const Graph network = builder.take(sum);
    const Graph quantized =
        quantize(network, int8Scheme(), std::vector<float>{127, 1, 9999, 254, 508});
    ASSERT_EQ(quantized.tensors.size(), 4U);
    EXPECT_EQ(quantized.tensors[2].name, "y_2");
    EXPECT_EQ(quantized.tensors[2].quantizer->scale(), 2.0F);
    EXPECT_EQ(quantized.nodes[0].output, 2U);
    EXPECT_THAT(quantized.nodes[1].inputs, ElementsAre(2, 0));
    EXPECT_EQ(quantized.output, 3U);
    EXPECT_EQ(scaleOf(quantized, "y_3"), 4.0F);
}

TEST(QuantizeNetworkTest, MaxPoolingAndALoneReluKeepTheScaleOfTheirInput) {
    NetworkBuilder builder;
    const Graph network = builder.take(builder.relu(builder.maximum(0)));
    const Graph quantized = quantize(network, int8Scheme(), std::vector<float>{127, 1, 2});
    for (const graph::Tensor& tensor : quantized.tensors) {
        EXPECT_EQ(tensor.quantizer->scale(), 1.0F);
    }
}

TEST(QuantizeNetworkTest, MovesTieWhatTheyReadAndWrite) {
    NetworkBuilder builder;
    const TensorId y = convolve(builder, 0);  // 2
    const TensorId constant =
        builder.builder().constant("c", {1, 1, 1, 1}, {508}, graph::channelsLast(4));  // 3
    const TensorId all = builder.concat({0, y, constant});                             // 4
    const Graph quantized = quantize(builder.take(builder.maximum(all)), int8Scheme(),
                                     std::vector<float>{127, 1, 254, 508, 508, 508});
    for (const char* name : {"x", "y", "c", "y_2", "y_3"}) {
        EXPECT_EQ(scaleOf(quantized, name), 4.0F) << name;
    }
    EXPECT_THAT(values8(quantized.tensors[constant].codes), ElementsAre(127));
}

TEST(QuantizeNetworkTest, AClipTiesNothing) {
    NetworkBuilder builder;
    const Graph network = builder.take(builder.apply(clipProgram(), {0}));
    const Graph quantized = quantize(network, int8Scheme(), std::vector<float>{127, 254});
    EXPECT_EQ(scaleOf(quantized, "x"), 1.0F);
    EXPECT_EQ(scaleOf(quantized, "y"), 2.0F);
}

TEST(QuantizeNetworkTest, ATensorReadAsWeightsTakesTheirFormatOnceForAllReaders) {
    const Graph network = quantize(productsOfTensors(), schemeOf("int8", "int4", "int32"),
                                   Images{{1, 0.25F, 0, -0.5F}});
    ASSERT_EQ(network.nodes.size(), 3U);
    const graph::Node& conversion = network.nodes[0];
    EXPECT_EQ(conversion.kind, "conversion");
    EXPECT_THAT(conversion.inputs, ElementsAre(network.input));
    EXPECT_EQ(network.tensors[conversion.output].name, "x/int4");
    EXPECT_EQ(network.nodes[1].inputs[1], conversion.output);
    EXPECT_EQ(network.nodes[2].inputs[1], conversion.output);
    const graph::Quantizer& quantizer = *network.quantizerOf(conversion.output);
    EXPECT_EQ(numeric::nameOf(quantizer.format), "int4");
    EXPECT_EQ(quantizer.scale(), 1.0F / 7);
    const auto codes = graph::runExact(
        network, graph::encodeInput(network, std::vector{1.0F, 0.25F, 0.0F, -0.5F}), 16);
    EXPECT_THAT(codes[conversion.output], ElementsAre(7, 2, 0, 12));  // 1.76 and -3.53: the last
}

TEST(QuantizeNetworkTest, ATensorReadAsWeightsIsReadAsItIsWhereFormatsAreTheSame) {
    const Graph network = quantize(productsOfTensors(), int8Scheme(), Images{{1, 0.25F, 0, -0.5F}});
    EXPECT_EQ(network.nodes.size(), 2U);
}

TEST(QuantizeNetworkTest, ConstantsOfVectorWorkStayBinary32) {
    NetworkBuilder builder;
    const TensorId constant =
        builder.builder().constant("c", {1, 1, 1, 1}, {5}, graph::channelsLast(4));
    const Graph network = builder.take(builder.sum(0, constant));
    const Graph quantized = quantize(network, int8Scheme(), magnitudes(network, 127));
    EXPECT_FALSE(quantized.tensors[constant].quantizer.has_value());
    EXPECT_TRUE(quantized.isQuantized());
}

TEST(QuantizeNetworkTest, WeightsThatTwoNodesShareBecomeTwo) {
    NetworkBuilder builder;
    const TensorId y = convolve(builder, 0);
    const TensorId z = convolve(builder, y);
    Graph network = builder.take(z);
    network.nodes[1].inputs[1] = network.nodes[0].inputs[1];
    network.nodes[1].work = network.nodes[0].work;
    matrixOf(network, 1).bias = {1e9F};
    const Graph quantized = quantize(network, int8Scheme(), magnitudes(network, 127));
    EXPECT_NE(quantized.nodes[0].inputs[1], quantized.nodes[1].inputs[1]);
    EXPECT_LT(weightsOf(quantized, 0).quantizer->scale(),
              weightsOf(quantized, 1).quantizer->scale());
    EXPECT_EQ(weightsOf(quantized, 0).codes.size(), weightsOf(quantized, 1).codes.size());
}

TEST(QuantizeNetworkTest, CalibrationTakesTheLargestMagnitudeOfAllImages) {
    NetworkBuilder builder;
    const TensorId y = convolve(builder, 0);
    const Graph network = builder.take(builder.relu(y));
    const Ranges ranges = calibrate(network, Images{{1}, {-3}, {2}}, kKeepsNothing);
    EXPECT_THAT(ranges.amax, ElementsAre(3, 1, 3, 2));
    EXPECT_THAT(ranges.least, ElementsAre(-3, 1, -3, 0));
}

TEST(QuantizeNetworkTest, CalibrationUsesAsManyImagesAsTheSchemeSays) {
    Scheme scheme = int8Scheme();
    scheme.calibrationImages = 2;
    NetworkBuilder builder;
    const Graph network = builder.take(builder.maximum(0));
    const Graph quantized = quantize(network, scheme, Images{{-127}, {1}, {5000}});
    EXPECT_EQ(quantized.tensors[0].quantizer->scale(), 1.0F);
}

class QuantizeErrorTest : public WorkloadFileTest {
protected:
    std::string complaint(const Graph& network, const Scheme& scheme) const {
        return messageOf([&] { quantize(network, scheme, magnitudes(network, 1)); });
    }
    static Graph pooled() {
        NetworkBuilder builder;
        return builder.take(builder.maximum(0));
    }
    static Graph convolved(const graph::Extents& image, const std::vector<float>& weights,
                           const arch::Window& window) {
        NetworkBuilder builder(image);
        return builder.take(builder.convolve(0, weights, {0}, window));
    }
};

TEST_F(QuantizeErrorTest, TooFewImages) {
    const Graph network = pooled();
    EXPECT_EQ(messageOf([&] { calibrate(network, Images{}, kKeepsNothing); }),
              "tiny: has no calibration images, expected at least one to quantize");
    EXPECT_EQ(messageOf([&] { quantize(network, int8Scheme(), Images{}); }),
              "tiny: has 0 calibration images, scheme 'test' expects 1");
}

TEST_F(QuantizeErrorTest, TensorsThatLeaveBinary32) {
    const Graph network = pointwiseNetwork({1e30F}, {0});
    EXPECT_EQ(messageOf([&] { calibrate(network, Images{{1e30F}}, kKeepsNothing); }),
              "tiny: tensor 'y' leaves binary32 on a calibration image, expected finite values");
}

TEST_F(QuantizeErrorTest, FixedPointWithFloatFormats) {
    Scheme scheme = fixedPointScheme();
    scheme.weight = *numeric::findFormat("e4m3");
    EXPECT_EQ(complaint(pooled(), scheme),
              "tiny: scheme 'test': requantization fixed_point cannot scale e4m3, expected integer "
              "formats or fp32_multiplier");
}

TEST_F(QuantizeErrorTest, FixedPointWithSumsOfMoreThanAWord) {
    // Two int16 and their sign are 33 bits: 31 guard bits fill a word.
    Scheme scheme = fixedPointScheme();
    scheme.activation = scheme.weight = *numeric::findFormat("int16");
    scheme.accumulator = {"exact31", numeric::ExactRegister{.guardBits = 31}, std::nullopt};
    EXPECT_EQ(complaint(pooled(), scheme), "no error");
    scheme.accumulator = {"exact32", numeric::ExactRegister{.guardBits = 32}, std::nullopt};
    EXPECT_EQ(complaint(pooled(), scheme),
              "tiny: scheme 'test': requantization fixed_point cannot scale accumulator exact32 of "
              "65 bits, expected an integer of at most 64 bits or fp32_multiplier");
}

TEST_F(QuantizeErrorTest, SumsLongerThanTheAccumulatorHolds) {
    const std::uint32_t channels = (1U << 16) + 1;
    const Graph network = pointwiseNetwork(std::vector<float>(channels, 1.0F), {0});
    EXPECT_EQ(complaint(network, schemeOf("e2m1", "e2m1", "exact")),
              "tiny: scheme 'test': node 'op' sums 65537 products of e2m1 and e2m1, expected at "
              "most 65536, which accumulator exact holds exactly");
    EXPECT_EQ(complaint(network, schemeOf("e2m1", "e2m1", "int32")), "no error");
    EXPECT_EQ(complaint(network, schemeOf("e2m1", "e2m1", "fp16")), "no error");
}

TEST_F(QuantizeErrorTest, PaddingWithoutAZero) {
    const arch::Window window{.y = {}, .x = {.kernel = 3, .padBefore = 1, .padAfter = 1}};
    const Graph network = convolved({1, 1, 3, 3}, {1, 1, 1}, window);
    EXPECT_EQ(complaint(network, schemeOf("int4_half", "int4", "int32")),
              "tiny: scheme 'test': node 'op' pads with zeros, but int4_half has no zero, expected "
              "a format that has");
    EXPECT_EQ(complaint(network, schemeOf("int4", "int4_half", "int32")), "no error");
}

TEST_F(QuantizeErrorTest, InsertedZerosWithoutAZero) {
    arch::Window window{.y = {}, .x = {.upsample = 2}};
    EXPECT_THAT(
        complaint(convolved({1, 1, 1, 3}, {1}, window), schemeOf("int4_half", "int4", "int32")),
        testing::HasSubstr("pads with zeros, but int4_half has no zero"));
    window.x.upsample = 1;
    EXPECT_EQ(
        complaint(convolved({1, 1, 1, 3}, {1}, window), schemeOf("int4_half", "int4", "int32")),
        "no error");
}

TEST_F(QuantizeErrorTest, AveragesOnAWideGridAreFine) {
    for (const char* format : {"bf16", "posit16es2", "dlfloat16", "fp16"}) {
        NetworkBuilder builder;
        const Scheme scheme = schemeOf(format, "int4", "fp32");
        EXPECT_EQ(complaint(builder.take(builder.average(0)), scheme), "no error") << format;
    }
}

TEST_F(QuantizeErrorTest, ScalesThatAreTooFarApart) {
    const Graph network = pointwiseNetwork({1e30F}, {0});
    const std::vector<float> amax{1e20F, 0, 1e-20F};
    EXPECT_THAT(messageOf([&] { quantize(network, int8Scheme(), amax); }),
                testing::StartsWith("tiny: scheme 'test': node 'op': fp32_multiplier: scales "));
    EXPECT_THAT(
        messageOf([&] { quantize(network, fixedPointScheme(), amax); }),
        testing::StartsWith("tiny: scheme 'test': node 'op': fixed_point: a ratio of scales is "));
}

}  // namespace
}  // namespace systole::sim
