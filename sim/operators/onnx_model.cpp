// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/onnx_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <system_error>

#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"

namespace systole::operators {

using sim::ConfigError;

namespace {

// Below 7, operators broadcast by attributes; above 22, nobody has looked.
constexpr std::int64_t kOldestOpset = 7;
constexpr std::int64_t kNewestOpset = 22;

constexpr int kImageAxes = 4;

/// 0 where it is dynamic, absent or absurd.
std::uint32_t staticSize(const onnx::TensorShapeProto::Dimension& dimension) {
    if (!dimension.has_dim_value()) return 0;
    const std::int64_t size = dimension.dim_value();
    return size < 1 || size > std::int64_t{kLargestTensor} ? 0 : static_cast<std::uint32_t>(size);
}

/// Of an activation that Systole serves. A first axis that is dynamic is the batch, which is 1.
/// Throws OnnxObstacle.
graph::Extents shapeOf(const onnx::ValueInfoProto& info) {
    const auto fail = [&](const std::string& problem) {
        throw OnnxObstacle(fmt::format("input '{}': {}", info.name(), problem));
    };
    const auto& type = info.type().tensor_type();
    if (!isFloatType(type.elem_type())) {
        fail(fmt::format("is no float tensor, expected one of {}", floatTypeNames()));
    }
    const auto& dims = type.shape().dim();
    if (dims.empty() || dims.size() > static_cast<int>(kMostAxes)) {
        fail(fmt::format("has rank {}, expected 1 to {}", dims.size(), kMostAxes));
    }
    const auto& first = dims[0];
    if (dims.size() == kImageAxes && first.has_dim_value() && first.dim_value() != 1) {
        fail(fmt::format("has batch {}, expected 1 or dynamic", first.dim_value()));
    }
    graph::Extents shape;
    std::uint64_t elements = 1;
    for (const auto& dimension : dims) {
        const bool isBatch = shape.empty() && !dimension.has_dim_value();
        shape.push_back(isBatch ? 1 : staticSize(dimension));
        elements = shape.back() == 0 ? 0 : std::min(elements, kLargestTensor + 1) * shape.back();
        if (elements == 0 || elements > kLargestTensor) {
            fail(
                fmt::format("expected static sizes of at least 1 behind the batch, and at most {} "
                            "elements",
                            kLargestTensor));
        }
    }
    return shape;
}

/// What a Constant node says as a number or a list of numbers; empty for what it says otherwise.
std::optional<onnx::TensorProto> listedValue(const onnx::AttributeProto& value) {
    onnx::TensorProto tensor;
    if (value.name() == "value_float") {
        tensor.add_float_data(value.f());
    } else if (value.name() == "value_int") {
        tensor.add_int64_data(value.i());
    } else if (value.name() == "value_floats") {
        *tensor.mutable_float_data() = value.floats();
        tensor.add_dims(value.floats_size());
    } else if (value.name() == "value_ints") {
        *tensor.mutable_int64_data() = value.ints();
        tensor.add_dims(value.ints_size());
    } else {
        return std::nullopt;
    }
    const bool isFloat = value.name().starts_with("value_float");
    tensor.set_data_type(isFloat ? onnx::TensorProto::FLOAT : onnx::TensorProto::INT64);
    return tensor;
}

}  // namespace

bool isStandardDomain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

OnnxModel::OnnxModel(const std::filesystem::path& path, OnnxObstacles& obstacles)
    : file_(path.string()), folder_(path.parent_path()) {
    parse(path);
    obstacles.attempt([&] { checkOpset(); });
    for (const auto& tensor : proto().initializer()) {
        obstacles.attempt([&] { addConstant(tensor.name(), tensor); });
    }
    for (const auto& node : proto().node()) {
        obstacles.attempt([&] { collectConstant(node); });
    }
    obstacles.attempt([&] { findInput(); });
    obstacles.attempt([&] { checkOutput(); });
}

void OnnxModel::parse(const std::filesystem::path& path) {
    const auto fail = [&](const std::string& problem) {
        throw ConfigError(fmt::format("{}: {}", file_, problem));
    };
    if (const std::string problem = sim::inputProblem(path); !problem.empty()) {
        fail(problem + ", expected an ONNX model");
    }
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) fail("is no file, expected an ONNX model");
    if (size == 0) fail("is empty, expected an ONNX model");
    // Protobuf's own limit.
    if (size > std::numeric_limits<std::int32_t>::max()) {
        fail(fmt::format("has {} bytes, expected fewer than 2^31", size));
    }
    std::ifstream stream(path, std::ios::binary);
    const google::protobuf::LogSilencer silence;
    if (!stream || !model_.ParseFromIstream(&stream)) {
        fail("is no ONNX model or is damaged: its protobuf cannot be parsed");
    }
    if (!model_.has_graph()) fail("has no graph, expected an ONNX model");
    if (model_.graph().node_size() == 0) fail("has no nodes, expected at least one operation");
    if (model_.graph().sparse_initializer_size() != 0) {
        fail("has sparse initializers, expected dense ones");
    }
}

void OnnxModel::checkOpset() {
    for (const auto& import : model_.opset_import()) {
        if (isStandardDomain(import.domain())) opset_ = import.version();
    }
    if (opset_ < kOldestOpset || opset_ > kNewestOpset) {
        throw OnnxObstacle(fmt::format("opset {} of the standard operators, expected {} to {}",
                                       opset_, kOldestOpset, kNewestOpset));
    }
}

void OnnxModel::addConstant(const std::string& name, const onnx::TensorProto& tensor) {
    if (name.empty()) throw OnnxObstacle("has an initializer without a name");
    if (!constants_.emplace(name, &tensor).second) {
        throw OnnxObstacle(
            fmt::format("tensor '{}' is defined twice, expected one definition", name));
    }
}

void OnnxModel::addFolded(const std::string& name, onnx::TensorProto tensor) {
    addConstant(name, made_.emplace_back(std::move(tensor)));
}

void OnnxModel::collectConstant(const onnx::NodeProto& node) {
    if (!isStandardDomain(node.domain()) || node.op_type() != "Constant" ||
        node.output_size() != 1 || node.attribute_size() != 1) {
        return;
    }
    const onnx::AttributeProto& value = node.attribute(0);
    if (value.name() == "value" && value.has_t()) {
        addConstant(node.output(0), value.t());
    } else if (auto tensor = listedValue(value)) {
        addFolded(node.output(0), std::move(*tensor));
    }
}

bool OnnxModel::isConstantNode(const onnx::NodeProto& node) const {
    return isStandardDomain(node.domain()) && node.output_size() == 1 &&
           node.op_type() == "Constant" && findConstant(node.output(0)) != nullptr;
}

const onnx::TensorProto* OnnxModel::findConstant(const std::string& name) const {
    const auto found = constants_.find(name);
    return found == constants_.end() ? nullptr : found->second;
}

std::optional<graph::Extents> OnnxModel::notedShape(const std::string& name) const {
    for (const auto& info : proto().value_info()) {
        if (info.name() != name) continue;
        try {
            return shapeOf(info);
        } catch (const OnnxObstacle&) {
            return std::nullopt;  // what reads it is not looked at
        }
    }
    return std::nullopt;
}

void OnnxModel::findInput() {
    const onnx::ValueInfoProto* image = nullptr;
    // Up to IR version 3 every initializer is listed among the inputs too.
    for (const auto& input : proto().input()) {
        if (findConstant(input.name()) != nullptr) continue;
        inputNames_.push_back(input.name());
        if (image == nullptr) image = &input;
    }
    if (image == nullptr || image->name().empty()) {
        throw OnnxObstacle("has no input, expected one image");
    }
    if (inputNames_.size() > 1) {
        throw OnnxObstacle(
            fmt::format("has the inputs '{}', expected one", fmt::join(inputNames_, "' and '")));
    }
    inputShape_ = shapeOf(*image);
}

void OnnxModel::checkOutput() const {
    if (proto().output_size() != 1) {
        throw OnnxObstacle(fmt::format("has {} outputs, expected one", proto().output_size()));
    }
}

}  // namespace systole::operators
