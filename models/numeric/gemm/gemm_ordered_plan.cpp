// SPDX-License-Identifier: Apache-2.0
// Where the lanes of a kernel hold every number exactly that the ordered sum meets.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "models/numeric/gemm/gemm_kernels.hpp"
#include "models/numeric/gemm/gemm_ordered.hpp"

namespace systole::numeric {
namespace {

constexpr int kWidestTable = 16;
constexpr int kSpareBits = 2;                // of a lane, for a sum rounded to odd
constexpr int kMostStochasticMantissa = 18;  // and 32 bits below it are compared exactly
constexpr double kSafeMagnitude = 0x1p900;   // far from where binary64 itself overflows
constexpr double kExactFp32 = 0x1p24;
constexpr double kExactFp64 = 0x1p53;

int significandBits(const IntFormat& format) { return format.bits + (format.halfInteger ? 1 : 0); }
int significandBits(const FloatFormat& format) { return format.mantissaBits + 1; }
// Sign, two bits of regime at least, es bits of exponent; the hidden one.
int significandBits(const PositFormat& format) {
    return std::max(format.bits - 2 - format.exponentBits, 1);
}
int significandBits(const CodebookFormat& format) {
    int bits = 1;
    for (const double value : format.values) {
        const auto magnitude = static_cast<std::uint64_t>(std::abs(dyadicOf(value).significand));
        bits = std::max(bits, static_cast<int>(std::bit_width(magnitude)));
    }
    return bits;
}

/// What is known of the values of an operand or of the products.
struct ValueRange {
    int bits;          ///< of a significand
    int unitExponent;  ///< all values are multiples of 2^unitExponent
    double largest;    ///< magnitude

    static ValueRange of(const Codec& codec) {
        const int bits =
            std::visit([](const auto& format) { return significandBits(format); }, codec.format());
        return {bits, codec.gridExponent(), std::max(codec.largest(), -codec.smallest())};
    }

    ValueRange operator*(const ValueRange& other) const {
        return {bits + other.bits, unitExponent + other.unitExponent, largest * other.largest};
    }

    template <typename T>
    bool isExactIn() const {
        using Limits = std::numeric_limits<T>;
        return bits <= Limits::digits && unitExponent >= Limits::min_exponent - Limits::digits &&
               largest <= static_cast<double>(Limits::max());
    }
};

template <typename T>
bool operandsAreExact(const Gemm& gemm) {
    return ValueRange::of(gemm.activation()).isExactIn<T>() &&
           ValueRange::of(gemm.weight()).isExactIn<T>();
}

template <typename T>
bool productsAreExact(const Gemm& gemm) {
    return operandsAreExact<T>(gemm) &&
           (ValueRange::of(gemm.activation()) * ValueRange::of(gemm.weight())).isExactIn<T>();
}

bool isFp32(const FloatRegister& sum) {
    const FloatFormat& format = sum.format;
    return format.exponentBits == 8 && format.mantissaBits == 23 && format.bias == 127 &&
           format.specials == SpecialValues::Ieee &&
           format.zeroExponent == ZeroExponent::Subnormal &&
           sum.rounding == Rounding::NearestEven && sum.overflow == Overflow::ToSpecial;
}

bool hasSpecialCode(const Codec& codec, std::span<const std::uint16_t> codes) {
    if (std::holds_alternative<IntFormat>(codec.format())) return false;
    return std::any_of(codes.begin(), codes.end(),
                       [&](std::uint16_t code) { return !codec.isFinite(code); });
}

bool hasSpecialOperand(const GemmCall& call) {
    return hasSpecialCode(call.gemm.activation(), call.operands.a) ||
           hasSpecialCode(call.gemm.weight(), call.operands.b);
}

/// Bound of the magnitude of sums of finite products from zero. Beyond 2^(mantissa + 3) times the
/// largest product a product is less than half a step, and nearest rounding leaves the sum.
double largestSum(const FloatRule& rule, double product) {
    const double stalled = std::max(std::ldexp(product, rule.mantissaBits + 3),
                                    4 * std::max(rule.lowestBinade, rule.smallest));
    return std::min(stalled, rule.largest);
}

template <typename T>
bool roundsInLanes(const FloatRule& rule, double largestTerm, double largestHeld) {
    using Limits = std::numeric_limits<T>;
    constexpr int kMantissa = Limits::digits - 1;
    if (rule.mantissaBits < 1 || rule.mantissaBits + kSpareBits > kMantissa) return false;
    if (rule.rounding == Rounding::Stochastic &&
        (kMantissa < 52 || rule.mantissaBits > kMostStochasticMantissa)) {
        return false;
    }
    // Half steps, and the least power of two, are lane values.
    const int lowest = std::ilogb(rule.lowestBinade);
    if (lowest - rule.mantissaBits - 1 < Limits::min_exponent - Limits::digits ||
        lowest < Limits::min_exponent - 1) {
        return false;
    }
    // The magic number of the largest sum, and a sum with it, are below the lanes' infinity.
    const int highest = std::ilogb(std::max({largestTerm, largestHeld, rule.lowestBinade})) + 1;
    return highest + kMantissa - rule.mantissaBits + 2 <= Limits::max_exponent - 1;
}

template <typename T>
bool floatLanesFit(const Gemm& gemm, const FloatRule& rule, bool special) {
    if (!productsAreExact<T>(gemm)) return false;
    const double product =
        (ValueRange::of(gemm.activation()) * ValueRange::of(gemm.weight())).largest;
    // Infinite terms may take a saturating register to its end at once.
    const bool bounded = !special && rule.rounding != Rounding::Stochastic;
    const double held = bounded ? largestSum(rule, product) : rule.largest;
    return roundsInLanes<T>(rule, product, held);
}

Kernel floatKernel(const GemmCall& call, const FloatRegister& sum) {
    const bool special = hasSpecialOperand(call);
    if (special && sum.format.specials == SpecialValues::None) return Kernel::Scalar;
    if (isFp32(sum) && !special && operandsAreExact<float>(call.gemm) &&
        (hasFusedMultiplyAdd() || productsAreExact<float>(call.gemm))) {
        return Kernel::FloatFma;
    }
    const FloatRule rule(sum);
    if (floatLanesFit<float>(call.gemm, rule, special)) return Kernel::FloatLanes32;
    if (floatLanesFit<double>(call.gemm, rule, special)) return Kernel::FloatLanes64;
    return Kernel::Scalar;
}

/// Of integer and exact inner registers.
Kernel fixedKernel(const GemmCall& call) {
    if (hasSpecialOperand(call)) return Kernel::Scalar;
    const Gemm& gemm = call.gemm;
    const double product = largestProduct(gemm.activation(), gemm.weight());
    const double sum = static_cast<double>(call.length()) * product;
    const auto* integer = std::get_if<IntegerRegister>(&call.inner());
    const double range = integer != nullptr ? std::ldexp(1.0, integer->bits - 1) : kExactFp64;
    // An exact register has room for 2^guardBits products; beyond, the scalar kernel says so.
    const auto* exact = std::get_if<ExactRegister>(&call.inner());
    if (exact != nullptr && call.length() > std::size_t{1} << exact->guardBits) {
        return Kernel::Scalar;
    }
    if (sum < range) {
        if (sum <= kExactFp32) return Kernel::ChunksFp32;
        return sum <= kExactFp64 ? Kernel::ChunksFp64 : Kernel::Scalar;
    }
    if (integer == nullptr) return Kernel::Scalar;
    if (product + 2 * range <= kExactFp32) return Kernel::IntegerLanes32;
    return product + 2 * range <= kExactFp64 ? Kernel::IntegerLanes64 : Kernel::Scalar;
}

/// The largest finite chunk sum, as a value.
double largestChunk(const GemmCall& call) {
    if (const auto* sum = std::get_if<FloatRegister>(&call.inner())) return FloatRule(*sum).largest;
    return std::ldexp(kExactFp64,
                      call.gemm.activation().gridExponent() + call.gemm.weight().gridExponent());
}

bool addsToFloat(const GemmCall& call, const FloatRegister& outer) {
    const auto* inner = std::get_if<FloatRegister>(&call.inner());
    const bool finiteChunks =
        inner == nullptr || (inner->overflow == Overflow::Saturate && !hasSpecialOperand(call));
    const bool takesNan = outer.format.specials != SpecialValues::None;
    if (!finiteChunks && !takesNan) return false;
    const double chunk = largestChunk(call);
    const int unit = inner != nullptr ? 0
                                      : call.gemm.activation().gridExponent() +
                                            call.gemm.weight().gridExponent();
    if (chunk > kSafeMagnitude || unit < std::ilogb(1 / kSafeMagnitude)) return false;
    if (!roundsInLanes<double>(FloatRule(outer), chunk, kSafeMagnitude)) return false;
    if (!call.accumulate) return true;
    return std::all_of(call.sums.begin(), call.sums.end(), [&](std::int64_t word) {
        const double held = std::fabs(std::bit_cast<double>(word));
        if (!std::isfinite(held)) return takesNan;
        return held == 0 || (held <= kSafeMagnitude && held >= 1 / kSafeMagnitude);
    });
}

bool addsToOuter(const GemmCall& call) {
    const Register& outer = call.gemm.accumulator().sum;
    if (const auto* sum = std::get_if<FloatRegister>(&outer)) return addsToFloat(call, *sum);
    return std::holds_alternative<IntegerRegister>(outer);
}

}  // namespace

Kernel orderedKernel(const GemmCall& call) {
    const Gemm& gemm = call.gemm;
    if (widthOf(gemm.activation().format()) > kWidestTable ||
        widthOf(gemm.weight().format()) > kWidestTable) {
        return Kernel::Scalar;
    }
    if (call.addsChunks() && !addsToOuter(call)) return Kernel::Scalar;
    if (const auto* sum = std::get_if<FloatRegister>(&call.inner())) return floatKernel(call, *sum);
    return fixedKernel(call);
}

}  // namespace systole::numeric
