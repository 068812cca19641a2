// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/build.hpp"

#include "sim/base/text.hpp"
#include "sim/graph/copies.hpp"
#include "sim/graph/works.hpp"

namespace systole::operators {

// Names go to terminals, tables and files: what these would obey becomes an escape.
using sim::printable;

Build::Build(const std::string& name) : graph_(printable(name)) {}

OnnxValue Build::input(const std::string& name, const Extents& shape, const Axes& order) {
    return {graph_.input(printable(name), shape, order), shape, name};
}

OnnxValue Build::constant(const OnnxNode& node, int index) {
    OnnxConstant constant = node.constant(index);
    const Extents shape = node.checked(constant.shape());
    const TensorId tensor =
        graph_.constant(node.shownInput(index), shape, std::move(constant.values));
    return {tensor, shape, node.shownInput(index)};
}

TensorId Build::tensorOf(const OnnxValue& value) {
    if (graph_[value.tensor].shape == value.shape) return value.tensor;
    const auto [found, isNew] = views_.try_emplace({value.tensor, value.shape}, 0);
    if (isNew) found->second = graph_.reshaped(value.tensor, printable(value.name), value.shape);
    return found->second;
}

TensorId Build::inOrder(const OnnxValue& value, const Axes& order) {
    const TensorId tensor = tensorOf(value);
    const auto [found, isNew] = copies_.try_emplace({tensor, order}, 0);
    if (isNew) found->second = graph_.inOrder(tensor, order);
    return found->second;
}

TensorId Build::natural(const OnnxValue& value) {
    return inOrder(value, graph::naturalOrder(value.shape.size()));
}

TensorId Build::image(const OnnxValue& value) {
    return inOrder(value, graph::channelsLast(value.shape.size()));
}

OnnxValue Build::transposed(const OnnxValue& value, const Axes& axes) {
    const TensorId source = tensorOf(value);
    Extents shape;
    std::vector<std::uint8_t> places(axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i) {
        shape.push_back(value.shape.at(axes[i]));
        places.at(axes[i]) = static_cast<std::uint8_t>(i);
    }
    Axes order;
    for (const std::uint8_t axis : graph_[source].order) order.push_back(places[axis]);
    return {graph_.view(source, printable(value.name) + "/transposed", shape, order), shape,
            value.name};
}

OnnxValue Build::expanded(const OnnxNode& node, const OnnxValue& value, const Extents& shape) {
    if (value.shape == shape) return value;
    const TensorId source = tensorOf(value);
    const TensorId target = graph_.tensor(printable(value.name) + "/expanded", node.checked(shape),
                                          graph::naturalOrder(shape.size()));
    const graph::Copy copy{0, shape, graph::broadcastMap(graph_[source], graph_[target]),
                           graph::broadcastMap(graph_[target], graph_[target])};
    graph::Graph& whole = graph_.graph();
    const Tensor& root = whole.tensors[whole.rootOf(source)];
    if (root.origin == graph::Origin::Constant) {
        Tensor& made = whole.tensors[target];
        made.origin = graph::Origin::Constant;
        made.values.resize(root.values.empty() ? 0 : made.elements());
        if (!root.values.empty()) {
            graph::copyElements<float>(copy, graph_[source], made, root.values, made.values);
        }
        return {target, shape, value.name};
    }
    graph_.add({.name = printable(node.name()) + "/expanded",
                .kind = "expand",
                .work = graph::MoveWork{{copy}},
                .inputs = {source},
                .output = target});
    return {target, shape, value.name};
}

OnnxValue Build::add(const OnnxNode& node, const std::string& kind, std::vector<TensorId> inputs,
                     const Extents& shape, const Axes& order, const MakeWork& makeWork) {
    const TensorId output = graph_.tensor(printable(node.outputName()), node.checked(shape), order);
    std::vector<const Tensor*> tensors;
    for (const TensorId input : inputs) tensors.push_back(&graph_[input]);
    graph_.add({.name = printable(node.name()),
                .kind = kind,
                .work = makeWork(tensors, graph_[output]),
                .inputs = std::move(inputs),
                .output = output});
    return {output, shape, node.outputName()};
}

void Build::noteNormalization(const OnnxNode& node, BatchNormalization normalization) {
    normalizations_[graph_.graph().nodes.back().name] = {std::move(normalization), node.name(),
                                                         node.operatorName()};
}

}  // namespace systole::operators
