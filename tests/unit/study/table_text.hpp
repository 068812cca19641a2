// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace systole::sim {

/// In one line: line breaks are where the terminal's width puts them.
inline std::string unwrapped(const std::string& text) {
    return std::regex_replace(text, std::regex("\\s+"), " ");
}

/// What stands at least two spaces apart.
inline std::vector<std::string> cellsOf(const std::string& text) {
    std::vector<std::string> cells;
    const std::regex cell("\\S+( \\S+)*");
    for (std::sregex_iterator at(text.begin(), text.end(), cell), end; at != end; ++at) {
        cells.push_back(at->str());
    }
    return cells;
}

/// The cells of a table's row behind its name, from the first table that has it.
inline std::vector<std::string> rowOf(const std::string& text, const std::string& name) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind(name + "  ", 0) == 0) return cellsOf(line.substr(name.size()));
    }
    return {};
}

}  // namespace systole::sim
