// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <variant>

#include "models/check.hpp"
#include "sim/graph/graph_builder.hpp"

namespace systole::graph {

namespace {

void checkTensor(const Graph& graph, const Tensor& tensor) {
    Axes axes = tensor.order;
    std::sort(axes.begin(), axes.end());
    SYSTOLE_CHECK(axes == naturalOrder(tensor.shape.size()), "the order of '{}' is no order",
                  tensor.name);
    SYSTOLE_CHECK(std::find(tensor.shape.begin(), tensor.shape.end(), 0U) == tensor.shape.end(),
                  "'{}' has no elements", tensor.name);
    if (!tensor.viewOf) return;
    const Tensor& root = graph.tensors.at(*tensor.viewOf);
    SYSTOLE_CHECK(!root.viewOf && root.elements() == tensor.elements(), "'{}' is no view of '{}'",
                  tensor.name, root.name);
}

/// The axes of a list lie one after another in memory, so that they count as one.
void checkTogether(const Tensor& tensor, const Axes& axes) {
    const std::vector<std::int64_t> strides = tensor.strides();
    for (std::size_t i = 1; i < axes.size(); ++i) {
        SYSTOLE_CHECK(tensor.shape.at(axes[i - 1]) == 1 || tensor.shape.at(axes[i]) == 1 ||
                          strides[axes[i - 1]] == strides[axes[i]] * tensor.shape.at(axes[i]),
                      "axes {} and {} of '{}' do not lie one after another", axes[i - 1], axes[i],
                      tensor.name);
    }
}

void checkWork(const Graph& graph, const Node& node, const MatrixWork& work) {
    SYSTOLE_CHECK(node.inputs.size() == 2, "matrix work '{}' has {} inputs", node.name,
                  node.inputs.size());
    const Tensor& input = graph.tensors.at(node.inputs[0]);
    const Tensor& output = graph.tensors.at(node.output);
    for (const Axes* axes :
         {&work.image.batch, &work.image.y, &work.image.x, &work.image.channel}) {
        checkTogether(input, *axes);
    }
    for (const Axes* axes :
         {&work.result.batch, &work.result.y, &work.result.x, &work.result.channel}) {
        checkTogether(output, *axes);
    }
    const MatrixExtents extents = extentsOf(graph, node, work);
    SYSTOLE_CHECK(work.window.y.positions(extents.inputHeight) == extents.outputHeight &&
                      work.window.x.positions(extents.inputWidth) == extents.outputWidth,
                  "the window of '{}' makes other positions", node.name);
    SYSTOLE_CHECK(
        extents.inputChannels % work.groups == 0 && extents.outputChannels % work.groups == 0,
        "'{}' has {} groups", node.name, work.groups);
    SYSTOLE_CHECK(work.bias.empty() || work.bias.size() == extents.outputChannels,
                  "'{}' has {} biases", node.name, work.bias.size());
    if (work.weights) return;
    const Extents shape{extents.outputChannels, work.window.y.kernel, work.window.x.kernel,
                        extents.inputChannels / work.groups};
    SYSTOLE_CHECK(graph.tensors.at(node.inputs[1]).shape == shape, "'{}' has other weights",
                  node.name);
}

void checkMap(const Tensor& tensor, const OperandMap& map, std::size_t spaceAxes) {
    SYSTOLE_CHECK(map.axes.size() == tensor.shape.size(), "a map of {} axes of '{}'",
                  map.axes.size(), tensor.name);
    for (const AxisMap& axis : map.axes) {
        SYSTOLE_CHECK(axis.coefficients.size() == spaceAxes, "a coordinate of '{}' of {} axes",
                      tensor.name, axis.coefficients.size());
    }
}

void checkWork(const Graph& graph, const Node& node, const VectorWork& work) {
    SYSTOLE_CHECK(work.operands.size() == node.inputs.size() + 1, "'{}' has {} operands", node.name,
                  work.operands.size());
    numeric::planOf(work.program);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        checkMap(graph.tensors.at(node.inputs[i]), work.operands[i], work.space.extents.size());
    }
    checkMap(graph.tensors.at(node.output), work.operands.back(), work.space.extents.size());
}

void checkWork(const Graph& graph, const Node& node, const MoveWork& work) {
    const Tensor& output = graph.tensors.at(node.output);
    std::uint64_t written = 0;
    for (const Copy& copy : work.copies) {
        checkMap(graph.tensors.at(node.inputs.at(copy.input)), copy.source, copy.space.size());
        checkMap(output, copy.target, copy.space.size());
        written += elementsOf(copy.space);
    }
    SYSTOLE_CHECK(written == output.elements(), "'{}' writes {} of {} elements", node.name, written,
                  output.elements());
}

}  // namespace

void checkGraph(const Graph& graph) {
    for (const Tensor& tensor : graph.tensors) checkTensor(graph, tensor);
    std::vector<bool> written(graph.tensors.size(), false);
    for (TensorId i = 0; i < graph.tensors.size(); ++i) {
        written[i] = graph.tensors[i].origin != Origin::Node;
    }
    for (const Node& node : graph.nodes) {
        for (const TensorId input : node.inputs) {
            SYSTOLE_CHECK(written.at(graph.rootOf(input)), "'{}' reads '{}' too early", node.name,
                          graph.tensors.at(input).name);
        }
        std::visit([&](const auto& work) { checkWork(graph, node, work); }, node.work);
        SYSTOLE_CHECK(!written.at(node.output), "'{}' is written twice",
                      graph.tensors.at(node.output).name);
        written[node.output] = true;
    }
}

}  // namespace systole::graph
