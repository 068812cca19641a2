// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace systole::sim {

/// One line of RFC 4180 CSV; cells with a comma, a quote or a line break are quoted.
std::string csvRow(const std::vector<std::string>& cells);

/// Cells under each other: the first column flush left, the others flush right, two spaces between.
/// A row of no cells becomes a rule.
std::string alignedTable(const std::vector<std::vector<std::string>>& rows);

/// Sentences for the terminal: lines of more than 100 columns go on in the next line, at a space.
std::string wrapped(const std::string& text);

/// The text on one line, for a terminal: control characters, bytes that are no UTF-8, and marks
/// that turn the direction of writing become escapes such as \n, \x1b and \u202e.
std::string printable(std::string_view text);

/// `value` with a metric prefix and three or four digits: `1.23 mJ`, `456 k`.
std::string withPrefix(double value, const std::string& unit);

}  // namespace systole::sim
