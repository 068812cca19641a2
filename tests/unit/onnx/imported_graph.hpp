// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>
#include <vector>

#include "sim/graph/graph.hpp"

/// What tests ask of a graph that was imported.
namespace systole::sim {

inline const graph::MatrixWork& matrixWork(const graph::Graph& graph, std::size_t node = 0) {
    return std::get<graph::MatrixWork>(graph.nodes.at(node).work);
}
inline const graph::VectorWork& vectorWork(const graph::Graph& graph, std::size_t node = 0) {
    return std::get<graph::VectorWork>(graph.nodes.at(node).work);
}
inline const graph::MoveWork& moveWork(const graph::Graph& graph, std::size_t node = 0) {
    return std::get<graph::MoveWork>(graph.nodes.at(node).work);
}
/// The constant weights of matrix work.
inline const std::vector<float>& weightsOf(const graph::Graph& graph, std::size_t node = 0) {
    return graph.tensors.at(graph.nodes.at(node).inputs.at(1)).values;
}
inline const graph::Tensor& outputOf(const graph::Graph& graph) {
    return graph.tensors.at(graph.output);
}
inline const graph::Tensor& inputOf(const graph::Graph& graph) {
    return graph.tensors.at(graph.input);
}

}  // namespace systole::sim
