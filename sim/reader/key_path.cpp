// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/key_path.hpp"

#include <algorithm>

namespace systole::sim::yaml {
namespace {

bool isQuote(char letter) { return letter == '"' || letter == '\''; }

bool isIndex(const std::string& part) {
    return part.size() > 2 && part.front() == '[' && part.back() == ']' &&
           part.find_first_not_of("0123456789", 1) == part.size() - 1;
}

std::string quotedIfNeeded(const std::string& part) {
    if (isIndex(part) || (!part.empty() && part.find_first_of(".[=\"' \t") == std::string::npos)) {
        return part;
    }
    const char quote = part.find('"') == std::string::npos ? '"' : '\'';
    return quote + part + quote;
}

/// Behind the quoted part that begins at `at`; npos where it does not close.
std::size_t endOfQuoted(std::string_view text, std::size_t at) {
    const std::size_t close = text.find(text[at], at + 1);
    return close == std::string_view::npos ? close : close + 1;
}

/// Behind the part that begins at `at`.
std::size_t endOfPart(std::string_view text, std::size_t at) {
    if (at < text.size() && isQuote(text[at])) return endOfQuoted(text, at);
    return std::min(text.find_first_of(".[=", at + (at < text.size() && text[at] == '[' ? 1 : 0)),
                    text.size());
}

}  // namespace

std::string joinPath(const KeyPath& path) {
    std::string joined;
    for (const std::string& part : path) {
        if (!joined.empty() && !isIndex(part)) joined += '.';
        joined += quotedIfNeeded(part);
    }
    return joined;
}

KeyPath splitPath(std::string_view text) {
    KeyPath path;
    for (std::size_t at = 0;;) {
        const std::size_t end = endOfPart(text, at);
        if (end == std::string_view::npos) return {};
        const std::string_view part = text.substr(at, end - at);
        const bool isQuoted = !part.empty() && isQuote(part.front());
        if (part.empty() || (!isQuoted && part.find_first_of(" \t\"'") != part.npos)) return {};
        path.emplace_back(isQuoted ? part.substr(1, part.size() - 2) : part);
        if (path.back().empty()) return {};
        if (end == text.size()) return path;
        if (text[end] != '.' && text[end] != '[') return {};
        at = end + (text[end] == '.' ? 1 : 0);
    }
}

std::size_t endOfPath(std::string_view override) {
    for (std::size_t at = 0; at < override.size();) {
        const std::size_t end = endOfPart(override, at);
        if (end >= override.size()) return std::string_view::npos;
        if (override[end] == '=') return end;
        at = end + (override[end] == '.' ? 1 : 0);
        if (at == end && override[end] != '[') return override.find('=', end);  // no path at all
    }
    return std::string_view::npos;
}

}  // namespace systole::sim::yaml
