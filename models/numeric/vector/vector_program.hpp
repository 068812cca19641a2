// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "models/numeric/functions/functions.hpp"

/// Programs of the vector unit: what is done to every element of a space of indices.
/// Requantization, pooling, softmax and the rest are such programs, not commands of their own.
///
/// An example, softmax over the last of two axes. The space is rows x columns, and the columns are
/// reduced:
///
///     0  load operand 0            element
///     1  reduce maximum of 0       kept: one value a row
///     2  subtract 0, 1             element
///     3  exponential 2             element
///     4  reduce sum of 3           kept
///     5  divide 3, 4               element
///     6  store 5 to operand 1      element
///
/// It has three passes over each row, because 2 needs what 1 makes of the whole row, and 5 needs 4.
/// A pass computes again what it needs of earlier ones: the second one loads the row and subtracts,
/// the third one loads it, subtracts and takes the exponentials.
namespace systole::numeric {

/// Values are numbered in the order of their steps.
using ValueId = std::uint32_t;

enum class ValueType : std::uint8_t {
    Real,     ///< a value of binary32, a code's value, or infinite or NaN
    Integer,  ///< exact: sums that leave the array, and everything in fixed point
};

/// Whether a value exists for every index of the space, or once for all indices of the reduced
/// axes.
enum class Scope : std::uint8_t { Element, Kept };

struct LoadStep {
    std::uint32_t operand = 0;
    ValueType type = ValueType::Real;
    Scope scope = Scope::Element;
    bool isCode = false;  ///< of the activations' format: has as few bits as that
};

struct ConstantStep {
    double value = 0;
    ValueType type = ValueType::Real;  ///< Integer: `value` is whole
};

/// An entry of a table of the program; the index is Integer.
struct LookupStep {
    std::uint32_t table = 0;
    ValueId index = 0;
    ValueType type = ValueType::Real;  ///< Integer: the entries are whole
};

/// A function of the table, whose result is rounded to binary32. Of integers only add, subtract,
/// multiply, negate, minimum, maximum and positive; they are exact.
struct ApplyStep {
    const Function* function = nullptr;
    std::array<ValueId, kMostArguments> arguments{};
};

/// Over the reduced axes, in the order of their indices. Elements outside of a bounded view take no
/// part. A sum of reals is added in binary64 and rounded once to binary32; of integers it is exact.
struct ReduceStep {
    enum class Kind : std::uint8_t { Sum, Maximum, Minimum, Count };
    Kind kind = Kind::Sum;
    ValueId value = 0;
};

/// An integer as a real: rounded once to binary32.
struct RoundStep {
    ValueId value = 0;
};

/// floor((value + 2^(shift - 1)) / 2^shift) of integers: rounds half up. An integer again.
struct ShiftStep {
    ValueId value = 0;
    ValueId shift = 0;
};

/// The value that a format of the program holds instead: encoded and decoded. NaN is zero in a
/// format that has none. Of an integer it is the count of the format's grid steps.
struct QuantizeStep {
    ValueId value = 0;
    std::uint32_t format = 0;
};

/// Writes reals, or integers below 2^53, to an operand, in whatever format that has: quantized as
/// by a QuantizeStep.
struct StoreStep {
    std::uint32_t operand = 0;
    ValueId value = 0;
};

using VectorStep = std::variant<LoadStep, ConstantStep, LookupStep, ApplyStep, ReduceStep,
                                RoundStep, ShiftStep, QuantizeStep, StoreStep>;

struct VectorProgram {
    std::vector<VectorStep> steps;
    std::vector<std::vector<double>> tables;

    ValueId add(VectorStep step) {
        steps.push_back(step);
        return static_cast<ValueId>(steps.size() - 1);
    }
};

/// One pass over the reduced axes: the steps it computes for every element, ascending; the
/// reductions that it ends; the kept steps that these allow. Stores are among both.
struct VectorPass {
    std::vector<ValueId> element;
    std::vector<ValueId> reductions;
    std::vector<ValueId> kept;
};

/// What is known of a program whatever its operands are.
struct VectorPlan {
    std::vector<ValueType> types;    ///< by step; of a store, that of its value
    std::vector<Scope> scopes;       ///< by step
    std::vector<ValueId> constants;  ///< kept steps that no reduction decides: known at first
    std::vector<VectorPass> passes;  ///< one at least
};

/// Broken programs are an InvariantError: a step that reads a later one, that reduces what is
/// reduced already, or whose types do not match.
VectorPlan planOf(const VectorProgram& program);

/// How many circuits of each class some steps of a program use for an element.
/// - A division by a constant of the program is two multiplications: a divisor that is known takes
///   one by the low half of its reciprocal, and a fused multiply-add by the high half (Brisebarre,
///   Muller and Raina, Accelerating correctly rounded floating-point division when the divisor is
///   known in advance, IEEE Transactions on Computers 53(8), 2004).
/// - A product with the value of a code, loaded or just quantized, is a MultiplyCode.
/// - A sum over an axis is an addition, an extreme a comparison.
/// - Reals become codes by a conversion. An integer has been shifted to the grid before: it is only
///   compared with the ends of its range.
ByFunctionClass<std::uint32_t> workOf(const VectorProgram& program, const VectorPlan& plan,
                                      const std::vector<ValueId>& steps);

}  // namespace systole::numeric
