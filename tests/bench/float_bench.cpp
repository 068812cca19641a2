// SPDX-License-Identifier: Apache-2.0
// The FP32 reference on the convolutions of ResNet-50 (He et al., 2016, table 1) and on its vector
// work, and the kernel alone on operands that stay in the nearest cache. CPU time, one thread.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "models/numeric/gemm/float_sums.hpp"
#include "sim/graph/float_reference.hpp"
#include "sim/graph/graph_builder.hpp"
#include "sim/graph/program_writer.hpp"
#include "sim/graph/works.hpp"

namespace systole::sim {
namespace {

struct Layer {
    std::uint32_t size;  ///< height and width of the input
    std::uint32_t inputs;
    std::uint32_t outputs;
    std::uint32_t kernel;
    std::uint32_t stride;
    std::uint32_t times;  ///< layers of this shape in the network
};

const std::vector<Layer> kResNet50{
    {224, 3, 64, 7, 2, 1},    {56, 64, 64, 1, 1, 1},    {56, 64, 64, 3, 1, 3},
    {56, 64, 256, 1, 1, 4},   {56, 256, 64, 1, 1, 2},   {56, 256, 128, 1, 1, 1},
    {56, 128, 128, 3, 2, 1},  {28, 128, 512, 1, 1, 4},  {56, 256, 512, 1, 2, 1},
    {28, 512, 128, 1, 1, 3},  {28, 128, 128, 3, 1, 3},  {28, 512, 256, 1, 1, 1},
    {28, 256, 256, 3, 2, 1},  {14, 256, 1024, 1, 1, 6}, {28, 512, 1024, 1, 2, 1},
    {14, 1024, 256, 1, 1, 5}, {14, 256, 256, 3, 1, 5},  {14, 1024, 512, 1, 1, 1},
    {14, 512, 512, 3, 2, 1},  {7, 512, 2048, 1, 1, 3},  {14, 1024, 2048, 1, 2, 1},
    {7, 2048, 512, 1, 1, 2},  {7, 512, 512, 3, 1, 2},   {1, 2048, 1000, 1, 1, 1}};

std::vector<float> draw(std::size_t count) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
    std::vector<float> values(count);
    for (float& value : values) value = uniform(random);
    return values;
}

/// One node with its operands.
class Run {
public:
    Run(graph::GraphBuilder builder, graph::Node node)
        : network_(finished(std::move(builder), std::move(node))),
          reference_(network_),
          image_(draw(network_.tensors[network_.input].elements())) {}

    void run() const {
        const graph::FloatResult result = reference_.run(image_, graph::KeepTensors::OutputOnly);
        benchmark::DoNotOptimize(result.tensors[network_.output].data());
    }
    double macs() const {
        const double outputs = static_cast<double>(network_.tensors[network_.output].elements());
        const graph::Extents& weights = network_.tensors[network_.nodes[0].inputs[1]].shape;
        return outputs * static_cast<double>(graph::elementsOf(weights) / weights[0]);
    }

private:
    static graph::Graph finished(graph::GraphBuilder builder, graph::Node node) {
        builder.setOutput(node.output);
        builder.add(std::move(node));
        return builder.take();
    }

    graph::Graph network_;
    graph::FloatReference reference_;
    std::vector<float> image_;
};

arch::Window squareWindow(std::uint32_t kernel, std::uint32_t stride) {
    const auto pad = static_cast<std::int32_t>(kernel / 2);
    const arch::WindowAxis axis{
        .kernel = kernel, .stride = stride, .padBefore = pad, .padAfter = pad};
    return {axis, axis};
}

std::unique_ptr<Run> convolution(const Layer& layer, numeric::VectorProgram epilogue) {
    graph::GraphBuilder builder("layer");
    const std::uint32_t size = (layer.size - 1) / layer.stride + 1;
    const auto x =
        builder.input("x", {1, layer.inputs, layer.size, layer.size}, graph::channelsLast(4));
    const graph::Extents shape{layer.outputs, layer.kernel, layer.kernel, layer.inputs};
    const auto w = builder.constant("w", shape, draw(graph::elementsOf(shape)));
    const auto y = builder.tensor("y", {1, layer.outputs, size, size}, graph::channelsLast(4));
    graph::MatrixWork work;
    work.window = squareWindow(layer.kernel, layer.stride);
    work.image = graph::imageAxes(4);
    work.result = graph::imageAxes(4);
    work.bias = draw(layer.outputs);
    work.epilogue = std::move(epilogue);
    return std::make_unique<Run>(std::move(builder),
                                 graph::Node{"layer", "convolution", std::move(work), {x, w}, y});
}

numeric::VectorProgram reluProgram() {
    graph::ProgramWriter writer;
    return writer.stored(writer.apply("positive", writer.load()));
}

void convolutions(benchmark::State& state, const numeric::VectorProgram& epilogue) {
    std::vector<std::unique_ptr<Run>> runs;
    double macs = 0;
    for (const Layer& layer : kResNet50) {
        runs.push_back(convolution(layer, epilogue));
        macs += runs.back()->macs() * layer.times;
    }
    for (auto _ : state) {
        for (std::size_t i = 0; i < runs.size(); ++i) {
            for (std::uint32_t time = 0; time < kResNet50[i].times; ++time) runs[i]->run();
        }
    }
    state.counters["MAC/s"] =
        benchmark::Counter(macs, benchmark::Counter::kIsIterationInvariantRate);
}

void floatResNet50(benchmark::State& state) { convolutions(state, graph::identityProgram()); }
BENCHMARK(floatResNet50)->Unit(benchmark::kMillisecond);

/// Each of them with a ReLU behind.
void floatResNet50Relu(benchmark::State& state) { convolutions(state, reluProgram()); }
BENCHMARK(floatResNet50Relu)->Unit(benchmark::kMillisecond);

/// Its first pooling: 3 x 3 over 112 x 112 of 64 channels.
void floatMaxPool(benchmark::State& state) {
    graph::GraphBuilder builder("pooling");
    const auto x = builder.input("x", {1, 64, 112, 112}, graph::channelsLast(4));
    const auto y = builder.tensor("y", {1, 64, 56, 56}, graph::channelsLast(4));
    graph::ProgramWriter writer;
    auto program = writer.stored(writer.reduce(numeric::ReduceStep::Kind::Maximum, writer.load()));
    graph::VectorWork work = graph::windowed(squareWindow(3, 2), builder[y], std::move(program));
    const Run run(std::move(builder), {"pool", "pooling", std::move(work), {x}, y});
    for (auto _ : state) run.run();
}
BENCHMARK(floatMaxPool)->Unit(benchmark::kMillisecond);

/// One residual addition: 56 x 56 of 256 channels.
void floatAddition(benchmark::State& state) {
    graph::GraphBuilder builder("addition");
    const graph::Extents shape{1, 256, 56, 56};
    const auto x = builder.input("x", shape, graph::channelsLast(4));
    const auto y = builder.tensor("y", shape, graph::channelsLast(4));
    graph::ProgramWriter writer;
    const auto first = writer.load();
    auto program =
        writer.stored(writer.apply("positive", writer.apply("add", first, writer.load())));
    graph::VectorWork work =
        graph::elementwise({&builder[x], &builder[x]}, builder[y], std::move(program));
    const Run run(std::move(builder), {"add", "addition", std::move(work), {x, x}, y});
    for (auto _ : state) run.run();
}
BENCHMARK(floatAddition)->Unit(benchmark::kMillisecond);

void floatKernel(benchmark::State& state) {
    const std::vector<float> left = draw(numeric::kFloatRows * numeric::kFloatPitch);
    const std::vector<float> right = draw(numeric::kFloatChunk * numeric::kFloatColumns);
    std::vector<double> totals(numeric::kFloatRows * numeric::kFloatColumns);
    for (auto _ : state) {
        numeric::addFloatChunk(left.data(), right.data(), numeric::kFloatChunk, totals.data());
        benchmark::DoNotOptimize(totals.data());
    }
    state.counters["MAC/s"] = benchmark::Counter(
        static_cast<double>(numeric::kFloatRows * numeric::kFloatColumns * numeric::kFloatChunk),
        benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(floatKernel);

}  // namespace
}  // namespace systole::sim
