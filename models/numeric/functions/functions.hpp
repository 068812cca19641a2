// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

/// The functions that a vector unit computes element by element. A function is a row of a table: a
/// new one needs no branch anywhere. docs/arithmetic.md lists what each of them is.
///
/// The reference works in binary64. Its result is rounded to binary32, as ONNX computes it: for
/// sums, products, quotients and square roots of binary32 that is the correctly rounded result,
/// because binary64 has more than twice the bits (Figueroa, When is double rounding innocuous?,
/// SIGNUM Newsletter 30(3), 1995). The others are the C library's, which another one may give with
/// another last bit of binary64; the rounding hides that but for about one value in 2^28.
namespace systole::numeric {

inline constexpr std::size_t kMostArguments = 3;

/// What a function costs: the circuits that compute it. A configuration says how many of a class a
/// lane has, and how many cycles each takes for an element (`vector_unit.operations`).
enum class FunctionClass : std::uint8_t {
    Add,  ///< sums, differences
    Multiply,
    MultiplyCode,  ///< products of which one factor is the value of a code, and so has few bits
    Divide,        ///< quotients, reciprocals, square roots: one row finds their digits
    Compare,       ///< minima, maxima, comparisons, choices, the ends of an integer's range
    Transcendental,
    Convert,  ///< between integers, reals and codes; shifts
};
inline constexpr std::array kFunctionClassNames{
    "add", "multiply", "multiply_code", "divide", "compare", "transcendental", "convert"};
/// Something of every class, in their order.
template <typename T>
using ByFunctionClass = std::array<T, kFunctionClassNames.size()>;

struct Function {
    std::string_view name;
    std::uint8_t arguments;
    FunctionClass costs;
    double (*reference)(const double* arguments);
    /// The same of `count` elements, rounded: results[i] = fl32(reference(arguments[0][i], ..)).
    void (*compute)(const double* const* arguments, std::size_t count, double* results);
};

/// All there are, in the order of the table.
std::span<const Function> functions();

/// Null where there is none of that name.
const Function* findFunction(std::string_view name);

}  // namespace systole::numeric
