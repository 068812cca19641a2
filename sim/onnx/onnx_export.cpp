// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_export.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/graph/graph_builder.hpp"
#include "sim/onnx/onnx_exporter.hpp"

namespace systole::sim {

using graph::Axes;
using graph::Extents;
using graph::Origin;
using graph::Tensor;
using graph::TensorId;

namespace {

/// From the order of memory to the natural one.
template <typename T, typename Result>
std::vector<Result> inNaturalOrder(const Tensor& tensor, const std::vector<T>& elements) {
    std::vector<Result> result;
    for (const std::size_t place : tensor.places(graph::naturalOrder(tensor.shape.size()))) {
        result.push_back(static_cast<Result>(elements.at(place)));
    }
    return result;
}

std::vector<std::int64_t> signedOf(const Axes& axes) { return {axes.begin(), axes.end()}; }

bool isInt8(const numeric::Format& format) {
    const auto* integer = std::get_if<numeric::IntFormat>(&format);
    return integer != nullptr && numeric::isPlainInteger(format) && integer->bits == 8 &&
           integer->isSigned && !integer->narrowRange;
}

}  // namespace

void OnnxExporter::fail(const std::string& problem) const {
    throw ConfigError(fmt::format("{}: cannot become ONNX: {}", network_.name, problem));
}

void OnnxExporter::checkScheme() const {
    for (TensorId id = 0; id < network_.tensors.size(); ++id) {
        const auto& quantizer = network_.quantizerOf(id);
        const bool isActivation = tensor(id).origin != Origin::Constant;
        if (quantizer && isActivation && !isInt8(quantizer->format)) {
            fail(fmt::format("activations are {}, expected int8",
                             numeric::nameOf(quantizer->format)));
        }
    }
    for (const graph::Node& node : network_.nodes) checkFormats(node);
    if (network_.arithmetic->requantization != numeric::ScaleArithmetic::Fp32Multiplier) {
        fail("requantization is fixed_point, expected fp32_multiplier");
    }
}

void OnnxExporter::checkFormats(const graph::Node& node) const {
    if (!std::holds_alternative<graph::MatrixWork>(node.work)) return;
    const numeric::Format& format = network_.quantizerOf(node.inputs[1])->format;
    const auto* weight = std::get_if<numeric::IntFormat>(&format);
    if (weight == nullptr || !numeric::isPlainInteger(format) || weight->bits > 8 ||
        !weight->isSigned) {
        fail(fmt::format("weights are {}, expected signed integers of up to 8 bits",
                         numeric::nameOf(format)));
    }
}

const std::string& OnnxExporter::nameOf(TensorId id) {
    const Tensor& value = tensor(id);
    if (isMade_[id]) return value.name;
    isMade_[id] = true;
    if (value.viewOf) {
        addView(value);
    } else if (value.origin == Origin::Constant) {
        addConstant(value);
    }
    return value.name;
}

void OnnxExporter::addConstant(const Tensor& constant) {
    if (constant.quantizer) {
        builder_.addCodes(constant.name, constant.shape,
                          inNaturalOrder<numeric::Code, std::int8_t>(constant, constant.codes));
    } else {
        builder_.addFloats(constant.name, constant.shape,
                           inNaturalOrder<float, float>(constant, constant.values));
    }
}

/// The elements one after another as they lie in memory, under other axes.
void OnnxExporter::addView(const Tensor& view) {
    const TensorId root = *view.viewOf;
    const Tensor& whole = tensor(root);
    Extents from;
    for (const std::uint8_t axis : whole.order) from.push_back(whole.shape[axis]);
    Extents to;
    Axes back(view.order.size());
    for (std::size_t i = 0; i < view.order.size(); ++i) {
        to.push_back(view.shape[view.order[i]]);
        back[view.order[i]] = static_cast<std::uint8_t>(i);
    }
    const std::string inMemory =
        reordered(nameOf(root), whole.shape, whole.order, view.name + "/in_memory");
    const std::string shaped = reshaped(inMemory, from, to, view.name + "/shaped");
    addIdentity(reordered(shaped, to, back, view.name + "/ordered"), view.name);
}

std::string OnnxExporter::reordered(const std::string& value, const Extents& shape,
                                    const Axes& order, const std::string& output) {
    if (order == graph::naturalOrder(shape.size())) return value;
    onnx::NodeProto& node = builder_.addNode("Transpose", output + "/transpose", {value}, output);
    OnnxBuilder::addIntegers(node, "perm", signedOf(order));
    return output;
}

/// A first axis of one element stays whatever batch there is.
std::string OnnxExporter::reshaped(const std::string& value, const Extents& from, const Extents& to,
                                   const std::string& output) {
    if (from == to) return value;
    std::vector<std::int64_t> dims(to.begin(), to.end());
    if (!from.empty() && !to.empty() && from[0] == 1 && to[0] == 1) dims[0] = 0;
    builder_.addNode("Reshape", output + "/reshape",
                     {value, builder_.addIndices(output + "/shape", dims)}, output);
    return output;
}

void OnnxExporter::addIdentity(const std::string& value, const std::string& output) {
    builder_.addNode("Identity", output + "/identity", {value}, output);
}

void OnnxExporter::declareOutputs(const OnnxExportOptions& options) {
    const TensorId result = network_.output;
    const std::string name = tensor(result).name + "_float";
    builder_.addDequantize(codesOf(result), name);
    builder_.addOutput(name, onnx::TensorProto::FLOAT, tensor(result).shape);
    if (!options.allOutputs) return;
    for (const Tensor& each : network_.tensors) {
        if (each.origin == Origin::Constant || each.viewOf) continue;
        builder_.addOutput(each.name, onnx::TensorProto::INT8, each.shape);
    }
}

onnx::ModelProto OnnxExporter::build(const OnnxExportOptions& options) {
    isMade_.assign(network_.tensors.size(), false);
    const TensorId input = network_.input;
    const std::string name = tensor(input).name + "_float";
    builder_.setName(network_.name);
    builder_.addInput(name, tensor(input).shape);
    builder_.addQuantize(name, {tensor(input).name, scaleOf(input)});
    for (const graph::Node& node : network_.nodes) {
        node_ = &node;
        std::visit([&](const auto& work) { addWork(work); }, node.work);
    }
    declareOutputs(options);
    return builder_.take();
}

void exportOnnx(const graph::Graph& network, const std::filesystem::path& path,
                const OnnxExportOptions& options) {
    const onnx::ModelProto model = OnnxExporter(network).build(options);
    writeFileAtomically(path, model.SerializeAsString());
}

}  // namespace systole::sim
