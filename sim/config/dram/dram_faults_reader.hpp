// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/memory/dram/dram_config.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// `ecc` and `faults` of a DRAM section; where they are missing, there are none.
void readDramFaults(const Section& section, memory::DramConfig& dram);

}  // namespace systole::sim
