// SPDX-License-Identifier: Apache-2.0
#include "sim/base/text.hpp"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/locale/utf.hpp>
#include <cerrno>
#include <cmath>
#include <numeric>
#include <span>
#include <sstream>
#include <system_error>
#include <utility>

#include "sim/base/config_error.hpp"
#include "sim/base/progress.hpp"

namespace systole::sim {
namespace {

std::string csvCell(const std::string& text) {
    const std::string cell = printable(text);
    if (cell.find_first_of(",\"") == std::string::npos) {
        return cell;
    }
    std::string quoted = "\"";
    for (const char c : cell) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return quoted + "\"";
}

/// Terminals act on them, or show what follows in another order.
bool steersTerminal(char32_t point) {
    const auto isBetween = [point](char32_t first, char32_t last) {
        return point >= first && point <= last;
    };
    return point < 0x20 || isBetween(0x7F, 0x9F) || isBetween(0x200B, 0x200F) ||
           isBetween(0x2028, 0x202E) || isBetween(0x2060, 0x206F) || point == 0xFEFF;
}

std::string escaped(char32_t point) {
    if (point == '\n') return "\\n";
    if (point == '\t') return "\\t";
    return point < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(point))
                         : fmt::format("\\u{:04x}", static_cast<unsigned>(point));
}

std::string printableBut(std::string_view text, char kept) {
    using Utf8 = boost::locale::utf::utf_traits<char>;
    std::string shown;
    for (const char* at = text.begin(); at != text.end();) {
        const char* const start = at;
        const auto point = Utf8::decode(at, text.end());
        if (!boost::locale::utf::is_valid_codepoint(point)) {
            at = start + 1;
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(*start));
        } else if (steersTerminal(point) && (kept == 0 || *start != kept)) {
            shown += escaped(point);
        } else {
            shown.append(start, at);
        }
    }
    return shown;
}

/// Where the characters of UTF-8 begin, and the end.
std::vector<std::size_t> characters(const std::string& text) {
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) starts.push_back(i);
    }
    starts.push_back(text.size());
    return starts;
}

constexpr std::size_t kGap = 2;  // between columns

class Table {
public:
    Table(const TableRows& rows, std::size_t names) : rows_(rows), names_(names) {
        for (auto& row : rows_) {
            for (std::string& cell : row) cell = printable(cell);
        }
        measure();
    }

    std::string text() {
        if (widthOf(0, widths_.size()) > kTextColumns) shortenNames();
        std::string text;
        for (std::size_t begin = std::min(names_, widths_.size()); begin <= widths_.size();) {
            const std::size_t end = endOfColumns(begin);
            text += (text.empty() ? "" : "\n") + part(begin, end);
            if (end == widths_.size()) break;
            begin = end;
        }
        return text;
    }

private:
    void measure() {
        widths_.clear();
        for (const auto& row : rows_) {
            widths_.resize(std::max(widths_.size(), row.size()), 0);
            for (std::size_t i = 0; i < row.size(); ++i) {
                widths_[i] = std::max(widths_[i], displayWidth(row[i]));
            }
        }
    }

    /// Of the columns from `begin` to `end`, and the gaps between them.
    std::size_t widthOf(std::size_t begin, std::size_t end) const {
        return std::accumulate(widths_.begin() + static_cast<std::ptrdiff_t>(begin),
                               widths_.begin() + static_cast<std::ptrdiff_t>(end),
                               end > begin ? kGap * (end - begin - 1) : 0);
    }

    void shorten(std::size_t column, std::size_t columns) {
        for (auto& row : rows_) {
            if (column < row.size()) row[column] = shortened(row[column], columns);
        }
    }

    /// To what leaves place for all columns, but not to less than tells names apart.
    void shortenNames() {
        constexpr std::size_t kNames = 48;  // of all of them together
        constexpr std::size_t kShortest = 24;
        const std::size_t names = std::min(names_, widths_.size());
        const std::size_t over = widthOf(0, widths_.size()) - kTextColumns;
        for (std::size_t i = 0; i < names; ++i) {
            const std::size_t most = std::max<std::size_t>((kNames + kGap) / names - kGap, 8);
            const bool suffices = names == 1 && widths_[i] >= over + kShortest;
            shorten(i, suffices ? widths_[i] - over : most);
        }
        for (std::size_t i = names; i < widths_.size(); ++i)
            shorten(i, kTextColumns - kNames - kGap);
        measure();
    }

    /// Behind the last column that fits beside the names, and at least one.
    std::size_t endOfColumns(std::size_t begin) const {
        std::size_t width = widthOf(0, std::min(names_, widths_.size()));
        std::size_t end = begin;
        while (end < widths_.size() &&
               (end == begin || width + kGap + widths_[end] <= kTextColumns)) {
            width += kGap + widths_[end++];
        }
        return end;
    }

    std::string part(std::size_t begin, std::size_t end) const {
        const std::size_t names = std::min(names_, widths_.size());
        const std::size_t total =
            widthOf(0, names) + (end > begin && names > 0 ? kGap : 0) + widthOf(begin, end);
        std::string text;
        for (const auto& row : rows_) {
            std::string line = row.empty() ? std::string(total, '-') : std::string();
            for (std::size_t i = 0; i < row.size(); ++i) {
                if (i >= names && (i < begin || i >= end)) continue;
                line += i == 0 ? fmt::format("{:<{}}", row[i], widths_[i])
                               : fmt::format("  {:>{}}", row[i], widths_[i]);
            }
            line.erase(line.find_last_not_of(' ') + 1);
            text += line + "\n";
        }
        return text;
    }

    TableRows rows_;
    std::size_t names_;
    std::vector<std::size_t> widths_;
};

bool showsZero(const std::string& cell) {
    return cell.find_first_of("123456789") == std::string::npos &&
           cell.find('0') != std::string::npos;
}

}  // namespace

std::string printable(std::string_view text) { return printableBut(text, 0); }

void printText(std::FILE* stream, std::string_view text) {
    const std::string shown = printableBut(text, '\n');
    bool isWritten = false;
    printBesideProgress(
        [&] { isWritten = std::fwrite(shown.data(), 1, shown.size(), stream) == shown.size(); });
    if (!isWritten) {
        throw ConfigError(fmt::format("standard {}: cannot be written: {}",
                                      stream == stdout ? "output" : "error",
                                      std::generic_category().message(errno)));
    }
}

/// The library that pads text knows how wide it is, but does not tell.
std::size_t displayWidth(const std::string& text) {
    const std::size_t enough = 2 * text.size() + 1;
    return text.size() + enough - fmt::format("{:<{}}", text, enough).size();
}

std::string shortened(const std::string& text, std::size_t columns) {
    if (displayWidth(text) <= columns) return text;
    constexpr std::string_view kDots = "..";
    const std::vector<std::size_t> starts = characters(text);
    std::size_t kept = std::min(columns - kDots.size(), starts.size() - 1);
    std::string result;
    do {  // wide characters take two columns
        const std::size_t behind = kept / 2;
        result = text.substr(0, starts[kept - behind]);
        result += kDots;
        result += text.substr(starts[starts.size() - 1 - behind]);
    } while (displayWidth(result) > columns && kept-- > 1);
    return result;
}

std::string titleName(const std::string& name) {
    constexpr std::size_t kMost = 32;
    return shortened(printable(name), kMost);
}

void printMessage(std::FILE* stream, std::string_view text) {
    constexpr std::size_t kIndent = 4;
    const std::string shown = printableBut(text, '\n');
    printText(stream, ::isatty(::fileno(stream)) == 1 ? wrapped(shown, kIndent) : shown);
}

std::string csvRow(const std::vector<std::string>& cells) {
    std::string line;
    for (const std::string& cell : cells) {
        line += (line.empty() ? "" : ",") + csvCell(cell);
    }
    return line + "\n";
}

std::vector<std::string> splitLists(const std::vector<std::string>& lists) {
    std::vector<std::string> items;
    for (const std::string& list : lists) {
        items.emplace_back();
        int depth = 0;
        char quote = 0;
        for (const char c : list) {
            if (quote != 0) {
                quote = c == quote ? '\0' : quote;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else {
                depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            }
            if (c == ',' && depth <= 0 && quote == 0) {
                items.emplace_back();
            } else {
                items.back() += c;
            }
        }
    }
    for (std::string& item : items) {
        item.erase(0, item.find_first_not_of(' '));
        item.erase(item.find_last_not_of(' ') + 1);
    }
    return items;
}

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::string inOneLine(const std::string& text) {
    return fmt::format("{}", fmt::join(linesOf(text), "; "));
}

std::vector<std::string> brokenAt(const std::string& text, std::size_t columns) {
    std::vector<std::string> lines;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (lines.empty() || lines.back().size() + 1 + word.size() > columns) {
            lines.push_back(word);
        } else {
            lines.back() += " " + word;
        }
    }
    return lines;
}

std::string alignedTable(const TableRows& rows, std::size_t names) {
    return Table(rows, names).text();
}

TableRows withoutZeroColumns(const TableRows& rows) {
    TableRows kept(rows.size());
    const std::size_t columns = rows.empty() ? 0 : rows.front().size();
    for (std::size_t column = 0; column < columns; ++column) {
        const bool zeros = std::all_of(rows.begin() + 1, rows.end(), [&](const auto& row) {
            return row.size() <= column || showsZero(row[column]);
        });
        if (column > 0 && zeros) continue;
        for (std::size_t row = 0; row < rows.size(); ++row) {
            if (column < rows[row].size()) kept[row].push_back(rows[row][column]);
        }
    }
    return kept;
}

std::string wrapped(const std::string& text, std::size_t indent) {
    std::string result = text;
    std::size_t begin = 0;    // of the line
    std::size_t content = 0;  // behind its indentation
    while (result.size() - begin > kTextColumns) {
        std::size_t end = result.find('\n', begin);
        bool breaks = end == std::string::npos || end - begin > kTextColumns;
        if (breaks) {
            std::size_t space = result.rfind(' ', begin + kTextColumns);
            // A percent sign stays with its number.
            if (space != std::string::npos && space > content && result[space + 1] == '%') {
                space = result.rfind(' ', space - 1);
            }
            // A word longer than a line stays whole.
            end = space == std::string::npos || space <= content
                      ? result.find_first_of(" \n", begin + kTextColumns)
                      : space;
            if (end == std::string::npos) break;
            breaks = std::exchange(result[end], '\n') == ' ';
            if (breaks) result.insert(end + 1, indent, ' ');
        }
        begin = end + 1;
        content = begin + (breaks ? indent : 0);
    }
    return result;
}

std::string labelledLines(const TableRows& rows, std::size_t column) {
    std::string text;
    for (const auto& row : rows) {
        text += wrapped(fmt::format("{:<{}}{}\n", row[0], column, printable(row[1])), column);
    }
    return text;
}

double fourDigitsDown(double value) {
    if (value <= 0 || !std::isfinite(value)) return value;
    const double step = std::pow(10, std::floor(std::log10(value)) - 3);
    return std::floor(value / step) * step;
}

std::string withPrefix(double value, const std::string& unit) {
    struct Prefix {
        double factor;
        const char* symbol;
    };
    constexpr std::array kPrefixes{Prefix{1e9, "G"},  Prefix{1e6, "M"},  Prefix{1e3, "k"},
                                   Prefix{1, ""},     Prefix{1e-3, "m"}, Prefix{1e-6, "u"},
                                   Prefix{1e-9, "n"}, Prefix{1e-12, "p"}};
    if (value == 0 || !std::isfinite(value)) {
        return fmt::format("{} {}", value, unit);
    }
    const auto* prefix =
        std::find_if(kPrefixes.begin(), kPrefixes.end(),
                     [&](const Prefix& candidate) { return std::fabs(value) >= candidate.factor; });
    prefix = prefix == kPrefixes.end() ? std::prev(kPrefixes.end()) : prefix;
    return fmt::format("{:.4g} {}{}", value / prefix->factor, prefix->symbol, unit);
}

std::string doubtText(double share) {
    return share < 1 ? fmt::format("+-{:.0f} %", 100 * share)
                     : fmt::format("up to {:.{}f} times", 1 + share, share < 9 ? 1 : 0);
}

}  // namespace systole::sim
