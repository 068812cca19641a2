// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_graph.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include <fstream>
#include <limits>
#include <system_error>

#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"

namespace systole::sim {

namespace {

// Below 7, operators broadcast by attributes; above 22, nobody has looked.
constexpr std::int64_t kOldestOpset = 7;
constexpr std::int64_t kNewestOpset = 22;

bool isStandardDomain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

/// The size of axis `index` > 0; 0 where it is dynamic, absent or absurd.
std::uint32_t staticSize(const onnx::TensorShapeProto& shape, int index) {
    const auto& dimension = shape.dim(index);
    if (!dimension.has_dim_value()) return 0;
    const std::int64_t size = dimension.dim_value();
    return size < 1 || size > std::int64_t{kLargestTensor} ? 0 : static_cast<std::uint32_t>(size);
}

bool isBatch(const onnx::TensorShapeProto::Dimension& dimension) {
    return !dimension.has_dim_value() || dimension.dim_value() == 1;
}

}  // namespace

OnnxGraph::OnnxGraph(const std::filesystem::path& path) : file_(path.string()) {
    parse(path);
    checkOpset();
    collectConstants();
    findInput();
    checkOutput();
}

void OnnxGraph::fail(const std::string& problem) const {
    throw ConfigError(fmt::format("{}: {}", file_, problem));
}

void OnnxGraph::parse(const std::filesystem::path& path) {
    if (const std::string problem = inputProblem(path); !problem.empty()) {
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

void OnnxGraph::checkOpset() {
    for (const auto& import : model_.opset_import()) {
        if (isStandardDomain(import.domain())) opset_ = import.version();
    }
    if (opset_ < kOldestOpset || opset_ > kNewestOpset) {
        fail(fmt::format("opset {} of the standard operators, expected {} to {}", opset_,
                         kOldestOpset, kNewestOpset));
    }
}

void OnnxGraph::addConstant(const std::string& name, const onnx::TensorProto& tensor) {
    if (name.empty()) fail("has an initializer without a name");
    if (!constants_.emplace(name, &tensor).second) {
        fail(fmt::format("tensor '{}' is defined twice, expected one definition", name));
    }
}

void OnnxGraph::collectConstants() {
    for (const auto& tensor : proto().initializer()) addConstant(tensor.name(), tensor);
    for (const auto& node : proto().node()) {
        if (node.op_type() != "Constant" || !isStandardDomain(node.domain())) continue;
        if (node.output_size() != 1 || node.attribute_size() != 1 ||
            node.attribute(0).name() != "value" || !node.attribute(0).has_t()) {
            fail(
                fmt::format("node '{}' (operator 'Constant'): expected one output and the "
                            "attribute 'value', a dense tensor",
                            node.name()));
        }
        addConstant(node.output(0), node.attribute(0).t());
    }
}

const onnx::TensorProto* OnnxGraph::findConstant(const std::string& name) const {
    const auto found = constants_.find(name);
    return found == constants_.end() ? nullptr : found->second;
}

void OnnxGraph::findInput() {
    // Up to IR version 3 every initializer is listed among the inputs too.
    for (const auto& input : proto().input()) {
        if (findConstant(input.name()) != nullptr) continue;
        if (input_ != nullptr) {
            fail(fmt::format("has the inputs '{}' and '{}', expected one", input_->name(),
                             input.name()));
        }
        input_ = &input;
    }
    if (input_ == nullptr || input_->name().empty()) fail("has no input, expected one image");
    const auto place = fmt::format("input '{}'", input_->name());
    const auto& type = input_->type().tensor_type();
    if (type.elem_type() != onnx::TensorProto::FLOAT) {
        fail(place + ": is no float tensor, expected float (binary32)");
    }
    const auto& shape = type.shape();
    if (shape.dim_size() != 4 && shape.dim_size() != 2) {
        fail(fmt::format("{}: has rank {}, expected 4 (N, C, H, W) or 2 (N, features)", place,
                         shape.dim_size()));
    }
    if (!isBatch(shape.dim(0))) {
        fail(fmt::format("{}: has batch {}, expected 1 or dynamic", place,
                         shape.dim(0).dim_value()));
    }
    inputValue_.flat = shape.dim_size() == 2;
    inputValue_.shape.channels = staticSize(shape, 1);
    if (!inputValue_.flat) {
        inputValue_.shape.height = staticSize(shape, 2);
        inputValue_.shape.width = staticSize(shape, 3);
    }
    const Shape& image = inputValue_.shape;
    if (image.elements() == 0 || std::uint64_t{image.height} * image.width > kLargestTensor ||
        image.elements() > kLargestTensor) {
        fail(
            fmt::format("{}: expected static sizes of at least 1 behind the batch, and at most "
                        "{} elements",
                        place, kLargestTensor));
    }
}

void OnnxGraph::checkOutput() const {
    if (proto().output_size() != 1) {
        fail(fmt::format("has {} outputs, expected one", proto().output_size()));
    }
}

}  // namespace systole::sim
