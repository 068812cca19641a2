// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <span>
#include <vector>

/// Block formats, written from OCP Microscaling Formats (MX) 1.0 and the description of NVFP4:
/// tables of values and exact comparisons, no division and no rounding anywhere. Inputs are
/// binary32, so that every product compared below is exact in binary64.
namespace oracle {

using Rational = boost::multiprecision::number<boost::multiprecision::cpp_rational_backend,
                                               boost::multiprecision::et_off>;
using Integer = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>,
                                              boost::multiprecision::et_off>;

enum class Nearest { TiesToEven, TiesAway, TiesUp, TowardZero };

/// Magnitudes in ascending order; the index is the code's magnitude part.
struct Magnitudes {
    std::vector<double> values;
    std::size_t largestPositive = 0;  ///< index
    std::size_t largestNegative = 0;
};

struct BlockSpecification {
    const char* name;
    bool isFloat;      ///< sign and magnitude; else two's complement
    int exponentBits;  ///< of a float element
    int mantissaBits;  ///< of an integer element: bits of fraction
    int bias;
    int topCodes;  ///< magnitude codes at the top that are infinities and NaNs
    int bits;
    int emax;  ///< OCP MX 1.0, table of element formats: exponent of the largest normal
    int length;
    bool isNvfp4;  ///< else OCP MX with an E8M0 scale
};

/// The six of OCP MX 1.0, NVFP4 and two of block floating point.
std::span<const BlockSpecification> blockSpecifications();

class BlockOracle {
public:
    explicit BlockOracle(const BlockSpecification& specification);

    float tensorScale(std::span<const float> tensor) const;
    std::uint16_t quantize(std::span<const float> block, float tensorScale, Nearest rounding,
                           std::span<std::uint16_t> elements) const;

    double element(std::uint16_t code) const;
    /// NaN of a NaN scale.
    double scale(std::uint16_t code) const;

private:
    std::uint16_t elementCode(float value, double unit, Nearest rounding) const;
    std::uint16_t scaleCode(float largest, float tensorScale) const;

    BlockSpecification specification_;
    Magnitudes elements_;
    Magnitudes scales_;
};

/// The finite binary64 as a rational.
Rational rationalOf(double value);

/// The binary32 nearest to a rational, ties to even, infinite from half a step past the largest.
float nearestBinary32(const Rational& value);

}  // namespace oracle
