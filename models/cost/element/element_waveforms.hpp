// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/element/element_model.hpp"

namespace systole::cost {

/// Values of all inputs of a processing element's circuit, cycle by cycle.
struct ElementWaveforms {
    std::vector<Waveform> inputs;
    std::uint64_t cycles = 0;
    std::uint64_t products = 0;  ///< from the second cycle on
    std::uint64_t registerToggles = 0;
    std::uint64_t clockedBits = 0;
};

/// The waveforms of a trace. An element of several cycles a product (bit-serial ones) takes them
/// for every step; one of several products a cycle (composable ones) fills its ports with the codes
/// of the following steps.
ElementWaveforms waveformsOf(const ElementDescription& element, const ElementCircuit& circuit,
                             const OperandTrace& trace, ZeroGating gating);

/// Operands that are drawn, for figures of a processing element without a network.
enum class Stimulus : std::uint8_t {
    Gaussian,  ///< a third of the end of the format's range as standard deviation, saturated
    Uniform,   ///< all finite codes alike
    /// Like a layer after a ReLU: activations are Gaussian numbers that hang together from step to
    /// step, as neighbouring pixels do, and are cut at zero; weights are Gaussian. The parameters
    /// are those of ResNet-8 in INT8 (docs/energy_activity.md).
    Rectified,
};

/// A trace of drawn operands: the weight changes every `weightSteps`, and the sum before each
/// addition is a fresh one of 16 products with weights of their own, as in the middle of a column.
/// Of rectified operands it is one of 0 to 15 products, as all along a column.
/// Seeded: the same trace everywhere.
inline constexpr std::uint32_t kWeightSteps = 64;
OperandTrace drawnTrace(const ElementDescription& element, Stimulus stimulus, std::uint32_t steps,
                        std::uint32_t weightSteps = kWeightSteps, std::uint64_t seed = 1);

}  // namespace systole::cost
