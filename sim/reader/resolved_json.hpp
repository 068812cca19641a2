// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sim/reader/resolved_config.hpp"

namespace systole::sim {

/// What a reader read as JSON, which is YAML: a file with it is a configuration that repeats the
/// run.
nlohmann::ordered_json resolvedJson(const ResolvedConfig& config);

}  // namespace systole::sim
