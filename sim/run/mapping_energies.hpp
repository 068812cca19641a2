// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/mapping/mapping_energy.hpp"
#include "sim/config/machine_loader.hpp"

namespace systole::sim {

/// What the actions of the machine cost in the technology and the DRAM part that it is costed with,
/// for the search of mappings of layers on a datapath. Products are those of drawn operands. DRAM
/// counts as awake all the time.
arch::ActionEnergies mappingEnergies(const RunConfig& config, arch::DatapathId datapath = 0);

}  // namespace systole::sim
