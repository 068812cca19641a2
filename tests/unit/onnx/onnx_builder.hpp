// SPDX-License-Identifier: Apache-2.0
#pragma once

// The flavour of Debian's libonnx, as in the top CMakeLists.txt.
#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace systole::sim {

/// An ONNX model for a test, put together node by node. Input `x`; the last node's result is the
/// output unless a test says otherwise.
class OnnxTestModel {
public:
    explicit OnnxTestModel(const std::vector<std::int64_t>& inputDims, std::int64_t opset = 13) {
        proto.set_ir_version(7);
        proto.add_opset_import()->set_version(opset);
        setValue(*graph().add_input(), "x", inputDims);
    }

    onnx::GraphProto& graph() { return *proto.mutable_graph(); }
    onnx::NodeProto& lastNode() { return *graph().mutable_node(graph().node_size() - 1); }

    OnnxTestModel& weights(const std::string& name, const std::vector<std::int64_t>& dims,
                           const std::vector<float>& values) {
        fill(*graph().add_initializer(), name, dims, values);
        return *this;
    }

    /// A node named `<output>_node`.
    OnnxTestModel& node(const std::string& type, const std::vector<std::string>& inputs,
                        const std::string& output) {
        onnx::NodeProto& node = *graph().add_node();
        node.set_op_type(type);
        node.set_name(output + "_node");
        for (const std::string& input : inputs) node.add_input(input);
        node.add_output(output);
        graph().clear_output();
        graph().add_output()->set_name(output);
        return *this;
    }

    OnnxTestModel& constantNode(const std::string& output, const std::vector<std::int64_t>& dims,
                                const std::vector<float>& values) {
        node("Constant", {}, output);
        onnx::AttributeProto& value = attribute("value", onnx::AttributeProto::TENSOR);
        fill(*value.mutable_t(), "", dims, values);
        return *this;
    }

    OnnxTestModel& shapeNode(const std::string& output, const std::vector<std::int64_t>& values) {
        node("Constant", {}, output);
        onnx::TensorProto& tensor = *attribute("value", onnx::AttributeProto::TENSOR).mutable_t();
        tensor.set_data_type(onnx::TensorProto::INT64);
        tensor.add_dims(static_cast<std::int64_t>(values.size()));
        for (const std::int64_t value : values) tensor.add_int64_data(value);
        return *this;
    }

    // Attributes of the last node.
    OnnxTestModel& integers(const std::string& name, const std::vector<std::int64_t>& values) {
        onnx::AttributeProto& target = attribute(name, onnx::AttributeProto::INTS);
        for (const std::int64_t value : values) target.add_ints(value);
        return *this;
    }
    OnnxTestModel& integer(const std::string& name, std::int64_t value) {
        attribute(name, onnx::AttributeProto::INT).set_i(value);
        return *this;
    }
    OnnxTestModel& real(const std::string& name, float value) {
        attribute(name, onnx::AttributeProto::FLOAT).set_f(value);
        return *this;
    }
    OnnxTestModel& text(const std::string& name, const std::string& value) {
        attribute(name, onnx::AttributeProto::STRING).set_s(value);
        return *this;
    }

    static void setValue(onnx::ValueInfoProto& value, const std::string& name,
                         const std::vector<std::int64_t>& dims) {
        value.set_name(name);
        auto& tensor = *value.mutable_type()->mutable_tensor_type();
        tensor.set_elem_type(onnx::TensorProto::FLOAT);
        for (const std::int64_t size : dims) {
            auto& dim = *tensor.mutable_shape()->add_dim();
            // A negative size stands for a dynamic one.
            if (size < 0) dim.set_dim_param("N");
            if (size >= 0) dim.set_dim_value(size);
        }
    }

    std::filesystem::path save(const std::filesystem::path& path) const {
        std::ofstream stream(path, std::ios::binary);
        proto.SerializeToOstream(&stream);
        return path;
    }

    onnx::ModelProto proto;

private:
    static void fill(onnx::TensorProto& tensor, const std::string& name,
                     const std::vector<std::int64_t>& dims, const std::vector<float>& values) {
        tensor.set_name(name);
        tensor.set_data_type(onnx::TensorProto::FLOAT);
        for (const std::int64_t size : dims) tensor.add_dims(size);
        for (const float value : values) tensor.add_float_data(value);
    }

    onnx::AttributeProto& attribute(const std::string& name,
                                    onnx::AttributeProto::AttributeType type) {
        onnx::AttributeProto& result = *lastNode().add_attribute();
        result.set_name(name);
        result.set_type(type);
        return result;
    }
};

}  // namespace systole::sim
