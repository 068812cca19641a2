// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace systole::sim {

/// How a run differs from a golden, a line each.
struct GoldenDifferences {
    /// Keys of the resolved configuration, the first twenty. They alone make no difference.
    std::vector<std::string> config;
    /// The five figures that changed most, in percent of what was recorded.
    std::vector<std::string> largest;
    /// Every difference, empty if there is none: of tensors by name, of the output with its first
    /// differing element, of figures by their key path, in which layers have their names.
    std::vector<std::string> all;
};

/// Between two documents of a golden file: `config` (the first may lack it), `tensors_sha256`,
/// `output` and `result`.
GoldenDifferences differencesBetween(const nlohmann::ordered_json& expected,
                                     const nlohmann::ordered_json& actual);

}  // namespace systole::sim
