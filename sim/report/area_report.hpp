// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/cost/machine/area_model.hpp"

namespace systole::sim {

/// A tree as JSON: `area_um2` with `low_um2` and `high_um2`; `silicon` with the same keys;
/// `is_free`, `source`, `notes` where there are any; and its parts by name in `parts`.
nlohmann::ordered_json areaJson(const cost::AreaNode& area);

/// A tree for the terminal, parts indented, with its notes: cells with their band, silicon with its
/// share and its band.
std::string areaTable(const cost::AreaNode& area);
/// What a reader should know of the figures, a line each.
std::string areaNotes(const cost::AreaNode& area);
/// Where the figures come from, each source once with the components that have it.
std::string areaSources(const cost::AreaNode& area);

}  // namespace systole::sim
