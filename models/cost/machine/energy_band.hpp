// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "models/cost/element/element_model.hpp"
#include "models/cost/machine/energy_model.hpp"

namespace systole::cost {

/// An energy with the band that it is expected to lie in, and where its figures come from.
struct EnergyFigure {
    Estimate joules;
    std::string source;
};

/// Of every component, in the order of kEnergyComponents, from the energies of EnergyModel at the
/// ends of the bands: processing elements by `elements`, their model's doubt; estimated logic by
/// estimateDoubt; memories between the ends of their own band; wires and clock tree by both the
/// layout's coefficients and the energies that they are shares of; leakage by the areas of logic
/// and by the memories. DRAM is what its commands and the data sheet's currents give (docs/dram.md
/// says how close that is to other simulators): no band.
std::array<EnergyFigure, kEnergyComponents.size()> energyBand(const Technology& technology,
                                                              const EnergyBreakdown& low,
                                                              const EnergyBreakdown& nominal,
                                                              const EnergyBreakdown& high,
                                                              const EnergyDoubt& elements);

}  // namespace systole::cost
