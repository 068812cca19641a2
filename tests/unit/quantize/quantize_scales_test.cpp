// SPDX-License-Identifier: Apache-2.0
// Scales, codes of weights and biases, and rescaling factors: docs/arithmetic.md, sections 3 to 5.
#include <cmath>

#include "sim/quantize/quantizer.hpp"
#include "sim/quantize/scales.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

using numeric::ScaleArithmetic;
using testing::ElementsAre;

const QuantizedConvolution& convolutionOf(const QuantizedNetwork& network) {
    return std::get<QuantizedConvolution>(network.nodes.at(0).operation);
}

/// Two channels in, two out; amax 31.75 and 127 make scales 0.25 and 1.
QuantizedNetwork quantizePointwise(const Scheme& scheme) {
    const Network network =
        networkOf({1, 1, 2}, pointwise({63.5F, -10.2F, 127, 31.75F}, {1.3F, -1.2F}), {1, 1, 2});
    return quantize(network, scheme, std::vector<float>{31.75F, 127});
}

TEST(QuantizeScalesTest, ActivationScalesComeFromAmax) {
    const QuantizedNetwork network = quantizePointwise(int8Scheme());
    ASSERT_EQ(network.tensors.size(), 2U);
    EXPECT_EQ(network.tensors[network.input].scale, 0.25F);
    EXPECT_EQ(network.tensors[network.output].scale, 1.0F);
}

TEST(QuantizeScalesTest, WeightsHaveOneScaleAChannel) {
    const QuantizedNetwork network = quantizePointwise(int8Scheme());
    EXPECT_THAT(convolutionOf(network).weightScales, ElementsAre(0.5F, 1.0F));
    EXPECT_THAT(values8(convolutionOf(network).weights), ElementsAre(127, -20, 127, 32));
}

TEST(QuantizeScalesTest, WeightsMayHaveOneScaleALayer) {
    Scheme scheme = int8Scheme();
    scheme.weightGranularity = Scheme::Granularity::PerTensor;
    const QuantizedNetwork network = quantizePointwise(scheme);
    EXPECT_THAT(convolutionOf(network).weightScales, ElementsAre(1.0F, 1.0F));
    // 63.5 is a tie and goes to the even 64.
    EXPECT_THAT(values8(convolutionOf(network).weights), ElementsAre(64, -10, 127, 32));
}

TEST(QuantizeScalesTest, BiasesAreCodesOfTheAccumulator) {
    // In units of 0.25 * 0.5 and 0.25 * 1.
    EXPECT_THAT(convolutionOf(quantizePointwise(int8Scheme())).bias, ElementsAre(10, -5));
}

TEST(QuantizeScalesTest, FloatFormatsCountGridSteps) {
    const Network network = networkOf({1, 1, 1}, pointwise({448}, {1.0F}), {1, 1, 1});
    const QuantizedNetwork quantized =
        quantize(network, schemeOf("e4m3", "e4m3", "exact"), std::vector<float>{448, 896});
    EXPECT_EQ(quantized.tensors[quantized.output].scale, 2.0F);
    EXPECT_THAT(convolutionOf(quantized).bias, ElementsAre(1 << 18));
    EXPECT_EQ(convolutionOf(quantized).rescales[0].multiplier, std::ldexp(0.5F, -18));
}

TEST(QuantizeScalesTest, AScaleOfNothingIsOne) {
    EXPECT_EQ(scaleFor(0, 127), 1.0F);
    EXPECT_EQ(scaleFor(1e-45F, 127), 1.0F);
    EXPECT_EQ(scaleFor(1.0F, 127), 1.0F / 127.0F);
}

TEST(QuantizeScalesTest, MultipliersAreRoundedStepByStep) {
    const float input = 0.1F;
    const float weight = 0.3F;
    const float output = 0.7F;
    const float product = input * weight;
    const float ratio = product / output;
    EXPECT_EQ(makeRescale({input, weight, output}, 0, ScaleArithmetic::Fp32Multiplier).multiplier,
              ratio);
    EXPECT_EQ(makeRescale({input, weight, output}, -9, ScaleArithmetic::Fp32Multiplier).multiplier,
              ratio / 512);
}

TEST(QuantizeScalesTest, FixedPointKeepsThirtyOneBits) {
    const auto scale = makeRescale({0.25F, 0.5F, 1}, 0, ScaleArithmetic::FixedPoint).fixedPoint;
    EXPECT_EQ(scale.mantissa, 1 << 30);
    EXPECT_EQ(scale.shift, 33);
}

TEST(QuantizeScalesTest, AdditionsShareTheShiftOfTheLargerRatio) {
    const auto scales = makeAdditionScales(0.25F, 0.75F, 1, ScaleArithmetic::FixedPoint);
    EXPECT_EQ(scales.fixedPoint[0].shift, 31);
    EXPECT_EQ(scales.fixedPoint[1].shift, 31);
    EXPECT_EQ(scales.fixedPoint[0].mantissa, 1 << 29);
    EXPECT_EQ(scales.fixedPoint[1].mantissa, 3 << 29);
    EXPECT_THAT(scales.inputs, ElementsAre(0.25F, 0.75F));
    EXPECT_EQ(scales.output, 1.0F);
}

TEST(QuantizeScalesTest, AveragesHaveOneFactorACount) {
    Pooling pooling{.kind = Pooling::Kind::Average, .window = {.kernelWidth = 3}};
    const Network network = networkOf({1, 3, 1}, pooling, {1, 1, 1});
    const QuantizedNetwork quantized =
        quantize(network, int8Scheme(), std::vector<float>{254, 127});
    const auto& rescales = std::get<QuantizedPooling>(quantized.nodes[0].operation).rescales;
    ASSERT_EQ(rescales.size(), 4U);
    EXPECT_EQ(rescales[1].multiplier, 2.0F);
    EXPECT_EQ(rescales[2].multiplier, 1.0F);
    EXPECT_EQ(rescales[3].multiplier, 2.0F * (1.0F / 3.0F));
}

}  // namespace
}  // namespace systole::sim
