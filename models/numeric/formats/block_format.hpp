// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/numeric/formats/codec.hpp"

/// Block formats: consecutive values along k share a scale,
///
///     value = element * scale of its block * scale of the tensor.
namespace systole::numeric {

/// How a block's scale follows from its largest magnitude.
enum class ScaleRule {
    FloorPowerOfTwo,  ///< OCP MX 1.0, section 6.3
    Ratio,  ///< largest magnitude / largest element, rounded to the scale's format (NVFP4)
};

/// Quantization of a block with largest finite magnitude `amax`; L_e and L_s are the largest values
/// of element and scale, fl32 and fl64 round once, ties to even, to binary32 and binary64, and
/// `nearest` encodes with ties to even and saturation.
///
/// FloorPowerOfTwo: emax = floor(log2(L_e)),
///     e       = floor(log2(amax)) - emax, at least the exponent of the least power of two of the
///               scale's format and at most that of its largest (E8M0: -127 and 127); the least for
///               a block of zeros
///     scale   = 2^e
///     element = encode(x * 2^-e)                     one rounding: of the exact quotient
/// Ratio: t = fl32(fl64(tensor's amax / fl64(L_s * L_e))), at least 2^-149 and finite, where there
/// is a tensor scale and a value other than zero; else 1;
///     scale   = nearest(fl64(amax / fl64(L_e * t)))
///     element = encode(fl64(x / fl64(scale * t)));   the code of +0 where scale is 0
/// The products in fl64 are exact for scales up to 11 and elements up to 12 significant bits. For
/// binary32 inputs fl64 before `nearest` and `encode` then changes nothing but stochastic rounding:
/// two quotients of such few bits are equal or farther apart.
///
/// `encode` rounds as asked and saturates. A block with a NaN or an infinity has the NaN scale and
/// elements of code 0: in OCP MX 1.0 a NaN scale makes all values of its block NaN, and MX elements
/// but E5M2 have no infinity. Such values count for no tensor's amax.
/// The quotient of a finite input by a scale of e > 0 may lie below binary64; it is then taken for
/// +-2^-1000, which rounds alike.
struct BlockFormat {
    std::string name;
    Format element;
    int blockLength = 32;
    FloatFormat scale;  ///< with a NaN; e8m0, or a minifloat
    ScaleRule rule = ScaleRule::FloorPowerOfTwo;
    bool tensorScale = false;  ///< Ratio only: a binary32 scale for all blocks of the tensor
};

/// mxfp8_e4m3, mxfp8_e5m2, mxfp6_e3m2, mxfp6_e2m3, mxfp4, mxint8 (OCP MX 1.0, table 1), nvfp4
/// (E2M1 in blocks of 16, E4M3 scales, a tensor scale), and some of block floating point.
///
/// mxint8 uses all of two's complement: -2 is produced. OCP MX 1.0 lets it be left unused; an
/// element of IntFormat with narrowRange does so.
const std::vector<BlockFormat>& knownBlockFormats();

/// A known one, or block floating point `bfp<N>b<L>`: integer elements of N bits (2..16), N - 2 of
/// them fraction, in blocks of L (1..65536) with an E8M0 scale; or what `spelledName` writes. Empty
/// for anything else.
std::optional<BlockFormat> blockFormatNamed(const std::string& name);

/// The name that the parameters spell: element, block length, scale, as in `e2m1_block16_e4m3`;
/// `_ratio` where a scale of powers of two is no floor, `_tensor` where the tensor has a scale,
/// too.
std::string spelledName(const BlockFormat& format);

/// What is wrong with the parameters and what is expected, or empty.
std::optional<std::string> problemOf(const BlockFormat& format);

/// Bits of a value in memory, its part of the block's scale included.
double bitsPerValue(const BlockFormat& format);

/// A matrix [rows][k]; the last block of a row may be short.
struct BlockTensor {
    std::size_t rows = 0;
    std::size_t k = 0;
    std::vector<std::uint16_t> elements;  ///< codes [rows][k]
    std::vector<std::uint16_t> scales;    ///< codes [rows][blocks of a row]
    float tensorScale = 1;
};

/// Quantizes to one block format (without a problem) and back.
class BlockCodec {
public:
    explicit BlockCodec(BlockFormat format);

    const BlockFormat& format() const { return format_; }
    const Codec& element() const { return element_; }
    const Codec& scale() const { return scale_; }
    std::size_t blocksOf(std::size_t k) const { return (k + length_ - 1) / length_; }

    /// Rows of k values each; `Real` is float or double. Stochastic rounding of value (row, i)
    /// takes `randomBits(seed, row, 0, i, Product)`.
    template <typename Real>
    BlockTensor quantize(std::span<const Real> values, std::size_t k,
                         Rounding rounding = Rounding::NearestEven, std::uint64_t seed = 0) const;

    /// fl64(element * fl64(scale * tensor scale)), [rows][k]: exact where the products are (above).
    std::vector<double> dequantize(const BlockTensor& tensor) const;

    /// The tensor scale for a largest finite magnitude.
    float tensorScaleOf(double largest) const;
    /// The scale of a block of finite values.
    Code scaleCodeOf(double largest, float tensorScale) const;

private:
    struct Place {
        std::uint32_t row;
        std::uint32_t k;
    };
    Code elementCode(double value, double scale, Rounding rounding, std::uint32_t random) const;
    void quantizeBlock(std::span<const double> values, const Place& place, Rounding rounding,
                       std::uint64_t seed, float tensorScale, std::span<std::uint16_t> elements,
                       std::uint16_t& scale) const;

    BlockFormat format_;
    Codec element_;
    Codec scale_;
    std::size_t length_;
    int elementExponent_;      ///< floor(log2(largest element))
    int lowestScaleExponent_;  ///< of the least power of two of the scale's format
    int largestScaleExponent_;
};

}  // namespace systole::numeric
