// SPDX-License-Identifier: Apache-2.0
// The FP32 reference on the convolutions of ResNet-50 (He et al., 2016, table 1), and its kernel
// alone on operands that stay in the nearest cache. CPU time, one thread.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "models/numeric/gemm/float_sums.hpp"
#include "sim/network/float_convolution.hpp"
#include "sim/network/window.hpp"

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

/// A layer with its operands.
class Run {
public:
    explicit Run(const Layer& layer)
        : input_{layer.size, layer.size, layer.inputs},
          output_{(layer.size - 1) / layer.stride + 1, (layer.size - 1) / layer.stride + 1,
                  layer.outputs} {
        const auto pad = static_cast<std::int32_t>(layer.kernel / 2);
        convolution_.window = {.kernelHeight = layer.kernel,
                               .kernelWidth = layer.kernel,
                               .strideHeight = layer.stride,
                               .strideWidth = layer.stride,
                               .padTop = pad,
                               .padLeft = pad,
                               .padBottom = pad,
                               .padRight = pad};
        convolution_.outputChannels = layer.outputs;
        convolution_.weights =
            draw(std::size_t{layer.outputs} * layer.inputs * layer.kernel * layer.kernel);
        convolution_.bias = draw(layer.outputs);
        packed_ = packWeights(convolution_);
        image_ = draw(input_.elements());
        result_.resize(output_.elements());
    }

    void run() {
        convolveFloat(convolution_, packed_, input_, image_, output_, result_);
        benchmark::DoNotOptimize(result_.data());
    }
    double macs() const {
        return static_cast<double>(output_.elements() * convolution_.reduction());
    }

private:
    Convolution convolution_;
    Shape input_;
    Shape output_;
    std::vector<float> packed_;
    std::vector<float> image_;
    std::vector<float> result_;
};

void floatResNet50(benchmark::State& state) {
    std::vector<Run> runs;
    double macs = 0;
    for (const Layer& layer : kResNet50) {
        runs.emplace_back(layer);
        macs += runs.back().macs() * layer.times;
    }
    for (auto _ : state) {
        for (std::size_t i = 0; i < runs.size(); ++i) {
            for (std::uint32_t time = 0; time < kResNet50[i].times; ++time) runs[i].run();
        }
    }
    state.counters["MAC/s"] =
        benchmark::Counter(macs, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(floatResNet50)->Unit(benchmark::kMillisecond);

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
