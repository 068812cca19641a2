// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/products/product_class_circuits.hpp"

#include <bit>

#include "models/numeric/sums/accumulator.hpp"

namespace systole::numeric {
namespace {

constexpr int kBrickBits = 2;

/// Whether the bit has a negative weight.
bool isSignBit(const IntegerPort& port, int bit) { return port.isSigned && bit == port.bits - 1; }

/// Digit `index` of a pattern extended by its sign: 0..3, the top one -2..1 if signed.
std::int64_t brickOf(std::uint64_t pattern, const IntegerPort& port, int index) {
    const int digits = (port.bits + kBrickBits - 1) / kBrickBits;
    const int low = index * kBrickBits;
    const bool sign = port.isSigned && bitOf(pattern, port.bits - 1);
    std::int64_t digit = 0;
    for (int bit = 0; bit < kBrickBits; ++bit) {
        const bool set = low + bit < port.bits ? bitOf(pattern, low + bit) : sign;
        digit |= static_cast<std::int64_t>(set) << bit;
    }
    return port.isSigned && index == digits - 1 ? wrapToBits(digit, kBrickBits) : digit;
}

}  // namespace

ParallelArray::ParallelArray(const IntegerPort& a, const IntegerPort& w)
    : productBits_(a.bits + w.bits),
      isSigned_(a.isSigned || w.isSigned),
      complemented_(static_cast<std::size_t>(w.bits)),
      columns_((std::uint64_t{1} << a.bits) - 1) {
    for (int row = 0; row < w.bits; ++row) {
        for (int column = 0; column < a.bits; ++column) {
            if (isSignBit(a, column) == isSignBit(w, row)) continue;
            complemented_[static_cast<std::size_t>(row)] |= std::uint64_t{1} << column;
            correction_ -= std::uint64_t{1} << (row + column);
        }
    }
}

std::int64_t ParallelArray::multiply(std::uint64_t a, std::uint64_t w) const {
    std::uint64_t sum = correction_;
    for (std::size_t row = 0; row < complemented_.size(); ++row) {
        const std::uint64_t gates = bitOf(w, static_cast<int>(row)) ? a & columns_ : 0;
        sum += (gates ^ complemented_[row]) << row;
    }
    // The columns beyond the product's width do not exist.
    sum &= (std::uint64_t{1} << productBits_) - 1;
    return isSigned_ ? wrapToBits(static_cast<std::int64_t>(sum), productBits_)
                     : static_cast<std::int64_t>(sum);
}

std::int64_t multiplyByWeightBits(std::int64_t significand, std::uint64_t w,
                                  const IntegerPort& port) {
    std::int64_t sum = 0;
    for (int bit = 0; bit < port.bits; ++bit) {
        const std::int64_t addend = bitOf(w, bit) ? significand * (std::int64_t{1} << bit) : 0;
        sum += isSignBit(port, bit) ? -addend : addend;
    }
    return sum;
}

std::int64_t multiplyByBits(std::uint64_t a, const IntegerPort& portA, std::uint64_t w,
                            const IntegerPort& portW) {
    std::int64_t sum = 0;
    for (int i = 0; i < portW.bits; ++i) {
        for (int j = 0; j < portA.bits; ++j) {
            const std::int64_t gate = bitOf(w, i) && bitOf(a, j) ? std::int64_t{1} << (i + j) : 0;
            sum += isSignBit(portW, i) != isSignBit(portA, j) ? -gate : gate;
        }
    }
    return sum;
}

std::int64_t multiplyByBricks(std::uint64_t a, const IntegerPort& portA, std::uint64_t w,
                              const IntegerPort& portW) {
    std::int64_t sum = 0;
    for (int i = 0; i * kBrickBits < portW.bits; ++i) {
        const std::int64_t digit = brickOf(w, portW, i);
        for (int j = 0; j * kBrickBits < portA.bits; ++j) {
            const std::int64_t product = digit * brickOf(a, portA, j);
            sum += product * (std::int64_t{1} << (kBrickBits * (i + j)));
        }
    }
    return sum;
}

int bricksOf(const IntegerPort& port) {
    return static_cast<int>(
        std::bit_ceil(static_cast<unsigned>((port.bits + kBrickBits - 1) / kBrickBits)));
}

}  // namespace systole::numeric
