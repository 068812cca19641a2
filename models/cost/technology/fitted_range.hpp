// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// Which circuits the coefficients of logic were fitted to, and what is said of the others.
///
/// For example, the sums of the fit have 12 to 85 bits. A processing element with E8M0 operands and
/// exact sums has 526: its area may be off by more than the areas that the fit was held against.
namespace systole::cost {

/// Words that say what a circuit is.
enum class ShapeKind : std::uint8_t {
    Format,      ///< of its operands: integer, float, two_valued, posit, codebook
    Multiplier,  ///< numeric::ProductClass, or sign_magnitude
    Sum,         ///< fixed_point, float, chunked, block_scaled
};
inline constexpr std::array kShapeKinds{ShapeKind::Format, ShapeKind::Multiplier, ShapeKind::Sum};

/// Numbers that say how large it is.
enum class ShapeNumber : std::uint8_t {
    OperandBits,
    ExponentBits,     ///< of operands that are floats
    SignificandBits,  ///< of these, the hidden bit included
    FixedSumBits,
    FloatSumExponentBits,
    FloatSumSignificandBits,
    Stages,  ///< of the pipeline
};
inline constexpr std::array kShapeNumbers{ShapeNumber::OperandBits,
                                          ShapeNumber::ExponentBits,
                                          ShapeNumber::SignificandBits,
                                          ShapeNumber::FixedSumBits,
                                          ShapeNumber::FloatSumExponentBits,
                                          ShapeNumber::FloatSumSignificandBits,
                                          ShapeNumber::Stages};

/// `formats`, `multipliers`, `sums`.
const char* nameOf(ShapeKind kind);
/// `operand_bits`, `exponent_bits`, ...
const char* nameOf(ShapeNumber number);
/// Every word that a circuit may be described with.
const std::vector<std::string>& wordsOf(ShapeKind kind);

/// Of one circuit: every word and number that it has. A multiplier alone has no sum and no stages.
struct CircuitShape {
    std::array<std::vector<std::string>, kShapeKinds.size()> kinds;
    std::array<std::vector<int>, kShapeNumbers.size()> numbers;

    void add(ShapeKind kind, const std::string& word);
    void add(ShapeNumber number, int value);
    const std::vector<std::string>& of(ShapeKind kind) const {
        return kinds.at(static_cast<std::size_t>(kind));
    }
    const std::vector<int>& of(ShapeNumber number) const {
        return numbers.at(static_cast<std::size_t>(number));
    }
};

struct Bounds {
    int least = 0;
    int most = 0;
};

/// Of all circuits that were synthesised for a fit (analysis/fitted_range.py).
struct FittedRange {
    std::array<std::vector<std::string>, kShapeKinds.size()> kinds;
    std::array<Bounds, kShapeNumbers.size()> numbers;
};

/// Where a circuit lies outside.
struct FitDistance {
    /// What an error is widened by: half of the way, in logarithms, to a figure that is off by as
    /// much as the farthest number is from the range; of a word that the fit does not have,
    /// kUnknownKindFactor. Both are estimates. Of stages: see ElementModel::fitDistance.
    double factor = 1;
    std::vector<std::string> reasons;  ///< empty: it lies inside
};
FitDistance distanceFrom(const FittedRange& range, const CircuitShape& shape);

inline constexpr double kUnknownKindFactor = 2;

}  // namespace systole::cost
