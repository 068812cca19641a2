// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/matrix_layout.hpp"

#include "models/check.hpp"
#include "sim/graph/graph_builder.hpp"

namespace systole::graph {

std::int64_t strideOf(const Tensor& tensor, const Axes& axes) {
    const std::vector<std::int64_t> strides = tensor.strides();
    for (std::size_t i = axes.size(); i-- > 0;) {
        if (tensor.shape.at(axes[i]) != 1) return strides.at(axes[i]);
    }
    return 0;
}

namespace {

ImageStrides stridesOf(const Tensor& tensor, const ImageAxes& axes) {
    return {.batch = strideOf(tensor, axes.batch),
            .y = strideOf(tensor, axes.y),
            .x = strideOf(tensor, axes.x),
            .channel = strideOf(tensor, axes.channel)};
}

}  // namespace

MatrixLayout::MatrixLayout(const Graph& graph, const Node& node, const MatrixWork& work)
    : extents(extentsOf(graph, node, work)),
      reduction(std::size_t{work.window.taps()} * extents.inputChannels / work.groups),
      weightBatches(1),
      image(stridesOf(graph.tensors.at(node.inputs[0]), work.image)),
      result(stridesOf(graph.tensors.at(node.output), work.result)) {
    const Tensor& second = graph.tensors.at(node.inputs[1]);
    if (work.weights) {
        weights = {.batch = strideOf(second, work.weights->batch),
                   .k = strideOf(second, work.weights->channel),
                   .output = strideOf(second, work.weights->output)};
        for (const std::uint8_t axis : work.weights->batch) {
            weightBatches *= second.shape.at(axis);
        }
        SYSTOLE_CHECK(weightBatches == 1 || weightBatches == extents.batches,
                      "'{}' has {} batches and weights of {}", node.name, extents.batches,
                      weightBatches);
        return;
    }
    SYSTOLE_CHECK(sameOrder(second.shape, second.order, naturalOrder(second.shape.size())),
                  "weights '{}' lie in another order", second.name);
    weights = {.batch = 0, .k = 1, .output = static_cast<std::int64_t>(reduction)};
}

}  // namespace systole::graph
