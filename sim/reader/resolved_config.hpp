// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace systole::sim {

struct ResolvedEntry;

/// What a reader read, as a tree that can be written as a file again: fragments stand in the place
/// of their names, overrides are applied, and keys that were left out have their defaults, but for
/// those that follow from keys beside them (Default::following). Keys are in the order in which
/// they were asked for, so that the order of the file does not matter.
struct ResolvedConfig {
    enum class Kind { Text, Number, Boolean, Map, List };
    Kind kind = Kind::Map;
    std::string scalar;
    std::vector<ResolvedEntry> entries;  ///< Map
    std::vector<ResolvedConfig> items;   ///< List
};

struct ResolvedEntry {
    std::string key;
    ResolvedConfig value;
};

}  // namespace systole::sim
