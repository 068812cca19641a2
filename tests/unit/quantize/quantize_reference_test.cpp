// SPDX-License-Identifier: Apache-2.0
// The interpreter that everything faster is compared with, against numbers worked out by hand and
// against ONNX Runtime.
#include <cmath>

#include "sim/graph/exact_reference.hpp"
#include "sim/graph/fusion.hpp"
#include "sim/workload/workload.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

using graph::decodeTensor;
using graph::encodeInput;
using graph::Graph;
using graph::runExact;
using testing::ElementsAre;

/// Activations and weights of given scales, 1 unless said, and as large as their formats: the
/// values are the codes.
Graph withScales(Graph network, const Scheme& scheme, const std::vector<float>& scales = {}) {
    network.arithmetic = graph::Arithmetic{scheme.accumulator, scheme.requantization};
    for (graph::TensorId id = 0; id < network.tensors.size(); ++id) {
        graph::Tensor& tensor = network.tensors[id];
        const bool isConstant = tensor.origin == graph::Origin::Constant;
        const numeric::Format& format = isConstant ? scheme.weight : scheme.activation;
        tensor.quantizer = graph::Quantizer{format, {}, {scales.empty() ? 1.0F : scales.at(id)}};
        for (const float value : tensor.values) {
            tensor.codes.push_back(numeric::Codec(format).encode(value));
        }
    }
    for (graph::Node& node : network.nodes) {
        auto* work = std::get_if<graph::MatrixWork>(&node.work);
        if (work == nullptr) continue;
        for (const float bias : work->bias) work->terms.push_back(std::lrint(bias));
    }
    return network;
}

std::vector<int> run(const Graph& network, const std::vector<int>& codes) {
    return values8(runExact(network, codes8(codes), 16)[network.output]);
}

/// One convolution of the network's input.
Graph convolution(const std::vector<float>& weights, float bias, float multiplier,
                  const Scheme& scheme = int8Scheme()) {
    return withScales(pointwiseNetwork(weights, {bias}), scheme, {multiplier, 1, 1});
}

arch::Window wide(std::uint32_t kernel, std::int32_t padBefore) {
    return {.y = {}, .x = {.kernel = kernel, .padBefore = padBefore}};
}

TEST(QuantizedReferenceTest, ConvolutionsSumProductsAndBiasAndRescale) {
    const Graph network = convolution({3, -5}, 7, 0.5F);
    EXPECT_THAT(run(network, {10, 2}), ElementsAre(14));  // 27 / 2 = 13.5, to even
    EXPECT_THAT(run(network, {10, 0}), ElementsAre(18));  // 37 / 2 = 18.5, to even
    EXPECT_THAT(run(network, {127, -128}), ElementsAre(127));
    EXPECT_THAT(run(network, {-128, 127}), ElementsAre(-128));
}

TEST(QuantizedReferenceTest, FixedPointRoundsHalfUp) {
    const Graph network = convolution({1}, 0, 0.5F, fixedPointScheme());
    EXPECT_THAT(run(network, {5}), ElementsAre(3));
    EXPECT_THAT(run(network, {-5}), ElementsAre(-2));
}

TEST(QuantizedReferenceTest, AFusedReluActsOnTheOutput) {
    NetworkBuilder builder;
    const Graph network = withScales(
        graph::fuseActivations(builder.take(builder.relu(builder.convolve(0, {1}, {0})))),
        int8Scheme());
    ASSERT_EQ(network.nodes.size(), 1U);
    EXPECT_THAT(run(network, {-5}), ElementsAre(0));
    EXPECT_THAT(run(network, {5}), ElementsAre(5));
}

TEST(QuantizedReferenceTest, IntegerAccumulatorsWrapAround) {
    const auto sumIn = [](const std::string& accumulator) {
        return convolution({127, 127, 127}, 0, 1.0F / 1024, schemeOf("int8", "int8", accumulator));
    };
    // 3 * 127 * 127 = 48387 = 65536 - 17149
    EXPECT_THAT(run(sumIn("int16"), {127, 127, 127}), ElementsAre(-17));
    EXPECT_THAT(run(sumIn("exact"), {127, 127, 127}), ElementsAre(47));
}

TEST(QuantizedReferenceTest, GroupsAndPaddingAsInTheFloatReference) {
    NetworkBuilder builder({1, 2, 1, 2});
    const Graph network = withScales(
        builder.take(builder.convolve(0, {1, 2, 3, 4}, {0, 80}, wide(2, 1), 2)), int8Scheme());
    EXPECT_THAT(run(network, {1, 2, 5, 6}), ElementsAre(2, 80 + 8, 1 + 10, 80 + 6 + 24));
}

TEST(QuantizedReferenceTest, FloatCodesAreSummedAsGridSteps) {
    // 1.5 * 2 + bias of 2^-18 steps: 3 + 0.5.
    Graph network = convolution({2}, 1 << 17, 1, schemeOf("e4m3", "e4m3", "exact"));
    EXPECT_THAT(runExact(network, std::vector<numeric::Code>{0x3c}, 16)[network.output],
                ElementsAre(0x46));  // 3.5
}

TEST(QuantizedReferenceTest, FloatSumsKeepTheOrderOfTheArray) {
    // FP16 has steps of 2 from 2048 on. In folds of one row the ones are lost one by one; in folds
    // of two rows they come as 2.
    const Graph network = convolution({2048, 0, 1, 1}, 0, 0.5F, schemeOf("int16", "int16", "fp16"));
    const std::vector<numeric::Code> codes{1, 0, 1, 1};
    EXPECT_THAT(runExact(network, codes, 1)[network.output], ElementsAre(1024));
    EXPECT_THAT(runExact(network, codes, 2)[network.output], ElementsAre(1025));
}

TEST(QuantizedReferenceTest, ProductsOfTwoTensors) {
    const Graph network = withScales(productsOfTensors(), int8Scheme());
    const auto codes = runExact(network, codes8({1, 2, 3, 4}), 16);
    EXPECT_THAT(values8(codes[1]), ElementsAre(7, 10, 15, 22));
}

TEST(QuantizedReferenceTest, AveragesDivideByTheTapsInside) {
    NetworkBuilder inside({1, 1, 1, 2});
    EXPECT_THAT(run(withScales(inside.take(inside.average(0, wide(2, 1))), int8Scheme()), {7, 8}),
                ElementsAre(7, 8));  // 7.5 to even
    NetworkBuilder all({1, 1, 1, 2});
    EXPECT_THAT(run(withScales(all.take(all.average(0, wide(2, 1), 2)), int8Scheme()), {7, 8}),
                ElementsAre(4, 8));
}

TEST(QuantizedReferenceTest, MaximaAreCodesOfTheLargestValue) {
    NetworkBuilder builder({1, 1, 1, 2});
    const Graph network = builder.take(builder.maximum(0, wide(2, 1)));
    EXPECT_THAT(run(withScales(network, int8Scheme()), {-7, -8}), ElementsAre(-7, -7));
    const Graph floats = withScales(network, schemeOf("e4m3", "e4m3", "exact"));
    // -0 and +0 are equal: the first of equals.
    EXPECT_THAT(runExact(floats, std::vector<numeric::Code>{0x80, 0x00}, 16)[floats.output],
                ElementsAre(0x80, 0x80));
}

TEST(QuantizedReferenceTest, AdditionsRescaleBothInputs) {
    NetworkBuilder builder({1, 3, 1, 1});
    const Graph sum = withScales(builder.take(builder.sum(0, 0)), int8Scheme(), {0.5F, 2});
    EXPECT_THAT(run(sum, {10, -10, 3}), ElementsAre(5, -5, 2));
}

TEST(QuantizedReferenceTest, FixedPointAddsInIntegers) {
    NetworkBuilder builder({1, 3, 1, 1});
    const Graph sum = withScales(builder.take(builder.sum(0, 0)), fixedPointScheme(), {0.5F, 2});
    EXPECT_THAT(run(sum, {10, -10, 3}), ElementsAre(5, -5, 2));  // 1.5 half up
    EXPECT_THAT(run(sum, {1, -1, 5}), ElementsAre(1, 0, 3));     // 0.5, -0.5, 2.5
}

TEST(QuantizedReferenceTest, ReluAndSoftmaxWorkOnCodes) {
    NetworkBuilder relu({1, 3, 1, 1});
    EXPECT_THAT(run(withScales(relu.take(relu.relu(0)), int8Scheme()), {-3, 0, 4}),
                ElementsAre(0, 0, 4));
    NetworkBuilder softmax({1, 2, 1, 1});
    EXPECT_THAT(
        run(withScales(softmax.take(softmax.softmax(0)), int8Scheme(), {0.125F, 1.0F / 127}),
            {20, 20}),
        ElementsAre(64, 64));
}

TEST(QuantizedReferenceTest, MovesCopyCodes) {
    NetworkBuilder builder({1, 2, 1, 2});
    const Graph network = withScales(builder.take(builder.concat({0, 0})), int8Scheme());
    EXPECT_THAT(run(network, {1, 2, 3, 4}), ElementsAre(1, 2, 1, 2, 3, 4, 3, 4));
}

TEST(QuantizedReferenceTest, ConstantsOfVectorWorkAreBinary32) {
    NetworkBuilder builder({1, 3, 1, 1});
    const auto constant =
        builder.builder().constant("c", {1, 3, 1, 1}, {0.25F, 1, -100}, graph::channelsLast(4));
    Graph network = withScales(builder.take(builder.sum(0, constant)), int8Scheme(), {1, 1, 1});
    network.tensors[constant].quantizer.reset();
    EXPECT_THAT(run(network, {10, 10, 10}), ElementsAre(10, 11, -90));
}

TEST(QuantizedReferenceTest, InputsAndOutputsAreScaled) {
    NetworkBuilder builder({1, 3, 1, 1});
    const Graph network = withScales(builder.take(builder.relu(0)), int8Scheme(), {0.5F, 0.5F});
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
    for (const auto granularity :
         {Scheme::Granularity::PerChannel, Scheme::Granularity::PerTensor}) {
        Scheme scheme = int8Scheme();
        scheme.weightGranularity = granularity;
        scheme.accumulatorHeadroom = 0;
        scheme.calibrationImages = 64;
        const Graph network = quantize(workload.network, scheme, workload.calibration.first(64));
        Rows logits;
        for (std::size_t i = 0; i < 3; ++i) {
            const auto input = encodeInput(network, workload.images.image(i));
            logits.push_back(values8(runExact(network, input, 16)[network.output]));
        }
        EXPECT_EQ(logits, granularity == Scheme::Granularity::PerChannel ? perChannel : perTensor);
    }
}

}  // namespace
}  // namespace systole::sim
