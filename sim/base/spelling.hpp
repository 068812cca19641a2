// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace systole::sim {

/// Letters to insert, delete, replace or swap with their neighbour (each change counts one).
std::size_t editDistance(std::string_view left, std::string_view right);

/// Those of the names, at most three and in their order, that a word most likely stands for: the
/// name in other case, by a synonym, by one of its parts, with a slip or two, or abbreviated.
/// Nothing where none is close, or where too many are.
std::vector<std::string> meantBy(const std::string& word, const std::vector<std::string>& names);

/// ` (did you mean 'rows' or 'banks'?)`; nothing for no names.
std::string didYouMean(const std::vector<std::string>& names);

/// Both together.
std::string suggestion(const std::string& word, const std::vector<std::string>& names);

/// `one of a, b, c`, or the name where there is only one.
std::string oneOfNames(const std::vector<std::string>& names);

}  // namespace systole::sim
