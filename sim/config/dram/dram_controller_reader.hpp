// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/memory/dram/dram_config.hpp"
#include "sim/config/dram/dram_part_reader.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// `controller` of a DRAM's section, in the format of configs/dram_controllers/*.yaml: fills
/// `controller`, and what `refresh` says of mode and postponement.
void readController(const Section& section, const DramPart& part, memory::DdrConfig& ddr);

}  // namespace systole::sim
