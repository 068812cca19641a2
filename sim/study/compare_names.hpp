// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/study/compare.hpp"

namespace systole::sim {

/// What its formats are called in a table: a name that is longer than a column, or has spaces, as
/// inline maps have, is `#2` where it is that of the second format.
std::vector<std::string> columnNames(const Comparison& comparison);

/// A line for each name that is not its own column's: `#2: {activation: int8, ..}`; else empty.
std::string namesLegend(const Comparison& comparison);

}  // namespace systole::sim
