// SPDX-License-Identifier: Apache-2.0
#include "sim/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

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

std::string tableInBlocks(const std::vector<std::vector<std::string>>& rows, std::size_t leading) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()), 0);
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size() + 2);
        }
    }
    const auto widthOf = [&](std::size_t begin, std::size_t end) {
        return std::accumulate(widths.begin() + static_cast<std::ptrdiff_t>(begin),
                               widths.begin() + static_cast<std::ptrdiff_t>(end), std::size_t{0});
    };
    std::string text;
    std::size_t begin = std::min(leading, widths.size());
    do {
        std::size_t end = std::min(begin + 1, widths.size());
        while (end < widths.size() &&
               widthOf(0, leading) + widthOf(begin, end + 1) <= kTextColumns + 2) {
            ++end;
        }
        std::vector<std::vector<std::string>> block;
        for (const auto& row : rows) {
            auto& cells = block.emplace_back();
            for (std::size_t i = 0; i < std::min(end, row.size()); ++i) {
                if (i < leading || i >= begin) cells.push_back(row[i]);
            }
        }
        text += (text.empty() ? "" : "\n") + alignedTable(block);
        begin = end;
    } while (begin < widths.size());
    return text;
}

std::string wrapped(const std::string& text) {
    std::string result = text;
    std::size_t begin = 0;  // of the line
    while (result.size() - begin > kTextColumns) {
        std::size_t end = result.find('\n', begin);
        if (end == std::string::npos || end - begin > kTextColumns) {
            const std::size_t space = result.rfind(' ', begin + kTextColumns);
            // A word longer than a line stays whole.
            end = space == std::string::npos || space <= begin
                      ? result.find_first_of(" \n", begin + kTextColumns)
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
