// SPDX-License-Identifier: Apache-2.0
// The interpreter that everything faster is compared with, against numbers worked out by hand and
// against ONNX Runtime.
#include "sim/quantize/quantized_reference.hpp"
#include "sim/quantize/quantizer.hpp"
#include "sim/workload/workload.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;

/// One node from tensor 0 to tensor 1, all scales 1.
QuantizedNetwork oneNode(const Shape& input, QuantizedOperation operation, const Shape& output,
                         const Scheme& scheme = int8Scheme(), std::vector<TensorId> inputs = {0}) {
    return {.name = "one",
            .scheme = scheme,
            .tensors = {{"x", input}, {"y", output}},
            .nodes = {{"op", std::move(operation), std::move(inputs), 1}},
            .input = 0,
            .output = 1};
}

std::vector<int> run(const QuantizedNetwork& network, const std::vector<int>& codes) {
    return values8(runQuantized(network, codes8(codes), 16)[1]);
}

QuantizedConvolution convolution(const std::vector<int>& weights, std::int64_t bias,
                                 float multiplier) {
    QuantizedConvolution result;
    result.weights = codes8(weights);
    result.weightScales = {1.0F};
    result.bias = {bias};
    result.rescales = {{.multiplier = multiplier, .fixedPoint = {}}};
    return result;
}

TEST(QuantizedReferenceTest, ConvolutionsSumProductsAndBiasAndRescale) {
    const auto network = oneNode({1, 1, 2}, convolution({3, -5}, 7, 0.5F), {1, 1, 1});
    EXPECT_THAT(run(network, {10, 2}), ElementsAre(14));  // 27 / 2 = 13.5, to even
    EXPECT_THAT(run(network, {10, 0}), ElementsAre(18));  // 37 / 2 = 18.5, to even
    EXPECT_THAT(run(network, {127, -128}), ElementsAre(127));
    EXPECT_THAT(run(network, {-128, 127}), ElementsAre(-128));
}

TEST(QuantizedReferenceTest, FixedPointRoundsHalfUp) {
    QuantizedConvolution half = convolution({1}, 0, 1);
    half.rescales[0].fixedPoint = {1 << 30, 31};
    const auto network = oneNode({1, 1, 1}, half, {1, 1, 1}, fixedPointScheme());
    EXPECT_THAT(run(network, {5}), ElementsAre(3));
    EXPECT_THAT(run(network, {-5}), ElementsAre(-2));
}

TEST(QuantizedReferenceTest, AFusedReluActsOnTheOutput) {
    QuantizedConvolution relu = convolution({1}, 0, 1);
    relu.relu = true;
    const auto network = oneNode({1, 1, 1}, relu, {1, 1, 1});
    EXPECT_THAT(run(network, {-5}), ElementsAre(0));
    EXPECT_THAT(run(network, {5}), ElementsAre(5));
}

TEST(QuantizedReferenceTest, IntegerAccumulatorsWrapAround) {
    const QuantizedConvolution wide = convolution({127, 127, 127}, 0, 1.0F / 1024);
    const auto wrapped = oneNode({1, 1, 3}, wide, {1, 1, 1}, schemeOf("int8", "int8", "int16"));
    const auto exact = oneNode({1, 1, 3}, wide, {1, 1, 1}, schemeOf("int8", "int8", "exact"));
    // 3 * 127 * 127 = 48387 = 65536 - 17149
    EXPECT_THAT(run(wrapped, {127, 127, 127}), ElementsAre(-17));
    EXPECT_THAT(run(exact, {127, 127, 127}), ElementsAre(47));
}

TEST(QuantizedReferenceTest, GroupsAndPaddingAsInTheFloatReference) {
    QuantizedConvolution grouped = convolution({1, 2, 3, 4}, 0, 1);
    grouped.window = {.kernelWidth = 2, .padLeft = 1};
    grouped.groups = 2;
    grouped.outputChannels = 2;
    grouped.weightScales.resize(2, 1.0F);
    grouped.bias = {0, 80};
    grouped.rescales.resize(2);
    const auto network = oneNode({1, 2, 2}, grouped, {1, 2, 2});
    EXPECT_THAT(run(network, {1, 2, 5, 6}), ElementsAre(2, 80 + 8, 1 + 10, 80 + 6 + 24));
}

TEST(QuantizedReferenceTest, FloatCodesAreSummedAsGridSteps) {
    // 1.5 * 2 + bias of 2^-18 steps: 3 + 0.5.
    QuantizedConvolution one = convolution({0x40}, 1 << 17, std::ldexp(1.0F, -18));
    const auto network = oneNode({1, 1, 1}, one, {1, 1, 1}, schemeOf("e4m3", "e4m3", "exact"));
    EXPECT_THAT(run(network, {0x3c}), ElementsAre(0x46));  // 3.5
}

TEST(QuantizedReferenceTest, AveragesDivideByTheTapsInside) {
    QuantizedPooling pooling{Pooling::Kind::Average, {.kernelWidth = 2, .padLeft = 1}, false, {}};
    pooling.rescales = {{}, {1.0F, {}}, {0.5F, {}}};
    const auto network = oneNode({1, 2, 1}, pooling, {1, 2, 1});
    EXPECT_THAT(run(network, {7, 8}), ElementsAre(7, 8));  // 7.5 to even
    pooling.countIncludesPad = true;
    EXPECT_THAT(run(oneNode({1, 2, 1}, pooling, {1, 2, 1}), {7, 8}), ElementsAre(4, 8));
}

TEST(QuantizedReferenceTest, MaximaAreCodesOfTheLargestValue) {
    const QuantizedPooling pooling{Pooling::Kind::Max, {.kernelWidth = 2, .padLeft = 1}, false, {}};
    EXPECT_THAT(run(oneNode({1, 2, 1}, pooling, {1, 2, 1}), {-7, -8}), ElementsAre(-7, -7));
    const auto floats = oneNode({1, 2, 1}, pooling, {1, 2, 1}, schemeOf("e4m3", "e4m3", "exact"));
    // -0 and +0 are equal: the first of equals.
    EXPECT_THAT(runQuantized(floats, std::vector<numeric::Code>{0x80, 0x00}, 16)[1],
                ElementsAre(0x80, 0x80));
}

TEST(QuantizedReferenceTest, AdditionsRescaleBothInputs) {
    QuantizedAddition addition;
    addition.scales = {.inputs = {0.5F, 0.5F}, .output = 2.0F, .fixedPoint = {}};
    const auto sum = oneNode({1, 1, 3}, addition, {1, 1, 3}, int8Scheme(), {0, 0});
    EXPECT_THAT(run(sum, {10, -10, 3}), ElementsAre(5, -5, 2));
    addition.relu = true;
    const auto relu = oneNode({1, 1, 3}, addition, {1, 1, 3}, int8Scheme(), {0, 0});
    EXPECT_THAT(run(relu, {10, -10, 3}), ElementsAre(5, 0, 2));
}

TEST(QuantizedReferenceTest, ReluAndSoftmaxWorkOnCodes) {
    EXPECT_THAT(run(oneNode({1, 1, 3}, QuantizedRelu{}, {1, 1, 3}), {-3, 0, 4}),
                ElementsAre(0, 0, 4));
    const QuantizedSoftmax softmax{0.125F, 1.0F / 127};
    EXPECT_THAT(run(oneNode({1, 1, 2}, softmax, {1, 1, 2}), {20, 20}), ElementsAre(64, 64));
}

TEST(QuantizedReferenceTest, InputsAndOutputsAreScaled) {
    auto network = oneNode({1, 1, 3}, QuantizedRelu{}, {1, 1, 3});
    network.tensors[0].scale = 0.5F;
    EXPECT_THAT(values8(encodeInput(network, std::vector<float>{1.25F, -100, 0.75F})),
                ElementsAre(2, -128, 2));
    EXPECT_THAT(decodeTensor(network, 0, codes8({3, -4})), ElementsAre(1.5F, -2));
}

/// The first three images' `logits` as ONNX Runtime 1.30 computes them, without graph optimisation,
/// from what exportOnnx writes; it agrees on every other tensor too.
TEST(QuantizedReferenceTest, TheTrainedNetworkGivesTheCodesOfOnnxRuntime) {
    using Rows = std::vector<std::vector<int>>;
    const Rows perChannel{{-8, -18, -25, -19, -28, 25, -38, 39, -11, 86},
                          {19, -21, 81, -4, 10, -40, 29, -41, -4, -29},
                          {-3, 92, 13, -11, -4, -14, -1, -34, -31, -9}};
    const Rows perTensor{{-7, -18, -24, -17, -29, 22, -37, 39, -13, 87},
                         {20, -21, 82, -3, 9, -40, 29, -41, -4, -30},
                         {-2, 92, 14, -11, -4, -15, 1, -35, -32, -11}};
    const Workload workload = loadWorkload(
        std::filesystem::path(SYSTOLE_SOURCE_DIR) / "traces/resnet8_fmnist/workload.yaml", {});
    const std::vector<float> amax =
        calibrate(workload.network, workload.calibration.first(64)).amax;
    for (const auto granularity :
         {Scheme::Granularity::PerChannel, Scheme::Granularity::PerTensor}) {
        Scheme scheme = int8Scheme();
        scheme.weightGranularity = granularity;
        const QuantizedNetwork network = quantize(workload.network, scheme, amax);
        Rows logits;
        for (std::size_t i = 0; i < 3; ++i) {
            const auto input = encodeInput(network, workload.images.image(i));
            logits.push_back(values8(runQuantized(network, input, 16)[network.output]));
        }
        EXPECT_EQ(logits, granularity == Scheme::Granularity::PerChannel ? perChannel : perTensor);
    }
}

}  // namespace
}  // namespace systole::sim
