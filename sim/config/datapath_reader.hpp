// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "arch/config.hpp"
#include "sim/reader/config_reader.hpp"

/// `datapath` and `further_datapaths` of a machine, each in the format of configs/datapaths.
namespace systole::sim {

/// The sections of all datapaths: one at least.
std::vector<Section> datapathSections(const Section& root);

/// Reads them into a machine. Two of the same formats of operands are a problem, as nothing would
/// say which of them a layer runs on.
void readDatapaths(const std::vector<Section>& sections, arch::MachineConfig& machine);

}  // namespace systole::sim
