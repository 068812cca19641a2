// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arch/accelerator.hpp"
#include "arch/memory/clock_domain.hpp"
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

/// A machine beside others: SystemC elaborates once, so all of a test are made before the first one
/// runs.
class Bench {
public:
    explicit Bench(RunConfig config) : config_(std::move(config)) {
        static const bool isFirst = (arch::useFemtoseconds(), true);
        static int made = 0;
        accelerator_.emplace(("bench" + std::to_string(isFirst ? made++ : 0)).c_str(),
                             config_.machine);
    }

    const RunConfig& config() const { return config_; }

    /// For its time alone.
    Result time(const graph::Graph& graph) {
        lowered_ = lower(graph, config_.machine, {.accelerator = &*accelerator_, .values = false});
        accelerator_->load(lowered_.program);
        return makeResult(config_, lowered_, accelerator_->replayTimed({.computeValues = false}));
    }

    /// The codes of the output of a graph whose codes have a byte.
    std::vector<std::uint8_t> outputOf(const graph::Graph& graph,
                                       const std::vector<numeric::Code>& input,
                                       arch::RunRecord& record) {
        lowered_ = lower(graph, config_.machine, {.accelerator = &*accelerator_});
        accelerator_->load(lowered_.program);
        for (const ConstantData& constant : lowered_.constants) {
            std::copy(constant.bytes.begin(), constant.bytes.end(), dramAt(constant.address));
        }
        const TensorPlace& from = lowered_.tensors.at(graph.input);
        for (std::size_t i = 0; i < input.size(); ++i) {
            *dramAt(from.address.value() + i * from.element.room.imageBytes) =
                static_cast<std::uint8_t>(input[i]);
        }
        record = accelerator_->replayTimed({.computeValues = true});
        const TensorPlace& to = lowered_.tensors.at(graph.output);
        std::vector<std::uint8_t> codes;
        for (std::size_t i = 0; i < to.elements; ++i) {
            codes.push_back(*dramAt(to.address.value() + i * to.element.room.imageBytes));
        }
        return codes;
    }

private:
    std::span<std::uint8_t>::iterator dramAt(std::uint64_t address) {
        return accelerator_->dram().begin() + static_cast<std::ptrdiff_t>(address);
    }

    RunConfig config_;
    std::optional<arch::Accelerator> accelerator_;
    LoweredNetwork lowered_;
};

}  // namespace systole::sim
