// SPDX-License-Identifier: Apache-2.0
#include "sim/base/spelling.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace systole::sim {

// Optimal string alignment distance (Damerau 1964), three rows of the table at a time.
std::size_t editDistance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> beforeLast(right.size() + 1);
    std::vector<std::size_t> last(right.size() + 1);
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            const bool swapped =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (swapped) {
                row[j] = std::min(row[j], beforeLast[j - 2] + 1);
            }
        }
        std::swap(beforeLast, last);
        std::swap(last, row);
    }
    return last[right.size()];
}

std::string suggestion(const std::string& word, const std::vector<std::string>& names) {
    const std::string* closest = nullptr;
    // One slip in three letters is a typing error; more is another word.
    std::size_t allowed = std::clamp<std::size_t>((word.size() + 1) / 3, 1, 3);
    for (const std::string& name : names) {
        const std::size_t distance = editDistance(word, name);
        if (distance <= allowed && distance < name.size()) {
            closest = &name;
            allowed = distance - (distance > 0 ? 1 : 0);
        }
    }
    return closest == nullptr ? "" : fmt::format(" (did you mean '{}'?)", *closest);
}

std::string oneOfNames(const std::vector<std::string>& names) {
    return names.size() == 1 ? names.front() : fmt::format("one of {}", fmt::join(names, ", "));
}

}  // namespace systole::sim
