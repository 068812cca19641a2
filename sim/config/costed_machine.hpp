// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/machine/machine_description.hpp"
#include "sim/config/machine_loader.hpp"

namespace systole::sim {

/// The kind of multiplier, chosen or by default.
numeric::ProductClass multiplierOf(const arch::DatapathConfig& datapath);

/// What area and energy of a configured machine depend on, while a datapath works.
cost::MachineDescription describeMachine(const RunConfig& config, arch::DatapathId datapath = 0);

/// The clock in hertz that its processing elements, as they are pipelined, and its memories reach:
/// what `clock: max` stands for. Infinite where nothing limits it.
double fastestClock(const RunConfig& config);

}  // namespace systole::sim
