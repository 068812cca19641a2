// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_operators.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "models/check.hpp"
#include "sim/network/window.hpp"
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

std::uint32_t readGroups(const OnnxNode& node, const Shape& input, const OnnxConstant& weights) {
    const std::int64_t groups = node.integer("group", 1);
    if (groups < 1 || input.channels % groups != 0 || weights.dims[0] % groups != 0) {
        node.fail(fmt::format("has group {}, expected a divisor of {} input and {} output channels",
                              groups, input.channels, weights.dims[0]));
    }
    if (weights.dims[1] != input.channels / groups) {
        node.fail(fmt::format("has weights of the shape [{}], expected [N, {}, height, width]",
                              fmt::join(weights.dims, ", "), input.channels / groups));
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
    const auto height = static_cast<std::uint32_t>(weights.dims[2]);
    const auto width = static_cast<std::uint32_t>(weights.dims[3]);
    if (node.has("kernel_shape") &&
        node.integers("kernel_shape", 2, 1, kLargestTensor, 1) != std::vector{height, width}) {
        node.fail(
            fmt::format("kernel_shape differs from its weights, expected {} x {}", height, width));
    }
    return weights;
}

ConvertedNode convertConv(const OnnxNode& node) {
    node.expectAttributes({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"});
    node.expectInputs(2, 3);
    const Shape& input = node.image(0).shape;
    const OnnxConstant weights = kernelWeights(node);
    Convolution convolution;
    convolution.groups = readGroups(node, input, weights);
    convolution.outputChannels = static_cast<std::uint32_t>(weights.dims[0]);
    const auto height = static_cast<std::uint32_t>(weights.dims[2]);
    const auto width = static_cast<std::uint32_t>(weights.dims[3]);
    convolution.window = readWindow(node, input, height, width);
    convolution.weights.resize(weights.values.size());
    const std::size_t channels = input.channels / convolution.groups;
    const std::size_t pixels = std::size_t{height} * width;
    for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
        const std::size_t block = n * channels * pixels;
        toChannelsLast(&weights.values[block], channels, pixels, &convolution.weights[block]);
    }
    convolution.bias = optionalBias(node, 2, convolution.outputChannels);
    const Shape shape = windowedShape(node, convolution.window, input, convolution.outputChannels);
    return {.what = std::move(convolution), .shape = shape};
}

std::uint32_t readTransposedGroups(const OnnxNode& node, const Shape& input,
                                   const OnnxConstant& weights) {
    const std::int64_t groups = node.integer("group", 1);
    if (groups < 1 || input.channels % groups != 0) {
        node.fail(fmt::format("has group {}, expected a divisor of {} input channels", groups,
                              input.channels));
    }
    if (weights.dims[0] != input.channels) {
        node.fail(fmt::format("has weights of the shape [{}], expected [{}, N, height, width]",
                              fmt::join(weights.dims, ", "), input.channels));
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

ConvertedNode convertConvTranspose(const OnnxNode& node) {
    node.expectAttributes({"auto_pad", "dilations", "group", "kernel_shape", "output_padding",
                           "output_shape", "pads", "strides"});
    node.expectInputs(2, 3);
    const Shape& input = node.image(0).shape;
    const OnnxConstant weights = kernelWeights(node);
    Convolution convolution;
    convolution.transposed = true;
    convolution.groups = readTransposedGroups(node, input, weights);
    convolution.outputChannels = static_cast<std::uint32_t>(weights.dims[1]) * convolution.groups;
    convolution.window =
        readTransposedWindow(node, input, static_cast<std::uint32_t>(weights.dims[2]),
                             static_cast<std::uint32_t>(weights.dims[3]));
    convolution.weights = turnedWeights(weights, convolution.groups);
    convolution.bias = optionalBias(node, 2, convolution.outputChannels);
    const Shape shape = windowedShape(node, convolution.window, input, convolution.outputChannels);
    return {.what = std::move(convolution), .shape = shape};
}

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

ConvertedNode convertGemm(const OnnxNode& node) {
    node.expectAttributes({"alpha", "beta", "transA", "transB"});
    node.expectInputs(2, 3);
    const OnnxValue& value = node.activation(0);
    const Shape& input = value.shape;
    if (!value.flat) node.fail("its input has rank 4, expected 2 (a Flatten before it)");
    if (node.real("alpha", 1.0F) != 1.0F || node.real("beta", 1.0F) != 1.0F ||
        node.integer("transA", 0) != 0) {
        node.fail("expected alpha = 1, beta = 1 and transA = 0");
    }
    const bool transposed = node.integer("transB", 0) != 0;
    const OnnxConstant matrix = node.constant(1);
    const std::size_t depth = transposed ? 1 : 0;
    if (matrix.dims.size() != 2 ||
        matrix.dims[depth] != static_cast<std::int64_t>(input.elements())) {
        node.fail(fmt::format("has weights of the shape [{}], expected {} along axis {} of 2",
                              fmt::join(matrix.dims, ", "), input.elements(), depth));
    }
    Convolution convolution;
    convolution.window = {.kernelHeight = input.height, .kernelWidth = input.width};
    convolution.outputChannels = static_cast<std::uint32_t>(matrix.dims[1 - depth]);
    const std::vector<float> rows = gemmRows(matrix, transposed);
    convolution.weights.resize(rows.size());
    const std::size_t pixels = std::size_t{input.height} * input.width;
    for (std::size_t row = 0; row < rows.size(); row += input.elements()) {
        toChannelsLast(&rows[row], input.channels, pixels, &convolution.weights[row]);
    }
    convolution.bias = gemmBias(node, convolution.outputChannels);
    const Shape shape{1, 1, convolution.outputChannels};
    return {.what = std::move(convolution), .shape = shape, .flat = true};
}

ConvertedNode convertBatchNormalization(const OnnxNode& node) {
    node.expectAttributes({"epsilon", "momentum", "spatial", "training_mode"});
    node.expectInputs(5, 5);
    const OnnxValue& input = node.activation(0);
    if (node.integer("training_mode", 0) != 0 || node.integer("spatial", 1) != 1) {
        node.fail("expected training_mode = 0 and spatial = 1");
    }
    if (input.flat && input.shape.elements() != input.shape.channels) {
        node.fail("normalizes a flattened image, expected it before Flatten");
    }
    BatchNormalization normalization;
    const std::size_t channels = input.shape.channels;
    normalization.scale = node.channelConstant(1, channels);
    normalization.shift = node.channelConstant(2, channels);
    normalization.mean = node.channelConstant(3, channels);
    normalization.variance = node.channelConstant(4, channels);
    normalization.epsilon = node.real("epsilon", 1e-5F);
    return {.what = std::move(normalization), .shape = input.shape, .flat = input.flat};
}

/// ONNX, ceil_mode: a last window that fits only in part counts as well. It is the window of a
/// longer pad. An average over taps outside of the pads that the node asks for would have to leave
/// these out of its count, while `countIncludesPad` counts the whole kernel.
void roundUp(const OnnxNode& node, const Shape& input, Pooling& pooling) {
    const Window asked = pooling.window;
    const bool padded = readsZeros(asked);
    if (!padLastWindow(node, input, pooling.window)) return;
    if (pooling.countIncludesPad && padded) {
        node.fail(
            "has ceil_mode 1, count_include_pad 1 and pads, and its last window goes beyond "
            "them, expected only two of the three");
    }
    pooling.countIncludesPad = false;  // without pads the taps inside are all that count
}

ConvertedNode convertPool(const OnnxNode& node) {
    const bool average = node.operatorName() == "AveragePool";
    if (average) {
        node.expectAttributes({"auto_pad", "ceil_mode", "count_include_pad", "dilations",
                               "kernel_shape", "pads", "strides"});
    } else {
        node.expectAttributes({"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads",
                               "storage_order", "strides"});
    }
    node.expectInputs(1, 1);
    const Shape& input = node.image(0).shape;
    if (!node.has("kernel_shape")) node.fail("has no kernel_shape, expected one");
    const auto kernel = node.integers("kernel_shape", 2, 1, kLargestTensor, 1);
    Pooling pooling;
    pooling.kind = average ? Pooling::Kind::Average : Pooling::Kind::Max;
    pooling.window = readWindow(node, input, kernel[0], kernel[1]);
    pooling.countIncludesPad = average && node.integer("count_include_pad", 0) != 0;
    if (node.integer("ceil_mode", 0) != 0) roundUp(node, input, pooling);
    const Shape shape = windowedShape(node, pooling.window, input, input.channels);
    if (!everyPositionSeesTheImage(verticalAxis(pooling.window), input.height) ||
        !everyPositionSeesTheImage(horizontalAxis(pooling.window), input.width)) {
        node.fail("has windows that lie in the padding alone, expected a pad below the kernel");
    }
    return {.what = pooling, .shape = shape};
}

ConvertedNode convertGlobalPool(const OnnxNode& node) {
    node.expectAttributes({});
    node.expectInputs(1, 1);
    const Shape& input = node.image(0).shape;
    Pooling pooling;
    pooling.kind =
        node.operatorName() == "GlobalAveragePool" ? Pooling::Kind::Average : Pooling::Kind::Max;
    pooling.window = {.kernelHeight = input.height, .kernelWidth = input.width};
    return {.what = pooling, .shape = {1, 1, input.channels}};
}

ConvertedNode convertAdd(const OnnxNode& node) {
    node.expectAttributes({});
    node.expectInputs(2, 2);
    const OnnxValue& left = node.activation(0);
    const OnnxValue& right = node.activation(1);
    if (left.shape != right.shape || left.flat != right.flat) {
        const auto text = [](const OnnxValue& value) {
            return fmt::format("{} x {} x {}{}", value.shape.channels, value.shape.height,
                               value.shape.width, value.flat ? " (flattened)" : "");
        };
        node.fail(fmt::format("adds {} and {}, expected two tensors of one shape", text(left),
                              text(right)));
    }
    return {.what = Addition{}, .inputs = 2, .shape = left.shape, .flat = left.flat};
}

ConvertedNode convertRelu(const OnnxNode& node) {
    node.expectAttributes({});
    node.expectInputs(1, 1);
    return {.what = Relu{}, .shape = node.activation(0).shape, .flat = node.activation(0).flat};
}

ConvertedNode convertSoftmax(const OnnxNode& node) {
    node.expectAttributes({"axis"});
    node.expectInputs(1, 1);
    const OnnxValue& input = node.activation(0);
    constexpr std::int64_t kFirstWithOneAxis = 13;
    const std::int64_t rank = input.flat ? 2 : 4;
    std::int64_t axis = node.integer("axis", node.opset() < kFirstWithOneAxis ? 1 : -1);
    if (axis < 0) axis += rank;
    if (axis != 1 || input.shape.elements() != input.shape.channels) {
        node.fail("expected it over the channels (axis 1) of a 1 x 1 image");
    }
    return {.what = Softmax{}, .shape = input.shape, .flat = input.flat};
}

ConvertedNode convertFlatten(const OnnxNode& node) {
    node.expectAttributes({"axis"});
    node.expectInputs(1, 1);
    const std::int64_t axis = node.integer("axis", 1);
    if (axis != 1 && axis != (node.activation(0).flat ? -1 : -3)) {
        node.fail(fmt::format("has axis {}, expected 1", axis));
    }
    return {.what = PassThrough{}, .shape = node.activation(0).shape, .flat = true};
}

/// Only the Reshape that is a Flatten.
ConvertedNode convertReshape(const OnnxNode& node) {
    node.expectAttributes({"allowzero"});
    node.expectInputs(2, 2);
    const OnnxValue& input = node.activation(0);
    const auto features = static_cast<std::int64_t>(input.shape.elements());
    const std::vector<std::int64_t> shape = node.integerConstant(1);
    const bool keepsBatch =
        shape.size() == 2 &&
        (shape[0] == 1 || shape[0] == -1 || (shape[0] == 0 && node.integer("allowzero", 0) == 0));
    if (!keepsBatch || (shape[1] != features && (shape[1] != -1 || shape[0] == -1))) {
        node.fail(fmt::format("reshapes to [{}], expected a Flatten: [1, {}]",
                              fmt::join(shape, ", "), features));
    }
    return {.what = PassThrough{}, .shape = input.shape, .flat = true};
}

ConvertedNode convertIdentity(const OnnxNode& node) {
    node.expectAttributes({});
    node.expectInputs(1, 1);
    return {
        .what = PassThrough{}, .shape = node.activation(0).shape, .flat = node.activation(0).flat};
}

ConvertedNode convertDropout(const OnnxNode& node) {
    node.expectAttributes({"ratio", "seed"});
    // The third input would switch training on.
    node.expectInputs(1, 2);
    return {
        .what = PassThrough{}, .shape = node.activation(0).shape, .flat = node.activation(0).flat};
}

using Converter = ConvertedNode (*)(const OnnxNode&);
constexpr std::array<std::pair<const char*, Converter>, 15> kConverters{{
    {"Add", convertAdd},
    {"AveragePool", convertPool},
    {"BatchNormalization", convertBatchNormalization},
    {"Conv", convertConv},
    {"ConvTranspose", convertConvTranspose},
    {"Dropout", convertDropout},
    {"Flatten", convertFlatten},
    {"Gemm", convertGemm},
    {"GlobalAveragePool", convertGlobalPool},
    {"GlobalMaxPool", convertGlobalPool},
    {"Identity", convertIdentity},
    {"MaxPool", convertPool},
    {"Relu", convertRelu},
    {"Reshape", convertReshape},
    {"Softmax", convertSoftmax},
}};

/// Null where there is none.
Converter converterOf(const std::string& operatorName) {
    const auto* found = std::find_if(kConverters.begin(), kConverters.end(),
                                     [&](const auto& row) { return operatorName == row.first; });
    return found == kConverters.end() ? nullptr : found->second;
}

}  // namespace

void checkOperator(const onnx::NodeProto& node) {
    if (converterOf(node.op_type()) != nullptr) return;
    std::vector<std::string> known;
    for (const auto& [name, convert] : kConverters) known.emplace_back(name);
    failAt(node, fmt::format("not supported, expected one of {}", fmt::join(known, ", ")));
}

ConvertedNode convertNode(const OnnxNode& node) {
    const Converter convert = converterOf(node.operatorName());
    SYSTOLE_CHECK(convert != nullptr, "no operator {}", node.operatorName());
    return convert(node);
}

}  // namespace systole::sim
