// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/numeric/products/product_class_operand.hpp"

/// Integer multipliers, bit by bit. Operands are the patterns of their ports; products are in units
/// of 2^(sum of the ports' exponents).
namespace systole::numeric {

/// Rows of partial products that are all added (Baugh and Wooley 1973): with exactly one sign bit
/// among its two bits a partial product weighs -2^(i + j), so it is complemented,
/// -x = (1 - x) - 1, and the constants are added once.
class ParallelArray {
public:
    ParallelArray(const IntegerPort& a, const IntegerPort& w);
    std::int64_t multiply(std::uint64_t a, std::uint64_t w) const;

private:
    int productBits_;
    bool isSigned_;
    std::vector<std::uint64_t> complemented_;  ///< columns of each row, one row a bit of w
    std::uint64_t correction_ = 0;
    std::uint64_t columns_;  ///< all of a row
};

/// One bit of the weight a step, low bit first: the activation's significand is added where the bit
/// is set, at its place; a sign bit subtracts.
std::int64_t multiplyByWeightBits(std::int64_t significand, std::uint64_t w,
                                  const IntegerPort& port);

/// One bit of either operand a step: an AND gate, a shift and an addition.
std::int64_t multiplyByBits(std::uint64_t a, const IntegerPort& portA, std::uint64_t w,
                            const IntegerPort& portW);

/// 2-bit digits with multipliers of 3-bit signed numbers for each pair, shifted and added.
std::int64_t multiplyByBricks(std::uint64_t a, const IntegerPort& portA, std::uint64_t w,
                              const IntegerPort& portW);

/// Bricks along one side: the bits in pairs, to a power of two (1, 2, 4, 8, 16).
int bricksOf(const IntegerPort& port);

}  // namespace systole::numeric
