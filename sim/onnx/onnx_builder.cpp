// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_builder.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>

namespace systole::sim {

namespace {

constexpr std::int64_t kOpset = 13;
constexpr std::int64_t kIrVersion = 7;  // the one of opset 13

void setType(onnx::ValueInfoProto& value, const std::string& name, onnx::TensorProto::DataType type,
             const Shape& shape) {
    value.set_name(name);
    auto& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    tensor.mutable_shape()->add_dim()->set_dim_param("batch");
    for (const std::uint32_t size : {shape.channels, shape.height, shape.width}) {
        tensor.mutable_shape()->add_dim()->set_dim_value(size);
    }
}

void addIntegers(onnx::NodeProto& node, const std::string& name,
                 std::initializer_list<std::int64_t> values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
}

}  // namespace

OnnxBuilder::OnnxBuilder() {
    model_.set_ir_version(kIrVersion);
    model_.set_producer_name("systole");
    model_.add_opset_import()->set_version(kOpset);
}

void OnnxBuilder::addInput(const std::string& name, const Shape& shape) {
    setType(*model_.mutable_graph()->add_input(), name, onnx::TensorProto::FLOAT, shape);
}

void OnnxBuilder::addOutput(const std::string& name, onnx::TensorProto::DataType type,
                            const Shape& shape) {
    setType(*model_.mutable_graph()->add_output(), name, type, shape);
}

onnx::NodeProto& OnnxBuilder::addNode(const std::string& type, const std::string& name,
                                      const std::vector<std::string>& inputs,
                                      const std::string& output) {
    onnx::NodeProto& node = *model_.mutable_graph()->add_node();
    node.set_op_type(type);
    node.set_name(name);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
}

onnx::TensorProto& OnnxBuilder::addInitializer(const std::string& name,
                                               onnx::TensorProto::DataType type) {
    onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    return tensor;
}

std::string OnnxBuilder::addScale(const std::string& name, float scale) {
    addInitializer(name, onnx::TensorProto::FLOAT).add_float_data(scale);
    return name;
}

std::string OnnxBuilder::addZeroPoint(const std::string& name) {
    addInitializer(name, onnx::TensorProto::INT8).add_int32_data(0);
    return name;
}

void OnnxBuilder::addQuantize(const std::string& input, const OnnxCodes& output) {
    const std::string name = output.name + "/quantize";
    addNode("QuantizeLinear", name,
            {input, addScale(name + "/scale", output.scale), addZeroPoint(name + "/zero")},
            output.name);
}

void OnnxBuilder::addDequantize(const OnnxCodes& input, const std::string& output) {
    const std::string name = output + "/dequantize";
    addNode("DequantizeLinear", name,
            {input.name, addScale(name + "/scale", input.scale), addZeroPoint(name + "/zero")},
            output);
}

/// A transposed 1 x 1 convolution of ones, each channel for itself, moves values and adds nothing;
/// quantizing with the scale that they were dequantized with gives the codes back.
void OnnxBuilder::addUpsample(const OnnxCodes& input, std::uint32_t channels,
                              std::array<std::uint32_t, 2> factors, const std::string& output) {
    addDequantize(input, output + "/dense");
    auto& ones = addInitializer(output + "/ones", onnx::TensorProto::FLOAT);
    for (const std::uint32_t size : {channels, 1U, 1U, 1U}) ones.add_dims(size);
    for (std::uint32_t c = 0; c < channels; ++c) ones.add_float_data(1.0F);
    onnx::NodeProto& node = addNode("ConvTranspose", output + "/upsample",
                                    {output + "/dense", output + "/ones"}, output + "/spread");
    addIntegers(node, "kernel_shape", {1, 1});
    addIntegers(node, "strides", {factors[0], factors[1]});
    addInteger(node, "group", channels);
    addQuantize(output + "/spread", {output, input.scale});
}

void OnnxBuilder::addCrop(const std::string& input, const std::array<std::uint32_t, 4>& crops,
                          const std::string& output) {
    const auto indices = [&](const std::string& name, std::int64_t vertical,
                             std::int64_t horizontal) {
        auto& tensor = addInitializer(name, onnx::TensorProto::INT64);
        tensor.add_dims(2);
        tensor.add_int64_data(vertical);
        tensor.add_int64_data(horizontal);
        return name;
    };
    // Slice ends before an index; counted from the end it is negative, and 0 would be the
    // beginning.
    const auto end = [](std::uint32_t crop) {
        return crop == 0 ? std::numeric_limits<std::int64_t>::max() : -std::int64_t{crop};
    };
    addNode(
        "Slice", output + "/crop",
        {input, indices(output + "/starts", crops[0], crops[1]),
         indices(output + "/ends", end(crops[2]), end(crops[3])), indices(output + "/axes", 2, 3)},
        output);
}

void OnnxBuilder::addQLinearConv(const std::string& name, const QLinearConvParameters& parameters,
                                 const OnnxCodes& input, const OnnxCodes& output) {
    const std::string prefix = output.name + "/convolve";
    auto& weights = addInitializer(prefix + "/weights", onnx::TensorProto::INT8);
    for (const std::uint32_t size : parameters.dims) weights.add_dims(size);
    weights.set_raw_data(parameters.weights.data(), parameters.weights.size());
    auto& bias = addInitializer(prefix + "/bias", onnx::TensorProto::INT32);
    bias.add_dims(parameters.dims[0]);
    for (const std::int32_t value : parameters.bias) bias.add_int32_data(value);
    auto& scales = addInitializer(prefix + "/weight_scales", onnx::TensorProto::FLOAT);
    scales.add_dims(parameters.dims[0]);
    for (const float scale : parameters.scales) scales.add_float_data(scale);
    auto& zeros = addInitializer(prefix + "/weight_zeros", onnx::TensorProto::INT8);
    zeros.add_dims(parameters.dims[0]);
    for (std::uint32_t n = 0; n < parameters.dims[0]; ++n) zeros.add_int32_data(0);

    onnx::NodeProto& node = addNode(
        "QLinearConv", name,
        {input.name, addScale(prefix + "/input_scale", input.scale),
         addZeroPoint(prefix + "/input_zero"), prefix + "/weights", prefix + "/weight_scales",
         prefix + "/weight_zeros", addScale(prefix + "/output_scale", output.scale),
         addZeroPoint(prefix + "/output_zero"), prefix + "/bias"},
        output.name);
    addWindow(node, parameters.window);
    addInteger(node, "group", parameters.groups);
}

void OnnxBuilder::addInteger(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
}

void OnnxBuilder::addWindow(onnx::NodeProto& node, const Window& window) {
    addIntegers(node, "kernel_shape", {window.kernelHeight, window.kernelWidth});
    addIntegers(node, "strides", {window.strideHeight, window.strideWidth});
    addIntegers(node, "pads", {window.padTop, window.padLeft, window.padBottom, window.padRight});
    addIntegers(node, "dilations", {window.dilationHeight, window.dilationWidth});
}

}  // namespace systole::sim
