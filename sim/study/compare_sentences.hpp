// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sim/study/compare.hpp"

namespace systole::sim {

/// What stands below the table of a comparison: what went wrong, ratios to the first format, who
/// wins, which clock is not reachable and why. Formats are called as in the table.
std::string comparisonSentences(const Comparison& comparison);

}  // namespace systole::sim
