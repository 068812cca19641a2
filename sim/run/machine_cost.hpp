// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/cost/element/drawn_trace.hpp"
#include "models/cost/element/operand_trace.hpp"
#include "models/cost/machine/area_model.hpp"
#include "models/cost/machine/energy_model.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/machine_loader.hpp"

namespace systole::sim {

/// ConfigError where the machine's element has no circuit to be priced: before the work, not after.
void checkTechnology(const RunConfig& config);

/// Traces are simulated gate by gate up to about so many steps a layer, spread evenly over its
/// traces and their folds.
inline constexpr std::size_t kMostSimulatedSteps = 2048;
/// Steps that are drawn once for all layers, in folds as long as the stretches of a sample. With
/// 2048 of them another seed gave an inference of float sums 1 % more or less.
inline constexpr std::uint32_t kDrawnSteps = 8192;
inline constexpr std::uint32_t kDrawnFold = 32;

/// Energy of a product, by part, from what processing elements saw; the configuration's `energy`
/// section chooses how (docs/energy_activity.md).
class ProductEnergy {
public:
    /// `draw`: of operands, where none were sampled.
    ProductEnergy(const RunConfig& config, cost::Stimulus draw, arch::DatapathId datapath = 0);

    /// Whether a layer without traces has the energy of drawn operands.
    cost::Stimulus draw() const { return draw_; }
    bool draws() const { return !isFree_ && options_.activity != cost::ActivitySource::Flat; }

    /// Joules per product of a layer. Without traces (values were not computed): of drawn operands.
    cost::ByElementPart of(const std::vector<cost::OperandTrace>& traces) const;

    /// How far these may be off; nothing without a technology.
    cost::EnergyDoubt doubt() const;

private:
    const cost::ByElementPart& drawn() const;

    cost::EnergyOptions options_;
    cost::Stimulus draw_;
    cost::Stationary stationary_;
    bool isFree_;
    std::optional<cost::ElementModel> element_;
    mutable std::optional<cost::ByElementPart> drawn_;  ///< once one was asked for
};

}  // namespace systole::sim
