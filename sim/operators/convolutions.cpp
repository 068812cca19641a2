// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sim/graph/works.hpp"
#include "sim/operators/convolution_work.hpp"
#include "sim/operators/onnx_window.hpp"
#include "sim/operators/operators.hpp"

namespace systole::operators {

void toChannelsLast(const float* source, std::size_t channels, std::size_t pixels, float* target) {
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            target[pixel * channels + c] = source[c * pixels + pixel];
        }
    }
}

OnnxValue addConvolution(const OnnxNode& node, Build& build, TensorId image,
                         Convolution convolution, const Extents& result) {
    const arch::Window& window = convolution.window;
    const std::uint32_t outputs = result.at(1);
    const auto kernel = static_cast<std::uint32_t>(convolution.weights.size() / outputs);
    const TensorId weights = build.graph().constant(
        node.shownInput(1), {outputs, window.y.kernel, window.x.kernel, kernel / window.taps()},
        std::move(convolution.weights));
    const std::size_t rank = build[image].shape.size();
    graph::MatrixWork work{.window = window,
                           .groups = convolution.groups,
                           .transposed = convolution.transposed,
                           .image = graph::imageAxes(rank),
                           .result = graph::imageAxes(result.size()),
                           .bias = std::move(convolution.bias),
                           .epilogue = graph::identityProgram()};
    return build.add(node, "convolution", {image, weights}, result,
                     graph::channelsLast(result.size()),
                     [&](const auto&, const Tensor&) { return std::move(work); });
}

namespace {

std::vector<float> optionalBias(const OnnxNode& node, int index, std::size_t channels) {
    return node.hasInput(index) ? node.channelConstant(index, channels)
                                : std::vector<float>(channels, 0.0F);
}

/// Of the image or else of the weights, as far as they are known.
std::size_t spatialAxes(const OnnxNode& node) {
    const std::size_t rank = node.rankOf(0).value_or(node.rankOf(1).value_or(4));
    return rank == 3 ? 1 : 2;
}

/// ` height, width]` of the shape of weights.
std::string kernelText(std::size_t rank) { return rank == 3 ? "width]" : "height, width]"; }

/// The channels of the input count where it is known.
std::uint32_t readGroups(const OnnxNode& node, const std::optional<Extents>& input,
                         const OnnxConstant& weights) {
    const std::int64_t groups = node.integer("group", 1);
    if (groups < 1 || weights.dims[0] % groups != 0 || (input && (*input)[1] % groups != 0)) {
        node.fail(fmt::format("has group {}, expected a divisor of {}{} output channels", groups,
                              input ? fmt::format("{} input and ", (*input)[1]) : "",
                              weights.dims[0]));
    }
    if (input && weights.dims[1] != (*input)[1] / groups) {
        node.fail(fmt::format("has weights of the shape [{}], expected [N, {}, {}",
                              fmt::join(weights.dims, ", "), (*input)[1] / groups,
                              kernelText(weights.dims.size())));
    }
    return static_cast<std::uint32_t>(groups);
}

std::uint32_t readTransposedGroups(const OnnxNode& node, const std::optional<Extents>& input,
                                   const OnnxConstant& weights) {
    const std::int64_t groups = node.integer("group", 1);
    const std::int64_t channels = input ? std::int64_t{(*input)[1]} : weights.dims[0];
    if (groups < 1 || channels % groups != 0) {
        node.fail(
            fmt::format("has group {}, expected a divisor of {} input channels", groups, channels));
    }
    if (weights.dims[0] != channels) {
        node.fail(fmt::format("has weights of the shape [{}], expected [{}, N, {}",
                              fmt::join(weights.dims, ", "), channels,
                              kernelText(weights.dims.size())));
    }
    return static_cast<std::uint32_t>(groups);
}

/// Weights whose dimensions behind the first two are those of the kernel.
OnnxConstant kernelWeights(const OnnxNode& node) {
    OnnxConstant weights = node.constant(1);
    const std::size_t rank = weights.dims.size();
    const auto image = node.rankOf(0);
    const bool fits =
        image && (*image == 3 || *image == 4) ? rank == *image : rank == 3 || rank == 4;
    if (fits) return weights;
    const char* expected = image == 3   ? "3 (one-dimensional convolution)"
                           : image == 4 ? "4 (two-dimensional convolution)"
                                        : "4 or 3 (convolution of two dimensions or one)";
    node.fail(fmt::format("has weights of rank {}, expected {}", rank, expected));
}

Extents kernelOf(const OnnxConstant& weights) {
    Extents kernel;
    for (std::size_t i = 2; i < weights.dims.size(); ++i) {
        kernel.push_back(static_cast<std::uint32_t>(weights.dims[i]));
    }
    return kernel;
}

void checkKernelShape(const OnnxNode& node, const std::optional<OnnxConstant>& weights,
                      std::size_t axes) {
    if (!node.has("kernel_shape")) return;
    const auto asked = node.integers("kernel_shape", axes, axes, 1, kLargestTensor, 1);
    const Extents kernel = kernelOf(known(weights));
    if (asked != kernel) {
        node.fail(fmt::format("kernel_shape differs from its weights, expected {}",
                              OnnxNode::sizesText(kernel)));
    }
}

/// What is said of the convolution by itself, each part as far as it is known.
struct ConvolutionParts {
    std::optional<WindowSteps> steps;
    std::optional<Extents> input;
    std::optional<OnnxConstant> weights;
    std::optional<std::uint32_t> groups;
};

template <typename ReadGroups>
ConvolutionParts convolutionParts(const OnnxNode& node, const ReadGroups& readTheGroups) {
    ConvolutionParts parts;
    const std::size_t axes = spatialAxes(node);
    parts.steps = readWindowSteps(node, axes);
    parts.weights = node.attempt([&] { return kernelWeights(node); });
    node.attempt([&] { checkKernelShape(node, parts.weights, axes); });
    parts.input = node.attempt([&] { return node.image(0).shape; });
    parts.groups =
        node.attempt([&] { return readTheGroups(node, parts.input, known(parts.weights)); });
    return parts;
}

OnnxValue convertConv(const OnnxNode& node, Build& build) {
    const ConvolutionParts parts = convolutionParts(node, readGroups);
    const OnnxConstant& weights = known(parts.weights);
    const auto outputs = static_cast<std::uint32_t>(weights.dims[0]);
    const auto bias = node.attempt([&] { return optionalBias(node, 2, outputs); });
    const Extents sizes = sizesOf(known(parts.input));
    const Extents kernel = kernelOf(weights);
    const WindowAxes window = readWindow(node, known(parts.steps), sizes, kernel);
    const Extents result = windowedShape(node, window, sizes, outputs);
    Convolution convolution{.window = windowOf(window),
                            .groups = known(parts.groups),
                            .weights = std::vector<float>(weights.values.size()),
                            .bias = known(bias)};
    const std::size_t channels = (*parts.input)[1] / convolution.groups;
    const std::size_t pixels = graph::elementsOf(kernel);
    for (std::size_t n = 0; n < outputs; ++n) {
        const std::size_t block = n * channels * pixels;
        toChannelsLast(&weights.values[block], channels, pixels, &convolution.weights[block]);
    }
    return addConvolution(node, build, build.image(node.image(0)), std::move(convolution), result);
}

/// From [input channel][output channel of the group][ky][kx] to rows of the convolution that the
/// transposed one equals: its kernel turned by 180 degrees.
std::vector<float> turnedWeights(const OnnxConstant& weights, std::uint32_t groups) {
    const auto outputs = static_cast<std::size_t>(weights.dims[1]);
    const std::size_t inputs = static_cast<std::size_t>(weights.dims[0]) / groups;
    const std::size_t pixels = graph::elementsOf(kernelOf(weights));
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

OnnxValue convertConvTranspose(const OnnxNode& node, Build& build) {
    const auto asked = readTransposedSizes(node, spatialAxes(node));
    const ConvolutionParts parts = convolutionParts(node, readTransposedGroups);
    const OnnxConstant& weights = known(parts.weights);
    const std::uint32_t groups = known(parts.groups);
    const std::uint32_t outputs = static_cast<std::uint32_t>(weights.dims[1]) * groups;
    const auto bias = node.attempt([&] { return optionalBias(node, 2, outputs); });
    const Extents sizes = sizesOf(known(parts.input));
    const WindowAxes window =
        readTransposedWindow(node, known(parts.steps), known(asked), sizes, kernelOf(weights));
    const Extents result = windowedShape(node, window, sizes, outputs);
    Convolution convolution{.window = windowOf(window),
                            .groups = groups,
                            .transposed = true,
                            .weights = turnedWeights(weights, groups),
                            .bias = known(bias)};
    return addConvolution(node, build, build.image(node.image(0)), std::move(convolution), result);
}

constexpr std::array kOperators{
    Operator{.name = "Conv",
             .attributes = {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"},
             .fewestInputs = 2,
             .mostInputs = 3,
             .convert = convertConv},
    Operator{.name = "ConvTranspose",
             .attributes = {"auto_pad", "dilations", "group", "kernel_shape", "output_padding",
                            "output_shape", "pads", "strides"},
             .fewestInputs = 2,
             .mostInputs = 3,
             .convert = convertConvTranspose},
};

}  // namespace

std::span<const Operator> convolutionOperators() { return kOperators; }

}  // namespace systole::operators
