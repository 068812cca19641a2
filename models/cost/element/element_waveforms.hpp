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

}  // namespace systole::cost
