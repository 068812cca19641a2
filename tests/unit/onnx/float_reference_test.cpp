// SPDX-License-Identifier: Apache-2.0
#include "sim/network/float_reference.hpp"

#include <bit>
#include <cmath>

#include "sim/network/window.hpp"
#include "sim/onnx/onnx_reader.hpp"
#include "sim/workload/workload.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using Values = std::vector<float>;

Values runNode(const Shape& input, const Operation& operation, const Shape& output,
               const Values& image) {
    return runFloat(networkOf(input, operation, output), image).tensors[1];
}

/// The sentence of docs/arithmetic.md, section 2, one output at a time.
float convolveOne(const Convolution& convolution, const Shape& shape, const Values& image,
                  std::uint32_t y, std::uint32_t x, std::size_t n) {
    const std::size_t channels = shape.channels / convolution.groups;
    const std::size_t group = n / (convolution.outputChannels / convolution.groups);
    Values chunks(convolution.reduction() / 256 + 1, 0.0F);
    forEachTap(convolution.window, shape, y, x, [&](std::size_t tap, std::size_t pixel) {
        for (std::size_t c = 0; c < channels; ++c) {
            const std::size_t k = tap * channels + c;
            chunks[k / 256] =
                std::fma(image[pixel * shape.channels + group * channels + c],
                         convolution.weights[n * convolution.reduction() + k], chunks[k / 256]);
        }
    });
    double sum = 0;
    for (const float chunk : chunks) sum += double{chunk};
    return static_cast<float>(sum + double{convolution.bias[n]});
}

struct RandomCase {
    Convolution convolution;
    Shape input;
    Shape output;
    Values image;
};

RandomCase drawCase(RandomValues& random) {
    RandomCase result;
    const std::uint32_t groups = 1 + random.below(4);
    const std::uint32_t perGroup = 1 + random.below(random.below(2) == 0 ? 1 : 70);
    result.input = {3 + random.below(6), 3 + random.below(6), groups * perGroup};
    Convolution& convolution = result.convolution;
    convolution.groups = groups;
    convolution.outputChannels = groups * (random.below(3) == 0 ? 1 : 1 + random.below(19));
    convolution.window = {.kernelHeight = 1 + random.below(3),
                          .kernelWidth = 1 + random.below(3),
                          .strideHeight = 1 + random.below(2),
                          .strideWidth = 1 + random.below(2),
                          .padTop = static_cast<std::int32_t>(random.below(3)),
                          .padLeft = static_cast<std::int32_t>(random.below(3)),
                          .padBottom = 2,
                          .padRight = 2,
                          .dilationHeight = 1 + random.below(2),
                          .dilationWidth = 1 + random.below(2)};
    convolution.weights = random.next(std::size_t{convolution.outputChannels} * perGroup *
                                      kernelArea(convolution.window));
    convolution.bias = random.next(convolution.outputChannels);
    const auto positions = [](const WindowAxis& axis, std::uint32_t size) {
        return static_cast<std::uint32_t>(windowPositions(axis, size));
    };
    result.output = {positions(verticalAxis(convolution.window), result.input.height),
                     positions(horizontalAxis(convolution.window), result.input.width),
                     convolution.outputChannels};
    result.image = random.next(result.input.elements());
    return result;
}

TEST(FloatReferenceTest, EveryConvolutionSumsInTheWrittenOrder) {
    constexpr std::uint64_t kSeed = 11;
    RandomValues random(kSeed);
    for (int round = 0; round < 200; ++round) {
        const RandomCase one = drawCase(random);
        const Values result = runNode(one.input, one.convolution, one.output, one.image);
        forEachPixel(one.output, [&](std::uint32_t y, std::uint32_t x, std::size_t pixel) {
            for (std::size_t n = 0; n < one.output.channels; ++n) {
                const float expected = convolveOne(one.convolution, one.input, one.image, y, x, n);
                const float seen = result[pixel * one.output.channels + n];
                ASSERT_EQ(std::bit_cast<std::uint32_t>(seen),
                          std::bit_cast<std::uint32_t>(expected))
                    << "seed " << kSeed << ", round " << round;
            }
        });
    }
}

TEST(FloatReferenceTest, TheOrderOfSummationIsVisible) {
    // 2^60 + 1 - 2^60 is 0 in this order, and would be 1 in another.
    Convolution convolution;
    convolution.weights = {1, 1, 1};
    convolution.bias = {0};
    const float big = std::ldexp(1.0F, 60);
    EXPECT_THAT(runNode({1, 1, 3}, convolution, {1, 1, 1}, {big, 1, -big}), ElementsAre(0));
    EXPECT_THAT(runNode({1, 1, 3}, convolution, {1, 1, 1}, {big, -big, 1}), ElementsAre(1));
}

TEST(FloatReferenceTest, ChunksAreAddedInBinarySixtyFour) {
    Convolution convolution;
    convolution.weights.assign(3 * 256, 1.0F);
    convolution.bias = {0.5F};
    const float big = std::ldexp(1.0F, 30);
    Values image(convolution.weights.size(), 0.0F);
    image[0] = big;
    image[256] = 1;
    image[512] = -big;
    const Shape shape{1, 1, static_cast<std::uint32_t>(image.size())};
    EXPECT_THAT(runNode(shape, convolution, {1, 1, 1}, image), ElementsAre(1.5F));
    std::swap(image[256], image[1]);  // in one chunk, binary32 loses it
    EXPECT_THAT(runNode(shape, convolution, {1, 1, 1}, image), ElementsAre(0.5F));
}

TEST(FloatReferenceTest, AveragesAreRoundedOnce) {
    const Pooling pooling{.kind = Pooling::Kind::Average, .window = {.kernelWidth = 3}};
    EXPECT_THAT(runNode({1, 3, 1}, pooling, {1, 1, 1}, {0.1F, 0.2F, 0.7F}),
                ElementsAre(static_cast<float>((double{0.1F} + double{0.2F} + double{0.7F}) / 3)));
}

TEST(FloatReferenceTest, SoftmaxDoesNotOverflow) {
    const Values result = runNode({1, 1, 3}, Softmax{}, {1, 1, 3}, {1e30F, 1e30F, -1e30F});
    EXPECT_THAT(result, ElementsAre(0.5F, 0.5F, 0));
}

TEST(FloatReferenceTest, AmaxIsTheLargestMagnitudeOfEachTensor) {
    const Network network = networkOf({1, 1, 3}, Relu{}, {1, 1, 3});
    EXPECT_THAT(runFloat(network, Values{-3, 1, 2}).amax, ElementsAre(3, 2));
}

TEST(FloatReferenceTest, OutputOnlyGivesTheSameOutputAndAmax) {
    const std::filesystem::path folder =
        std::filesystem::path(SYSTOLE_SOURCE_DIR) / "traces/resnet8_fmnist";
    const Workload workload = loadWorkload(folder / "workload.yaml", {});
    const FloatReference reference(workload.network);
    const Values image = workload.images.image(0);
    const FloatResult all = reference.run(image, KeepTensors::All);
    const FloatResult few = reference.run(image, KeepTensors::OutputOnly);
    EXPECT_EQ(all.amax, few.amax);
    for (TensorId tensor = 0; tensor < all.tensors.size(); ++tensor) {
        const bool isOutput = tensor == workload.network.output;
        EXPECT_EQ(few.tensors[tensor], isOutput ? all.tensors[tensor] : Values{});
        EXPECT_EQ(all.tensors[tensor].size(), workload.network.tensors[tensor].shape.elements());
    }
}

}  // namespace
}  // namespace systole::sim
