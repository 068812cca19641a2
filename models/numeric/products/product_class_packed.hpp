// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "models/numeric/formats/codec.hpp"
#include "models/numeric/products/product_class_operand.hpp"

/// Several narrow multiply-accumulates at once: fields of one wide multiplier, bits of a word.
namespace systole::numeric {

/// Several activations times one weight in one multiplication: the activations are added at
/// multiples of `pitch` bits, the wide products accumulate as they are, and the sums are read back
/// field by field, low one first (Fu et al. 2016, Xilinx WP486, "Deep learning with INT8
/// optimization", for two INT8 products in a 27 x 18 multiplier).
///
/// A negative field borrows from the one above it. Reading gives the borrow back: once the low
/// field is known as a signed number, it is taken off the word before the word is shifted.
///
///     pitch = bits of the product's range + guard bits
///     depth = the most products whose sum fits a field of `pitch` bits, whatever the operands
///
/// Fields are signed where a product can be negative, else unsigned. Codes must be ones that the
/// format produces (`isProduced`): a narrow range makes the field narrower.
class PackedMultiplier {
public:
    /// Integer formats of up to 8 bits.
    static bool accepts(const Format& activation, const Format& weight);

    /// All fields must fit 63 bits: see `mostFields`.
    PackedMultiplier(const Codec& activation, const Codec& weight, int fields = 2,
                     int guardBits = 0);

    static int mostFields(const Codec& activation, const Codec& weight, int guardBits);

    int fields() const { return fields_; }
    int pitch() const { return pitch_; }
    std::uint64_t depth() const { return depth_; }
    /// Width of the wide multiplier's activation port.
    int packedBits() const { return (fields_ - 1) * pitch_ + activation_.bits; }
    /// Sums are in units of 2^exponent().
    int exponent() const { return activation_.exponent + weight_.exponent; }

    /// One activation a field, the first lowest.
    std::int64_t pack(std::span<const Code> activations) const;
    /// One multiply-accumulate of the wide unit.
    std::int64_t step(std::int64_t sum, std::int64_t packed, Code weight) const;
    /// The fields' sums, exact after at most depth() steps.
    void unpack(std::int64_t sum, std::span<std::int64_t> sums) const;

    /// The sums over all steps, one a field; activations [step][field]. At most depth() steps.
    void multiplyAccumulate(std::span<const Code> activations, std::span<const Code> weights,
                            std::span<std::int64_t> sums) const;

private:
    IntegerPort activation_;
    IntegerPort weight_;
    int fields_;
    int pitch_ = 0;
    bool isSigned_ = false;
    std::uint64_t depth_ = 0;
};

/// Dot products of vectors of +v and -v, a bit an element: the product is XNOR, the sum
/// 2 * popcount - n (Rastegari et al. 2016, XNOR-Net; Umuroglu et al. 2017, FINN).
class BinaryDot {
public:
    static bool accepts(const Format& activation, const Format& weight);

    BinaryDot(const Codec& activation, const Codec& weight);

    /// Sum of n products in units of v * v; bit i % 64 of word i / 64 is code i. Bits from n on do
    /// not count.
    std::int64_t dot(std::span<const std::uint64_t> a, std::span<const std::uint64_t> w,
                     std::size_t n) const;

private:
    std::uint64_t flip_ = 0;  ///< all ones if the two formats give a set bit opposite signs
};

}  // namespace systole::numeric
