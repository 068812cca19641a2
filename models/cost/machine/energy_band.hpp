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

/// Of every component, in the order of kEnergyComponents: memories and leakage between the ends of
/// the memories' band, the processing elements by `elements`, estimated logic by kEstimateError.
/// DRAM is what its commands and the data sheet's currents give (docs/dram.md says how close that
/// is to other simulators): no band.
std::array<EnergyFigure, kEnergyComponents.size()> energyBand(const Technology& technology,
                                                              const EnergyBreakdown& low,
                                                              const EnergyBreakdown& nominal,
                                                              const EnergyBreakdown& high,
                                                              const EnergyDoubt& elements);

}  // namespace systole::cost
