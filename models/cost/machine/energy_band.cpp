// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/energy_band.hpp"

#include <fmt/format.h>

#include "models/check.hpp"
#include "models/cost/machine/logic_estimate.hpp"

namespace systole::cost {
namespace {

std::string elementSource(const LogicTechnology& logic, const EnergyDoubt& doubt) {
    std::string source = logic.source;
    if (!doubt.isMeasured) {
        source +=
            "; gates for speed: estimate, with the coefficients of the least area, and up to as "
            "much more as the gates are larger";
    }
    return doubt.outsideOfFit.empty() ? source : fmt::format("{}; {}", source, doubt.outsideOfFit);
}

std::string sourceOf(const Technology& technology, EnergyBasis basis, const EnergyDoubt& elements) {
    switch (basis) {
        case EnergyBasis::Element:
            return elementSource(technology.logic, elements);
        case EnergyBasis::Estimate:
            return kEstimateSource;
        case EnergyBasis::Memory:
            return technology.sram.source();
        case EnergyBasis::Wires:
            return technology.layout ? technology.layout->wireEnergy.source : "left out";
        case EnergyBasis::ClockTree:
            return technology.layout ? technology.layout->clockTreeEnergy.source : "left out";
        case EnergyBasis::Leakage:
            return "areas of logic, of whose leakage by area no error is known; memories: " +
                   technology.sram.source();
        case EnergyBasis::Dram:
            return "commands and currents of the part (docs/dram.md)";
    }
    SYSTOLE_CHECK(false, "energy of basis {}", static_cast<int>(basis));
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
        const auto joules = component.joules;
        band.at(i) = {{nominal.*joules, low.*joules, high.*joules},
                      sourceOf(technology, component.basis, elements)};
    }
    return band;
}

}  // namespace systole::cost
