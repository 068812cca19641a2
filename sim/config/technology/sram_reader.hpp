// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/technology/sram.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// Reads the section `sram` of a technology file. Every coefficient must be there, none may be
/// negative; problems are noted with the reader, and the model then costs nothing.
cost::SramModel readSram(const Section& section);

}  // namespace systole::sim
