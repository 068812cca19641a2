// SPDX-License-Identifier: Apache-2.0
// Dense layers over whole images: the reduction is cut where the image does not fit, and the
// results are those of the uncut layer, bit by bit.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "replay.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/quantize/quantized_reference.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::sim {
namespace {

struct DenseCase {
    const char* name;
    Shape image;
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

QuantizedNetwork denseNetwork(const DenseCase& row) {
    QuantizedNetwork network;
    network.name = row.name;
    network.scheme.activation = network.scheme.weight = formatOf(row.format);
    network.scheme.accumulator = *numeric::parseAccumulator(row.accumulator);
    network.tensors = {{"x", row.image}, {"y", {1, 1, row.outputs}}};
    QuantizedConvolution dense;
    dense.window.kernelHeight = row.image.height;
    dense.window.kernelWidth = row.image.width;
    dense.outputChannels = row.outputs;
    dense.weights = randomCodes(network.scheme.weight, row.outputs * row.image.elements(), 1);
    dense.weightScales.assign(row.outputs, 1.0F);
    dense.bias.assign(row.outputs, 3);
    dense.rescales.assign(row.outputs, {0.001F, numeric::makeFixedPointScale(0.001)});
    network.nodes.push_back({"dense", std::move(dense), {0}, 1});
    network.output = 1;
    return network;
}

/// Scratchpads of 64 KiB: half of the weights' one holds 2040 reduction indices of 16 channels.
arch::MachineConfig edge(const DenseCase& row, const QuantizedNetwork& network) {
    arch::MachineConfig machine = arrayOnly(16, 16);
    machine.array.dataflow = row.dataflow;
    machine.datapath = {network.scheme.activation, network.scheme.weight,
                        network.scheme.accumulator};
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
    std::vector<QuantizedNetwork> networks;
    std::vector<LoweredNetwork> programs;
    std::vector<std::unique_ptr<arch::Accelerator>> machines;
    for (const DenseCase& row : cases) {
        SCOPED_TRACE(row.name);
        networks.push_back(denseNetwork(row));
        const arch::MachineConfig machine = edge(row, networks.back());
        programs.push_back(lower(networks.back(), machine));
        machines.push_back(buildAccelerator(machine));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        SCOPED_TRACE(cases[i].name);
        const auto input = randomCodes(networks[i].scheme.activation, cases[i].image.elements(), 2);
        loadNetwork(*machines[i], programs[i], 0, input);
        machines[i]->replayTimed();
        EXPECT_EQ(readTensor(*machines[i], programs[i], 1),
                  runQuantized(networks[i], input, 16)[1]);
    }
}

}  // namespace
}  // namespace systole::sim
