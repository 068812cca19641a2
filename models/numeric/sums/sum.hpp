// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "models/numeric/sums/accumulator.hpp"

namespace systole::numeric {

/// What the accumulator buffer and the unit behind it do with the sums of one accumulator format;
/// a sum is `words()` 64-bit words, see `sumWords`.
class SumArithmetic {
public:
    SumArithmetic(const AccumulatorFormat& accumulator, const Codec& activation,
                  const Codec& weight);

    int words() const { return words_; }

    /// Adds one number, a *term*, in the outer register (one that never overflows in the array
    /// wraps here). A term counts units of 2^exponent(); where sums are floats or wider than a
    /// word, it is the bits of a binary64 (a whole number of units or a value), else an integer.
    /// Stochastic registers round to nearest even here: it is no step of the array. Returns what
    /// did not fit.
    AccumulatorEvents add(std::span<std::int64_t> sum, std::int64_t term) const;

    /// The term nearest to `value` units, ties to even: a whole number, or a value of a float
    /// register; beyond the register's range the end of it (of registers wider than a word: the
    /// last binary64 before it).
    std::int64_t termOf(double value) const;
    /// Whether that term is within the register's range, and not its end in place of the value.
    bool holds(double value) const;

    /// Bits of a term in memory: what `add` takes as it lies in a parameter record (a float as its
    /// code), and back. Whatever the bits, what comes back is a term: what lies beyond the register
    /// becomes the end of it, a NaN in fixed point 0.
    std::uint64_t storedTerm(std::int64_t term) const;
    std::int64_t loadedTerm(std::uint64_t bits) const;
    /// Bytes of a stored term: 4 for registers of up to 32 bits, else 8.
    int termBytes() const { return bits_ <= 32 ? 4 : 8; }

    bool isFloat() const { return codec_.has_value(); }
    /// Whether a sum is one integer.
    bool isWord() const { return words_ == 1 && !isFloat(); }
    /// Of the unit of a sum; 0 for floats.
    int exponent() const { return exponent_; }

    /// Exponent of what toFloat() counts and a Rescale scales: units where a sum is one integer,
    /// else values (0), since the units of a wide sum are beyond binary32.
    int rescaleExponent() const { return isWord() ? exponent_ : 0; }

    /// The count of units where a sum is one integer, else the value, rounded once to binary32,
    /// ties to even.
    float toFloat(std::span<const std::int64_t> sum) const;
    /// The value of a sum, rounded once to binary64.
    double toDouble(std::span<const std::int64_t> sum) const;

private:
    Register register_;
    std::optional<Codec> codec_;  ///< of a float register
    int bits_;
    int words_;
    int exponent_;
};

}  // namespace systole::numeric
