// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/overloaded.hpp"
#include "sim/graph/code_program.hpp"
#include "sim/graph/graph_builder.hpp"
#include "sim/graph/program_writer.hpp"
#include "sim/graph/works.hpp"

namespace systole::graph {

inline numeric::Format formatOf(const std::string& name) { return *numeric::formatNamed(name); }

/// What a program stores, as one expression: `store(positive(multiply(load0, 2)))`.
class Expression {
public:
    explicit Expression(const numeric::VectorProgram& program) : program_(program) {}

    std::string text() const {
        return of(static_cast<numeric::ValueId>(program_.steps.size() - 1));
    }

private:
    std::string of(numeric::ValueId step) const {
        return std::visit([&](const auto& what) { return text(what); }, program_.steps.at(step));
    }
    static std::string suffix(numeric::ValueType type) {
        return type == numeric::ValueType::Integer ? "i" : "";
    }
    std::string text(const numeric::LoadStep& load) const {
        return fmt::format("load{}{}{}", load.operand, suffix(load.type),
                           load.scope == numeric::Scope::Kept ? "kept" : "");
    }
    std::string text(const numeric::ConstantStep& constant) const {
        return fmt::format("{}{}", constant.value, suffix(constant.type));
    }
    std::string text(const numeric::LookupStep& lookup) const {
        const auto& table = program_.tables.at(lookup.table);
        std::string entries;
        for (std::size_t i = 1; i < table.size(); ++i) entries += fmt::format(" {}", table[i]);
        return fmt::format("entry{}({} of{})", suffix(lookup.type), of(lookup.index), entries);
    }
    std::string text(const numeric::ApplyStep& apply) const {
        std::string arguments;
        for (std::size_t i = 0; i < apply.function->arguments; ++i) {
            arguments += (i == 0 ? "" : ", ") + of(apply.arguments[i]);
        }
        return fmt::format("{}({})", apply.function->name, arguments);
    }
    std::string text(const numeric::ReduceStep& reduce) const {
        constexpr std::array kNames{"sum", "most", "least", "count"};
        return fmt::format("{}({})", kNames.at(static_cast<std::size_t>(reduce.kind)),
                           of(reduce.value));
    }
    std::string text(const numeric::RoundStep& round) const {
        return fmt::format("round({})", of(round.value));
    }
    std::string text(const numeric::ShiftStep& shift) const {
        return fmt::format("shift({}, {})", of(shift.value), of(shift.shift));
    }
    std::string text(const numeric::QuantizeStep& quantize) const {
        return fmt::format("quantize({})", of(quantize.value));
    }
    std::string text(const numeric::StoreStep& store) const {
        return fmt::format("store{}({})", store.operand, of(store.value));
    }

    const numeric::VectorProgram& program_;
};

inline std::string expressionOf(const numeric::VectorProgram& program) {
    return Expression(program).text();
}

/// A graph of one node over tensors with values: inputs, then the output. `work` gets what the
/// builder knows of them.
template <typename MakeWork>
Graph nodeGraph(const std::vector<std::pair<Extents, Axes>>& inputs, const Extents& shape,
                const Axes& order, const MakeWork& work) {
    GraphBuilder builder("net");
    std::vector<TensorId> ids;
    for (const auto& [extents, axes] : inputs) {
        ids.push_back(ids.empty() ? builder.input("x", extents, axes)
                                  : builder.constant("c", extents, {}, axes));
    }
    const TensorId output = builder.tensor("y", shape, order);
    std::vector<const Tensor*> tensors;
    for (const TensorId id : ids) tensors.push_back(&builder[id]);
    Work made = work(tensors, builder[output]);
    builder.add(
        {.name = "node", .kind = "test", .work = std::move(made), .inputs = ids, .output = output});
    builder.setOutput(output);
    return builder.take();
}

/// Gives a tensor codes of a scale.
inline void setScale(Graph& graph, TensorId tensor, float scale,
                     const std::string& format = "int8") {
    graph.tensors.at(tensor).quantizer = Quantizer{formatOf(format), {}, {scale}};
}

/// One node of vector work over tensors of one shape, the last of them the output; all scales are
/// given.
inline Graph elementGraph(numeric::VectorProgram program, const std::vector<float>& scales,
                          numeric::ScaleArithmetic arithmetic, const Extents& shape = {1, 4}) {
    GraphBuilder builder("net");
    std::vector<TensorId> inputs{builder.input("x", shape, naturalOrder(shape.size()))};
    for (std::size_t i = 2; i < scales.size(); ++i) {
        inputs.push_back(builder.tensor("y", shape, naturalOrder(shape.size())));
        builder.graph().tensors[inputs.back()].origin = Origin::Input;
    }
    const TensorId output = builder.tensor("z", shape, naturalOrder(shape.size()));
    std::vector<const Tensor*> tensors;
    for (const TensorId input : inputs) tensors.push_back(&builder[input]);
    VectorWork work = elementwise(tensors, builder[output], std::move(program));
    for (std::size_t i = 0; i < inputs.size(); ++i) setScale(builder.graph(), inputs[i], scales[i]);
    setScale(builder.graph(), output, scales.back());
    builder.add({.name = "node",
                 .kind = "test",
                 .work = std::move(work),
                 .inputs = inputs,
                 .output = output});
    builder.setOutput(output);
    Graph graph = builder.take();
    graph.arithmetic = Arithmetic{*numeric::parseAccumulator("int32"), arithmetic};
    return graph;
}

/// A product of one row with constants of the shape outputs x channels; weights have one scale each
/// output.
inline Graph productGraph(numeric::VectorProgram epilogue, float inputScale,
                          const std::vector<float>& weightScales, float outputScale,
                          numeric::ScaleArithmetic arithmetic,
                          const std::string& accumulator = "int32",
                          const std::string& format = "int8") {
    const auto outputs = static_cast<std::uint32_t>(weightScales.size());
    GraphBuilder builder("net");
    const TensorId input = builder.input("x", {1, 2}, naturalOrder(2));
    const TensorId weights =
        builder.constant("w", {outputs, 1, 1, 2}, std::vector<float>(outputs * 2, 1.0F));
    const TensorId output = builder.tensor("y", {1, outputs}, naturalOrder(2));
    MatrixWork work;
    work.image = imageAxes(2);
    work.result = imageAxes(2);
    work.epilogue = std::move(epilogue);
    builder.add({.name = "product",
                 .kind = "product",
                 .work = std::move(work),
                 .inputs = {input, weights},
                 .output = output});
    builder.setOutput(output);
    Graph graph = builder.take();
    setScale(graph, input, inputScale, format);
    graph.tensors[weights].quantizer = Quantizer{formatOf(format), std::uint8_t{0}, weightScales};
    setScale(graph, output, outputScale, format);
    graph.arithmetic = Arithmetic{*numeric::parseAccumulator(accumulator), arithmetic};
    return graph;
}

}  // namespace systole::graph
