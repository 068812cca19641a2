// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace systole::sim {

/// A document as text whose differences are easy to read: a text is a line, and so are numbers that
/// follow each other, an object of numbers, and a list of numbers.
///
///     {
///      "name": "stem",
///      "cycles": 7, "macs": 9,
///      "counters": {"reads": 1, "writes": 2}
///     }
std::string jsonForDiffs(const nlohmann::ordered_json& document);

}  // namespace systole::sim
