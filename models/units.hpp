// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace systole {

/// A count of clock cycles; of which clock, the name of the variable says.
using Cycle = std::uint64_t;
/// Of what will not happen.
inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

/// A resource that a configuration may declare free: empty means `unlimited`.
using Limit = std::optional<std::uint64_t>;

constexpr std::uint64_t ceilDivide(std::uint64_t numerator, std::uint64_t denominator) {
    return (numerator + denominator - 1) / denominator;
}

/// Cycles to move `amount` at `rate` per cycle; none at an unlimited rate.
constexpr Cycle cyclesAtRate(std::uint64_t amount, const Limit& rate) {
    return rate ? ceilDivide(amount, *rate) : 0;
}

}  // namespace systole
