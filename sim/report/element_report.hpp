// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "models/cost/element/drawn_trace.hpp"
#include "models/cost/element/element_model.hpp"

namespace systole::sim {

/// Steps of the drawn operands that a single processing element is reported with.
inline constexpr std::uint32_t kStimulusSteps = 2048;

/// The register in front of the accumulator: products of a `what` are summed in it.
struct InnerSum {
    std::string what;  ///< `block` or `chunk`
    int bits = 0;
};

/// One processing element of a technology, or a multiplier by itself, with drawn operands.
struct ElementReport {
    std::string technology;
    std::string node;
    std::string activation;
    std::string weight;
    std::string accumulator;
    std::string multiplier;
    int accumulatorBits = 0;
    std::optional<InnerSum> innerSum;
    bool isMultiplierAlone = false;
    std::uint32_t stages = 1;        ///< of its pipeline
    std::uint32_t usefulStages = 1;  ///< the fewest that clock as fast
    /// What energies were computed with; without it there are none.
    std::optional<cost::Stimulus> stimulus;
    std::uint32_t weightProducts = cost::kWeightSteps;  ///< that a weight stays for
    cost::Goal goal = cost::Goal::Area;
    cost::LogicTechnology logic;
    cost::FitWidening widening{};  ///< of the errors in `logic`
    cost::CircuitShape shape{};
    cost::ByElementPart squareMicrons{};
    cost::ByElementPart joulesPerMac{};  ///< zeros without a stimulus
    double inputJoulesPerMac = 0;        ///< of that, of a multiplier alone: wires into it
    double scaleSquareMicrons = 0;       ///< of that, for the scales of blocks
    double gateSize = 1;                 ///< of a synthesis for speed (ElementModel::gateSize)
    double nanoseconds = 0;
    int cyclesPerMac = 1;  ///< clocks of a multiply-accumulate
    double leakageWatts = 0;
    std::size_t flipFlops = 0;
    double shareBeyondRegister = 0;  ///< of the drawn sums (cost::shareBeyondRegister)
    cost::ElementActivity activity{};
    cost::CriticalPath path{};
    cost::GateCounts gates{};
};

/// What was asked for, and the INT8 element (exact sums of as many guard bits) that it is compared
/// with.
struct ElementComparison {
    ElementReport element;
    ElementReport int8;
};

std::string elementJson(const ElementComparison& comparison);
std::string elementTable(const ElementComparison& comparison);

}  // namespace systole::sim
