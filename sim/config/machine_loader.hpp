// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "arch/config.hpp"
#include "models/cost/machine/energy_options.hpp"
#include "models/cost/technology/technology.hpp"
#include "sim/quantize/scheme.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// Whether area and energy are those of silicon, or of the cells alone as synthesis prints them.
enum class Layout : std::uint8_t { Placed, CellsOnly };
inline constexpr std::array<const char*, 2> kLayoutNames{"placed", "cells_only"};

/// A file of configs/accelerators with all its fragments.
struct RunConfig {
    arch::MachineConfig machine;
    Scheme scheme;
    cost::Technology technology;
    Layout layout = Layout::Placed;  ///< if the technology says what silicon has beyond cells
    cost::EnergyOptions energy;
    cost::Goal synthesis = cost::Goal::Area;     ///< what that of the processing elements aims at
    std::vector<cost::Goal> furtherSynthesis{};  ///< of the elements of further datapaths
    bool isElementChosen = false;                ///< by `auto`: synthesis or stages
    ResolvedConfig resolved;                     ///< for those who want to repeat a run
};

/// What `datapath.synthesis` and `array.pipeline_depth` are where nobody says: for area and one
/// stage, or `auto`, the smallest that reach the clock (with `clock: max` the highest one).
enum class ElementDefault : std::uint8_t { Plain, ReachesClock };

/// The scheme without formats of its own, which `scheme: auto` falls back to.
inline constexpr const char* kCommonScheme = "per_channel";

/// Throws ConfigError with all problems of the file, its fragments and the overrides. A scheme
/// `auto` is the one named like the datapath's weight format; it takes the datapath's activation
/// format and accumulator. Layers whose formats it names run on the datapath that has them. In
/// every other scheme a format or an accumulator `datapath` is the datapath's; others must name the
/// datapath's.
RunConfig loadRunConfig(const std::filesystem::path& file, const Overrides& overrides,
                        ElementDefault element = ElementDefault::Plain);

/// The same, for a root section that somebody opened.
RunConfig readRunConfig(const Section& root, ElementDefault element = ElementDefault::Plain);

}  // namespace systole::sim
