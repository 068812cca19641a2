// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_operators.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "models/check.hpp"
#include "sim/network/window.hpp"
#include "sim/onnx/onnx_convolutions.hpp"
#include "sim/onnx/onnx_window.hpp"

namespace systole::sim {

namespace {

ConvertedNode convertBatchNormalization(const OnnxNode& node) {
    node.expectAttributes({"epsilon", "momentum", "spatial", "training_mode"});
    node.attempt([&] {
        if (node.integer("training_mode", 0) != 0 || node.integer("spatial", 1) != 1) {
            node.fail("expected training_mode = 0 and spatial = 1");
        }
    });
    node.expectInputs(5, 5);
    BatchNormalization normalization;
    normalization.epsilon = node.real("epsilon", 1e-5F);
    const auto input = node.attempt([&] { return node.activation(0); });
    node.attempt([&] {
        if (known(input).flat && input->shape.elements() != input->shape.channels) {
            node.fail("normalizes a flattened image, expected it before Flatten");
        }
    });
    const auto read = [&](int index, std::vector<float>& values) {
        node.attempt([&] {
            values = input ? node.channelConstant(index, input->shape.channels)
                           : node.constant(index).values;
        });
    };
    read(1, normalization.scale);
    read(2, normalization.shift);
    read(3, normalization.mean);
    read(4, normalization.variance);
    for (const auto* values : {&normalization.scale, &normalization.shift, &normalization.mean,
                               &normalization.variance}) {
        if (values->size() != known(input).shape.channels) throw OnnxUnknown();
    }
    return {.what = std::move(normalization), .shape = input->shape, .flat = input->flat};
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
    const auto kernel = node.attempt([&] {
        if (!node.has("kernel_shape")) node.fail("has no kernel_shape, expected one");
        return node.integers("kernel_shape", 2, 1, kLargestTensor, 1);
    });
    const auto steps = readWindowSteps(node);
    const auto countsPads =
        node.attempt([&] { return average && node.integer("count_include_pad", 0) != 0; });
    const auto roundsUp = node.attempt([&] { return node.integer("ceil_mode", 0) != 0; });
    node.expectInputs(1, 1);
    const Shape& input = node.image(0).shape;
    Pooling pooling;
    pooling.kind = average ? Pooling::Kind::Average : Pooling::Kind::Max;
    pooling.window =
        readWindow(node, known(steps), input, known(kernel).at(0), known(kernel).at(1));
    pooling.countIncludesPad = known(countsPads);
    if (known(roundsUp)) roundUp(node, input, pooling);
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
    const auto first = node.attempt([&] { return node.activation(0); });
    const OnnxValue& right = node.activation(1);
    const OnnxValue& left = known(first);
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
    constexpr std::int64_t kFirstWithOneAxis = 13;
    const std::int64_t axis = node.integer("axis", node.opset() < kFirstWithOneAxis ? 1 : -1);
    const auto input = node.attempt([&] { return node.activation(0); });
    const bool isOfChannels = input ? axis == 1 || axis == (input->flat ? -1 : -3)
                                    : axis == 1 || axis == -1 || axis == -3;
    if (!isOfChannels || (input && input->shape.elements() != input->shape.channels)) {
        node.fail("expected it over the channels (axis 1) of a 1 x 1 image");
    }
    return {.what = Softmax{}, .shape = known(input).shape, .flat = input->flat};
}

ConvertedNode convertFlatten(const OnnxNode& node) {
    node.expectAttributes({"axis"});
    node.expectInputs(1, 1);
    const std::int64_t axis = node.integer("axis", 1);
    const auto input = node.attempt([&] { return node.activation(0); });
    const bool isLast = input ? axis == (input->flat ? -1 : -3) : axis == -1 || axis == -3;
    if (axis != 1 && !isLast) node.fail(fmt::format("has axis {}, expected 1", axis));
    return {.what = PassThrough{}, .shape = known(input).shape, .flat = true};
}

/// Only the Reshape that is a Flatten.
ConvertedNode convertReshape(const OnnxNode& node) {
    node.expectAttributes({"allowzero"});
    node.expectInputs(2, 2);
    const auto input = node.attempt([&] { return node.activation(0); });
    const std::vector<std::int64_t> shape = node.integerConstant(1);
    const auto features = static_cast<std::int64_t>(known(input).shape.elements());
    const bool keepsBatch =
        shape.size() == 2 &&
        (shape[0] == 1 || shape[0] == -1 || (shape[0] == 0 && node.integer("allowzero", 0) == 0));
    if (!keepsBatch || (shape[1] != features && (shape[1] != -1 || shape[0] == -1))) {
        node.fail(fmt::format("reshapes to [{}], expected a Flatten: [1, {}]",
                              fmt::join(shape, ", "), features));
    }
    return {.what = PassThrough{}, .shape = input->shape, .flat = true};
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
