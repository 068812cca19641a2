// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "sim/graph/graph_builder.hpp"

namespace systole::graph {

namespace {

/// By TensorId: whether the output depends on the elements of the tensor, or is it.
std::vector<bool> neededTensors(const Graph& graph) {
    std::vector<bool> needed(graph.tensors.size(), false);
    needed.at(graph.rootOf(graph.output)) = true;
    for (std::size_t i = graph.nodes.size(); i-- > 0;) {
        if (!needed.at(graph.nodes[i].output)) continue;
        for (const TensorId input : graph.nodes[i].inputs) needed.at(graph.rootOf(input)) = true;
    }
    return needed;
}

}  // namespace

Graph pruned(Graph graph) {
    const std::vector<bool> needed = neededTensors(graph);
    std::erase_if(graph.nodes, [&](const Node& node) { return !needed[node.output]; });
    std::vector<bool> kept = needed;
    kept[graph.input] = true;
    kept[graph.output] = true;
    for (const Node& node : graph.nodes) {
        for (const TensorId input : node.inputs) kept[input] = true;
    }
    std::vector<TensorId> renumbered(graph.tensors.size(), 0);
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (!kept[i]) continue;
        renumbered[i] = static_cast<TensorId>(tensors.size());
        tensors.push_back(std::move(graph.tensors[i]));
    }
    graph.tensors = std::move(tensors);
    for (Tensor& tensor : graph.tensors) {
        if (tensor.viewOf) tensor.viewOf = renumbered[*tensor.viewOf];
    }
    for (Node& node : graph.nodes) {
        for (TensorId& input : node.inputs) input = renumbered[input];
        node.output = renumbered[node.output];
    }
    graph.input = renumbered[graph.input];
    graph.output = renumbered[graph.output];
    return graph;
}

}  // namespace systole::graph
