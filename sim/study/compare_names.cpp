// SPDX-License-Identifier: Apache-2.0
#include "sim/study/compare_names.hpp"

#include <fmt/format.h>

#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

/// Of a name that keeps its place in the table; all shipped datapaths have such names.
constexpr std::size_t kMostColumns = 16;

}  // namespace

std::vector<std::string> columnNames(const Comparison& comparison) {
    std::vector<std::string> columns;
    for (const ComparedFormat& format : comparison.formats) {
        const std::string& name = format.format;
        const bool fits = displayWidth(name) <= kMostColumns && printable(name) == name &&
                          name.find_first_of(" #") == std::string::npos;
        columns.push_back(fits ? name : fmt::format("#{}", columns.size() + 1));
    }
    return columns;
}

std::string namesLegend(const Comparison& comparison) {
    const std::vector<std::string> columns = columnNames(comparison);
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string& name = comparison.formats[i].format;
        if (columns[i] != name) text += fmt::format("{}: {}\n", columns[i], printable(name));
    }
    return wrapped(text, 4);
}

}  // namespace systole::sim
