// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/graph_builder.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "models/check.hpp"
#include "sim/graph/works.hpp"

namespace systole::graph {

namespace {

template <typename Named>
std::string uniqueName(const std::vector<Named>& all, const std::string& name) {
    std::string unique = name;
    const auto isTaken = [&](const Named& other) { return other.name == unique; };
    for (int count = 2; std::any_of(all.begin(), all.end(), isTaken); ++count) {
        unique = name + "_" + std::to_string(count);
    }
    return unique;
}

/// Values in natural order, in the order of the tensor.
std::vector<float> arranged(const std::vector<float>& values, const Tensor& tensor) {
    if (values.empty() ||
        sameOrder(tensor.shape, tensor.order, naturalOrder(tensor.shape.size()))) {
        return values;
    }
    const std::vector<std::size_t> places = tensor.places(naturalOrder(tensor.shape.size()));
    std::vector<float> result(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) result[places[i]] = values[i];
    return result;
}

Axes axesBesideOnes(const Extents& shape) {
    Axes axes;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (shape[axis] != 1) axes.push_back(static_cast<std::uint8_t>(axis));
    }
    return axes;
}

/// The order of a shape that differs from the tensor's in axes of one element alone; else none.
std::optional<Axes> orderBesideOnes(const Tensor& tensor, const Extents& shape) {
    const Axes old = axesBesideOnes(tensor.shape);
    const Axes made = axesBesideOnes(shape);
    const auto isSame = [&](std::uint8_t left, std::uint8_t right) {
        return tensor.shape[left] == shape[right];
    };
    if (!std::equal(old.begin(), old.end(), made.begin(), made.end(), isSame)) return std::nullopt;
    Axes order;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (shape[axis] == 1) order.push_back(static_cast<std::uint8_t>(axis));
    }
    for (const std::uint8_t axis : tensor.order) {
        const auto place = std::find(old.begin(), old.end(), axis);
        if (place != old.end())
            order.push_back(made[static_cast<std::size_t>(place - old.begin())]);
    }
    return order;
}

}  // namespace

bool sameOrder(const Extents& shape, const Axes& left, const Axes& right) {
    const auto counted = [&](const Axes& order) {
        Axes axes;
        for (const std::uint8_t axis : order) {
            if (shape.at(axis) != 1) axes.push_back(axis);
        }
        return axes;
    };
    return counted(left) == counted(right);
}

TensorId GraphBuilder::tensor(const std::string& name, Extents shape, Axes order) {
    SYSTOLE_CHECK(order.size() == shape.size(), "'{}' has {} axes in an order of {}", name,
                  shape.size(), order.size());
    graph_.tensors.push_back({.name = uniqueName(graph_.tensors, name),
                              .shape = std::move(shape),
                              .order = std::move(order)});
    return static_cast<TensorId>(graph_.tensors.size() - 1);
}

TensorId GraphBuilder::input(const std::string& name, Extents shape, Axes order) {
    const TensorId id = tensor(name, std::move(shape), std::move(order));
    graph_.tensors[id].origin = Origin::Input;
    graph_.input = id;
    return id;
}

TensorId GraphBuilder::constant(const std::string& name, Extents shape, std::vector<float> values,
                                Axes order) {
    if (order.empty()) order = naturalOrder(shape.size());
    const TensorId id = tensor(name, std::move(shape), std::move(order));
    Tensor& made = graph_.tensors[id];
    SYSTOLE_CHECK(values.empty() || values.size() == made.elements(), "'{}' has {} values", name,
                  values.size());
    made.origin = Origin::Constant;
    made.values = arranged(values, made);
    return id;
}

TensorId GraphBuilder::inOrder(TensorId source, const Axes& order) {
    const Tensor from = graph_.tensors.at(source);
    if (sameOrder(from.shape, from.order, order)) return source;
    const TensorId moved = tensor(from.name + "/in_order", from.shape, order);
    Copy copy = boxCopy(0, graph_.tensors[moved], Extents(from.shape.size(), 0));
    add({.name = from.name + "/in_order",
         .kind = "move",
         .work = MoveWork{{std::move(copy)}},
         .inputs = {source},
         .output = moved});
    return moved;
}

TensorId GraphBuilder::view(TensorId source, const std::string& name, Extents shape, Axes order) {
    const TensorId root = graph_.rootOf(source);
    const TensorId view = tensor(name, std::move(shape), std::move(order));
    Tensor& made = graph_.tensors[view];
    made.viewOf = root;
    made.origin = graph_.tensors[root].origin;
    SYSTOLE_CHECK(made.elements() == graph_.tensors[root].elements(), "'{}' is no shape of '{}'",
                  name, graph_.tensors[root].name);
    return view;
}

TensorId GraphBuilder::reshaped(TensorId source, const std::string& name, Extents shape) {
    if (auto order = orderBesideOnes(graph_.tensors.at(source), shape)) {
        return view(source, name, std::move(shape), std::move(*order));
    }
    const TensorId natural = inOrder(source, naturalOrder(graph_.tensors.at(source).shape.size()));
    Axes order = naturalOrder(shape.size());
    return view(natural, name, std::move(shape), std::move(order));
}

void GraphBuilder::add(Node node) {
    node.name = uniqueName(graph_.nodes, node.name);
    graph_.nodes.push_back(std::move(node));
}

Graph GraphBuilder::take() {
    checkGraph(graph_);
    return std::exchange(graph_, {});
}

}  // namespace systole::graph
