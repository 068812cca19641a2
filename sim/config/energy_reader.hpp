// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/config.hpp"
#include "models/cost/machine/energy_options.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// `energy:` of a machine (docs/energy_activity.md).
struct EnergyConfig {
    cost::EnergyOptions options;
    std::optional<arch::OperandSampling> sampling = arch::OperandSampling{};  ///< empty: none
};

/// What is left out has the values above.
EnergyConfig readEnergy(const Section& section);

}  // namespace systole::sim
