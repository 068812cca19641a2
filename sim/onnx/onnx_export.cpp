// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_export.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <limits>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/network/window.hpp"
#include "sim/onnx/onnx_builder.hpp"

namespace systole::sim {

namespace {

constexpr std::int64_t kLargestInt32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kLargestActivation = 128;

class OnnxExporter {
public:
    explicit OnnxExporter(const QuantizedNetwork& network)
        : network_(network), weight_(network.scheme.weight) {
        checkScheme();
    }

    onnx::ModelProto build(const OnnxExportOptions& options);

    void operator()(const QuantizedConvolution& convolution);
    void operator()(const QuantizedPooling& pooling);
    void operator()(const QuantizedAddition& addition);
    void operator()(const QuantizedRelu& relu);
    void operator()(const QuantizedSoftmax& softmax);

private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw ConfigError(fmt::format("{}: cannot become ONNX: {}", network_.name, problem));
    }

    void checkScheme() const;
    void checkSums(const QuantizedConvolution& convolution) const;
    void declareOutputs(const OnnxExportOptions& options);
    std::string floatName(TensorId tensor) const { return nameOf(tensor) + "_float"; }
    const std::string& nameOf(TensorId tensor) const { return network_.tensors[tensor].name; }
    float scaleOf(TensorId tensor) const { return network_.tensors[tensor].scale; }
    const Shape& inputShape() const { return network_.tensors[node_->inputs[0]].shape; }
    std::vector<std::int8_t> weightsChannelsFirst(const QuantizedConvolution& convolution) const;
    void addQLinearConv(const QLinearConvParameters& parameters, const std::string& output);
    OnnxCodes spreadInput(Window& window);
    void addReluOnCodes(const std::string& input, float scale);

    const QuantizedNetwork& network_;
    numeric::Codec weight_;
    OnnxBuilder builder_;
    const QuantizedNode* node_ = nullptr;
};

void OnnxExporter::checkScheme() const {
    const Scheme& scheme = network_.scheme;
    const auto* activation = std::get_if<numeric::IntFormat>(&scheme.activation);
    const auto* weight = std::get_if<numeric::IntFormat>(&scheme.weight);
    if (activation == nullptr || activation->bits != 8 || !activation->isSigned ||
        activation->narrowRange) {
        fail(fmt::format("activations are {}, expected int8", numeric::nameOf(scheme.activation)));
    }
    if (weight == nullptr || weight->bits > 8 || !weight->isSigned) {
        fail(fmt::format("weights are {}, expected signed integers of up to 8 bits",
                         numeric::nameOf(scheme.weight)));
    }
    if (scheme.requantization != numeric::ScaleArithmetic::Fp32Multiplier) {
        fail("requantization is fixed_point, expected fp32_multiplier");
    }
}

/// QLinearConv sums in int32. That is the accumulator itself, or one that no sum can tell from it.
void OnnxExporter::checkSums(const QuantizedConvolution& convolution) const {
    const auto& accumulator = network_.scheme.accumulator;
    if (accumulator.chunk || numeric::isFloat(accumulator)) {
        fail(fmt::format("accumulator is {}, expected an integer or exact one without chunks",
                         accumulator.name));
    }
    const auto* integer = std::get_if<numeric::IntegerRegister>(&accumulator.sum);
    const bool wraps = integer != nullptr && integer->overflow == numeric::Overflow::Wrap;
    if (wraps && integer->bits == 32) {
        return;
    }
    const std::int64_t limit = integer != nullptr && integer->bits < 32
                                   ? (std::int64_t{1} << (integer->bits - 1)) - 1
                                   : kLargestInt32;
    for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
        std::int64_t largest = 0;
        for (std::size_t k = 0; k < convolution.reduction(); ++k) {
            const auto code = convolution.weights[n * convolution.reduction() + k];
            largest += std::abs(weight_.gridSteps(code)) * kLargestActivation;
        }
        const std::int64_t bias = convolution.bias[n];
        if (largest > limit || bias > limit - largest || bias < largest - limit) {
            fail(fmt::format("node '{}' may leave its accumulator {}, expected int32", node_->name,
                             accumulator.name));
        }
    }
}

std::vector<std::int8_t> OnnxExporter::weightsChannelsFirst(
    const QuantizedConvolution& convolution) const {
    const std::size_t reduction = convolution.reduction();
    const std::size_t taps = kernelArea(convolution.window);
    const std::size_t channels = reduction / taps;
    std::vector<std::int8_t> weights(convolution.weights.size());
    for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
        for (std::size_t k = 0; k < reduction; ++k) {
            const std::size_t target = n * reduction + k % channels * taps + k / channels;
            weights[target] =
                static_cast<std::int8_t>(weight_.gridSteps(convolution.weights[n * reduction + k]));
        }
    }
    return weights;
}

/// The input as QLinearConv can take it: ONNX has no quantized ConvTranspose, so the zeros between
/// the elements are inserted and negative pads cropped before; `window` is left with the rest.
OnnxCodes OnnxExporter::spreadInput(Window& window) {
    const TensorId input = node_->inputs[0];
    OnnxCodes codes{nameOf(input), scaleOf(input)};
    const std::string& output = nameOf(node_->output);
    if (std::max(window.upsampleHeight, window.upsampleWidth) > 1) {
        builder_.addUpsample(codes, inputShape().channels,
                             {window.upsampleHeight, window.upsampleWidth}, output + "/upsampled");
        codes.name = output + "/upsampled";
    }
    std::array<std::uint32_t, 4> crops{};
    std::size_t side = 0;
    for (std::int32_t* pad :
         {&window.padTop, &window.padLeft, &window.padBottom, &window.padRight}) {
        crops.at(side++) = static_cast<std::uint32_t>(std::max(0, -*pad));
        *pad = std::max(0, *pad);
    }
    if (crops != std::array<std::uint32_t, 4>{}) {
        builder_.addCrop(codes.name, crops, output + "/cropped");
        codes.name = output + "/cropped";
    }
    return codes;
}

void OnnxExporter::addQLinearConv(const QLinearConvParameters& parameters,
                                  const std::string& output) {
    QLinearConvParameters dense = parameters;
    const OnnxCodes input = spreadInput(dense.window);
    builder_.addQLinearConv(node_->name, dense, input, {output, scaleOf(node_->output)});
}

/// ReLU of codes: through floats and back with one scale, which changes no code.
void OnnxExporter::addReluOnCodes(const std::string& input, float scale) {
    const std::string& output = nameOf(node_->output);
    builder_.addDequantize({input, scale}, output + "/before_relu_float");
    builder_.addNode("Relu", output + "/relu", {output + "/before_relu_float"},
                     output + "/relu_float");
    builder_.addQuantize(output + "/relu_float", {output, scale});
}

void OnnxExporter::operator()(const QuantizedConvolution& convolution) {
    checkSums(convolution);
    QLinearConvParameters parameters;
    parameters.window = convolution.window;
    parameters.groups = convolution.groups;
    parameters.dims = {convolution.outputChannels, inputShape().channels / convolution.groups,
                       convolution.window.kernelHeight, convolution.window.kernelWidth};
    parameters.weights = weightsChannelsFirst(convolution);
    parameters.scales = convolution.weightScales;
    for (const std::int64_t bias : convolution.bias) {
        parameters.bias.push_back(static_cast<std::int32_t>(bias));
    }
    const std::string& output = nameOf(node_->output);
    const std::string direct = convolution.relu ? output + "/before_relu" : output;
    addQLinearConv(parameters, direct);
    if (convolution.relu) addReluOnCodes(direct, scaleOf(node_->output));
}

void OnnxExporter::operator()(const QuantizedPooling& pooling) {
    const Window& window = pooling.window;
    if (pooling.kind == Pooling::Kind::Max) {
        onnx::NodeProto& node = builder_.addNode("MaxPool", node_->name, {nameOf(node_->inputs[0])},
                                                 nameOf(node_->output));
        OnnxBuilder::addWindow(node, window);
        return;
    }
    const bool padded = readsZeros(window);
    if (padded && !pooling.countIncludesPad) {
        fail(fmt::format("node '{}' averages without its padding, expected count_include_pad",
                         node_->name));
    }
    const std::uint32_t channels = inputShape().channels;
    const std::uint32_t count = kernelArea(window);
    QLinearConvParameters parameters;
    parameters.window = window;
    parameters.groups = channels;
    parameters.dims = {channels, 1, window.kernelHeight, window.kernelWidth};
    parameters.weights.assign(std::size_t{channels} * count, 1);
    parameters.scales.assign(channels, 1.0F / static_cast<float>(count));
    parameters.bias.assign(channels, 0);
    addQLinearConv(parameters, nameOf(node_->output));
}

void OnnxExporter::operator()(const QuantizedAddition& addition) {
    const std::string& output = nameOf(node_->output);
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < 2; ++i) {
        terms.push_back(fmt::format("{}/term{}", output, i));
        const TensorId input = node_->inputs[i];
        builder_.addDequantize({nameOf(input), scaleOf(input)}, terms.back());
    }
    std::string sum = output + "/sum";
    builder_.addNode("Add", node_->name, terms, sum);
    if (addition.relu) {
        builder_.addNode("Relu", output + "/relu", {sum}, output + "/relu_float");
        sum = output + "/relu_float";
    }
    builder_.addQuantize(sum, {output, scaleOf(node_->output)});
}

void OnnxExporter::operator()(const QuantizedRelu& /*relu*/) {
    addReluOnCodes(nameOf(node_->inputs[0]), scaleOf(node_->output));
}

void OnnxExporter::operator()(const QuantizedSoftmax& softmax) {
    const std::string& output = nameOf(node_->output);
    builder_.addDequantize({nameOf(node_->inputs[0]), softmax.inputScale}, output + "/logits");
    onnx::NodeProto& node =
        builder_.addNode("Softmax", node_->name, {output + "/logits"}, output + "/probabilities");
    OnnxBuilder::addInteger(node, "axis", 1);
    builder_.addQuantize(output + "/probabilities", {output, softmax.outputScale});
}

void OnnxExporter::declareOutputs(const OnnxExportOptions& options) {
    const TensorId result = network_.output;
    builder_.addDequantize({nameOf(result), scaleOf(result)}, floatName(result));
    builder_.addOutput(floatName(result), onnx::TensorProto::FLOAT, network_.tensors[result].shape);
    if (!options.allOutputs) return;
    for (const QuantizedTensor& tensor : network_.tensors) {
        builder_.addOutput(tensor.name, onnx::TensorProto::INT8, tensor.shape);
    }
}

onnx::ModelProto OnnxExporter::build(const OnnxExportOptions& options) {
    const TensorId input = network_.input;
    builder_.setName(network_.name);
    builder_.addInput(floatName(input), network_.tensors[input].shape);
    builder_.addQuantize(floatName(input), {nameOf(input), scaleOf(input)});
    for (const QuantizedNode& node : network_.nodes) {
        node_ = &node;
        std::visit(*this, node.operation);
    }
    declareOutputs(options);
    return builder_.take();
}

}  // namespace

void exportOnnx(const QuantizedNetwork& network, const std::filesystem::path& path,
                const OnnxExportOptions& options) {
    const onnx::ModelProto model = OnnxExporter(network).build(options);
    writeFileAtomically(path, model.SerializeAsString());
}

}  // namespace systole::sim
