// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_builder.hpp"

#include <algorithm>
#include <limits>

namespace systole::sim {

namespace {

constexpr std::int64_t kOpset = 13;
constexpr std::int64_t kIrVersion = 7;  // the one of opset 13

void setType(onnx::ValueInfoProto& value, const std::string& name, onnx::TensorProto::DataType type,
             const graph::Extents& shape) {
    value.set_name(name);
    auto& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    auto& dims = *tensor.mutable_shape();
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (axis == 0 && shape[axis] == 1) {
            dims.add_dim()->set_dim_param("batch");
        } else {
            dims.add_dim()->set_dim_value(shape[axis]);
        }
    }
}

}  // namespace

OnnxBuilder::OnnxBuilder() {
    model_.set_ir_version(kIrVersion);
    model_.set_producer_name("systole");
    model_.add_opset_import()->set_version(kOpset);
}

void OnnxBuilder::addInput(const std::string& name, const graph::Extents& shape) {
    setType(*model_.mutable_graph()->add_input(), name, onnx::TensorProto::FLOAT, shape);
}

void OnnxBuilder::addOutput(const std::string& name, onnx::TensorProto::DataType type,
                            const graph::Extents& shape) {
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

std::string OnnxBuilder::addFloats(const std::string& name, const graph::Extents& shape,
                                   const std::vector<float>& values) {
    auto& tensor = addInitializer(name, onnx::TensorProto::FLOAT);
    for (const std::uint32_t size : shape) tensor.add_dims(size);
    for (const float value : values) tensor.add_float_data(value);
    return name;
}

std::string OnnxBuilder::addCodes(const std::string& name, const graph::Extents& shape,
                                  const std::vector<std::int8_t>& codes) {
    auto& tensor = addInitializer(name, onnx::TensorProto::INT8);
    for (const std::uint32_t size : shape) tensor.add_dims(size);
    tensor.set_raw_data(codes.data(), codes.size());
    return name;
}

std::string OnnxBuilder::addIndices(const std::string& name,
                                    const std::vector<std::int64_t>& values) {
    auto& tensor = addInitializer(name, onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return name;
}

std::string OnnxBuilder::addInt32s(const std::string& name, const graph::Extents& shape,
                                   const std::vector<std::int32_t>& values) {
    auto& tensor = addInitializer(name, onnx::TensorProto::INT32);
    for (const std::uint32_t size : shape) tensor.add_dims(size);
    for (const std::int32_t value : values) tensor.add_int32_data(value);
    return name;
}

std::string OnnxBuilder::addUnsignedZeroPoint(const std::string& name, std::uint8_t value) {
    addInitializer(name, onnx::TensorProto::UINT8).add_int32_data(value);
    return name;
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
    // Slice ends before an index; counted from the end it is negative, and 0 would be the
    // beginning.
    const auto end = [](std::uint32_t crop) {
        return crop == 0 ? std::numeric_limits<std::int64_t>::max() : -std::int64_t{crop};
    };
    addNode("Slice", output + "/crop",
            {input, addIndices(output + "/starts", {crops[0], crops[1]}),
             addIndices(output + "/ends", {end(crops[2]), end(crops[3])}),
             addIndices(output + "/axes", {2, 3})},
            output);
}

void OnnxBuilder::addQLinearConv(const std::string& name, const QLinearConvParameters& parameters,
                                 const OnnxCodes& input, const OnnxCodes& output) {
    const std::string prefix = output.name + "/convolve";
    const graph::Extents outputs{parameters.dims[0]};
    addCodes(prefix + "/weights", {parameters.dims.begin(), parameters.dims.end()},
             parameters.weights);
    addInt32s(prefix + "/bias", outputs, parameters.bias);
    addFloats(prefix + "/weight_scales", outputs, parameters.scales);
    addCodes(prefix + "/weight_zeros", outputs, std::vector<std::int8_t>(outputs[0], 0));

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

void OnnxBuilder::addIntegers(onnx::NodeProto& node, const std::string& name,
                              const std::vector<std::int64_t>& values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
}

void OnnxBuilder::addInteger(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
}

void OnnxBuilder::addWindow(onnx::NodeProto& node, const arch::Window& window) {
    const auto& [y, x] = window;
    addIntegers(node, "kernel_shape", {y.kernel, x.kernel});
    addIntegers(node, "strides", {y.stride, x.stride});
    addIntegers(node, "pads", {y.padBefore, x.padBefore, y.padAfter, x.padAfter});
    addIntegers(node, "dilations", {y.dilation, x.dilation});
}

}  // namespace systole::sim
