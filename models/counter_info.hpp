// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace systole {

/// One row of a counter table: what a member of the plain struct `Struct` counts. Printing and
/// adding up go through the table, so that a counter is named in one place.
template <typename Struct>
struct CounterInfo {
    std::string_view name;  ///< snake_case, as results call it
    std::string_view unit;
    std::string_view description;
    std::uint64_t Struct::*member;
};

/// Adds every counter of `table` in `more` to `sum`.
template <typename Struct, typename Table>
void addCounters(Struct& sum, const Struct& more, const Table& table) {
    for (const CounterInfo<Struct>& counter : table) {
        sum.*counter.member += more.*counter.member;
    }
}

}  // namespace systole
