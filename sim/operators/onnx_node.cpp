// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/onnx_node.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/base/text.hpp"

namespace systole::operators {

namespace {

constexpr int kMostNamedInputs = 100;

}  // namespace

const std::string& nameOf(const onnx::NodeProto& node) {
    return node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
}

void failAt(const onnx::NodeProto& node, const std::string& problem) {
    throw OnnxObstacle(nameOf(node), node.op_type(), problem);
}

OnnxNode::OnnxNode(const OnnxModel& model, const onnx::NodeProto& proto,
                   std::vector<OnnxInput> inputs, OnnxObstacles& obstacles)
    : model_(model), proto_(proto), inputs_(std::move(inputs)), obstacles_(obstacles) {}

void OnnxNode::fail(const std::string& problem) const { failAt(proto_, problem); }

void OnnxNode::expectInputs(int fewest, int most) const {
    const int count = proto_.input_size();
    if (count >= fewest && count <= most) return;
    // Operators of any number of inputs have no limit that would say anything.
    fail(most > kMostNamedInputs
             ? fmt::format("has {} inputs, expected {} or more", count, fewest)
             : fmt::format("has {} inputs, expected {} to {}", count, fewest, most));
}

graph::Extents OnnxConstant::shape() const {
    graph::Extents extents;
    for (const std::int64_t size : dims) extents.push_back(static_cast<std::uint32_t>(size));
    return extents;
}

void OnnxNode::expectAttributes(const AttributeNames& attributes) const {
    std::vector<std::string_view> names(attributes.begin(), attributes.end());
    std::erase(names, std::string_view());
    for (const auto& attribute : proto_.attribute()) {
        if (std::find(names.begin(), names.end(), attribute.name()) != names.end()) continue;
        attempt([&] {
            fail(fmt::format(
                "attribute '{}' is not supported, expected {}", attribute.name(),
                names.empty() ? "none" : fmt::format("one of {}", fmt::join(names, ", "))));
        });
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
    const float value = attribute == nullptr ? otherwise : attribute->f();
    if (!std::isfinite(value)) {
        fail(fmt::format("attribute '{}' has the value {}, expected a finite one", name, value));
    }
    return value;
}

std::string OnnxNode::text(std::string_view name, const std::string& otherwise) const {
    const auto* attribute = find(name, onnx::AttributeProto::STRING);
    return attribute == nullptr ? otherwise : attribute->s();
}

std::vector<std::uint32_t> OnnxNode::integers(std::string_view name, std::size_t axes,
                                              std::size_t count, std::uint32_t lowest,
                                              std::uint32_t highest,
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
        fail(fmt::format("attribute '{}' has {} values, expected {} ({}-dimensional images)", name,
                         values.size(), count, axes == 1 ? "one" : "two"));
    }
    return values;
}

bool OnnxNode::hasInput(int index) const {
    return index >= 0 && index < proto_.input_size() && !proto_.input(index).empty();
}

std::optional<std::size_t> OnnxNode::rankOf(int index) const {
    if (!hasInput(index)) return std::nullopt;
    if (const auto* constant = model_.findConstant(proto_.input(index))) {
        return static_cast<std::size_t>(constant->dims_size());
    }
    const OnnxInput& value = input(index);
    if (!value || *value == nullptr) return std::nullopt;
    return (*value)->shape.size();
}

bool OnnxNode::readsConstant(int index) const {
    return hasInput(index) && model_.findConstant(proto_.input(index)) != nullptr;
}

const OnnxInput& OnnxNode::input(int index) const {
    static const OnnxInput kAbsent = nullptr;
    return index < proto_.input_size() ? inputs_[static_cast<std::size_t>(index)] : kAbsent;
}

const OnnxValue& OnnxNode::activation(int index) const {
    const OnnxValue* value = known(input(index));
    if (value == nullptr) {
        fail(fmt::format(
            "input {} is {}, expected the result of another node", index,
            hasInput(index) ? fmt::format("the constant '{}'", proto_.input(index)) : "absent"));
    }
    return *value;
}

const OnnxValue& OnnxNode::image(int index) const {
    const OnnxValue& value = activation(index);
    const std::size_t rank = value.shape.size();
    if (rank != 3 && rank != 4) {
        fail(fmt::format("input {} has rank {}, expected 4 (N, C, H, W) or 3 (N, C, W)", index,
                         rank));
    }
    if (value.shape[0] != 1) {
        fail(fmt::format("input {} has batch {}, expected 1", index, value.shape[0]));
    }
    return value;
}

std::size_t OnnxNode::axis(std::int64_t given, std::size_t rank) const {
    const auto axes = static_cast<std::int64_t>(rank);
    if (given < -axes || given >= axes) {
        fail(fmt::format("has axis {}, expected {} to {}", given, -axes, axes - 1));
    }
    return static_cast<std::size_t>(given < 0 ? given + axes : given);
}

graph::Extents OnnxNode::checked(graph::Extents shape) const {
    if (shape.size() > kMostAxes) {
        fail(fmt::format("its result has rank {}, expected at most {}", shape.size(), kMostAxes));
    }
    std::uint64_t elements = 1;
    for (const std::uint32_t size : shape) elements = std::min(elements, kLargestTensor + 1) * size;
    if (elements > kLargestTensor) {
        fail(fmt::format("its result has {} elements, expected at most {}", sizesText(shape),
                         kLargestTensor));
    }
    return shape;
}

std::string OnnxNode::sizesText(const graph::Extents& sizes) {
    return fmt::format("{}", fmt::join(sizes, " x "));
}

std::string OnnxNode::shownInput(int index) const {
    return sim::printable(index < proto_.input_size() ? proto_.input(index) : "");
}

const std::string& OnnxNode::name() const { return nameOf(proto_); }

const onnx::TensorProto& OnnxNode::constantProto(int index) const {
    if (!hasInput(index)) fail(fmt::format("input {} is absent, expected a constant", index));
    const auto* tensor = model_.findConstant(proto_.input(index));
    if (tensor == nullptr) {
        known(input(index));
        fail(
            fmt::format("input {} ('{}') is no constant, expected an initializer or a Constant "
                        "node",
                        index, proto_.input(index)));
    }
    return *tensor;
}

template <typename Read>
auto OnnxNode::readConstant(int index, const Read& read) const {
    const onnx::TensorProto& tensor = constantProto(index);
    try {
        return read(tensor, model_.folder());
    } catch (const OnnxObstacle& obstacle) {
        fail(fmt::format("constant '{}' {}", proto_.input(index), obstacle.problem));
    }
}

OnnxConstant OnnxNode::constant(int index) const {
    OnnxConstant result{{}, readConstant(index, floatValues)};
    const auto& dims = constantProto(index).dims();
    result.dims.assign(dims.begin(), dims.end());
    return result;
}

StoredConstant OnnxNode::stored(int index) const { return readConstant(index, storedConstant); }

std::optional<std::vector<std::int64_t>> OnnxNode::numbers(std::string_view name, int index) const {
    const auto* attribute = find(name, onnx::AttributeProto::INTS);
    if (attribute != nullptr) {
        return std::vector<std::int64_t>(attribute->ints().begin(), attribute->ints().end());
    }
    if (!hasInput(index)) return std::nullopt;
    // An empty list, of which other constants are no tensors.
    const auto& dims = constantProto(index).dims();
    if (dims.size() == 1 && dims[0] == 0) return std::vector<std::int64_t>();
    const StoredConstant constant = stored(index);
    if (isFloatType(constant.type) || constant.dims.size() > 1) {
        fail(fmt::format("constant '{}' has rank {}, expected a vector of integers",
                         proto_.input(index), constant.dims.size()));
    }
    std::vector<std::int64_t> values;
    for (const std::uint64_t bits : constant.bits) {
        // Ends of slices are as large as 64 bits allow.
        values.push_back(constant.type == onnx::TensorProto::INT64
                             ? static_cast<std::int64_t>(bits)
                             : static_cast<std::int64_t>(elementValue(constant.type, bits)));
    }
    return values;
}

const onnx::TensorProto* OnnxNode::tensor(std::string_view name) const {
    const auto* attribute = find(name, onnx::AttributeProto::TENSOR);
    return attribute == nullptr ? nullptr : &attribute->t();
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
    return readConstant(index, integerValues);
}

}  // namespace systole::operators
