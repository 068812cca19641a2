// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/fusion.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "models/overloaded.hpp"
#include "sim/graph/graph_builder.hpp"
#include "sim/graph/works.hpp"

namespace systole::graph {

using namespace numeric;

namespace {

bool isExtreme(std::string_view function) {
    return function == "minimum" || function == "maximum" || function == "positive";
}

/// Whether a program is made of loads, constants and extremes only.
bool keepsOrder(const VectorProgram& program, bool withConstants, bool withReductions) {
    const auto keeps =
        Overloaded{[](const LoadStep&) { return true; },
                   [](const StoreStep&) { return true; },
                   [&](const ConstantStep&) { return withConstants; },
                   [](const ApplyStep& apply) { return isExtreme(apply.function->name); },
                   [&](const ReduceStep& reduce) {
                       return withReductions && (reduce.kind == ReduceStep::Kind::Maximum ||
                                                 reduce.kind == ReduceStep::Kind::Minimum);
                   },
                   [](const auto&) { return false; }};
    return std::all_of(program.steps.begin(), program.steps.end(),
                       [&](const VectorStep& step) { return std::visit(keeps, step); });
}

/// Vector work of one operand, element by element and in its place, that keeps the order of values.
const VectorWork* activationOf(const Graph& graph, const Node& node) {
    const auto* work = std::get_if<VectorWork>(&node.work);
    if (work == nullptr || node.inputs.size() != 1 || !keepsOrder(work->program, true, false)) {
        return nullptr;
    }
    const Tensor& input = graph.tensors[node.inputs[0]];
    const Tensor& output = graph.tensors[node.output];
    const bool inPlace = !input.viewOf && input.shape == output.shape &&
                         sameOrder(input.shape, input.order, output.order) &&
                         work->operands.front() == work->operands.back();
    return inPlace ? work : nullptr;
}

/// The program of a node that can take an activation; null of others.
VectorProgram* programFor(const Graph& graph, Node& node) {
    if (keepsScale(graph, node)) return nullptr;
    return std::visit(Overloaded{[](MatrixWork& work) { return &work.epilogue; },
                                 [](VectorWork& work) { return &work.program; },
                                 [](MoveWork&) -> VectorProgram* { return nullptr; }},
                      node.work);
}

/// Runs `behind` on what `program` stores.
VectorProgram joined(VectorProgram program, const VectorProgram& behind) {
    const auto store = std::get<StoreStep>(program.steps.back());
    program.steps.pop_back();
    std::vector<ValueId> moved;
    for (const VectorStep& step : behind.steps) {
        if (std::holds_alternative<LoadStep>(step)) {
            moved.push_back(store.value);
        } else if (const auto* apply = std::get_if<ApplyStep>(&step)) {
            ApplyStep copy = *apply;
            for (std::size_t i = 0; i < copy.function->arguments; ++i) {
                copy.arguments.at(i) = moved.at(copy.arguments.at(i));
            }
            moved.push_back(program.add(copy));
        } else if (const auto* last = std::get_if<StoreStep>(&step)) {
            program.add(StoreStep{store.operand, moved.at(last->value)});
            break;
        } else {
            moved.push_back(program.add(step));
        }
    }
    return program;
}

}  // namespace

bool keepsScale(const Graph& graph, const Node& node) {
    const auto* work = std::get_if<VectorWork>(&node.work);
    const bool isQuantized =
        std::none_of(node.inputs.begin(), node.inputs.end(), [&](TensorId input) {
            return graph.tensors[graph.rootOf(input)].origin == Origin::Constant;
        });
    return work != nullptr && isQuantized && keepsOrder(work->program, false, true);
}

Graph fuseActivations(Graph graph) {
    const std::vector<std::size_t> readers = graph.readerCounts();
    std::vector<std::optional<std::size_t>> writers(graph.tensors.size());
    std::vector<bool> hasOne(graph.nodes.size(), false);
    std::vector<Node> nodes;
    for (Node& node : graph.nodes) {
        const VectorWork* activation = activationOf(graph, node);
        const auto writer =
            activation != nullptr ? writers[node.inputs[0]] : std::optional<std::size_t>();
        VectorProgram* program = writer && !hasOne[*writer] && readers[node.inputs[0]] == 1
                                     ? programFor(graph, nodes[*writer])
                                     : nullptr;
        if (program != nullptr) {
            *program = joined(std::move(*program), activation->program);
            nodes[*writer].output = node.output;
            hasOne[*writer] = true;
            writers[node.output] = writer;
            continue;
        }
        writers[node.output] = nodes.size();
        nodes.push_back(std::move(node));
    }
    graph.nodes = std::move(nodes);
    return pruned(std::move(graph));
}

}  // namespace systole::graph
