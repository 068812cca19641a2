// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "random_network.hpp"
#include "replay.hpp"
#include "sim/graph/exact_reference.hpp"

namespace systole::sim {
namespace {

constexpr std::uint64_t kNetworks = 10;

/// Memory that answers late, work that takes long: a command that does not wait starts too early.
arch::MachineConfig slowMachine(const Scheme& scheme) {
    arch::MachineConfig machine;
    machine.name = "slow";
    machine.array = {4, 4};
    machine.datapath = {scheme.activation, scheme.weight, scheme.accumulator};
    machine.activationScratchpad = {.capacityBytes = 1 << 16, .banks = 4, .wordBytes = 4};
    machine.weightScratchpad = {.capacityBytes = 1 << 16, .banks = 1, .wordBytes = 4};
    machine.accumulatorBuffer.rows = 64;
    machine.vectorUnit = {.lanes = 1, .pipelineDepth = 4};
    machine.dma = {.bytesPerCycle = 8, .outstandingBursts = 4};
    machine.sequencer = {.queueDepth = 64, .issueCycles = 1};
    machine.dram.name = "slow";
    machine.dram.ideal = {
        .latencyCycles = 300, .bytesPerCycle = 1, .burstBytes = 16, .capacityBytes = 1 << 30};
    return machine;
}

LoweredNetwork withoutTokens(LoweredNetwork lowered, std::optional<arch::UnitKind> kind) {
    for (arch::Command& command : lowered.program.commands) {
        arch::Tokens kept;
        for (const arch::Token& token : command.after) {
            if (kind && token.unit.kind != *kind) kept.require(token.unit, token.count);
        }
        command.after = kept;
    }
    return lowered;
}

struct Replayed {
    graph::Graph graph;
    std::vector<numeric::Code> input;
    LoweredNetwork lowered;
    std::size_t rows;
    std::unique_ptr<arch::Accelerator> accelerator;
};

bool hasNan(const RandomNetwork& network) {
    return std::any_of(network.graph.tensors.begin(), network.graph.tensors.end(),
                       [](const graph::Tensor& tensor) {
                           return tensor.quantizer &&
                                  numeric::Codec(tensor.quantizer->format).hasNan();
                       });
}

/// How many of the random networks come out with a wrong tensor.
std::size_t wrongNetworks(bool strip, std::optional<arch::UnitKind> kind) {
    std::vector<Replayed> runs;
    for (std::uint64_t seed = 0; runs.size() < kNetworks; ++seed) {
        RandomNetwork network = randomNetwork(seed);
        // Bytes that are not there yet must be numbers: a NaN in a fixed-point sum stops the run.
        if (hasNan(network)) continue;
        // Parameters that are not there yet are some number in binary32, but no fixed-point scale.
        network.graph.arithmetic->requantization = numeric::ScaleArithmetic::Fp32Multiplier;
        const arch::MachineConfig machine = slowMachine(network.scheme);
        LoweredNetwork lowered = lower(network.graph, machine);
        if (strip) lowered = withoutTokens(std::move(lowered), kind);
        std::vector<numeric::Code> input = randomInput(network.graph, seed);
        runs.push_back({std::move(network.graph), std::move(input), std::move(lowered),
                        machine.array.rows, buildAccelerator(machine)});
    }
    std::size_t wrong = 0;
    for (Replayed& run : runs) {
        loadNetwork(*run.accelerator, run.lowered, run.graph.input, run.input);
        run.accelerator->replayTimed();
        const auto expected = runExact(run.graph, run.input, run.rows);
        bool equal = true;
        for (graph::TensorId tensor = 0; tensor < expected.size(); ++tensor) {
            const bool isCompared = run.graph.tensors[tensor].origin != graph::Origin::Constant &&
                                    run.lowered.tensors[tensor].address;
            equal = equal && (!isCompared || readTensor(*run.accelerator, run.lowered, tensor) ==
                                                 expected[tensor]);
        }
        wrong += equal ? 0 : 1;
    }
    return wrong;
}

TEST(MissingTokens, NothingIsWrongWhileTheyAreThere) {
    EXPECT_EQ(wrongNetworks(false, std::nullopt), 0U);
}

TEST(MissingTokens, EveryNetworkIsWrongWithoutAnyToken) {
    EXPECT_EQ(wrongNetworks(true, std::nullopt), kNetworks);
}

TEST(MissingTokens, AreSeenWhereNobodyWaitsForLoads) {
    EXPECT_GE(wrongNetworks(true, arch::UnitKind::Load), kNetworks / 2);
}

TEST(MissingTokens, AreSeenWhereNobodyWaitsForStores) {
    EXPECT_GE(wrongNetworks(true, arch::UnitKind::Store), kNetworks / 2);
}

TEST(MissingTokens, AreSeenWhereNobodyWaitsForTheArray) {
    EXPECT_GE(wrongNetworks(true, arch::UnitKind::Array), kNetworks / 2);
}

TEST(MissingTokens, AreSeenWhereNobodyWaitsForTheVectorUnit) {
    EXPECT_GE(wrongNetworks(true, arch::UnitKind::Vector), kNetworks / 2);
}

}  // namespace
}  // namespace systole::sim
