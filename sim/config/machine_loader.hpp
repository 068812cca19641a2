// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/config.hpp"
#include "models/cost/machine/energy_options.hpp"
#include "models/cost/technology/technology.hpp"
#include "sim/quantize/scheme.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// A file of configs/accelerators with all its fragments.
struct RunConfig {
    arch::MachineConfig machine;
    Scheme scheme;
    cost::Technology technology;
    cost::EnergyOptions energy;
    ResolvedConfig resolved;  ///< for those who want to repeat a run
};

/// Throws ConfigError with all problems of the file, its fragments and the overrides. A scheme
/// `auto` is the one named like the datapath's weight format; it takes the datapath's activation
/// format and accumulator. Every other scheme must name the datapath's formats.
RunConfig loadRunConfig(const std::filesystem::path& file, const Overrides& overrides);

/// The same, for a root section that somebody opened.
RunConfig readRunConfig(const Section& root);

}  // namespace systole::sim
