// SPDX-License-Identifier: Apache-2.0
#include "sim/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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

/// The character of UTF-8 (RFC 3629) that a text begins with; no bytes where there is none.
struct Character {
    char32_t code = 0;
    std::size_t bytes = 0;
};

Character firstCharacter(std::string_view text) {
    constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) return {first, 1};
    const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC0 || first >= 0xF8 || text.size() < bytes) return {};
    char32_t code = first & (0xFFU >> (bytes + 1));
    for (const char next : text.substr(1, bytes - 1)) {
        if ((static_cast<unsigned char>(next) & 0xC0U) != 0x80) return {};
        code = code << 6U | (static_cast<unsigned char>(next) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    if (code < kSmallest.at(bytes) || surrogate || code > 0x10FFFF) return {};
    return {code, bytes};
}

/// C0, delete and C1; line and paragraph separators; embeddings, overrides and isolates of
/// direction (Unicode 15, section 23.2 and 23.3).
bool steersTheTerminal(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

std::string escapeOf(char32_t code) {
    switch (code) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return code < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(code))
                                : fmt::format("\\u{:04x}", static_cast<unsigned>(code));
    }
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const Character character = firstCharacter(text);
        const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
        if (character.bytes == 0) {
            result += escapeOf(static_cast<unsigned char>(text.front()));
        } else if (steersTheTerminal(character.code)) {
            result += escapeOf(character.code);
        } else {
            result += text.substr(0, bytes);
        }
        text.remove_prefix(bytes);
    }
    return result;
}

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

std::string wrapped(const std::string& text) {
    constexpr std::size_t kColumns = 100;
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
