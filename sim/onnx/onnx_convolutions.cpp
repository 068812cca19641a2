// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_convolutions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "sim/onnx/onnx_window.hpp"

namespace systole::sim {
namespace {

/// ONNX keeps C, H, W; the network keeps H, W, C. `source` and `target` are one such block.
void toChannelsLast(const float* source, std::size_t channels, std::size_t pixels, float* target) {
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            target[pixel * channels + c] = source[c * pixels + pixel];
        }
    }
}

std::vector<float> optionalBias(const OnnxNode& node, int index, std::size_t channels) {
    return node.hasInput(index) ? node.channelConstant(index, channels)
                                : std::vector<float>(channels, 0.0F);
}

/// The channels of the input count where it is known.
std::uint32_t readGroups(const OnnxNode& node, const std::optional<Shape>& input,
                         const OnnxConstant& weights) {
    const std::int64_t groups = node.integer("group", 1);
    if (groups < 1 || weights.dims[0] % groups != 0 || (input && input->channels % groups != 0)) {
        node.fail(fmt::format("has group {}, expected a divisor of {}{} output channels", groups,
                              input ? fmt::format("{} input and ", input->channels) : "",
                              weights.dims[0]));
    }
    if (input && weights.dims[1] != input->channels / groups) {
        node.fail(fmt::format("has weights of the shape [{}], expected [N, {}, height, width]",
                              fmt::join(weights.dims, ", "), input->channels / groups));
    }
    return static_cast<std::uint32_t>(groups);
}

/// Weights of rank 4 whose last two dimensions are those of the kernel.
OnnxConstant kernelWeights(const OnnxNode& node) {
    OnnxConstant weights = node.constant(1);
    if (weights.dims.size() != 4) {
        node.fail(fmt::format("has weights of rank {}, expected 4 (two-dimensional convolution)",
                              weights.dims.size()));
    }
    return weights;
}

void checkKernelShape(const OnnxNode& node, const std::optional<OnnxConstant>& weights) {
    if (!node.has("kernel_shape")) return;
    const auto kernel = node.integers("kernel_shape", 2, 1, kLargestTensor, 1);
    const auto height = static_cast<std::uint32_t>(known(weights).dims[2]);
    const auto width = static_cast<std::uint32_t>(known(weights).dims[3]);
    if (kernel != std::vector{height, width}) {
        node.fail(
            fmt::format("kernel_shape differs from its weights, expected {} x {}", height, width));
    }
}

/// What is said of the convolution by itself, each part as far as it is known.
struct ConvolutionParts {
    std::optional<WindowSteps> steps;
    std::optional<Shape> input;
    std::optional<OnnxConstant> weights;
    std::optional<std::uint32_t> groups;
};

template <typename ReadGroups>
ConvolutionParts convolutionParts(const OnnxNode& node, const ReadGroups& readTheGroups) {
    ConvolutionParts parts;
    parts.steps = readWindowSteps(node);
    node.expectInputs(2, 3);
    parts.weights = node.attempt([&] { return kernelWeights(node); });
    node.attempt([&] { checkKernelShape(node, parts.weights); });
    parts.input = node.attempt([&] { return node.image(0).shape; });
    parts.groups =
        node.attempt([&] { return readTheGroups(node, parts.input, known(parts.weights)); });
    return parts;
}

}  // namespace

ConvertedNode convertConv(const OnnxNode& node) {
    node.expectAttributes({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"});
    const ConvolutionParts parts = convolutionParts(node, readGroups);
    const OnnxConstant& weights = known(parts.weights);
    Convolution convolution;
    convolution.outputChannels = static_cast<std::uint32_t>(weights.dims[0]);
    const auto bias =
        node.attempt([&] { return optionalBias(node, 2, convolution.outputChannels); });
    const Shape& input = known(parts.input);
    const auto height = static_cast<std::uint32_t>(weights.dims[2]);
    const auto width = static_cast<std::uint32_t>(weights.dims[3]);
    convolution.window = readWindow(node, known(parts.steps), input, height, width);
    const Shape shape = windowedShape(node, convolution.window, input, convolution.outputChannels);
    convolution.groups = known(parts.groups);
    convolution.bias = known(bias);
    convolution.weights.resize(weights.values.size());
    const std::size_t channels = input.channels / convolution.groups;
    const std::size_t pixels = std::size_t{height} * width;
    for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
        const std::size_t block = n * channels * pixels;
        toChannelsLast(&weights.values[block], channels, pixels, &convolution.weights[block]);
    }
    return {.what = std::move(convolution), .shape = shape};
}

namespace {

std::uint32_t readTransposedGroups(const OnnxNode& node, const std::optional<Shape>& input,
                                   const OnnxConstant& weights) {
    const std::int64_t groups = node.integer("group", 1);
    const std::int64_t channels = input ? input->channels : weights.dims[0];
    if (groups < 1 || channels % groups != 0) {
        node.fail(
            fmt::format("has group {}, expected a divisor of {} input channels", groups, channels));
    }
    if (weights.dims[0] != channels) {
        node.fail(fmt::format("has weights of the shape [{}], expected [{}, N, height, width]",
                              fmt::join(weights.dims, ", "), channels));
    }
    return static_cast<std::uint32_t>(groups);
}

/// From [input channel][output channel of the group][ky][kx] to rows of the convolution that the
/// transposed one equals: its kernel turned by 180 degrees.
std::vector<float> turnedWeights(const OnnxConstant& weights, std::uint32_t groups) {
    const auto outputs = static_cast<std::size_t>(weights.dims[1]);
    const std::size_t inputs = static_cast<std::size_t>(weights.dims[0]) / groups;
    const auto pixels = static_cast<std::size_t>(weights.dims[2] * weights.dims[3]);
    std::vector<float> turned(weights.values.size());
    for (std::size_t group = 0; group < groups; ++group) {
        for (std::size_t c = 0; c < inputs; ++c) {
            for (std::size_t n = 0; n < outputs; ++n) {
                const float* kernel =
                    &weights.values[((group * inputs + c) * outputs + n) * pixels];
                float* row = &turned[(group * outputs + n) * pixels * inputs];
                for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
                    row[pixel * inputs + c] = kernel[pixels - 1 - pixel];
                }
            }
        }
    }
    return turned;
}

}  // namespace

ConvertedNode convertConvTranspose(const OnnxNode& node) {
    node.expectAttributes({"auto_pad", "dilations", "group", "kernel_shape", "output_padding",
                           "output_shape", "pads", "strides"});
    const auto sizes = readTransposedSizes(node);
    const ConvolutionParts parts = convolutionParts(node, readTransposedGroups);
    const OnnxConstant& weights = known(parts.weights);
    Convolution convolution;
    convolution.transposed = true;
    convolution.groups = known(parts.groups);
    convolution.outputChannels = static_cast<std::uint32_t>(weights.dims[1]) * convolution.groups;
    const auto bias =
        node.attempt([&] { return optionalBias(node, 2, convolution.outputChannels); });
    const Shape& input = known(parts.input);
    convolution.window = readTransposedWindow(node, known(parts.steps), known(sizes), input,
                                              static_cast<std::uint32_t>(weights.dims[2]),
                                              static_cast<std::uint32_t>(weights.dims[3]));
    const Shape shape = windowedShape(node, convolution.window, input, convolution.outputChannels);
    convolution.bias = known(bias);
    convolution.weights = turnedWeights(weights, convolution.groups);
    return {.what = std::move(convolution), .shape = shape};
}

namespace {

/// B as [outputs][features], whatever transB says.
std::vector<float> gemmRows(const OnnxConstant& matrix, bool transposed) {
    if (transposed) return matrix.values;
    const auto features = static_cast<std::size_t>(matrix.dims[0]);
    const auto outputs = static_cast<std::size_t>(matrix.dims[1]);
    std::vector<float> rows(matrix.values.size());
    toChannelsLast(matrix.values.data(), features, outputs, rows.data());
    return rows;
}

std::vector<float> gemmBias(const OnnxNode& node, std::size_t outputs) {
    OnnxConstant bias{{static_cast<std::int64_t>(outputs)}, std::vector<float>(outputs, 0.0F)};
    if (node.hasInput(2)) bias = node.constant(2);
    const auto size = static_cast<std::int64_t>(outputs);
    if (bias.dims != std::vector{size} && bias.dims != std::vector{std::int64_t{1}, size}) {
        node.fail(fmt::format("has a bias of the shape [{}], expected [{}]",
                              fmt::join(bias.dims, ", "), outputs));
    }
    return std::move(bias.values);
}

/// The matrix, of as many features as the input has where that is known.
OnnxConstant gemmMatrix(const OnnxNode& node, const std::optional<Shape>& input,
                        std::size_t depth) {
    OnnxConstant matrix = node.constant(1);
    if (matrix.dims.size() != 2 ||
        (input && matrix.dims[depth] != static_cast<std::int64_t>(input->elements()))) {
        node.fail(fmt::format(
            "has weights of the shape [{}], expected {} along axis {} of 2",
            fmt::join(matrix.dims, ", "),
            input ? fmt::format("{}", input->elements()) : std::string("the features"), depth));
    }
    return matrix;
}

}  // namespace

ConvertedNode convertGemm(const OnnxNode& node) {
    node.expectAttributes({"alpha", "beta", "transA", "transB"});
    node.attempt([&] {
        if (node.real("alpha", 1.0F) != 1.0F || node.real("beta", 1.0F) != 1.0F ||
            node.integer("transA", 0) != 0) {
            node.fail("expected alpha = 1, beta = 1 and transA = 0");
        }
    });
    const auto transposed = node.attempt([&] { return node.integer("transB", 0) != 0; });
    node.expectInputs(2, 3);
    const auto features = node.attempt([&] {
        const OnnxValue& value = node.activation(0);
        if (!value.flat) node.fail("its input has rank 4, expected 2 (a Flatten before it)");
        return value.shape;
    });
    const std::size_t depth = known(transposed) ? 1 : 0;
    const auto matrix = node.attempt([&] { return gemmMatrix(node, features, depth); });
    const auto outputs = static_cast<std::uint32_t>(known(matrix).dims[1 - depth]);
    const auto bias = node.attempt([&] { return gemmBias(node, outputs); });
    const Shape& input = known(features);
    Convolution convolution;
    convolution.window = {.kernelHeight = input.height, .kernelWidth = input.width};
    convolution.outputChannels = outputs;
    const std::vector<float> rows = gemmRows(*matrix, *transposed);
    convolution.weights.resize(rows.size());
    const std::size_t pixels = std::size_t{input.height} * input.width;
    for (std::size_t row = 0; row < rows.size(); row += input.elements()) {
        toChannelsLast(&rows[row], input.channels, pixels, &convolution.weights[row]);
    }
    convolution.bias = known(bias);
    const Shape shape{1, 1, convolution.outputChannels};
    return {.what = std::move(convolution), .shape = shape, .flat = true};
}

}  // namespace systole::sim
