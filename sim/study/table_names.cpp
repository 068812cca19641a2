// SPDX-License-Identifier: Apache-2.0
#include "sim/study/table_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

/// Of a name that keeps its place in the table; all shipped datapaths have such names.
constexpr std::size_t kMostColumns = 16;

std::vector<std::string> namesOf(const Comparison& comparison) {
    std::vector<std::string> names;
    for (const ComparedFormat& format : comparison.formats) names.push_back(format.format);
    return names;
}

/// `b.c` of `a.b.c` and 2.
std::string lastParts(const std::string& key, int parts) {
    std::size_t begin = key.size();
    for (; parts > 0 && begin != std::string::npos; --parts) {
        begin = begin == 0 ? std::string::npos : key.rfind('.', begin - 1);
    }
    return begin == std::string::npos ? key : key.substr(begin + 1);
}

}  // namespace

std::vector<std::string> shortNames(const std::vector<std::string>& names) {
    std::vector<std::string> columns;
    for (const std::string& name : names) {
        const bool fits = displayWidth(name) <= kMostColumns && printable(name) == name &&
                          name.find_first_of(" #") == std::string::npos;
        columns.push_back(fits ? name : fmt::format("#{}", columns.size() + 1));
    }
    return columns;
}

std::string legendOf(const std::vector<std::string>& names) {
    const std::vector<std::string> columns = shortNames(names);
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i] != names[i]) {
            text += fmt::format("{}: {}\n", columns[i], printable(names[i]));
        }
    }
    return wrapped(text, 4);
}

std::vector<std::string> columnNames(const Comparison& comparison) {
    return shortNames(namesOf(comparison));
}

std::string namesLegend(const Comparison& comparison) { return legendOf(namesOf(comparison)); }

std::vector<std::string> shortKeys(const std::vector<std::string>& keys) {
    std::vector<std::string> heads;
    for (const std::string& key : keys) {
        int parts = 1;
        const auto isTold = [&] {
            return std::none_of(keys.begin(), keys.end(), [&](const std::string& other) {
                return other != key && lastParts(other, parts) == lastParts(key, parts);
            });
        };
        while (!isTold() && lastParts(key, parts) != key) ++parts;
        heads.push_back(lastParts(key, parts));
    }
    return heads;
}

}  // namespace systole::sim
