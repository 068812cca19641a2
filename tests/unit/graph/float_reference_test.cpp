// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/float_reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "sim/graph/matrix_layout.hpp"
#include "sim/graph/taps.hpp"
#include "sim/workload/workload.hpp"
#include "tests/unit/graph/graph_fixture.hpp"

namespace systole::graph {
namespace {

using numeric::ReduceStep;
using testing::ElementsAre;
using Values = std::vector<float>;
using Tensors = std::vector<const Tensor*>;

Values draw(std::size_t count, std::uint32_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
    Values values(count);
    for (float& value : values) value = uniform(random);
    return values;
}

/// An image in channels last, and constant weights.
Graph convolution(const Extents& image, std::uint32_t outputs, const arch::Window& window,
                  std::uint32_t groups) {
    const Extents weights{outputs, window.y.kernel, window.x.kernel, image[1] / groups};
    const Extents shape{image[0], outputs, static_cast<std::uint32_t>(window.y.positions(image[2])),
                        static_cast<std::uint32_t>(window.x.positions(image[3]))};
    Graph graph = nodeGraph({{image, channelsLast(4)}, {weights, naturalOrder(4)}}, shape,
                            channelsLast(4), [&](const Tensors&, const Tensor&) {
                                MatrixWork work;
                                work.window = window;
                                work.groups = groups;
                                work.image = imageAxes(4);
                                work.result = imageAxes(4);
                                work.bias = draw(outputs, 3);
                                work.epilogue = identityProgram();
                                return work;
                            });
    graph.tensors[1].values = draw(graph.tensors[1].elements(), 2);
    return graph;
}

/// The sentence of docs/arithmetic.md, section 2, one output at a time.
Values sums(const Graph& graph, const Values& image) {
    const Node& node = graph.nodes[0];
    const auto& work = std::get<MatrixWork>(node.work);
    const MatrixLayout layout(graph, node, work);
    const MatrixExtents& e = layout.extents;
    const Values& weights = graph.tensors[1].values;
    const std::uint32_t channels = e.inputChannels / work.groups;
    Values result(graph.tensors[node.output].elements());
    const std::vector<std::uint32_t> space{e.batches, e.outputHeight, e.outputWidth,
                                           e.outputChannels};
    for (std::size_t at = 0; at < result.size(); ++at) {
        const std::size_t n = at % e.outputChannels;
        const auto x = static_cast<std::uint32_t>(at / e.outputChannels % e.outputWidth);
        const auto y =
            static_cast<std::uint32_t>(at / e.outputChannels / e.outputWidth % e.outputHeight);
        const std::size_t b = at / e.outputChannels / e.outputWidth / e.outputHeight;
        const std::size_t group = n / (e.outputChannels / work.groups);
        Values chunks(layout.reduction / 256 + 1, 0.0F);
        forEachTap(work.window, {e.inputHeight, e.inputWidth}, y, x,
                   [&](std::size_t tap, std::int64_t row, std::int64_t column) {
                       for (std::size_t c = 0; c < channels; ++c) {
                           const std::size_t k = tap * channels + c;
                           const auto pixel = static_cast<std::size_t>(
                               (static_cast<std::int64_t>(b) * e.inputHeight + row) * e.inputWidth +
                               column);
                           chunks[k / 256] =
                               std::fma(image[pixel * e.inputChannels + group * channels + c],
                                        weights[n * layout.reduction + k], chunks[k / 256]);
                       }
                   });
        double sum = 0;
        for (const float chunk : chunks) sum += double{chunk};
        result[at] = static_cast<float>(sum + double{work.bias[n]});
    }
    return result;
}

arch::Window windowOf(const arch::WindowAxis& y, const arch::WindowAxis& x) { return {y, x}; }

TEST(FloatGraph, SumsAreThoseOfTheDefinition) {
    struct Case {
        Extents image;
        std::uint32_t outputs;
        arch::Window window;
        std::uint32_t groups;
    };
    const std::vector<Case> cases{
        {{1, 3, 5, 7}, 4, windowOf({3, 1, 1, 1}, {3, 2, 1, 0}), 1},
        {{2, 40, 6, 6}, 18, windowOf({3, 1, 1, 1}, {3, 1, 1, 1}), 1},
        {{1, 6, 5, 5}, 6, windowOf({3, 1, 1, 1}, {3, 1, 1, 1}), 6},
        {{1, 6, 5, 5}, 4, windowOf({2, 1, 0, 0}, {2, 1, 0, 0, 2}), 2},
        {{1, 2, 4, 3}, 3, windowOf({3, 1, 1, 1, 1, 2}, {3, 1, -1, 2, 1, 2}), 1},
        {{1, 1, 9, 9}, 1, windowOf({9, 1, 0, 0}, {9, 1, 0, 0}), 1},
    };
    for (const Case& each : cases) {
        const Graph graph = convolution(each.image, each.outputs, each.window, each.groups);
        const Values image = draw(elementsOf(each.image), 1);
        EXPECT_EQ(runFloat(graph, image).tensors[graph.output], sums(graph, image));
    }
}

TEST(FloatGraph, RandomConvolutionsSumInTheWrittenOrder) {
    constexpr std::uint32_t kSeed = 11;
    std::mt19937 random(kSeed);
    const auto below = [&](std::uint32_t bound) {
        return static_cast<std::uint32_t>(random() % bound);
    };
    const auto axis = [&] {
        return arch::WindowAxis{.kernel = 1 + below(3),
                                .stride = 1 + below(2),
                                .padBefore = static_cast<std::int32_t>(below(4)) - 1,
                                .padAfter = 2,
                                .dilation = 1 + below(2),
                                .upsample = 1 + below(2)};
    };
    for (int round = 0; round < 200; ++round) {
        const std::uint32_t groups = 1 + below(4);
        const std::uint32_t perGroup = 1 + below(below(2) == 0 ? 1 : 70);
        const std::uint32_t outputs = groups * (below(3) == 0 ? 1 : 1 + below(19));
        const Extents shape{1 + below(2), groups * perGroup, 4 + below(5), 4 + below(5)};
        const Graph graph = convolution(shape, outputs, windowOf(axis(), axis()), groups);
        const Values image = draw(elementsOf(shape), below(1000));
        ASSERT_EQ(runFloat(graph, image).tensors[graph.output], sums(graph, image))
            << "seed " << kSeed << ", round " << round;
    }
}

/// A product of the image with ones.
float sumOf(const Values& image, float bias) {
    const auto count = static_cast<std::uint32_t>(image.size());
    Graph graph = convolution({1, count, 1, 1}, 1, {}, 1);
    graph.tensors[1].values.assign(count, 1.0F);
    std::get<MatrixWork>(graph.nodes[0].work).bias = {bias};
    return runFloat(graph, image).tensors[graph.output].front();
}

TEST(FloatGraph, TheOrderOfSummationIsVisible) {
    // 2^60 + 1 - 2^60 is 0 in this order, and would be 1 in another.
    EXPECT_EQ(sumOf({0x1p60F, 1, -0x1p60F}, 0), 0);
    EXPECT_EQ(sumOf({0x1p60F, -0x1p60F, 1}, 0), 1);
}

TEST(FloatGraph, ChunksAreAddedInBinarySixtyFour) {
    Values image(std::size_t{3} * 256, 0.0F);
    image[0] = 0x1p30F;
    image[256] = 1;
    image[512] = -0x1p30F;
    EXPECT_EQ(sumOf(image, 0.5F), 1.5F);
    std::swap(image[256], image[1]);  // in one chunk, binary32 loses it
    EXPECT_EQ(sumOf(image, 0.5F), 0.5F);
}

TEST(FloatGraph, SoftmaxDoesNotOverflow) {
    ProgramWriter writer;
    const auto x = writer.load();
    const auto most = writer.reduce(ReduceStep::Kind::Maximum, x);
    const auto e = writer.apply("exponential", writer.apply("subtract", x, most));
    auto program =
        writer.stored(writer.apply("divide", e, writer.reduce(ReduceStep::Kind::Sum, e)));
    const Graph graph = nodeGraph({{{1, 3}, naturalOrder(2)}}, {1, 3}, naturalOrder(2),
                                  [&](const Tensors& inputs, const Tensor& output) {
                                      return reducing(inputs, output, {1}, program);
                                  });
    EXPECT_THAT(runFloat(graph, Values{1e30F, 1e30F, -1e30F}).tensors[graph.output],
                ElementsAre(0.5F, 0.5F, 0));
}

TEST(FloatGraph, OutputOnlyGivesTheSameOutputAndRanges) {
    const sim::Workload workload = sim::loadWorkload(
        std::filesystem::path(SYSTOLE_SOURCE_DIR) / "traces/resnet8_fmnist/workload.yaml", {});
    const FloatReference reference(workload.network);
    const Values image = workload.images.image(0);
    const FloatResult all = reference.run(image, KeepTensors::All);
    const FloatResult few = reference.run(image, KeepTensors::OutputOnly);
    EXPECT_EQ(all.amax, few.amax);
    EXPECT_EQ(all.least, few.least);
    for (TensorId id = 0; id < all.tensors.size(); ++id) {
        const bool isOutput = id == workload.network.output;
        const bool isConstant = workload.network.tensors[id].origin == Origin::Constant;
        EXPECT_EQ(few.tensors[id], isOutput ? all.tensors[id] : Values{});
        EXPECT_EQ(all.tensors[id].size(), isConstant ? 0 : workload.network.tensors[id].elements());
    }
}

TEST(FloatGraph, AProductOfTwoTensorsSeesThemInAnyOrder) {
    // a[b, m, k] * w[b, n, k]: the second operand lies with k last, and b has two axes.
    Graph graph = nodeGraph({{{1, 2, 3, 4}, naturalOrder(4)}, {{1, 2, 5, 4}, naturalOrder(4)}},
                            {1, 2, 3, 5}, naturalOrder(4), [](const Tensors&, const Tensor&) {
                                MatrixWork work;
                                work.image = {{0, 1}, {2}, {}, {3}};
                                work.result = {{0, 1}, {2}, {}, {3}};
                                work.weights = WeightAxes{{0, 1}, {3}, {2}};
                                work.epilogue = identityProgram();
                                return work;
                            });
    graph.tensors[1].values = draw(40, 2);
    const Values image = draw(24, 1);
    const Values result = runFloat(graph, image).tensors[graph.output];
    for (std::size_t b = 0; b < 2; ++b) {
        for (std::size_t m = 0; m < 3; ++m) {
            for (std::size_t n = 0; n < 5; ++n) {
                float sum = 0;
                for (std::size_t k = 0; k < 4; ++k) {
                    sum = std::fma(image[(b * 3 + m) * 4 + k],
                                   graph.tensors[1].values[(b * 5 + n) * 4 + k], sum);
                }
                EXPECT_EQ(result[(b * 3 + m) * 5 + n], sum);
            }
        }
    }
}

TEST(FloatGraph, TheEpilogueRunsOnEverySum) {
    Graph graph = convolution({1, 2, 2, 2}, 3, {}, 1);
    const Values image = draw(8, 1);
    Values expected = runFloat(graph, image).tensors[graph.output];
    for (float& value : expected) value = value > 0 ? value : 0;
    ProgramWriter writer;
    std::get<MatrixWork>(graph.nodes[0].work).epilogue =
        writer.stored(writer.apply("positive", writer.load()));
    EXPECT_EQ(runFloat(graph, image).tensors[graph.output], expected);
}

TEST(FloatGraph, OperandsBroadcast) {
    ProgramWriter writer;
    const auto x = writer.load();
    auto program = writer.stored(writer.apply("subtract", x, writer.load()));
    Graph graph =
        nodeGraph({{{1, 2, 1, 3}, channelsLast(4)}, {{2, 1, 1}, naturalOrder(3)}}, {1, 2, 1, 3},
                  channelsLast(4), [&](const Tensors& inputs, const Tensor& output) {
                      return elementwise(inputs, output, program);
                  });
    graph.tensors[1].values = {10, 20};
    EXPECT_THAT(runFloat(graph, Values{1, 2, 3, 4, 5, 6}).tensors[graph.output],
                ElementsAre(-9, -18, -7, -16, -5, -14));
}

TEST(FloatGraph, AveragesCountTheTapsInsideTheImage) {
    ProgramWriter writer;
    const auto x = writer.load();
    const auto sum = writer.reduce(ReduceStep::Kind::Sum, x);
    const auto count = writer.add(numeric::RoundStep{writer.reduce(ReduceStep::Kind::Count, x)});
    auto program = writer.stored(writer.apply("divide", sum, count));
    const arch::Window window = windowOf({}, {2, 1, 1, 0});
    const Graph graph = nodeGraph(
        {{{1, 1, 1, 3}, channelsLast(4)}}, {1, 1, 1, 3}, channelsLast(4),
        [&](const Tensors&, const Tensor& output) { return windowed(window, output, program); });
    EXPECT_THAT(runFloat(graph, Values{1, 2, 4}).tensors[graph.output], ElementsAre(1, 1.5, 3));
}

TEST(FloatGraph, MovesCopyAndGather) {
    const Graph graph = nodeGraph({{{1, 2, 1, 2}, channelsLast(4)}}, {1, 2, 1, 3}, naturalOrder(4),
                                  [&](const Tensors& inputs, const Tensor&) {
                                      Copy copy = boxCopy(0, *inputs[0], {0, 0, 0, 0});
                                      // Columns 1, 0, 1 of the source.
                                      copy.space = {1, 1, 3, 2};
                                      copy.source.axes[3].table = {1, 0, 1};
                                      return MoveWork{{copy}};
                                  });
    EXPECT_THAT(runFloat(graph, Values{1, 2, 3, 4}).tensors[graph.output],
                ElementsAre(3, 1, 3, 4, 2, 4));
}

TEST(FloatGraph, RangesOfViewsAndConstantsAreKnown) {
    GraphBuilder builder("net");
    const TensorId x = builder.input("x", {1, 4}, naturalOrder(2));
    const TensorId view = builder.reshaped(x, "view", {2, 2});
    const TensorId constant = builder.constant("c", {2}, {-7, 3});
    const TensorId y = builder.tensor("y", {2, 2}, naturalOrder(2));
    ProgramWriter writer;
    const auto first = writer.load();
    VectorWork work = elementwise({&builder[view], &builder[constant]}, builder[y],
                                  writer.stored(writer.apply("add", first, writer.load())));
    builder.add({.name = "add",
                 .kind = "addition",
                 .work = std::move(work),
                 .inputs = {view, constant},
                 .output = y});
    builder.setOutput(y);
    const Graph graph = builder.take();
    const FloatResult result =
        FloatReference(graph).run(Values{1, 2, 3, -4}, KeepTensors::OutputOnly);
    EXPECT_THAT(result.amax, ElementsAre(4, 4, 7, 6));
    EXPECT_THAT(result.least, ElementsAre(-4, -4, -7, -6));
    EXPECT_TRUE(result.tensors[x].empty());
    EXPECT_THAT(result.tensors[y], ElementsAre(-6, 5, -4, -1));
}

}  // namespace
}  // namespace systole::graph
