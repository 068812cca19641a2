// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "models/numeric/formats/wide_integer.hpp"
#include "models/numeric/sums/accumulator.hpp"

/// One accumulator register, addition by addition, in unlimited integers: what the fast kernels are
/// tested against. Speed does not matter here.
namespace systole::numeric {

/// A number to be added: significand * 2^exponent, or `special` (infinite or NaN) if that is not 0.
struct Term {
    WideInteger significand;
    int exponent = 0;
    double special = 0;
};

/// The exact product of two values, or its special by IEEE 754.
Term productOf(double left, double right);

/// The number as (significand, exponent, sticky) of at most 128 bits.
Unrounded unroundedOf(const WideInteger& significand, int exponent);

/// The nearest binary32, ties to even.
float nearestFloat(const Unrounded& number);

class RegisterState {
public:
    /// Integer and exact registers count units of 2^unitExponent and have `bits` bits.
    RegisterState(const Register& format, int bits, int unitExponent);

    void clear();
    void load(std::span<const std::int64_t> words);
    void store(std::span<std::int64_t> words) const;

    void add(const Term& term, std::uint32_t random, AccumulatorEvents& events);
    /// The value held.
    Term value() const;
    /// Seed of stochastic rounding; nothing if the register does not round so.
    const std::uint64_t* seed() const;

private:
    void addFixed(const Term& term, AccumulatorEvents& events);
    void addFloat(const FloatRegister& format, const Term& term, std::uint32_t random,
                  AccumulatorEvents& events);

    Register format_;
    int bits_;
    int unitExponent_;
    WideInteger fixed_;
    double float_ = 0;
};

}  // namespace systole::numeric
