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
    /// The five figures that changed most: three of the whole run and two of layers, as far as
    /// there are. Among each, figures of their own (`/totals/cycles`) come before parts of figures
    /// (`/totals/counters/macs`). Then the change decides, in percent of what was recorded; of a
    /// count of that and 100 more: 1 to 2 is less than 50,000 to 61,000, and 0 to 8 is something.
    /// Other figures that were 0 come first.
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
