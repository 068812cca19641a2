// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/conversion.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/graph/works.hpp"

namespace systole::graph {

namespace {

struct Conversion {
    TensorId from;
    TensorId to;
};

bool areSame(const Quantizer& left, const Quantizer& right) {
    return numeric::sameFormat(left.format, right.format) && left.axis == right.axis &&
           left.scales == right.scales;
}

/// Adds the new tensor to the graph; its node is yet to be placed.
Node conversionOf(Graph& graph, TensorId from, Quantizer quantizer) {
    const auto to = static_cast<TensorId>(graph.tensors.size());
    Tensor made{.name = graph.tensors[from].name + "/" + numeric::nameOf(quantizer.format),
                .shape = graph.tensors[from].shape,
                .order = graph.tensors[from].order,
                .quantizer = std::move(quantizer)};
    VectorWork work = elementwise({&graph.tensors[from]}, made, identityProgram());
    Node node{.name = made.name,
              .kind = "conversion",
              .work = std::move(work),
              .inputs = {from},
              .output = to};
    graph.tensors.push_back(std::move(made));
    return node;
}

}  // namespace

Graph withConversions(Graph graph, const WantedQuantizer& wanted) {
    std::vector<Conversion> conversions;
    std::vector<Node> nodes;
    for (Node& node : graph.nodes) {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const std::optional<Quantizer> quantizer = wanted(node, i);
            if (!quantizer) continue;
            auto known =
                std::find_if(conversions.begin(), conversions.end(), [&](const auto& made) {
                    return made.from == node.inputs[i] &&
                           areSame(*graph.tensors[made.to].quantizer, *quantizer);
                });
            if (known == conversions.end()) {
                nodes.push_back(conversionOf(graph, node.inputs[i], *quantizer));
                conversions.push_back({node.inputs[i], nodes.back().output});
                known = conversions.end() - 1;
            }
            node.inputs[i] = known->to;
        }
        nodes.push_back(std::move(node));
    }
    graph.nodes = std::move(nodes);
    return graph;
}

}  // namespace systole::graph
