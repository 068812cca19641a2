// SPDX-License-Identifier: Apache-2.0
#include "sim/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

namespace systole::sim {
namespace {

std::string csvCell(const std::string& cell) {
    if (cell.find_first_of(",\"\n\r") == std::string::npos) {
        return cell;
    }
    std::string quoted = "\"";
    for (const char c : cell) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return quoted + "\"";
}

}  // namespace

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

std::string alignedTable(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()), 0);
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::size_t total = 0;
    for (const std::size_t width : widths) {
        total += width + 2;
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line = row.empty() ? std::string(total - 2, '-') : std::string();
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += i == 0 ? fmt::format("{:<{}}", row[i], widths[i])
                           : fmt::format("  {:>{}}", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
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

std::string wrapped(const std::string& text) {
    constexpr std::size_t kColumns = kTextColumns;
    std::string result = text;
    std::size_t begin = 0;  // of the line
    while (result.size() - begin > kColumns) {
        std::size_t end = result.find('\n', begin);
        if (end == std::string::npos || end - begin > kColumns) {
            const std::size_t space = result.rfind(' ', begin + kColumns);
            // A word longer than a line stays whole.
            end = space == std::string::npos || space <= begin
                      ? result.find_first_of(" \n", begin + kColumns)
                      : space;
            if (end == std::string::npos) break;
            result[end] = '\n';
        }
        begin = end + 1;
    }
    return result;
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

}  // namespace systole::sim
