// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/numeric/formats/codec.hpp"
#include "models/numeric/formats/float_rounder.hpp"
#include "models/numeric/vector/vector_program.hpp"

/// What a vector program computes: one meaning for the FP32 reference, the exact reference and the
/// machine. Nothing here knows a memory; operands are read and written through an interface.
namespace systole::numeric {

/// The indices that a program runs over. The last axis is the one that lies along the lanes.
struct VectorSpace {
    std::vector<std::uint32_t> extents;
    std::vector<bool> reduced;  ///< by axis

    std::uint64_t elements() const;
    bool operator==(const VectorSpace&) const = default;
};

/// A coordinate of an operand that must lie in 0 .. limit - 1: a row or a column of an image, seen
/// through a window. Where it does not, the operand has no element.
struct BoundedCoordinate {
    std::int64_t origin = 0;            ///< at index 0 of all axes
    std::vector<std::int64_t> strides;  ///< by axis of the space
    std::int64_t limit = 1;
    std::int64_t pitch = 1;  ///< places from one coordinate to the next

    bool operator==(const BoundedCoordinate&) const = default;
};

/// Where the element of an index lies: origin + sum of index * stride over the axes (0: broadcast)
/// + sum of coordinate * pitch over the bounded ones.
struct OperandView {
    std::int64_t origin = 0;
    std::vector<std::int64_t> strides;  ///< by axis of the space
    std::vector<BoundedCoordinate> bounded{};

    bool operator==(const OperandView&) const = default;
    /// The sum at an index, and whether all coordinates are within their limits.
    std::int64_t placeOf(std::span<const std::uint32_t> index) const;
    bool contains(std::span<const std::uint32_t> index) const;
    /// Places from an index of an axis to the next one.
    std::int64_t strideOf(std::size_t axis) const;
    /// Whether all indices of an axis are within the limits if one of them is.
    bool isUniformAlong(std::size_t axis) const;
};

/// Neighbours along the last axis, the first of them at `index`.
struct ElementRow {
    std::int64_t place;   ///< of the first one, by the operand's view
    std::int64_t stride;  ///< places to the next one
    std::span<const std::uint32_t> index;
};

/// The memory of a program's operands. Places count in whatever unit its views do.
class VectorOperands {
public:
    virtual ~VectorOperands() = default;
    virtual void load(std::uint32_t operand, const ElementRow& row, std::span<double> values) = 0;
    virtual void load(std::uint32_t operand, const ElementRow& row, std::span<Int128> values) = 0;
    virtual void store(std::uint32_t operand, const ElementRow& row,
                       std::span<const double> values) = 0;
    /// Whether no store of the program changes the operand: then a row is loaded once, and kept as
    /// long as the next one is the same.
    virtual bool isConstant(std::uint32_t /*operand*/) const { return false; }
};

/// The code of a value; that of zero for NaN in a format that has none.
Code encodeOrZero(double value, const Codec& codec);

inline constexpr std::size_t kVectorBlock = 256;

/// Computes the program for every index of the space, `block` elements of the last axis at a time;
/// the result does not depend on how many. `views` and `formats` are those that the steps name.
void runVectorProgram(const VectorProgram& program, const VectorSpace& space,
                      std::span<const OperandView> views, std::span<const Codec* const> formats,
                      VectorOperands& operands, std::size_t block = kVectorBlock);

}  // namespace systole::numeric
