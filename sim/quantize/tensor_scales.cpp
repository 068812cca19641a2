// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/tensor_scales.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "sim/graph/fusion.hpp"

namespace systole::sim {

using graph::Graph;
using graph::Node;
using graph::Origin;
using graph::TensorId;

namespace {

/// Classes of tensors that share something.
class Classes {
public:
    explicit Classes(std::size_t count) : parents_(count) {
        std::iota(parents_.begin(), parents_.end(), TensorId{0});
    }
    TensorId find(TensorId tensor) {
        while (parents_[tensor] != tensor) {
            parents_[tensor] = parents_[parents_[tensor]];
            tensor = parents_[tensor];
        }
        return tensor;
    }
    void join(TensorId left, TensorId right) { parents_[find(left)] = find(right); }

private:
    std::vector<TensorId> parents_;
};

bool hasOneScale(const Graph& network, const Node& node) {
    return std::holds_alternative<graph::MoveWork>(node.work) || graph::keepsScale(network, node);
}

Classes scaleClasses(const Graph& network) {
    Classes classes(network.tensors.size());
    for (const Node& node : network.nodes) {
        if (!hasOneScale(network, node)) continue;
        for (const TensorId input : node.inputs) classes.join(network.rootOf(input), node.output);
    }
    return classes;
}

bool readsWeights(const Node& node, std::size_t input) {
    const auto* work = std::get_if<graph::MatrixWork>(&node.work);
    return work != nullptr && !work->weights && input == 1;
}

}  // namespace

std::vector<TensorRole> rolesOf(const Graph& network) {
    std::vector<TensorRole> roles(network.tensors.size(), TensorRole::Activation);
    for (TensorId id = 0; id < roles.size(); ++id) {
        if (network.tensors[id].origin == Origin::Constant) roles[id] = TensorRole::Real;
    }
    for (const Node& node : network.nodes) {
        if (std::holds_alternative<graph::VectorWork>(node.work)) continue;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            TensorRole& role = roles[network.rootOf(node.inputs[i])];
            if (role == TensorRole::Real) {
                role = readsWeights(node, i) ? TensorRole::Weights : TensorRole::Activation;
            }
        }
    }
    for (TensorId id = 0; id < roles.size(); ++id) roles[id] = roles[network.rootOf(id)];
    return roles;
}

std::vector<float> tiedMagnitudes(const Graph& network, std::span<const float> amax) {
    Classes classes = scaleClasses(network);
    std::vector<float> largest(network.tensors.size(), 0.0F);
    for (TensorId id = 0; id < largest.size(); ++id) {
        float& magnitude = largest[classes.find(network.rootOf(id))];
        magnitude = std::max(magnitude, amax[id]);
    }
    std::vector<float> tied(largest.size());
    for (TensorId id = 0; id < tied.size(); ++id) {
        tied[id] = largest[classes.find(network.rootOf(id))];
    }
    return tied;
}

std::vector<numeric::Format> activationFormats(const Graph& network, const Scheme& scheme) {
    Classes classes = scaleClasses(network);
    std::map<TensorId, numeric::Format> read;  // by class
    std::map<TensorId, numeric::Format> written;
    const auto widen = [&](auto& formats, TensorId tensor, const numeric::Format& format) {
        const TensorId which = classes.find(network.rootOf(tensor));
        const auto known = formats.try_emplace(which, format).first;
        if (numeric::widthOf(format) > numeric::widthOf(known->second)) known->second = format;
    };
    for (const Node& node : network.nodes) {
        if (!std::holds_alternative<graph::MatrixWork>(node.work)) continue;
        const numeric::Format activation = scheme.formatsOf(node.name).activation;
        widen(read, node.inputs[0], activation);
        widen(written, node.output, activation);
    }
    read.merge(written);
    std::vector<numeric::Format> formats;
    for (TensorId id = 0; id < network.tensors.size(); ++id) {
        const auto found = read.find(classes.find(network.rootOf(id)));
        formats.push_back(found == read.end() ? scheme.activation : found->second);
    }
    return formats;
}

Graph withOwnWeights(Graph network) {
    std::vector<bool> taken(network.tensors.size(), false);
    for (Node& node : network.nodes) {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const TensorId root = network.rootOf(node.inputs[i]);
            if (network.tensors[root].origin != Origin::Constant) continue;
            if (!taken.at(root) || !readsWeights(node, i)) {
                taken.at(root) = true;
                continue;
            }
            graph::Tensor copy = network.tensors[node.inputs[i]];
            copy.values = network.tensors[root].values;
            copy.viewOf.reset();
            copy.name += "/" + node.name;
            node.inputs[i] = static_cast<TensorId>(network.tensors.size());
            network.tensors.push_back(std::move(copy));
            taken.push_back(true);
        }
    }
    return network;
}

}  // namespace systole::sim
