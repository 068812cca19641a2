// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/graph/graph_builder.hpp"
#include "sim/graph/program_writer.hpp"
#include "sim/graph/works.hpp"
#include "sim/lowering/lowering.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

/// Graphs in INT8 of one node. All scales are 1, and all weights.
namespace systole::sim {

/// A graph of INT8, with an int32 accumulator; what is left of the builder.
inline graph::Graph quantized(graph::GraphBuilder& builder, graph::TensorId output) {
    builder.setOutput(output);
    graph::Graph graph = builder.take();
    for (graph::Tensor& tensor : graph.tensors) {
        if (tensor.origin == graph::Origin::Constant && tensor.shape.size() != 4) continue;
        tensor.quantizer = graph::Quantizer{.format = formatOf("int8")};
        if (tensor.origin == graph::Origin::Constant) tensor.codes.assign(tensor.elements(), 1);
    }
    graph.arithmetic = graph::Arithmetic{.accumulator = *numeric::parseAccumulator("int32")};
    return graph;
}

inline graph::Axes usualOrder(const graph::Extents& shape) {
    return shape.size() == 4 ? graph::channelsLast(4) : graph::naturalOrder(shape.size());
}

inline void addNode(graph::GraphBuilder& builder, graph::Work work,
                    std::vector<graph::TensorId> inputs, graph::TensorId output) {
    builder.add({.name = "layer",
                 .kind = "layer",
                 .work = std::move(work),
                 .inputs = std::move(inputs),
                 .output = output});
}

/// Of an image N C H W.
inline graph::Graph convolutionOf(const graph::Extents& input, const arch::Window& window,
                                  std::uint32_t groups, std::uint32_t outputs,
                                  bool transposed = false) {
    graph::GraphBuilder builder("one layer");
    const auto x = builder.input("x", input, graph::channelsLast(4));
    const auto w =
        builder.constant("w", {outputs, window.y.kernel, window.x.kernel, input[1] / groups}, {});
    const auto y =
        builder.tensor("y",
                       {input[0], outputs, static_cast<std::uint32_t>(window.y.positions(input[2])),
                        static_cast<std::uint32_t>(window.x.positions(input[3]))},
                       graph::channelsLast(4));
    graph::MatrixWork work;
    work.window = window;
    work.groups = groups;
    work.transposed = transposed;
    work.image = work.result = graph::imageAxes(4);
    work.epilogue = graph::identityProgram();
    addNode(builder, std::move(work), {x, w}, y);
    return quantized(builder, y);
}

inline graph::Graph maximumPoolingOf(const graph::Extents& input, const arch::Window& window) {
    graph::GraphBuilder builder("one layer");
    const auto x = builder.input("x", input, graph::channelsLast(4));
    const auto y = builder.tensor(
        "y",
        {input[0], input[1], static_cast<std::uint32_t>(window.y.positions(input[2])),
         static_cast<std::uint32_t>(window.x.positions(input[3]))},
        graph::channelsLast(4));
    graph::ProgramWriter writer;
    numeric::VectorProgram program =
        writer.stored(writer.reduce(numeric::ReduceStep::Kind::Maximum, writer.load()));
    addNode(builder, graph::windowed(window, builder[y], std::move(program)), {x}, y);
    return quantized(builder, y);
}

/// Element by element, of tensors `inputs`; the first one is the graph's input.
inline graph::Graph elementsOf(const std::vector<graph::Extents>& inputs,
                               numeric::VectorProgram program) {
    graph::GraphBuilder builder("one layer");
    std::vector<graph::TensorId> ids{builder.input("x", inputs[0], usualOrder(inputs[0]))};
    std::vector<const graph::Tensor*> tensors;
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        ids.push_back(builder.constant("c", inputs[i],
                                       std::vector<float>(graph::elementsOf(inputs[i]), 0.5F)));
    }
    const auto y = builder.tensor("y", inputs[0], usualOrder(inputs[0]));
    for (const graph::TensorId id : ids) tensors.push_back(&builder[id]);
    graph::VectorWork work = graph::elementwise(tensors, builder[y], std::move(program));
    addNode(builder, std::move(work), ids, y);
    return quantized(builder, y);
}

inline graph::Graph reluGraph(const graph::Extents& shape) {
    graph::ProgramWriter writer;
    return elementsOf({shape}, writer.stored(writer.apply("positive", writer.load())));
}

template <typename Operation>
std::vector<Operation> operationsOf(const arch::Program& program) {
    std::vector<Operation> operations;
    for (const arch::Command& command : program.commands) {
        if (const auto* operation = std::get_if<Operation>(&command.operation)) {
            operations.push_back(*operation);
        }
    }
    return operations;
}

inline std::vector<arch::TransferCommand> transfersOf(
    const arch::Program& program, arch::Direction direction,
    arch::Scratchpad scratchpad = arch::Scratchpad::Activation) {
    std::vector<arch::TransferCommand> transfers = operationsOf<arch::TransferCommand>(program);
    std::erase_if(transfers, [&](const arch::TransferCommand& transfer) {
        return transfer.direction != direction || transfer.scratchpad != scratchpad;
    });
    return transfers;
}
inline std::vector<arch::TransferCommand> weightLoadsOf(const arch::Program& program) {
    return transfersOf(program, arch::Direction::Load, arch::Scratchpad::Weight);
}

/// Both axes alike.
inline arch::Window square(const arch::WindowAxis& axis) { return {axis, axis}; }

}  // namespace systole::sim
