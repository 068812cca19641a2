// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/numeric/codec.hpp"

namespace systole::numeric {

/// How partial sums are kept. Both kinds hold an integer: the sum in units of
/// 2^(grid exponent of activation + grid exponent of weight).
struct AccumulatorFormat {
    enum class Kind {
        Integer,  ///< two's complement of `bits`, wraps around
        Exact,    ///< as wide as the products and `guardBits` need: never rounds, never overflows
    };
    std::string name;
    Kind kind = Kind::Integer;
    int bits = 32;       ///< Integer: 8..63
    int guardBits = 16;  ///< Exact: sums of up to 2^guardBits products fit
};

/// `int8`..`int63`, or `exact`; empty for anything else.
std::optional<AccumulatorFormat> parseAccumulator(const std::string& name);

/// Register width in bits for these operands: for Exact, all product bits + sign + guard bits.
/// (Kulisch accumulation; the reference PEs were synthesised with guard 16.)
int accumulatorBits(const AccumulatorFormat& accumulator, const Codec& activation,
                    const Codec& weight);

/// Bytes of one accumulator value in memory: 4 up to 32 bits, 8 above.
int accumulatorStorageBytes(int bits);

/// `value` reduced to `bits` bits two's complement.
constexpr std::int64_t wrapToBits(std::int64_t value, int bits) {
    const int shift = 64 - bits;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << shift) >> shift;
}

/// The sum in `bits` bits two's complement; both operands are of at most that width.
constexpr std::int64_t addWrapped(std::int64_t left, std::int64_t right, int bits) {
    const std::uint64_t sum = static_cast<std::uint64_t>(left) + static_cast<std::uint64_t>(right);
    return wrapToBits(static_cast<std::int64_t>(sum), bits);
}

}  // namespace systole::numeric
