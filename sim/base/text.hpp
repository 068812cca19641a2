// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

namespace systole::sim {

/// One line of RFC 4180 CSV; cells with a comma, a quote or a line break are quoted.
std::string csvRow(const std::vector<std::string>& cells);

/// Cells under each other: the first column flush left, the others flush right, two spaces between.
/// A row of no cells becomes a rule.
std::string alignedTable(const std::vector<std::vector<std::string>>& rows);

/// The items of lists with commas between, such as `int8,{a: b, c: d}`: a comma within brackets or
/// quotes does not part them.
std::vector<std::string> splitLists(const std::vector<std::string>& lists);

/// Columns of the terminal that texts and tables keep to.
inline constexpr std::size_t kTextColumns = 100;

/// A text in lines of at most `columns`, broken at spaces; a longer word stays whole.
std::vector<std::string> brokenAt(const std::string& text, std::size_t columns);

/// Sentences for the terminal: lines of more than 100 columns go on in the next line, at a space.
std::string wrapped(const std::string& text);

/// `value` with a metric prefix and three or four digits: `1.23 mJ`, `456 k`.
std::string withPrefix(double value, const std::string& unit);

}  // namespace systole::sim
