// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/numeric/formats/float_rounder.hpp"
#include "models/numeric/formats/format.hpp"
#include "models/numeric/formats/rounding.hpp"

namespace systole::numeric {

/// significand * 2^exponent; the significand is odd, or both are 0.
struct Dyadic {
    std::int64_t significand = 0;
    int exponent = 0;
};

/// The finite double `value`, exactly.
Dyadic dyadicOf(double value);

/// Decodes and encodes one format (without a problem, see `problemOf`). Decoding is a table made
/// once for formats up to 16 bits.
///
/// Every finite value of a format is an integer multiple of 2^gridExponent(); that integer is the
/// code's count of grid steps. Integer formats have gridExponent() == 0. Arithmetic that must be
/// exact (products, fixed-point accumulation) works on the grid steps.
class Codec {
public:
    explicit Codec(Format format);

    const Format& format() const { return format_; }
    /// All bit patterns, members of the format or not.
    std::uint64_t codeCount() const { return std::uint64_t{1} << widthOf(format_); }

    /// Value of a code; NaN and infinities as such, NaN for the unused patterns of a codebook.
    double decode(Code code) const {
        return tables_ == nullptr ? decodeWide(code) : tables_->values[code];
    }

    /// The code of a value under a rounding and an overflow policy; docs/arithmetic.md, section 1.
    /// A combination that `supports` denies, and NaN in a format without one, break an invariant.
    Code encode(double value, Rounding rounding = Rounding::NearestEven,
                Overflow overflow = Overflow::Saturate, std::uint32_t random = 0) const;

    /// Whether the policy has a meaning: wrapping needs codes in the order of the values on a grid,
    /// signed if floats; the special needs an infinity or a NaN.
    bool supports(Overflow overflow) const;
    bool hasNan() const;

    int gridExponent() const { return gridExponent_; }
    double largest() const { return largest_; }    ///< largest finite value
    double smallest() const { return smallest_; }  ///< least finite value that is produced
    double smallestPositive() const { return smallestPositive_; }

    /// Largest magnitude of a grid step count of what is produced, exact whatever gridBits().
    double largestSteps() const;
    /// Bits of that magnitude.
    int gridBits() const;
    /// Value of a code as a count of 2^gridExponent(); the code must be finite, gridBits() <= 62.
    std::int64_t gridSteps(Code code) const;
    /// The same counts as doubles, one per code, exact whatever gridBits(); NaN where not finite.
    /// Not for FP32.
    const std::vector<double>& gridStepTable() const { return tables_->steps; }
    /// Largest magnitude of a grid step count; gridBits() <= 62.
    std::int64_t largestGridSteps() const;

    bool isFinite(Code code) const;

private:
    /// One finite value of a format whose neighbours are looked up.
    struct Entry {
        double value;
        Code code;
        bool even;
        double boundary;  ///< to the next entry; NaN: the midpoint
    };

    struct Tables {
        std::vector<double> values;
        std::vector<double> steps;
        std::vector<Entry> entries;  ///< ascending; posits and codebooks only
    };

    double decodeWide(Code code) const { return rounder_->decode(code); }
    const FloatFormat* asFloat() const { return std::get_if<FloatFormat>(&format_); }
    void measure(Tables& tables);
    void makeEntries(Tables& tables) const;

    Code encodeAs(const IntFormat& format, double value, Rounding, Overflow, std::uint32_t) const;
    Code encodeAs(const FloatFormat& format, double value, Rounding, Overflow, std::uint32_t) const;
    Code encodeAs(const PositFormat& format, double value, Rounding, Overflow, std::uint32_t) const;
    Code encodeAs(const CodebookFormat& format, double value, Rounding, Overflow,
                  std::uint32_t) const;
    Code encodeByTable(double value, Rounding rounding, std::uint32_t random) const;

    Format format_;
    std::optional<FloatRounder> rounder_;   ///< of float formats
    std::shared_ptr<const Tables> tables_;  ///< shared by copies; none for FP32
    int gridExponent_ = 0;
    double largest_ = 0;
    double smallest_ = 0;
    double smallestPositive_ = 0;
};

/// Codes of the finite values that are produced, ascending; formats of up to 16 bits.
std::vector<Code> finiteCodes(const Codec& codec);

}  // namespace systole::numeric
