// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/graph/graph.hpp"

namespace systole::graph {

/// Puts a graph together, node by node in execution order. Names of tensors and of nodes become
/// unique: a second `a` becomes `a_2`.
class GraphBuilder {
public:
    explicit GraphBuilder(std::string name) { graph_.name = std::move(name); }

    TensorId input(const std::string& name, Extents shape, Axes order);
    /// `values` in the natural order of axes; they are stored in `order`.
    TensorId constant(const std::string& name, Extents shape, std::vector<float> values,
                      Axes order = {});
    /// What a node is going to write.
    TensorId tensor(const std::string& name, Extents shape, Axes order);
    /// The same elements one after another in memory, with axes of their own.
    TensorId view(TensorId tensor, const std::string& name, Extents shape, Axes order);
    /// A tensor of another shape over the same elements. Where the order of the elements in memory
    /// is another one than the shape asks for, a move puts them in natural order first. Axes of one
    /// element come and go without one.
    TensorId reshaped(TensorId tensor, const std::string& name, Extents shape);
    /// The tensor itself where its elements lie in this order, else a copy in it.
    TensorId inOrder(TensorId tensor, const Axes& order);

    void add(Node node);
    void setOutput(TensorId tensor) { graph_.output = tensor; }

    const Tensor& operator[](TensorId tensor) const { return graph_.tensors.at(tensor); }
    Graph& graph() { return graph_; }
    /// Checked: every invariant of the types, of which a break is an InvariantError.
    Graph take();

private:
    Graph graph_;
};

/// Whether two orders mean the same elements one after another: axes of one element do not matter.
bool sameOrder(const Extents& shape, const Axes& left, const Axes& right);

/// Without the nodes that the output does not depend on, and without the tensors that only they
/// knew. Tensors keep their order.
Graph pruned(Graph graph);

/// An InvariantError for whatever the types do not allow: a coordinate outside of a tensor that is
/// no window, an element of an output that is written twice or never, axes that do not lie one
/// after another.
void checkGraph(const Graph& graph);

}  // namespace systole::graph
