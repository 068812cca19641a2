// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/numeric/format.hpp"

namespace systole::numeric {

/// Decodes and encodes one format. Decoding is a table made once, for formats up to 16 bits.
///
/// Every finite value of a format is an integer multiple of 2^gridExponent(); that integer is the
/// code's count of grid steps. Integer formats have gridExponent() == 0. Arithmetic that must be
/// exact (products, fixed-point accumulation) works on the grid steps.
class Codec {
public:
    explicit Codec(Format format);

    const Format& format() const { return format_; }
    std::size_t codeCount() const { return values_.size(); }

    /// Value of a code; NaN and infinities as such.
    double decode(Code code) const { return values_[code]; }

    /// The nearest code under the rounding. A value past the largest finite one saturates or
    /// becomes the format's infinity (NaN where it has none) by `overflow`; integers always
    /// saturate. NaN becomes the format's NaN; in a format without one it is a broken invariant.
    Code encode(double value, Rounding rounding = Rounding::NearestEven,
                Overflow overflow = Overflow::Saturate) const;

    int gridExponent() const { return gridExponent_; }
    double largest() const { return largest_; }    ///< largest finite value
    double smallest() const { return smallest_; }  ///< most negative finite value

    /// Value of a code as a count of 2^gridExponent(); the code must be finite.
    std::int64_t gridSteps(Code code) const { return static_cast<std::int64_t>(steps_[code]); }
    /// The same counts as doubles, one per code (exact: fewer than 53 bits); NaN where not finite.
    const std::vector<double>& gridStepTable() const { return steps_; }
    /// Largest magnitude of a grid step count.
    std::int64_t largestGridSteps() const;

    bool isFinite(Code code) const;

private:
    Format format_;
    std::vector<double> values_;
    std::vector<double> steps_;
    int gridExponent_ = 0;
    double largest_ = 0;
    double smallest_ = 0;
};

}  // namespace systole::numeric
