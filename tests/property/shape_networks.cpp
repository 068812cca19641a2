// SPDX-License-Identifier: Apache-2.0
#include "shape_networks.hpp"

#include <array>

#include "models/check.hpp"
#include "sim/graph/graph_builder.hpp"
#include "sim/graph/program_writer.hpp"
#include "sim/graph/works.hpp"

namespace systole::sim {
namespace {

using graph::TensorId;

class Builder {
public:
    explicit Builder(const std::string& name, const graph::Extents& image = {1, 3, 224, 224})
        : builder_(name) {
        builder_.input("image", image, graph::channelsLast(4));
    }

    TensorId convolution(TensorId input, std::uint32_t outputs, std::uint32_t kernel,
                         std::uint32_t stride = 1, std::uint32_t groups = 1) {
        return windowed(input, outputs, square(kernel, stride, kernel / 2), groups);
    }
    TensorId depthwise(TensorId input, std::uint32_t stride) {
        const std::uint32_t channels = channelsOf(input);
        return convolution(input, channels, 3, stride, channels);
    }
    /// Over the whole image.
    TensorId dense(TensorId input, std::uint32_t outputs) {
        return windowed(input, outputs, whole(input), 1);
    }
    TensorId maximum(TensorId input, std::uint32_t kernel, std::uint32_t pad) {
        graph::ProgramWriter writer;
        const auto x = writer.load();
        return pooled(input, square(kernel, 2, pad),
                      writer.stored(writer.reduce(numeric::ReduceStep::Kind::Maximum, x)));
    }
    TensorId average(TensorId input) {
        graph::ProgramWriter writer;
        const auto sum = writer.reduce(numeric::ReduceStep::Kind::Sum, writer.load());
        const auto taps = writer.constant(whole(input).taps());
        return pooled(input, whole(input), writer.stored(writer.apply("divide", sum, taps)));
    }
    /// A further tensor of the same shape, which nothing computes.
    TensorId given(TensorId like) {
        const TensorId tensor =
            builder_.tensor("given", builder_[like].shape, builder_[like].order);
        builder_.graph().tensors[tensor].origin = graph::Origin::Input;
        return tensor;
    }
    TensorId sum(TensorId left, TensorId right) {
        graph::ProgramWriter writer;
        const auto x = writer.load();
        numeric::VectorProgram program = writer.stored(writer.apply("add", x, writer.load()));
        const TensorId output = newTensor("add", builder_[left].shape);
        add("add",
            graph::elementwise({&builder_[left], &builder_[right]}, builder_[output],
                               std::move(program)),
            {left, right}, output);
        return output;
    }
    std::uint32_t channelsOf(TensorId tensor) const { return builder_[tensor].shape[1]; }

    graph::Graph done(TensorId output) {
        builder_.setOutput(output);
        graph::Graph graph = builder_.take();
        for (graph::Tensor& tensor : graph.tensors) {
            tensor.quantizer = graph::Quantizer{.format = *numeric::findFormat("int8")};
        }
        graph.arithmetic = graph::Arithmetic{.accumulator = *numeric::parseAccumulator("int32")};
        return graph;
    }

private:
    static arch::Window square(std::uint32_t kernel, std::uint32_t stride, std::uint32_t pad) {
        const auto rim = static_cast<std::int32_t>(pad);
        const arch::WindowAxis axis{
            .kernel = kernel, .stride = stride, .padBefore = rim, .padAfter = rim};
        return {axis, axis};
    }
    arch::Window whole(TensorId input) const {
        const graph::Extents& shape = builder_[input].shape;
        return {.y = {.kernel = shape[2]}, .x = {.kernel = shape[3]}};
    }
    graph::Extents outputOf(TensorId input, const arch::Window& window,
                            std::uint32_t channels) const {
        const graph::Extents& shape = builder_[input].shape;
        return {shape[0], channels, static_cast<std::uint32_t>(window.y.positions(shape[2])),
                static_cast<std::uint32_t>(window.x.positions(shape[3]))};
    }
    TensorId newTensor(const std::string& kind, const graph::Extents& shape) {
        return builder_.tensor(kind + std::to_string(builder_.graph().nodes.size()), shape,
                               graph::channelsLast(4));
    }
    TensorId windowed(TensorId input, std::uint32_t outputs, const arch::Window& window,
                      std::uint32_t groups) {
        graph::MatrixWork work;
        work.window = window;
        work.groups = groups;
        work.image = work.result = graph::imageAxes(4);
        work.epilogue = graph::identityProgram();
        const TensorId weights = builder_.constant(
            "weights", {outputs, window.y.kernel, window.x.kernel, channelsOf(input) / groups}, {});
        const TensorId output = newTensor("conv", outputOf(input, window, outputs));
        add("conv", std::move(work), {input, weights}, output);
        return output;
    }
    TensorId pooled(TensorId input, const arch::Window& window, numeric::VectorProgram program) {
        const TensorId output = newTensor("pool", outputOf(input, window, channelsOf(input)));
        add("pool", graph::windowed(window, builder_[output], std::move(program)), {input}, output);
        return output;
    }
    void add(const std::string& kind, graph::Work work, std::vector<TensorId> inputs,
             TensorId output) {
        builder_.add({.name = kind + std::to_string(builder_.graph().nodes.size()),
                      .kind = kind,
                      .work = std::move(work),
                      .inputs = std::move(inputs),
                      .output = output});
    }

    graph::GraphBuilder builder_;
};

graph::Graph resnet18() {
    Builder net("resnet18");
    TensorId x = net.maximum(net.convolution(0, 64, 7, 2), 3, 1);
    for (const std::uint32_t width : {64U, 128U, 256U, 512U}) {
        for (int block = 0; block < 2; ++block) {
            const std::uint32_t stride = block == 0 && width != 64 ? 2 : 1;
            const TensorId inner = net.convolution(net.convolution(x, width, 3, stride), width, 3);
            x = net.sum(inner,
                        net.channelsOf(x) == width ? x : net.convolution(x, width, 1, stride));
        }
    }
    return net.done(net.dense(net.average(x), 1000));
}

graph::Graph resnet50() {
    Builder net("resnet50");
    TensorId x = net.maximum(net.convolution(0, 64, 7, 2), 3, 1);
    constexpr std::array<std::array<std::uint32_t, 2>, 4> kStages{
        {{64, 3}, {128, 4}, {256, 6}, {512, 3}}};
    for (const auto& [width, blocks] : kStages) {
        for (std::uint32_t block = 0; block < blocks; ++block) {
            const std::uint32_t stride = block == 0 && width != 64 ? 2 : 1;
            const TensorId inner = net.convolution(
                net.convolution(net.convolution(x, width, 1), width, 3, stride), 4 * width, 1);
            x = net.sum(inner, block > 0 ? x : net.convolution(x, 4 * width, 1, stride));
        }
    }
    return net.done(net.dense(net.average(x), 1000));
}

graph::Graph mobilenetV1() {
    Builder net("mobilenet_v1");
    TensorId x = net.convolution(0, 32, 3, 2);
    constexpr std::array<std::array<std::uint32_t, 2>, 13> kBlocks{{{64, 1},
                                                                    {128, 2},
                                                                    {128, 1},
                                                                    {256, 2},
                                                                    {256, 1},
                                                                    {512, 2},
                                                                    {512, 1},
                                                                    {512, 1},
                                                                    {512, 1},
                                                                    {512, 1},
                                                                    {512, 1},
                                                                    {1024, 2},
                                                                    {1024, 1}}};
    for (const auto& [outputs, stride] : kBlocks) {
        x = net.convolution(net.depthwise(x, stride), outputs, 1);
    }
    return net.done(net.dense(net.average(x), 1000));
}

graph::Graph mobilenetV2() {
    Builder net("mobilenet_v2");
    TensorId x = net.convolution(0, 32, 3, 2);
    // Expansion, outputs, blocks, stride of the first block.
    constexpr std::array<std::array<std::uint32_t, 4>, 7> kStages{{{1, 16, 1, 1},
                                                                   {6, 24, 2, 2},
                                                                   {6, 32, 3, 2},
                                                                   {6, 64, 4, 2},
                                                                   {6, 96, 3, 1},
                                                                   {6, 160, 3, 2},
                                                                   {6, 320, 1, 1}}};
    for (const auto& [expansion, outputs, blocks, firstStride] : kStages) {
        for (std::uint32_t block = 0; block < blocks; ++block) {
            const std::uint32_t stride = block == 0 ? firstStride : 1;
            const std::uint32_t inputs = net.channelsOf(x);
            const TensorId wide = expansion == 1 ? x : net.convolution(x, inputs * expansion, 1);
            const TensorId inner = net.convolution(net.depthwise(wide, stride), outputs, 1);
            x = stride == 1 && inputs == outputs ? net.sum(inner, x) : inner;
        }
    }
    return net.done(net.dense(net.average(net.convolution(x, 1280, 1)), 1000));
}

graph::Graph vgg16() {
    Builder net("vgg16");
    TensorId x = 0;
    for (const auto& [width, layers] : std::array<std::array<std::uint32_t, 2>, 5>{
             {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}}) {
        for (std::uint32_t layer = 0; layer < layers; ++layer) {
            x = net.convolution(x, width, 3);
        }
        x = net.maximum(x, 2, 0);
    }
    return net.done(net.dense(net.dense(net.dense(x, 4096), 4096), 1000));
}

}  // namespace

std::vector<std::string> shapeNetworkNames() {
    return {"resnet18", "resnet50", "mobilenet_v1", "mobilenet_v2", "vgg16"};
}

graph::Graph shapeNetwork(const std::string& name) {
    if (name == "resnet18") return resnet18();
    if (name == "resnet50") return resnet50();
    if (name == "mobilenet_v1") return mobilenetV1();
    if (name == "mobilenet_v2") return mobilenetV2();
    SYSTOLE_CHECK(name == "vgg16", "no shapes of {}", name);
    return vgg16();
}

graph::Graph layerNetwork(const LayerCase& layer) {
    Builder net(layer.name, {1, layer.channels, layer.height, layer.width});
    const bool isDense = layer.isDense ||
                         (layer.kernel == layer.height && layer.kernel == layer.width);
    const TensorId sums =
        isDense ? net.dense(0, layer.outputs)
                : net.convolution(0, layer.outputs, layer.kernel, layer.stride, layer.groups);
    return net.done(layer.addsSkip ? net.sum(sums, net.given(sums)) : sums);
}

std::vector<LayerCase> layerCases() {
    return {{"depthwise of 144, stride 2", 24, 24, 144, 144, 3, 2, 144},
            {"depthwise of 96, stride 2", 56, 56, 96, 96, 3, 2, 96},
            {"depthwise of 256, stride 2", 28, 28, 256, 256, 3, 2, 256},
            {"depthwise of 80", 24, 24, 80, 80, 3, 1, 80},
            {"depthwise of 32", 56, 56, 32, 32, 3, 1, 32},
            {"depthwise of 384", 14, 14, 384, 384, 3, 1, 384},
            {"dense 3x3", 28, 28, 64, 64, 3},
            {"dense 3x3, stride 2", 28, 28, 64, 128, 3, 2},
            {"dense 7x7, stride 2", 112, 112, 3, 64, 7, 2},
            {"dense, whole image", 7, 7, 64, 128, 7},
            {"1x1, wider", 28, 28, 64, 256},
            {"1x1, narrower", 28, 28, 256, 64},
            {"1x1, narrow", 56, 56, 144, 24},
            {"1x1, stride 2", 28, 28, 256, 512, 1, 2},
            {"1x1, small image", 7, 7, 320, 1280},
            {"4 groups", 28, 28, 128, 128, 3, 1, 4},
            {"10 groups", 14, 14, 40, 40, 3, 1, 10},
            {"32 groups", 14, 14, 256, 256, 3, 1, 32},
            {"3x3 with an addition", 28, 28, 64, 64, 3, 1, 1, true},
            {"1x1 with an addition", 28, 28, 64, 256, 1, 1, 1, true},
            {"1x1 with an addition, narrow", 28, 28, 192, 32, 1, 1, 1, true},
            {"product 128x768x768", 128, 1, 768, 768},
            {"product 512x64x512", 512, 1, 64, 512},
            {"product 1x1024x1000", 1, 1, 1024, 1000}};
}

}  // namespace systole::sim
