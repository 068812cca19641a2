// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Paths of keys as people write them: `a.b[2].c`. A key that has a dot, as layers have in their
/// names, stands in quotes: `mapping.layers."stage1.conv1".channels`.
namespace systole::sim::yaml {

/// Keys from the root to a value; an element of a list is `[index]`.
using KeyPath = std::vector<std::string>;

/// The path as text; keys that need quotes get them.
std::string joinPath(const KeyPath& path);

/// The keys of a text; empty where it is no path: a part is empty, a quote is not closed, or there
/// is a space outside of quotes.
KeyPath splitPath(std::string_view text);

/// Where `key.path=value` has its `=`, which is not one within quotes; npos: nowhere.
std::size_t endOfPath(std::string_view override);

}  // namespace systole::sim::yaml
