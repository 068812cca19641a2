// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/technology/logic_technology.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// Reads the section `logic` of a technology. Every coefficient must be there, none may be
/// negative; problems are noted with the reader.
cost::LogicTechnology readLogic(const Section& section);

}  // namespace systole::sim
