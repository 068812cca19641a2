// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/reader/yaml_document.hpp"

namespace systole::sim {

/// The paths that were asked for in a tree, those in fragments and defaults included, but for
/// elements of lists.
std::vector<yaml::KeyPath> askedPaths(const yaml::Node& root);

/// Those of the known paths, at most three, that somebody meant who wrote a path that is none:
///   `rows`                          array.rows, accumulator_buffer.rows: a section was left out
///   `organization.channels`         dram.organization.channels
///   `dram.organization.channels`    organization.channels, where the file is a memory's
std::vector<std::string> pathsMeantBy(const yaml::KeyPath& given,
                                      const std::vector<yaml::KeyPath>& known);

/// The paths, at most three, to the one key that such a word stands for: `cols` is array.columns.
std::vector<std::string> pathsToKeyLike(const std::string& word,
                                        const std::vector<yaml::KeyPath>& known);

/// `layers.a.b.size` where a name is `a.b`: the path with that name in one part, which begins at
/// `name` and ends before one of the `keys` below it. Empty where it has none of them.
yaml::KeyPath withLongerName(const yaml::KeyPath& path, std::size_t name,
                             const std::vector<std::string>& keys);

}  // namespace systole::sim
