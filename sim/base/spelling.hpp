// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace systole::sim {

/// Letters to insert, delete, replace or swap with their neighbour (each change counts one).
std::size_t editDistance(std::string_view left, std::string_view right);

/// ` (did you mean 'rows'?)` with the closest of the names, or nothing where none is close.
std::string suggestion(const std::string& word, const std::vector<std::string>& names);

/// `one of a, b, c`, or the name where there is only one.
std::string oneOfNames(const std::vector<std::string>& names);

}  // namespace systole::sim
