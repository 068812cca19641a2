// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "models/memory/dram/dram_config.hpp"
#include "models/memory/dram/dram_patterns.hpp"

namespace systole::memory {

/// What the timing rules alone allow, by arithmetic and without a controller.
struct ClosedForm {
    double clocksPerRequest = 0;
    std::string text;  ///< the resource that runs out first, and the refreshes
};

/// Of sequential, random and row-conflict reads; nothing for other patterns, nor for sequential
/// reads of channels that take turns so seldom that a queue does not reach the next one.
std::optional<ClosedForm> closedForm(const DdrConfig& config, DramPattern pattern);

}  // namespace systole::memory
