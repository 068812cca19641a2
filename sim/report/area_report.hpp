// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/cost/machine/area_model.hpp"

namespace systole::sim {

/// A tree as JSON: `area_um2`, `low_um2`, `high_um2`, `is_free`, `source`, and its parts by name in
/// `parts`.
nlohmann::ordered_json areaJson(const cost::AreaNode& area);

/// A tree for the terminal, parts indented: mm2, share, band.
std::string areaTable(const cost::AreaNode& area);
/// Where the figures come from, each source once with the components that have it.
std::string areaSources(const cost::AreaNode& area);

}  // namespace systole::sim
