// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "models/numeric/formats/codec.hpp"

/// How partial sums are kept. Products are exact; what differs is the register that adds them.
namespace systole::numeric {

/// Bits of an integer register. Sums are formed in 64 bits before they wrap.
inline constexpr int kNarrowestInteger = 8;
inline constexpr int kWidestInteger = 63;

/// Two's complement of `bits`, in units of 2^(grid exponent of activation + that of weight).
struct IntegerRegister {
    int bits = 32;                       ///< kNarrowestInteger..kWidestInteger
    Overflow overflow = Overflow::Wrap;  ///< or Saturate
};

/// The same units, as wide as the products and 2^guardBits of them need: it never rounds and never
/// overflows (Kulisch accumulation).
struct ExactRegister {
    int guardBits = 16;  ///< 0..32
};

/// A float of the products' own scale, rounded at every addition; zero is always +0. The format has
/// 1 + mantissaBits <= 24 significand bits and is signed.
struct FloatRegister {
    FloatFormat format;
    Rounding rounding = Rounding::NearestEven;
    Overflow overflow = Overflow::ToSpecial;  ///< or Saturate
    std::uint64_t seed = 0;                   ///< of stochastic rounding
};

using Register = std::variant<IntegerRegister, ExactRegister, FloatRegister>;

/// Every `length` products are summed from zero in an inner register, whose value is then added to
/// the outer one (Wang et al. 2018, "Training deep neural networks with 8-bit floating point").
struct Chunk {
    Register inner;
    std::uint32_t length = 64;  ///< 1..2^20
};

struct AccumulatorFormat {
    std::string name;
    Register sum;  ///< the outer register
    std::optional<Chunk> chunk;
};

/// The register that products are added to: the inner one of chunks.
inline const Register& productRegister(const AccumulatorFormat& accumulator) {
    return accumulator.chunk ? accumulator.chunk->inner : accumulator.sum;
}

/// `int8`..`int63`, `int8_saturate`..`int63_saturate`, `exact`, `exact_guard8`, or a signed float
/// format by its name (`fp32`, `fp16`, `bf16`, `dlfloat16`, ..) with the rounding and `_saturate`
/// behind it (`fp16_toward_zero`); `fp32_of_64xfp16` sums every 64 products in FP16 first. Empty
/// for anything else: a stochastic rounding has a seed, which no name says.
std::optional<AccumulatorFormat> parseAccumulator(const std::string& name);

/// What is wrong with the parameters and what is expected, or empty.
std::optional<std::string> problemOf(const AccumulatorFormat& accumulator);

/// Two's complement bits of the largest product, in units of the product grid.
int productBits(const Codec& activation, const Codec& weight);

/// Width in bits of a register for these operands: for ExactRegister all product bits + sign +
/// guard bits (the reference PEs were synthesised with guard 16).
int registerBits(const Register& format, const Codec& activation, const Codec& weight);

/// Width of the outer register.
int accumulatorBits(const AccumulatorFormat& accumulator, const Codec& activation,
                    const Codec& weight);

/// 64-bit words that hold one sum. Integer and exact: two's complement, sign extended, low word
/// first, in units of 2^sumExponent; float: one word, the bits of the value as binary64.
int sumWords(const AccumulatorFormat& accumulator, const Codec& activation, const Codec& weight);

/// Exponent of the unit of an integer or exact sum; 0 of a float.
int sumExponent(const AccumulatorFormat& accumulator, const Codec& activation, const Codec& weight);

/// The largest value that every register of the accumulator holds, rounded to binary64; the scales
/// of docs/arithmetic.md, section 3, leave room below it.
double largestSum(const AccumulatorFormat& accumulator, const Codec& activation,
                  const Codec& weight);

/// Whether sums are floats.
bool isFloat(const AccumulatorFormat& accumulator);

/// Whether infinities and NaN go through all registers: every one is a float that has them.
bool hasSpecials(const AccumulatorFormat& accumulator);

/// Whether a register rounds stochastically.
bool isStochastic(const AccumulatorFormat& accumulator);

/// What became of additions whose result did not fit.
struct AccumulatorEvents {
    std::uint64_t overflows = 0;    ///< wrapped, or became infinite or NaN from finite terms
    std::uint64_t saturations = 0;  ///< stopped at the end of the range

    AccumulatorEvents& operator+=(const AccumulatorEvents& other) {
        overflows += other.overflows;
        saturations += other.saturations;
        return *this;
    }
    AccumulatorEvents operator-(const AccumulatorEvents& earlier) const {
        return {overflows - earlier.overflows, saturations - earlier.saturations};
    }
    bool operator==(const AccumulatorEvents&) const = default;
};

/// `value` reduced to `bits` bits two's complement.
constexpr std::int64_t wrapToBits(std::int64_t value, int bits) {
    const int shift = 64 - bits;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << shift) >> shift;
}

/// The sum in `bits` bits two's complement; both operands are of at most that width.
constexpr std::int64_t addWrapped(std::int64_t left, std::int64_t right, int bits) {
    const std::uint64_t sum = static_cast<std::uint64_t>(left) + static_cast<std::uint64_t>(right);
    return wrapToBits(static_cast<std::int64_t>(sum), bits);
}

}  // namespace systole::numeric
