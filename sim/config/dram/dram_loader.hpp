// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/memory/dram/dram_config.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// The memory that a section in the format of configs/dram/*.yaml describes. Sizes that become
/// parts of an address are powers of two.
memory::DramConfig readDram(const Section& section);

/// A memory, and what its file says.
struct LoadedDram {
    memory::DramConfig config;
    ResolvedConfig resolved;
};

/// The memory of a file of configs/dram, or of an accelerator's.
LoadedDram loadResolvedDram(const std::filesystem::path& file, const Overrides& overrides);
memory::DramConfig loadDram(const std::filesystem::path& file, const Overrides& overrides);

}  // namespace systole::sim
