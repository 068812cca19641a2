// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

namespace systole::sim {

/// Of the terminal that is written for.
inline constexpr std::size_t kTextColumns = 100;

/// One line of RFC 4180 CSV; cells with a comma, a quote or a line break are quoted.
std::string csvRow(const std::vector<std::string>& cells);

/// Cells under each other: the first column flush left, the others flush right, two spaces between.
/// A row of no cells becomes a rule.
std::string alignedTable(const std::vector<std::vector<std::string>>& rows);

/// The same, at most `kTextColumns` wide: columns that do not fit follow in further tables below,
/// each of which begins with the first `leading` columns again. `rows` begin with the header.
std::string tableInBlocks(const std::vector<std::vector<std::string>>& rows, std::size_t leading);

/// Sentences for the terminal: lines of more than 100 columns go on in the next line, at a space.
std::string wrapped(const std::string& text);

/// `value` with a metric prefix and three or four digits: `1.23 mJ`, `456 k`.
std::string withPrefix(double value, const std::string& unit);

}  // namespace systole::sim
