// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arch/vector/vector_steps.hpp"
#include "tests/unit/graph/graph_fixture.hpp"

namespace systole::graph {
namespace {

/// A product, and behind it the addition of a second tensor and a ReLU.
Graph residualBlock(numeric::ScaleArithmetic arithmetic) {
    Graph graph = productGraph(identityProgram(), 0.5F, {0.25F, 0.125F}, 0.5F, arithmetic);
    const auto like = [&](const char* name, Origin origin) {
        Tensor tensor = graph.tensors[graph.output];
        tensor.name = name;
        tensor.origin = origin;
        graph.tensors.push_back(tensor);
        return static_cast<TensorId>(graph.tensors.size() - 1);
    };
    const TensorId skip = like("skip", Origin::Input);
    const TensorId sum = like("sum", Origin::Node);
    graph.tensors[skip].quantizer->scales = {0.25F};
    graph.tensors[sum].quantizer->scales = {0.75F};
    ProgramWriter writer;
    const auto left = writer.load();
    const auto right = writer.load();
    auto program = writer.stored(writer.apply("positive", writer.apply("add", left, right)));
    const std::vector<TensorId> inputs{graph.output, skip};
    VectorWork work = elementwise({&graph.tensors[inputs[0]], &graph.tensors[skip]},
                                  graph.tensors[sum], std::move(program));
    graph.nodes.push_back({.name = "add",
                           .kind = "addition",
                           .work = std::move(work),
                           .inputs = inputs,
                           .output = sum});
    graph.output = sum;
    return graph;
}

TEST(FusedPrograms, OfAResidualBlockTakeOneCycleAGroupByDefault) {
    for (const auto arithmetic :
         {numeric::ScaleArithmetic::Fp32Multiplier, numeric::ScaleArithmetic::FixedPoint}) {
        const Graph graph = residualBlock(arithmetic);
        const auto fused = fuse(graph, graph.nodes[0], graph.nodes[1]);
        ASSERT_TRUE(fused);
        arch::VectorUnitConfig unit;
        unit.lanes = 8;
        EXPECT_EQ(arch::intervalOf(unit, fused->program), 1U);
        const auto add = static_cast<std::size_t>(numeric::FunctionClass::Add);
        unit.operations[add] = {1, 4};
        EXPECT_GE(arch::intervalOf(unit, fused->program), 4U) << "one adder of four cycles";
    }
}

}  // namespace
}  // namespace systole::graph
