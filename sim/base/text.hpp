// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace systole::sim {

/// Columns of a terminal that whatever is printed keeps to.
inline constexpr std::size_t kTextColumns = 100;

/// A user's text as messages and tables can show it, in one line: control characters, characters
/// that turn the direction of writing, and bytes that are no UTF-8, become `\n`, `\x1b`,
/// `\u202e`.
std::string printable(std::string_view text);

/// Writes text to standard output or standard error, so that no text of the user's steers the
/// terminal: printable, but for its line breaks. ConfigError where that is not possible.
void printText(std::FILE* stream, std::string_view text);

/// A message for people: as printText, but where the stream is a terminal its lines go on below
/// (wrapped). In a file or a pipe a problem stays one line: programs read those, and `grep`.
void printMessage(std::FILE* stream, std::string_view text);

/// A user's name in a title: printable, and not too long.
std::string titleName(const std::string& name);

/// Columns that a terminal needs for it.
std::size_t displayWidth(const std::string& text);

/// At most so many columns (5 or more): the middle makes place for two dots.
std::string shortened(const std::string& text, std::size_t columns);

/// One line of RFC 4180 CSV: cells are printable, and quoted where they have a comma or a quote.
std::string csvRow(const std::vector<std::string>& cells);

using TableRows = std::vector<std::vector<std::string>>;

/// Cells under each other: the first column flush left, the others flush right, two spaces between.
/// A row of no cells becomes a rule. Where lines would have more than kTextColumns, cells of the
/// first `names` columns are shortened, and then the other columns go on in further tables below,
/// each with those first ones.
std::string alignedTable(const TableRows& rows, std::size_t names = 1);

/// The rows without the columns, behind the first, that show nothing but zeros below the header.
TableRows withoutZeroColumns(const TableRows& rows);

/// Sentences for the terminal: lines of more than kTextColumns go on in the next line, at a space,
/// behind `indent` further spaces.
std::string wrapped(const std::string& text, std::size_t indent = 0);

/// A line a label and its text, which begins in column `column`, also where it goes on below.
std::string labelledLines(const TableRows& rows, std::size_t column);

/// The items of lists with commas between, such as `int8,{a: b, c: d}`: a comma within brackets or
/// quotes does not part them.
std::vector<std::string> splitLists(const std::vector<std::string>& lists);

/// The lines of a text, and such lines as one: `a; b`.
std::vector<std::string> linesOf(const std::string& text);
std::string inOneLine(const std::string& text);

/// A text in lines of at most `columns`, broken at spaces; a longer word stays whole.
std::vector<std::string> brokenAt(const std::string& text, std::size_t columns);

/// `value` with a metric prefix and three or four digits: `1.23 mJ`, `456 k`.
std::string withPrefix(double value, const std::string& unit);

/// How far a figure may be off, as a share of it: `+-7 %`. Where nothing would be left of it at the
/// lower end, what to multiply or to divide it by: `up to 2.7 times`.
std::string doubtText(double share);

/// The next number below, or itself, that withPrefix shows as it is: of a limit, so that what is
/// printed is within it. 0 and infinity stay.
double fourDigitsDown(double value);

}  // namespace systole::sim
