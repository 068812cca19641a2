// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/technology/layout.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// Reads the section `layout` of a technology. Every coefficient must be there and lie within its
/// band; problems are noted with the reader.
cost::LayoutTechnology readLayout(const Section& section);

}  // namespace systole::sim
