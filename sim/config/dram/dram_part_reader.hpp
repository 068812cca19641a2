// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/memory/dram/dram_config.hpp"
#include "sim/config/dram/dram_standard_reader.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// What a part's standard can do.
struct DramPart {
    DramStandard standard;
    bool sound = false;         ///< nothing was reported
    Cycle intervalByBank = 0;   ///< of a refresh of all banks, one set after the other
    std::string noRefreshBank;  ///< why the part has none; empty where it has
};

/// Puts the timing and the currents of a part into its standard's expressions: fills the rules,
/// commands, latencies, the refresh but its mode and postponement, and the power but that of I/O.
/// The part gives exactly the names that the standard uses, but may leave out all those that only
/// RefreshBank needs: it has none then. Needs the organization.
DramPart readPart(const Section& part, memory::DdrConfig& ddr);

}  // namespace systole::sim
