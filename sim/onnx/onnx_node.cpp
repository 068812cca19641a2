// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_node.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "sim/base/text.hpp"

namespace systole::sim {

namespace {

/// Little-endian words of raw_data.
template <typename Value, typename Bits>
std::vector<Value> decodeRaw(const std::string& raw) {
    std::vector<Value> values(raw.size() / sizeof(Bits));
    for (std::size_t i = 0; i < values.size(); ++i) {
        Bits bits = 0;
        for (std::size_t byte = sizeof(Bits); byte-- > 0;) {
            bits = bits << 8U | static_cast<unsigned char>(raw[i * sizeof(Bits) + byte]);
        }
        values[i] = std::bit_cast<Value>(bits);
    }
    return values;
}

}  // namespace

std::string describe(const onnx::NodeProto& node) {
    std::string name = node.name();
    if (name.empty() && node.output_size() > 0) name = node.output(0);
    return printable(fmt::format("node '{}' (operator '{}')", name, node.op_type()));
}

OnnxNode::OnnxNode(const OnnxGraph& graph, const onnx::NodeProto& proto,
                   std::vector<const OnnxValue*> activations)
    : graph_(graph), proto_(proto), activations_(std::move(activations)) {}

void OnnxNode::fail(const std::string& problem) const {
    graph_.fail(fmt::format("{}: {}", describe(proto_), problem));
}

void OnnxNode::expectInputs(int fewest, int most) const {
    if (proto_.input_size() < fewest || proto_.input_size() > most) {
        fail(fmt::format("has {} inputs, expected {} to {}", proto_.input_size(), fewest, most));
    }
}

void OnnxNode::expectAttributes(std::initializer_list<std::string_view> names) const {
    for (const auto& attribute : proto_.attribute()) {
        if (std::find(names.begin(), names.end(), attribute.name()) == names.end()) {
            fail(fmt::format(
                "attribute '{}' is not supported, expected {}", attribute.name(),
                names.size() == 0 ? "none" : fmt::format("one of {}", fmt::join(names, ", "))));
        }
    }
}

const onnx::AttributeProto* OnnxNode::find(std::string_view name) const {
    for (const auto& attribute : proto_.attribute()) {
        if (attribute.name() == name) return &attribute;
    }
    return nullptr;
}

const onnx::AttributeProto* OnnxNode::find(std::string_view name,
                                           onnx::AttributeProto::AttributeType type) const {
    const auto* attribute = find(name);
    if (attribute != nullptr && attribute->type() != type) {
        fail(fmt::format("attribute '{}' has the wrong type, expected {}", name,
                         onnx::AttributeProto::AttributeType_Name(type)));
    }
    return attribute;
}

std::int64_t OnnxNode::integer(std::string_view name, std::int64_t otherwise) const {
    const auto* attribute = find(name, onnx::AttributeProto::INT);
    return attribute == nullptr ? otherwise : attribute->i();
}

float OnnxNode::real(std::string_view name, float otherwise) const {
    const auto* attribute = find(name, onnx::AttributeProto::FLOAT);
    return attribute == nullptr ? otherwise : attribute->f();
}

std::string OnnxNode::text(std::string_view name, const std::string& otherwise) const {
    const auto* attribute = find(name, onnx::AttributeProto::STRING);
    return attribute == nullptr ? otherwise : attribute->s();
}

std::vector<std::uint32_t> OnnxNode::integers(std::string_view name, std::size_t count,
                                              std::uint32_t lowest, std::uint32_t highest,
                                              std::uint32_t otherwise) const {
    const auto* attribute = find(name, onnx::AttributeProto::INTS);
    std::vector<std::uint32_t> values;
    if (attribute == nullptr) {
        values.assign(count, otherwise);
        return values;
    }
    for (const std::int64_t value : attribute->ints()) {
        if (value < lowest || value > highest) {
            fail(fmt::format("attribute '{}' has the value {}, expected {} to {}", name, value,
                             lowest, highest));
        }
        values.push_back(static_cast<std::uint32_t>(value));
    }
    if (values.size() != count) {
        fail(fmt::format("attribute '{}' has {} values, expected {} (two-dimensional images)", name,
                         values.size(), count));
    }
    return values;
}

bool OnnxNode::hasInput(int index) const {
    return index < proto_.input_size() && !proto_.input(index).empty();
}

const OnnxValue& OnnxNode::activation(int index) const {
    const OnnxValue* value =
        index < proto_.input_size() ? activations_[static_cast<std::size_t>(index)] : nullptr;
    if (value == nullptr) {
        fail(fmt::format(
            "input {} is {}, expected the result of another node", index,
            hasInput(index) ? fmt::format("the constant '{}'", proto_.input(index)) : "absent"));
    }
    return *value;
}

const OnnxValue& OnnxNode::image(int index) const {
    const OnnxValue& value = activation(index);
    if (value.flat) fail(fmt::format("input {} has rank 2, expected 4 (N, C, H, W)", index));
    return value;
}

const onnx::TensorProto& OnnxNode::constantProto(int index) const {
    if (!hasInput(index)) fail(fmt::format("input {} is absent, expected a constant", index));
    const auto* tensor = graph_.findConstant(proto_.input(index));
    if (tensor == nullptr) {
        fail(
            fmt::format("input {} ('{}') is no constant, expected an initializer or a Constant "
                        "node",
                        index, proto_.input(index)));
    }
    if (tensor->data_location() == onnx::TensorProto::EXTERNAL ||
        tensor->external_data_size() != 0) {
        fail(fmt::format("'{}' keeps its data outside the model, expected it inside",
                         proto_.input(index)));
    }
    return *tensor;
}

std::uint64_t OnnxNode::countElements(const onnx::TensorProto& tensor) const {
    std::uint64_t elements = 1;
    for (const std::int64_t size : tensor.dims()) {
        if (size < 1 || size > std::int64_t{kLargestTensor} ||
            (elements *= static_cast<std::uint64_t>(size)) > kLargestTensor) {
            fail(
                fmt::format("constant '{}' has the shape [{}], expected sizes of at least 1 and "
                            "at most {} elements",
                            tensor.name(), fmt::join(tensor.dims(), ", "), kLargestTensor));
        }
    }
    return elements;
}

OnnxConstant OnnxNode::constant(int index) const {
    const auto& tensor = constantProto(index);
    const std::string& name = proto_.input(index);
    if (tensor.data_type() != onnx::TensorProto::FLOAT) {
        fail(fmt::format("constant '{}' has the type {}, expected FLOAT (binary32)", name,
                         onnx::TensorProto::DataType_Name(
                             static_cast<onnx::TensorProto::DataType>(tensor.data_type()))));
    }
    OnnxConstant result{{tensor.dims().begin(), tensor.dims().end()}, {}};
    if (tensor.has_raw_data()) {
        result.values = decodeRaw<float, std::uint32_t>(tensor.raw_data());
    } else {
        result.values.assign(tensor.float_data().begin(), tensor.float_data().end());
    }
    const std::uint64_t elements = countElements(tensor);
    if (result.values.size() != elements ||
        (tensor.has_raw_data() && tensor.raw_data().size() != elements * sizeof(float))) {
        fail(fmt::format("constant '{}' holds {} values, expected {} for the shape [{}]", name,
                         result.values.size(), elements, fmt::join(result.dims, ", ")));
    }
    if (!std::all_of(result.values.begin(), result.values.end(),
                     [](float value) { return std::isfinite(value); })) {
        fail(fmt::format("constant '{}' holds a NaN or an infinity, expected finite values", name));
    }
    return result;
}

std::vector<float> OnnxNode::channelConstant(int index, std::size_t channels) const {
    OnnxConstant values = constant(index);
    if (values.dims != std::vector<std::int64_t>{static_cast<std::int64_t>(channels)}) {
        fail(fmt::format("'{}' has the shape [{}], expected [{}]", proto_.input(index),
                         fmt::join(values.dims, ", "), channels));
    }
    return std::move(values.values);
}

std::vector<std::int64_t> OnnxNode::integerConstant(int index) const {
    const auto& tensor = constantProto(index);
    if (tensor.data_type() != onnx::TensorProto::INT64 || tensor.dims_size() != 1) {
        fail(fmt::format("'{}' is no vector of INT64, as expected", proto_.input(index)));
    }
    std::vector<std::int64_t> values(tensor.int64_data().begin(), tensor.int64_data().end());
    if (tensor.has_raw_data()) values = decodeRaw<std::int64_t, std::uint64_t>(tensor.raw_data());
    if (static_cast<std::int64_t>(values.size()) != tensor.dims(0)) {
        fail(fmt::format("'{}' holds {} values, expected {}", proto_.input(index), values.size(),
                         tensor.dims(0)));
    }
    return values;
}

}  // namespace systole::sim
