// SPDX-License-Identifier: Apache-2.0
// Calibration, fusion of ReLUs, and what a scheme cannot serve.
#include <limits>

#include "sim/quantize/fusion.hpp"
#include "sim/quantize/quantizer.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using Images = std::vector<std::vector<float>>;

/// Nodes of one value each; tensor i + 1 is the output of node i.
Network chain(std::vector<Node> nodes, TensorId output) {
    Network network{.name = "net", .tensors = {{"x", {1, 1, 1}}}, .nodes = {}, .output = output};
    for (Node& node : nodes) {
        node.output = static_cast<TensorId>(network.tensors.size());
        node.name = fmt::format("n{}", node.output);
        network.tensors.push_back({fmt::format("t{}", node.output), {1, 1, 1}});
        network.nodes.push_back(std::move(node));
    }
    return network;
}

Node convolve(TensorId input) { return {"", pointwise({1}, {0}), {input}}; }
Node relu(TensorId input) { return {"", Relu{}, {input}}; }
Node add(TensorId a, TensorId b) { return {"", Addition{}, {a, b}}; }
Node maxPool(TensorId input) { return {"", Pooling{}, {input}}; }
Node averagePool(TensorId input) {
    return {"", Pooling{Pooling::Kind::Average, {}, false}, {input}};
}

std::vector<std::pair<TensorId, bool>> fused(const Network& network) {
    std::vector<std::pair<TensorId, bool>> result;
    for (const FusedNode& node : fuseRelus(network)) result.emplace_back(node.output, node.relu);
    return result;
}

using Pair = std::pair<TensorId, bool>;

TEST(QuantizeFusionTest, AReluBelongsToTheConvolutionOrAdditionBeforeIt) {
    EXPECT_THAT(fused(chain({convolve(0), relu(1), add(2, 0), relu(3)}, 4)),
                ElementsAre(Pair{2, true}, Pair{4, true}));
}

TEST(QuantizeFusionTest, AReluOfATensorReadTwiceStays) {
    EXPECT_THAT(fused(chain({convolve(0), relu(1), add(1, 2)}, 3)),
                ElementsAre(Pair{1, false}, Pair{2, false}, Pair{3, false}));
}

TEST(QuantizeFusionTest, AReluOfTheNetworksOutputStays) {
    EXPECT_THAT(fused(chain({convolve(0), relu(1)}, 1)),
                ElementsAre(Pair{1, false}, Pair{2, false}));
}

TEST(QuantizeFusionTest, AReluOfAnythingElseStays) {
    EXPECT_THAT(fused(chain({relu(0), maxPool(1), relu(2)}, 3)),
                ElementsAre(Pair{1, false}, Pair{2, false}, Pair{3, false}));
    EXPECT_THAT(fused(chain({convolve(0), relu(1), relu(2)}, 3)),
                ElementsAre(Pair{2, true}, Pair{3, false}));
}

TEST(QuantizeNetworkTest, TensorsInsideAFusedNodeAreGone) {
    const Network network = chain({convolve(0), relu(1), add(2, 0)}, 3);
    const QuantizedNetwork quantized =
        quantize(network, int8Scheme(), std::vector<float>{127, 9999, 254, 508});
    ASSERT_EQ(quantized.tensors.size(), 3U);
    EXPECT_EQ(quantized.tensors[1].name, "t2");
    EXPECT_EQ(quantized.tensors[1].scale, 2.0F);
    EXPECT_TRUE(std::get<QuantizedConvolution>(quantized.nodes[0].operation).relu);
    EXPECT_EQ(quantized.nodes[0].output, 1U);
    EXPECT_THAT(quantized.nodes[1].inputs, ElementsAre(1, 0));
    EXPECT_EQ(quantized.output, 2U);
}

TEST(QuantizeNetworkTest, MaxPoolingAndALoneReluKeepTheScaleOfTheirInput) {
    const Network network = chain({maxPool(0), relu(1)}, 2);
    const QuantizedNetwork quantized =
        quantize(network, int8Scheme(), std::vector<float>{127, 1, 2});
    for (const QuantizedTensor& tensor : quantized.tensors) EXPECT_EQ(tensor.scale, 1.0F);
}

TEST(QuantizeNetworkTest, EveryOperationIsQuantizedAsTheKindThatItIs) {
    const Network network =
        chain({convolve(0), averagePool(1), add(2, 0), relu(2), {"", Softmax{}, {4}}}, 5);
    const QuantizedNetwork quantized =
        quantize(network, int8Scheme(), std::vector<float>(6, 127.0F));
    ASSERT_EQ(quantized.nodes.size(), 5U);
    EXPECT_TRUE(std::holds_alternative<QuantizedConvolution>(quantized.nodes[0].operation));
    EXPECT_TRUE(std::holds_alternative<QuantizedPooling>(quantized.nodes[1].operation));
    EXPECT_TRUE(std::holds_alternative<QuantizedAddition>(quantized.nodes[2].operation));
    EXPECT_TRUE(std::holds_alternative<QuantizedRelu>(quantized.nodes[3].operation));
    EXPECT_TRUE(std::holds_alternative<QuantizedSoftmax>(quantized.nodes[4].operation));
}

TEST(QuantizeNetworkTest, CalibrationTakesTheLargestMagnitudeOfAllImages) {
    const Network network = chain({convolve(0), relu(1)}, 2);
    const Ranges ranges = calibrate(network, Images{{1}, {-3}, {2}});
    EXPECT_THAT(ranges.amax, ElementsAre(3, 3, 2));
    EXPECT_THAT(ranges.least, ElementsAre(-3, -3, 0));
}

TEST(QuantizeNetworkTest, CalibrationUsesAsManyImagesAsTheSchemeSays) {
    Scheme scheme = int8Scheme();
    scheme.calibrationImages = 2;
    const Network network = chain({maxPool(0)}, 1);
    const QuantizedNetwork quantized = quantize(network, scheme, Images{{-127}, {1}, {5000}});
    EXPECT_EQ(quantized.tensors[0].scale, 1.0F);
}

class QuantizeErrorTest : public WorkloadFileTest {
protected:
    std::string complaint(const Network& network, const Scheme& scheme) const {
        const std::vector<float> amax(network.tensors.size(), 1.0F);
        return messageOf([&] { quantize(network, scheme, amax); });
    }
};

TEST_F(QuantizeErrorTest, TooFewImages) {
    const Network network = chain({maxPool(0)}, 1);
    EXPECT_EQ(messageOf([&] { calibrate(network, Images{}); }),
              "net: has no calibration images, expected at least one to quantize");
    EXPECT_EQ(messageOf([&] { quantize(network, int8Scheme(), Images{}); }),
              "net: has 0 calibration images, scheme 'test' expects 1");
}

TEST_F(QuantizeErrorTest, TensorsThatLeaveBinary32) {
    Network network = chain({convolve(0)}, 1);
    std::get<Convolution>(network.nodes[0].operation).weights = {1e30F};
    EXPECT_EQ(messageOf([&] { calibrate(network, Images{{1e30F}}); }),
              "net: tensor 't1' leaves binary32 on a calibration image, expected finite values");
}

TEST_F(QuantizeErrorTest, FixedPointWithFloatFormats) {
    Scheme scheme = fixedPointScheme();
    scheme.weight = *numeric::findFormat("e4m3");
    EXPECT_EQ(complaint(chain({maxPool(0)}, 1), scheme),
              "net: scheme 'test': requantization fixed_point cannot scale e4m3, expected integer "
              "formats or fp32_multiplier");
}

TEST_F(QuantizeErrorTest, FixedPointWithSumsOfMoreThanAWord) {
    // Two int16 and their sign are 33 bits: 31 guard bits fill a word.
    Scheme scheme = fixedPointScheme();
    scheme.activation = scheme.weight = *numeric::findFormat("int16");
    scheme.accumulator = {"exact31", numeric::ExactRegister{.guardBits = 31}, std::nullopt};
    EXPECT_EQ(complaint(chain({maxPool(0)}, 1), scheme), "no error");
    scheme.accumulator = {"exact32", numeric::ExactRegister{.guardBits = 32}, std::nullopt};
    EXPECT_EQ(complaint(chain({maxPool(0)}, 1), scheme),
              "net: scheme 'test': requantization fixed_point cannot scale accumulator exact32 of "
              "65 bits, expected an integer of at most 64 bits or fp32_multiplier");
}

TEST_F(QuantizeErrorTest, SumsLongerThanTheAccumulatorHolds) {
    const std::uint32_t channels = (1U << 16) + 1;
    const Network network =
        networkOf({1, 1, channels}, pointwise(std::vector<float>(channels, 1.0F), {0}), {1, 1, 1});
    EXPECT_EQ(complaint(network, schemeOf("e2m1", "e2m1", "exact")),
              "tiny: scheme 'test': node 'op' sums 65537 products of e2m1 and e2m1, expected at "
              "most 65536, which accumulator exact holds exactly");
    EXPECT_EQ(complaint(network, schemeOf("e2m1", "e2m1", "int32")), "no error");
    EXPECT_EQ(complaint(network, schemeOf("e2m1", "e2m1", "fp16")), "no error");
}

TEST_F(QuantizeErrorTest, PaddingWithoutAZero) {
    Network network = networkOf({3, 3, 1}, pointwise({1.0F, 1.0F, 1.0F}, {0}), {3, 3, 1});
    auto& convolution = std::get<Convolution>(network.nodes.front().operation);
    convolution.window.kernelWidth = 3;
    convolution.window.padLeft = convolution.window.padRight = 1;
    EXPECT_EQ(complaint(network, schemeOf("int4_half", "int4", "int32")),
              "tiny: scheme 'test': node 'op' pads with zeros, but int4_half has no zero, expected "
              "a format that has");
    EXPECT_EQ(complaint(network, schemeOf("int4", "int4_half", "int32")), "no error");
}

TEST_F(QuantizeErrorTest, ATransposedConvolutionStaysOne) {
    Network network = networkOf({1, 3, 1}, pointwise({1.0F}, {0}), {1, 3, 1});
    for (const bool transposed : {false, true}) {
        std::get<Convolution>(network.nodes.front().operation).transposed = transposed;
        const QuantizedNetwork quantized =
            quantize(network, int8Scheme(), std::vector<float>{1.0F, 1.0F});
        EXPECT_EQ(std::get<QuantizedConvolution>(quantized.nodes.front().operation).transposed,
                  transposed);
    }
}

TEST_F(QuantizeErrorTest, InsertedZerosWithoutAZero) {
    Network network = networkOf({1, 3, 1}, pointwise({1.0F}, {0}), {1, 5, 1});
    auto& convolution = std::get<Convolution>(network.nodes.front().operation);
    convolution.transposed = true;
    convolution.window.upsampleWidth = 2;
    EXPECT_THAT(complaint(network, schemeOf("int4_half", "int4", "int32")),
                testing::HasSubstr("pads with zeros, but int4_half has no zero"));
    convolution.window.upsampleWidth = 1;
    network.tensors[1].shape.width = 3;
    EXPECT_EQ(complaint(network, schemeOf("int4_half", "int4", "int32")), "no error");
}

TEST_F(QuantizeErrorTest, AveragesOnAWideGridAreFine) {
    for (const char* format : {"bf16", "posit16es2", "dlfloat16", "fp16"}) {
        const Scheme scheme = schemeOf(format, "int4", "fp32");
        EXPECT_EQ(complaint(chain({averagePool(0)}, 1), scheme), "no error") << format;
    }
}

TEST_F(QuantizeErrorTest, ScalesThatAreTooFarApart) {
    const Network network = networkOf({1, 1, 1}, pointwise({1e30F}, {0}), {1, 1, 1});
    const std::vector<float> amax{1e20F, 1e-20F};
    EXPECT_THAT(messageOf([&] { quantize(network, int8Scheme(), amax); }),
                testing::StartsWith("tiny: scheme 'test': node 'op': fp32_multiplier: scales "));
    EXPECT_THAT(
        messageOf([&] { quantize(network, fixedPointScheme(), amax); }),
        testing::StartsWith("tiny: scheme 'test': node 'op': fixed_point: a ratio of scales is "));
}

}  // namespace
}  // namespace systole::sim
