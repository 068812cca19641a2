// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/graph_digest.hpp"

#include <initializer_list>
#include <variant>

#include "models/overloaded.hpp"
#include "sim/base/hash.hpp"

namespace systole::graph {
namespace {

class Digest {
public:
    std::string of(const Graph& graph) {
        numbers({graph.tensors.size(), graph.nodes.size(), graph.input, graph.output});
        for (const Tensor& tensor : graph.tensors) add(tensor);
        for (const Node& node : graph.nodes) {
            add(node.inputs);
            numbers({node.output, node.work.index()});
            std::visit([&](const auto& work) { add(work); }, node.work);
        }
        return hash_.text();
    }

private:
    void numbers(std::initializer_list<std::uint64_t> values) {
        hash_.add(std::span<const std::uint64_t>(values.begin(), values.size()));
    }
    template <typename Number>
    void add(const std::vector<Number>& values) {
        hash_.add(std::span<const Number>(values));
    }

    void add(const Tensor& tensor) {
        add(tensor.shape);
        add(tensor.order);
        add(tensor.values);
        numbers({static_cast<std::uint64_t>(tensor.origin), tensor.viewOf ? 1U : 0U,
                 tensor.viewOf.value_or(0)});
    }

    void add(const arch::WindowAxis& axis) {
        numbers({axis.kernel, axis.stride, static_cast<std::uint64_t>(axis.padBefore),
                 static_cast<std::uint64_t>(axis.padAfter), axis.dilation, axis.upsample});
    }

    void add(const ImageAxes& axes) {
        for (const Axes* each : {&axes.batch, &axes.y, &axes.x, &axes.channel}) add(*each);
    }

    void add(const MatrixWork& work) {
        add(work.window.y);
        add(work.window.x);
        numbers({work.groups, work.weights ? 1U : 0U});
        add(work.image);
        add(work.result);
        if (work.weights) {
            for (const Axes* each :
                 {&work.weights->batch, &work.weights->channel, &work.weights->output}) {
                add(*each);
            }
        }
        add(work.bias);
        add(work.epilogue);
    }

    void add(const VectorWork& work) {
        add(work.program);
        add(work.space.extents);
        for (const bool reduced : work.space.reduced) numbers({reduced ? 1U : 0U});
        for (const OperandMap& map : work.operands) add(map);
    }

    void add(const MoveWork& work) {
        for (const Copy& copy : work.copies) {
            numbers({copy.input});
            add(copy.space);
            add(copy.source);
            add(copy.target);
        }
    }

    void add(const OperandMap& map) {
        for (const AxisMap& axis : map.axes) {
            add(axis.coefficients);
            add(axis.table);
            numbers({static_cast<std::uint64_t>(axis.offset)});
        }
    }

    void add(const numeric::VectorProgram& program) {
        for (const numeric::VectorStep& step : program.steps) add(step);
        for (const std::vector<double>& table : program.tables) add(table);
    }

    void add(const numeric::VectorStep& step) {
        using namespace numeric;
        const auto kind = [](auto which) { return static_cast<std::uint64_t>(which); };
        numbers({step.index()});
        std::visit(Overloaded{[&](const LoadStep& load) {
                                  numbers({load.operand, kind(load.type), kind(load.scope)});
                              },
                              [&](const ConstantStep& constant) {
                                  hash_.add(std::span<const double>(&constant.value, 1));
                                  numbers({kind(constant.type)});
                              },
                              [&](const LookupStep& lookup) {
                                  numbers({lookup.table, lookup.index, kind(lookup.type)});
                              },
                              [&](const ApplyStep& apply) {
                                  hash_.add(apply.function->name);
                                  for (const ValueId value : apply.arguments) numbers({value});
                              },
                              [&](const ReduceStep& reduce) {
                                  numbers({kind(reduce.kind), reduce.value});
                              },
                              [&](const RoundStep& round) { numbers({round.value}); },
                              [&](const ShiftStep& shift) {
                                  numbers({shift.value, shift.shift});
                              },
                              [&](const QuantizeStep& quantize) {
                                  numbers({quantize.value, quantize.format});
                              },
                              [&](const StoreStep& store) {
                                  numbers({store.operand, store.value});
                              }},
                   step);
    }

    sim::Sha256 hash_;
};

}  // namespace

std::string digestOf(const Graph& graph) { return Digest().of(graph); }

}  // namespace systole::graph
