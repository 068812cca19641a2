// SPDX-License-Identifier: Apache-2.0
// Scales, codes of weights and biases, and rescaling factors: docs/arithmetic.md, sections 3 to 5.
#include <cmath>

#include "sim/graph/code_program.hpp"
#include "sim/graph/rescale.hpp"
#include "sim/quantize/scales.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

using graph::Graph;
using numeric::ScaleArithmetic;
using testing::ElementsAre;

/// Two channels in, two out; amax 31.75 and 127 make scales 0.25 and 1.
Graph quantizePointwise(const Scheme& scheme) {
    const Graph network = pointwiseNetwork({63.5F, -10.2F, 127, 31.75F}, {1.3F, -1.2F});
    return quantize(network, scheme, std::vector<float>{31.75F, 0, 127});
}

TEST(QuantizeScalesTest, ActivationScalesComeFromAmax) {
    const Graph network = quantizePointwise(int8Scheme());
    EXPECT_EQ(scaleOf(network, "x"), 0.25F);
    EXPECT_EQ(scaleOf(network, "y"), 1.0F);
}

TEST(QuantizeScalesTest, WeightsHaveOneScaleAChannel) {
    const Graph network = quantizePointwise(int8Scheme());
    EXPECT_THAT(weightsOf(network).quantizer->scales, ElementsAre(0.5F, 1.0F));
    EXPECT_EQ(weightsOf(network).quantizer->axis, std::uint8_t{0});
    EXPECT_THAT(values8(weightsOf(network).codes), ElementsAre(127, -20, 127, 32));
}

TEST(QuantizeScalesTest, WeightsMayHaveOneScaleALayer) {
    Scheme scheme = int8Scheme();
    scheme.weightGranularity = Scheme::Granularity::PerTensor;
    const Graph network = quantizePointwise(scheme);
    EXPECT_THAT(weightsOf(network).quantizer->scales, ElementsAre(1.0F));
    EXPECT_FALSE(weightsOf(network).quantizer->axis.has_value());
    // 63.5 is a tie and goes to the even 64.
    EXPECT_THAT(values8(weightsOf(network).codes), ElementsAre(64, -10, 127, 32));
}

TEST(QuantizeScalesTest, BiasesAreCodesOfTheAccumulator) {
    // In units of 0.25 * 0.5 and 0.25 * 1.
    EXPECT_THAT(matrixOf(quantizePointwise(int8Scheme())).terms, ElementsAre(10, -5));
}

TEST(QuantizeScalesTest, WorkWithoutBiasesHasTermsOfZero) {
    Graph network = pointwiseNetwork({1, 2}, {0, 0});
    matrixOf(network).bias.clear();
    EXPECT_THAT(matrixOf(quantize(network, int8Scheme(), magnitudes(network, 1))).terms,
                ElementsAre(0, 0));
}

TEST(QuantizeScalesTest, FloatFormatsCountGridSteps) {
    const Graph network = pointwiseNetwork({448}, {1.0F});
    const Graph quantized =
        quantize(network, schemeOf("e4m3", "e4m3", "exact"), std::vector<float>{448, 0, 896});
    EXPECT_EQ(scaleOf(quantized, "y"), 2.0F);
    EXPECT_THAT(matrixOf(quantized).terms, ElementsAre(1 << 18));
    EXPECT_EQ(graph::rescalesOf(quantized, quantized.nodes[0])[0].multiplier,
              std::ldexp(0.5F, -18));
}

TEST(QuantizeScalesTest, AScaleOfNothingIsOne) {
    EXPECT_EQ(scaleFor(0, 127), 1.0F);
    EXPECT_EQ(scaleFor(1e-45F, 127), 1.0F);
    EXPECT_EQ(scaleFor(1.0F, 127), 1.0F / 127.0F);
}

TEST(QuantizeScalesTest, MultipliersAreRoundedStepByStep) {
    const std::vector<float> factors{0.1F, 0.3F};
    const float product = factors[0] * factors[1];
    const float ratio = product / 0.7F;
    EXPECT_EQ(graph::rescaleOf(factors, 0.7F, 0, ScaleArithmetic::Fp32Multiplier).multiplier,
              ratio);
    EXPECT_EQ(graph::rescaleOf(factors, 0.7F, -9, ScaleArithmetic::Fp32Multiplier).multiplier,
              ratio / 512);
}

TEST(QuantizeScalesTest, FixedPointKeepsThirtyOneBits) {
    const std::vector<float> factors{0.25F, 0.5F};
    const auto scale = graph::rescaleOf(factors, 1, 0, ScaleArithmetic::FixedPoint).fixedPoint;
    EXPECT_EQ(scale.mantissa, 1 << 30);
    EXPECT_EQ(scale.shift, 33);
}

TEST(QuantizeScalesTest, AdditionsShareTheShiftOfTheLargerRatio) {
    const auto scales = graph::commonScales(std::vector<float>{0.25F, 0.75F}, 1);
    EXPECT_EQ(scales[0].shift, 31);
    EXPECT_EQ(scales[1].shift, 31);
    EXPECT_EQ(scales[0].mantissa, 1 << 29);
    EXPECT_EQ(scales[1].mantissa, 3 << 29);
}

}  // namespace
}  // namespace systole::sim
