// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/energy_band.hpp"

#include <algorithm>

#include "models/cost/machine/logic_estimate.hpp"

namespace systole::cost {
namespace {

Estimate within(double nominal, double down, double up) {
    return {nominal, nominal * std::max(0.0, 1 - down), nominal * (1 + up)};
}

std::string elementSource(const LogicTechnology& logic, const EnergyDoubt& doubt) {
    return doubt.isMeasured ? logic.source
                            : logic.source +
                                  "; gates for speed: estimate, with the coefficients of the least "
                                  "area, and up to as much more as the gates are larger";
}

}  // namespace

std::array<EnergyFigure, kEnergyComponents.size()> energyBand(const Technology& technology,
                                                              const EnergyBreakdown& low,
                                                              const EnergyBreakdown& nominal,
                                                              const EnergyBreakdown& high,
                                                              const EnergyDoubt& elements) {
    std::array<EnergyFigure, kEnergyComponents.size()> band;
    for (std::size_t i = 0; i < band.size(); ++i) {
        const EnergyComponent& component = kEnergyComponents.at(i);
        const double joules = nominal.*component.joules;
        EnergyFigure& figure = band.at(i);
        switch (component.basis) {
            case EnergyBasis::Element:
                figure = {within(joules, elements.down, elements.up),
                          elementSource(technology.logic, elements)};
                break;
            case EnergyBasis::Estimate:
                figure = {within(joules, kEstimateError, kEstimateError), kEstimateSource};
                break;
            case EnergyBasis::Memory:
                figure = {{joules, low.*component.joules, high.*component.joules},
                          technology.sram.source()};
                break;
            case EnergyBasis::Dram:
                figure = {within(joules, 0, 0), "commands and currents of the part (docs/dram.md)"};
                break;
        }
    }
    return band;
}

}  // namespace systole::cost
