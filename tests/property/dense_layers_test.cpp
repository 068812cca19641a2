// SPDX-License-Identifier: Apache-2.0
// Dense layers over whole images: the reduction is cut where the image does not fit, and the
// results are those of the uncut layer, bit by bit.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "replay.hpp"
#include "shape_networks.hpp"
#include "sim/graph/exact_reference.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/workload/idx.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::sim {
namespace {

struct DenseCase {
    const char* name;
    ImageShape image;
    std::uint32_t outputs;
    const char* format;
    const char* accumulator;
    arch::Dataflow dataflow = arch::Dataflow::WeightStationary;
};

std::vector<numeric::Code> randomCodes(const numeric::Format& format, std::size_t count,
                                       std::uint32_t seed) {
    const std::vector<numeric::Code> finite = numeric::finiteCodes(numeric::Codec(format));
    std::mt19937 random(seed);
    std::vector<numeric::Code> codes(count);
    for (numeric::Code& code : codes) {
        code = finite[random() % finite.size()];
    }
    return codes;
}

graph::Graph denseNetwork(const DenseCase& row) {
    graph::Graph graph = layerNetwork({.name = row.name,
                                       .height = row.image.height,
                                       .width = row.image.width,
                                       .channels = row.image.channels,
                                       .outputs = row.outputs,
                                       .isDense = true});
    for (graph::Tensor& tensor : graph.tensors) tensor.quantizer->format = formatOf(row.format);
    graph.arithmetic->accumulator = *numeric::parseAccumulator(row.accumulator);
    const graph::Node& dense = graph.nodes.front();
    graph.tensors[dense.inputs[1]].codes =
        randomCodes(formatOf(row.format), row.outputs * row.image.elements(), 1);
    graph.tensors[dense.output].quantizer->scales = {1000.0F};
    std::get<graph::MatrixWork>(graph.nodes.front().work).terms.assign(row.outputs, 3);
    return graph;
}

/// Scratchpads of 64 KiB: half of the weights' one holds 2040 reduction indices of 16 channels.
arch::MachineConfig edge(const DenseCase& row) {
    arch::MachineConfig machine = arrayOnly(16, 16);
    machine.array.dataflow = row.dataflow;
    machine.datapath = {formatOf(row.format), formatOf(row.format),
                        *numeric::parseAccumulator(row.accumulator)};
    machine.activationScratchpad = {65536, 16, 16};
    machine.weightScratchpad = {65536, 1, 16};
    machine.accumulatorBuffer = {2048};
    return machine;
}

TEST(DenseLayers, OverAnImageAreCutWhereTheyDoNotFitAndKeepTheirBits) {
    using enum arch::Dataflow;
    const std::vector<DenseCase> cases{
        {"one channel", {57, 57, 1}, 20, "int8", "int32"},
        {"one channel, saturating sums", {57, 57, 1}, 20, "int8", "int24_saturate"},
        {"one channel, float sums", {57, 57, 1}, 20, "e4m3", "fp32"},
        {"three channels, narrow sums", {40, 30, 3}, 9, "int8", "int18_saturate"},
        {"a row", {1, 5000, 1}, 17, "int8", "int32"},
        {"input stationary", {57, 57, 1}, 20, "e4m3", "fp32", InputStationary},
        {"small", {4, 4, 2}, 5, "e4m3", "fp32"},
    };
    std::vector<graph::Graph> networks;
    std::vector<LoweredNetwork> programs;
    std::vector<std::unique_ptr<arch::Accelerator>> machines;
    for (const DenseCase& row : cases) {
        SCOPED_TRACE(row.name);
        networks.push_back(denseNetwork(row));
        const arch::MachineConfig machine = edge(row);
        programs.push_back(lower(networks.back(), machine));
        machines.push_back(buildAccelerator(machine));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        SCOPED_TRACE(cases[i].name);
        const auto input = randomCodes(formatOf(cases[i].format), cases[i].image.elements(), 2);
        loadNetwork(*machines[i], programs[i], 0, input);
        machines[i]->replayTimed();
        const graph::TensorId output = networks[i].output;
        EXPECT_EQ(readTensor(*machines[i], programs[i], output),
                  runExact(networks[i], input, 16)[output]);
    }
}

}  // namespace
}  // namespace systole::sim
