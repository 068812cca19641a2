// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "sim/graph/exact_reference.hpp"
#include "sim/quantize/quantizer.hpp"
#include "sim/run/result.hpp"
#include "sim/run/simulation.hpp"
#include "tests/unit/quantize/quantize_fixture.hpp"

/// Machines with several datapaths, and small networks for them.
namespace systole::sim {

inline RunConfig machineWith(std::vector<std::string> overrides) {
    return loadRunConfig(SYSTOLE_SOURCE_DIR "/configs/accelerators/edge-16x16.yaml", overrides);
}

/// Weights that differ from each other, within -1 and 1.
inline std::vector<float> weightsFor(std::size_t count, std::uint32_t seed) {
    std::vector<float> weights(count);
    std::uint32_t state = seed;
    for (float& weight : weights) {
        state = state * 1'664'525U + 1'013'904'223U;
        weight = static_cast<float>(state >> 8U) / static_cast<float>(1U << 23U) - 1.0F;
    }
    return weights;
}

inline std::vector<float> imageFor(const graph::Graph& network) {
    return weightsFor(network.tensors[network.input].elements(), 7);
}

/// Convolutions one after another, 3 x 3 over 10 x 10 x 16: `op`, `op_2`, ..
inline graph::Graph chainOf(std::uint32_t layers) {
    const arch::WindowAxis axis{.kernel = 3, .padBefore = 1, .padAfter = 1};
    NetworkBuilder network({1, 16, 10, 10}, "chain");
    graph::TensorId last = 0;
    for (std::uint32_t i = 0; i < layers; ++i) {
        last = network.convolve(last, weightsFor(16 * 9 * 16, i + 1), std::vector(16, 0.25F),
                                {axis, axis});
    }
    return network.take(last);
}

/// Every tensor is as large as 8.
inline graph::Graph quantizedFor(const graph::Graph& network, const RunConfig& config) {
    return quantize(network, config.scheme, magnitudes(network, 8.0F));
}

inline Result timedRun(const RunConfig& config, const graph::Graph& graph, Simulation& simulation) {
    simulation.load(graph, Simulation::Values::Skipped);
    const auto record = simulation.inferTimed({}, Simulation::Values::Skipped);
    return makeResult(config, simulation.lowered(), record);
}

inline Result timedRun(const RunConfig& config, const graph::Graph& graph) {
    Simulation simulation(config);
    return timedRun(config, graph, simulation);
}

}  // namespace systole::sim
