// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/study/compare.hpp"

namespace systole::sim {

/// What `names` are called in a table: one that is longer than a column, or has spaces, as inline
/// maps have, is `#2` where it is the second one.
std::vector<std::string> shortNames(const std::vector<std::string>& names);

/// A line for each name that has another one in the table: `#2: {activation: int8, ..}`; else
/// empty.
std::string legendOf(const std::vector<std::string>& names);

/// The same for the formats of a comparison.
std::vector<std::string> columnNames(const Comparison& comparison);
std::string namesLegend(const Comparison& comparison);

/// Configuration keys as the heads of columns: as many of their last parts as tell them apart.
std::vector<std::string> shortKeys(const std::vector<std::string>& keys);

}  // namespace systole::sim
