// SPDX-License-Identifier: Apache-2.0
#include "shape_networks.hpp"

#include <array>

#include "models/check.hpp"
#include "sim/network/window.hpp"

namespace systole::sim {
namespace {

class Builder {
public:
    explicit Builder(const std::string& name, const Shape& image = {224, 224, 3}) {
        network_.name = name;
        network_.scheme.name = "int8";
        network_.scheme.activation = *numeric::findFormat("int8");
        network_.scheme.weight = *numeric::findFormat("int8");
        network_.scheme.accumulator = *numeric::parseAccumulator("int32");
        network_.tensors.push_back({"image", image});
    }

    TensorId convolution(TensorId input, std::uint32_t outputs, std::uint32_t kernel,
                         std::uint32_t stride = 1, std::uint32_t groups = 1) {
        return windowed(input, outputs, square(kernel, stride, kernel / 2), groups);
    }
    TensorId depthwise(TensorId input, std::uint32_t stride) {
        const std::uint32_t channels = shapeOf(input).channels;
        return convolution(input, channels, 3, stride, channels);
    }
    /// Over the whole image.
    TensorId dense(TensorId input, std::uint32_t outputs) {
        const Shape shape = shapeOf(input);
        return windowed(input, outputs, {.kernelHeight = shape.height, .kernelWidth = shape.width},
                        1);
    }
    TensorId maximum(TensorId input, std::uint32_t kernel, std::uint32_t pad) {
        QuantizedPooling pooling;
        pooling.window = square(kernel, 2, pad);
        return add("pool", std::move(pooling), {input},
                   outputOf(input, pooling.window, shapeOf(input).channels));
    }
    TensorId average(TensorId input) {
        const Shape shape = shapeOf(input);
        QuantizedPooling pooling;
        pooling.kind = Pooling::Kind::Average;
        pooling.window = {.kernelHeight = shape.height, .kernelWidth = shape.width};
        return add("pool", std::move(pooling), {input}, {1, 1, shape.channels});
    }
    /// A further tensor of the same shape, which nothing computes.
    TensorId given(TensorId like) {
        network_.tensors.push_back({"given", shapeOf(like)});
        return static_cast<TensorId>(network_.tensors.size() - 1);
    }
    TensorId sum(TensorId left, TensorId right) {
        return add("add", QuantizedAddition{}, {left, right}, shapeOf(left));
    }
    std::uint32_t channelsOf(TensorId tensor) const { return shapeOf(tensor).channels; }

    QuantizedNetwork done(TensorId output) {
        network_.output = output;
        return std::move(network_);
    }

private:
    static Window square(std::uint32_t kernel, std::uint32_t stride, std::uint32_t pad) {
        const auto rim = static_cast<std::int32_t>(pad);
        return {kernel, kernel, stride, stride, rim, rim, rim, rim};
    }
    Shape shapeOf(TensorId tensor) const { return network_.tensors.at(tensor).shape; }
    Shape outputOf(TensorId input, const Window& window, std::uint32_t channels) const {
        const Shape shape = shapeOf(input);
        return {static_cast<std::uint32_t>(windowPositions(verticalAxis(window), shape.height)),
                static_cast<std::uint32_t>(windowPositions(horizontalAxis(window), shape.width)),
                channels};
    }
    TensorId windowed(TensorId input, std::uint32_t outputs, const Window& window,
                      std::uint32_t groups) {
        QuantizedConvolution convolution;
        convolution.window = window;
        convolution.groups = groups;
        convolution.outputChannels = outputs;
        return add("conv", std::move(convolution), {input}, outputOf(input, window, outputs));
    }
    TensorId add(const std::string& kind, QuantizedOperation operation,
                 std::vector<TensorId> inputs, const Shape& shape) {
        const auto output = static_cast<TensorId>(network_.tensors.size());
        const std::string name = kind + std::to_string(network_.nodes.size());
        network_.tensors.push_back({name, shape});
        network_.nodes.push_back({name, std::move(operation), std::move(inputs), output});
        return output;
    }

    QuantizedNetwork network_;
};

QuantizedNetwork resnet18() {
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

QuantizedNetwork resnet50() {
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

QuantizedNetwork mobilenetV1() {
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

QuantizedNetwork mobilenetV2() {
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

QuantizedNetwork vgg16() {
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

QuantizedNetwork shapeNetwork(const std::string& name) {
    if (name == "resnet18") return resnet18();
    if (name == "resnet50") return resnet50();
    if (name == "mobilenet_v1") return mobilenetV1();
    if (name == "mobilenet_v2") return mobilenetV2();
    SYSTOLE_CHECK(name == "vgg16", "no shapes of {}", name);
    return vgg16();
}

QuantizedNetwork layerNetwork(const LayerCase& layer) {
    Builder net(layer.name, {layer.height, layer.width, layer.channels});
    const bool isDense = layer.kernel == layer.height && layer.kernel == layer.width;
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
