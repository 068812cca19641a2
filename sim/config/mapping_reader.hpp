// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/config.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// `mapping:` of a machine: the objective of the search, and per layer what is not to be searched.
/// Whether the layers are those of the network shows when it is lowered.
arch::MappingConfig readMapping(const Section& section);

}  // namespace systole::sim
