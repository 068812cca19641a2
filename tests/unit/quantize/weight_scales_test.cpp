// SPDX-License-Identifier: Apache-2.0
// Weight scales that leave room for biases and sums, by numbers worked out by hand.
#include <bit>
#include <cmath>

#include "models/numeric/sums/sum.hpp"
#include "sim/graph/exact_reference.hpp"
#include "sim/quantize/quantizer.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

using graph::decodeTensor;
using graph::encodeInput;
using graph::Graph;
using graph::runExact;
using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using Images = std::vector<std::vector<float>>;

const std::vector<float>& weightScalesOf(const Graph& network) {
    return weightsOf(network).quantizer->scales;
}

/// Quantized with the image as calibration, then run on it.
std::vector<float> outputsOf(const Graph& network, const Scheme& scheme,
                             const std::vector<float>& image) {
    const Graph quantized = quantize(network, scheme, Images{image});
    const auto codes = runExact(quantized, encodeInput(quantized, image), 16);
    return decodeTensor(quantized, quantized.output, codes[quantized.output]);
}

TEST(WeightScalesTest, ABiasThatDoesNotFitGrowsTheScaleOfItsChannel) {
    const Graph network = pointwiseNetwork({0.5F, 1e-7F}, {0.25F, 1.5F});
    const std::vector<float> outputs = outputsOf(network, int8Scheme(), {1.0F});
    EXPECT_NEAR(outputs[0], 0.75F, 0.006);
    EXPECT_NEAR(outputs[1], 1.5F, 0.006);
    const Graph quantized = quantize(network, int8Scheme(), Images{{1.0F}});
    // The other channel is as fine as without: 0.5 / 127.
    EXPECT_EQ(weightScalesOf(quantized)[0], 0.5F / 127);
    EXPECT_EQ(matrixOf(quantized).clippedBiases, 0U);
    EXPECT_THAT(static_cast<double>(matrixOf(quantized).terms[1]),
                DoubleNear(2147483647 / 1.0001, 200));
}

TEST(WeightScalesTest, EveryAccumulatorHoldsItsBiases) {
    const Graph network = pointwiseNetwork({1e-9F, -1e-9F}, {1.5F, -0.75F});
    for (const char* accumulator : {"int32", "int16", "int20_saturate", "fp16", "fp32", "exact"}) {
        const std::vector<float> outputs =
            outputsOf(network, schemeOf("int8", "int8", accumulator), {1.0F});
        EXPECT_NEAR(outputs[0], 1.5F, 0.006) << accumulator;
        EXPECT_NEAR(outputs[1], -0.75F, 0.006) << accumulator;
    }
    for (const char* format : {"e4m3", "e5m2", "bf16"}) {
        for (const char* accumulator : {"fp16", "fp32", "exact"}) {
            const std::vector<float> outputs =
                outputsOf(network, schemeOf(format, format, accumulator), {1.0F});
            EXPECT_NEAR(outputs[0], 1.5F, 0.02) << format << accumulator;
            EXPECT_NEAR(outputs[1], -0.75F, 0.02) << format << accumulator;
        }
    }
}

TEST(WeightScalesTest, ALayersScaleGrowsUntilAllBiasesFit) {
    Scheme scheme = int8Scheme();
    scheme.weightGranularity = Scheme::Granularity::PerTensor;
    const Graph network = pointwiseNetwork({1e-7F, 1e-8F}, {1.5F, 0.75F});
    const Graph quantized = quantize(network, scheme, Images{{1.0F}});
    const std::vector<float> scales = weightScalesOf(quantized);
    EXPECT_EQ(scales.size(), 1U);
    EXPECT_EQ(matrixOf(quantized).terms[0] / 2, matrixOf(quantized).terms[1]);
}

TEST(WeightScalesTest, AChannelOfZerosHasItsBiasAndCostsTheOthersNothing) {
    const Graph network = pointwiseNetwork({0, 0, 0.5F, -0.25F}, {0.7F, 0.1F});
    for (const char* accumulator : {"int32", "int16", "fp16", "fp32", "exact"}) {
        // Inputs of 1000: a scale of 1 would make the unit of the bias as coarse as they are.
        const std::vector<float> outputs =
            outputsOf(network, schemeOf("int8", "int8", accumulator), {1000, 1999});
        EXPECT_NEAR(outputs[0], 0.7F, 0.4) << accumulator;
        const Graph quantized =
            quantize(network, schemeOf("int8", "int8", accumulator), Images{{1000, 1999}});
        const auto& convolution = matrixOf(quantized);
        const auto& codes = weightsOf(quantized).codes;
        const auto& scales = weightScalesOf(quantized);
        EXPECT_THAT(std::vector(codes.begin(), codes.begin() + 2), Each(0U));
        const double bias = numeric::SumArithmetic(quantized.arithmetic->accumulator,
                                                   numeric::Codec(*numeric::findFormat("int8")),
                                                   numeric::Codec(*numeric::findFormat("int8")))
                                    .isFloat()
                                ? std::bit_cast<double>(convolution.terms[0])
                                : static_cast<double>(convolution.terms[0]);
        const double unit = double{scaleOf(quantized, "x")} * double{scales[0]};
        EXPECT_THAT(bias * unit, DoubleNear(0.7, 0.7e-3)) << accumulator;
        EXPECT_LE(scales[1], 0.5F / 127 * (accumulator[3] == '1' ? 100 : 1));
    }
}

TEST(WeightScalesTest, AChannelOfNothingHasTheScale1) {
    const Graph network = pointwiseNetwork({0, 1e-44F}, {0, 0});
    const Graph quantized = quantize(network, int8Scheme(), Images{{1.0F}});
    EXPECT_THAT(weightScalesOf(quantized), Each(1.0F));
}

TEST(WeightScalesTest, ScalesGrowUntilNoPartialSumLeavesTheAccumulator) {
    // 448 = 1 * 448, so scales of 1 by the formats. The positive products sum up to 3 * 448^2.
    const Graph network = pointwiseNetwork({448, 448, 448, -448}, {0});
    const Graph quantized =
        quantize(network, schemeOf("e4m3", "e4m3", "fp16"), Images{{448, 448, 448, 448}});
    EXPECT_EQ(weightScalesOf(quantized)[0], static_cast<float>(3.0 * 448 * 448 / 65504));
}

TEST(WeightScalesTest, TheBoundIsThatOfTheImagesNotOfTheFormat) {
    // The large weights never meet the large inputs.
    const Graph network = pointwiseNetwork({448, 1}, {0});
    const Graph quantized = quantize(network, schemeOf("e4m3", "e4m3", "fp16"), Images{{1, 448}});
    EXPECT_EQ(weightScalesOf(quantized)[0], 1.0F);
}

TEST(WeightScalesTest, HeadroomIsTheUsersChoice) {
    Scheme scheme = schemeOf("int8", "int8", "int16");
    const Graph network = pointwiseNetwork({127, 127, 127, 127}, {0});
    const auto scaleWith = [&](double headroom) {
        scheme.accumulatorHeadroom = headroom;
        return weightScalesOf(quantize(network, scheme, Images{{127, 127, 127, 127}}))[0];
    };
    EXPECT_EQ(scaleWith(0), 1.0F);
    EXPECT_EQ(scaleWith(1), static_cast<float>(4.0 * 127 * 127 / 32767));
    EXPECT_EQ(scaleWith(2), static_cast<float>(8.0 * 127 * 127 / 32767));
}

TEST(WeightScalesTest, TheSmallestRegisterOfAChunkedSumDecides) {
    Scheme scheme = schemeOf("e4m3", "e4m3", "fp32");
    scheme.accumulator.chunk = {numeric::parseAccumulator("fp16")->sum, 2};
    const Graph network = pointwiseNetwork({448, 448}, {0});
    EXPECT_EQ(weightScalesOf(quantize(network, scheme, Images{{448, 448}}))[0],
              static_cast<float>(2.0 * 448 * 448 / 65504));
}

TEST(WeightScalesTest, WideSumsChangeNothing) {
    const Graph network = pointwiseNetwork({127, -127, 64}, {3});
    for (const char* accumulator : {"int32", "int24_saturate", "fp32", "exact"}) {
        const Graph quantized =
            quantize(network, schemeOf("int8", "int8", accumulator), Images{{127, 127, 127}});
        EXPECT_THAT(weightScalesOf(quantized), ElementsAre(1.0F)) << accumulator;
    }
}

TEST(WeightScalesTest, ABiasThatFitsNoScaleIsRefused) {
    // Without calibration of the sums and with a tiny input, the scale would leave binary32.
    const Graph network = pointwiseNetwork({1}, {3e38F});
    const std::vector<float> amax{1e-30F, 0, 3e38F};
    try {
        quantize(network, schemeOf("int8", "int8", "int16"), amax);
        FAIL() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("need a weight scale beyond binary32"));
    }
}

class SignTest : public WorkloadFileTest {
protected:
    std::string complaint(const Graph& network, const Scheme& scheme,
                          const std::vector<float>& image) const {
        return messageOf([&] { quantize(network, scheme, Images{image}); });
    }
};

TEST_F(SignTest, ActivationsBelowZeroNeedASignedFormat) {
    const Graph network = pointwiseNetwork({1, -1}, {0.5F});
    EXPECT_EQ(complaint(network, schemeOf("uint8", "int8", "int32"), {1, -2.5F}),
              "tiny: scheme 'test': tensor 'x' has values on the calibration images down to -2.5, "
              "but uint8 has no negative values and there are no zero points, expected a signed "
              "format, such as int8");
    EXPECT_THAT(complaint(network, schemeOf("uint8", "int8", "int32"), {1, 3}),
                HasSubstr("tensor 'y' has values on the calibration images down to -1.5"));
    EXPECT_EQ(complaint(network, schemeOf("uint8", "int8", "int32"), {3, 1}), "no error");
}

TEST_F(SignTest, WeightsBelowZeroNeedASignedFormat) {
    const Graph network = pointwiseNetwork({1, -0.25F}, {0.5F});
    EXPECT_EQ(complaint(network, schemeOf("int8", "uint4", "int32"), {1, 1}),
              "tiny: scheme 'test': node 'op' has weights down to -0.25, but uint4 has no negative "
              "values and there are no zero points, expected a signed format, such as int8");
}

TEST_F(SignTest, TensorsReadAsWeightsNeedNegativeValuesToo) {
    EXPECT_THAT(complaint(productsOfTensors(), schemeOf("int8", "uint4", "int32"), {1, 0, 0, -2}),
                HasSubstr("tensor 'x/uint4' has values on the calibration images down to -2"));
}

TEST_F(SignTest, EveryFormatWithoutNegativeValuesCounts) {
    const Graph network = pointwiseNetwork({1, -1}, {0.5F});
    Scheme scheme = schemeOf("int8", "int8", "exact");
    scheme.weight = numeric::CodebookFormat{"powers", {0, 0.5, 1, 2}};
    EXPECT_THAT(complaint(network, scheme, {1, 1}), HasSubstr("but powers has no negative values"));
    scheme.weight = numeric::FloatFormat{
        .name = "ue4m3", .exponentBits = 4, .mantissaBits = 3, .bias = 7, .isSigned = false};
    EXPECT_THAT(complaint(network, scheme, {1, 1}), HasSubstr("but ue4m3 has no negative values"));
}

TEST_F(SignTest, WhatAFusedReluCutsOffDoesNotCount) {
    NetworkBuilder builder({1, 2, 1, 1});
    const Graph network = builder.take(builder.relu(builder.convolve(0, {1, -1}, {0})));
    EXPECT_EQ(complaint(network, schemeOf("uint8", "int8", "int32"), {1, 3}), "no error");
}

}  // namespace
}  // namespace systole::sim
