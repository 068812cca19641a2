// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/numeric/products/product_class_circuits.hpp"
#include "models/numeric/products/product_class_packed.hpp"

/// How a processing element forms the exact product of an activation's and a weight's code. All
/// classes give the same value; they differ in circuit, cycles and the formats they take.
namespace systole::numeric {

enum class ProductClass {
    /// Integers of any two widths, signed or not: rows of partial products in two's complement
    /// (Baugh and Wooley, "A two's complement parallel array multiplication algorithm", 1973).
    ParallelInteger,
    /// Significands multiplied, exponents added, signs by XOR. An integer is a significand of fixed
    /// exponent, a posit a float behind its regime, a codebook entry one behind its table; so
    /// mixed operands (integer weights x FP16 activations) are of this class and every pair is
    /// accepted.
    Minifloat,
    /// A weight without mantissa, +-2^k: the activation's significand negated and shifted (Zhou et
    /// al. 2017, INQ; Gudovskiy and Rigazio 2017, ShiftCNN). The shift is handed out in the
    /// product's exponent: a barrel shifter before a fixed-point sum, an adder of exponents before
    /// a float one.
    Shift,
    /// A weight of -s, 0 or s: the activation negated, gated or as it is (Li et al. 2016, ternary
    /// weight networks; Courbariaux et al. 2015, BinaryConnect). s is a constant of the format.
    AddSubtract,
    /// Both operands +v or -v: XNOR; words of them by popcount, see BinaryDot (Rastegari et al.
    /// 2016, XNOR-Net; Umuroglu et al. 2017, FINN).
    XnorPopcount,
    /// One bit of an integer weight a cycle, the activation parallel (Lee et al. 2018, UNPU; Judd
    /// et
    /// al. 2016, Stripes, with the operands' parts exchanged).
    BitSerialWeight,
    /// One bit of each integer a cycle, every pair of bits in turn (Sharify et al. 2018, Loom).
    BitSerialBoth,
    /// 2-bit bricks that form 2-, 4- and 8-bit multipliers (Sharma et al. 2018, Bit Fusion).
    Composable,
    /// A table of all products, addressed by both codes: up to 16 bits together (codebooks: Han et
    /// al. 2016, Deep Compression).
    LookUp,
    /// Several narrow activations in one wide multiplier, see PackedMultiplier. One product is read
    /// from the upper of two equal fields, through the borrow of the lower one.
    Packed,
};

/// All classes, in the order in which they are listed.
std::span<const ProductClass> productClasses();

/// `parallel_integer`, `minifloat`, `shift`, `add_subtract`, `xnor_popcount`, `bit_serial_weight`,
/// `bit_serial_both`, `composable`, `look_up`, `packed`.
const char* nameOf(ProductClass productClass);
std::optional<ProductClass> productClassNamed(const std::string& name);

/// Whether a processing element of that class multiplies these formats.
bool accepts(ProductClass productClass, const Format& activation, const Format& weight);

/// The class of the least hardware among those that take one cycle and one product: XNOR, then
/// add/subtract, shift, parallel integer, look-up where there is a codebook, minifloat.
ProductClass defaultProductClass(const Format& activation, const Format& weight);

/// Cycles a processing element needs for a product: the steps of the bit-serial classes; of the
/// composable one the passes over 16 bricks; else 1. The pair must be accepted.
int cyclesOf(ProductClass productClass, const Format& activation, const Format& weight);

/// Products in one cycle of 16 composable bricks, which is one of 8 x 8 bits: 8 x 4 gives 2, 4 x 4
/// 4, 2 x 2 16; 1 where a product takes all bricks or more than a cycle.
int composedProducts(const Format& activation, const Format& weight);

/// How an element of composable bricks falls into elements of its own at lower widths: narrow
/// weights make columns of it, then narrow activations rows. rows * columns is composedProducts.
struct ComposedSplit {
    int rows = 1;
    int columns = 1;
};
ComposedSplit composedSplit(const Format& activation, const Format& weight);

/// significand * 2^exponent exactly; infinite or NaN by IEEE 754 if `special` is not 0.
struct ProductValue {
    Int128 significand = 0;
    int exponent = 0;
    double special = 0;
};

/// One multiplier. AddSubtract and Packed take only codes that the formats produce (`isProduced`);
/// the other classes take every bit pattern.
class Multiplier {
public:
    /// The pair must be accepted.
    Multiplier(ProductClass productClass, const Codec& activation, const Codec& weight);

    ProductValue multiply(Code activation, Code weight) const;

private:
    ProductValue finiteProduct(const Operand& a, const Operand& w, Code activation,
                               Code weight) const;
    ProductValue integerProduct(Code activation, Code weight) const;
    static ProductValue specialProduct(const Operand& a, const Operand& w);
    Operand activationOf(Code code) const;
    Operand weightOf(Code code) const;
    void makeProducts();

    ProductClass class_;
    Format activation_;
    Format weight_;
    std::vector<Operand> activations_;  ///< operand of every code, for formats up to 8 bits
    std::vector<Operand> weights_;
    std::optional<IntegerPort> activationPort_;
    std::optional<IntegerPort> weightPort_;
    std::optional<ParallelArray> array_;
    std::optional<PackedMultiplier> packed_;
    std::vector<ProductValue> products_;  ///< [activation][weight], of LookUp
    ProductValue unit_;  ///< magnitude: of the weight (AddSubtract), of the product (XNOR)
    bool xnorFlips_ = false;
};

}  // namespace systole::numeric
