// SPDX-License-Identifier: Apache-2.0
// One addition of a register, in all lanes of a vector. Included once for every instruction set.
// Vectors are members here, so scalable instruction sets are left out (gemm_ordered_lanes.cpp).
#if defined(SYSTOLE_GEMM_ORDERED_STEPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SYSTOLE_GEMM_ORDERED_STEPS_INL
#undef SYSTOLE_GEMM_ORDERED_STEPS_INL
#else
#define SYSTOLE_GEMM_ORDERED_STEPS_INL
#endif

#include <hwy/highway.h>

#include <cmath>
#include <limits>

#include "models/numeric/gemm/gemm_ordered.hpp"

HWY_BEFORE_NAMESPACE();
namespace systole::numeric::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The addition that asks for random bits: output (m, n of the first lane), product k.
struct LanePlace {
    std::uint32_t m;
    std::uint32_t n;
    std::uint32_t k;
    RandomStage stage;
};

/// The nearest lane value of a sum and what it lacks to the exact one, turned into a sum rounded to
/// odd: if inexact, of the two lane values around it the one with a set last bit. Rounded again,
/// to at least two bits fewer, that gives what the exact sum gives (Boldo, Melquiond 2008).
template <class D, class V>
HWY_INLINE V toOdd(D d, V sum, V error) {
    const hn::RebindToSigned<D> di;
    const hn::RebindToUnsigned<D> du;
    constexpr int kSign = sizeof(hn::TFromD<D>) * 8 - 1;
    const auto lost = hn::BitCast(di, hn::VecFromMask(d, hn::Ne(error, hn::Zero(d))));
    // An error of the other sign: the exact sum lies nearer to zero, in the step below.
    const auto nearer = hn::BroadcastSignBit(hn::BitCast(di, hn::Xor(sum, error)));
    const auto below = hn::Add(hn::BitCast(di, sum), hn::And(nearer, lost));
    const auto last = hn::BitCast(di, hn::ShiftRight<kSign>(hn::BitCast(du, lost)));
    return hn::BitCast(d, hn::Or(below, last));
}

/// The products of the low halves of 64-bit lanes.
template <class D, class V>
HWY_INLINE V multiplyLow(D du, V left, V right) {
#if HWY_TARGET == HWY_SCALAR
    return hn::Set(du, (hn::GetLane(left) & 0xFFFFFFFF) * (hn::GetLane(right) & 0xFFFFFFFF));
#else
    static_cast<void>(du);
    const hn::Repartition<std::uint32_t, D> half;
    return hn::MulEven(hn::BitCast(half, left), hn::BitCast(half, right));
#endif
}

/// Philox4x32-10 over counters held in the low halves of 64-bit lanes; what the high halves hold is
/// ignored. The random bits are the low half of the result.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V philox(D du, V c0, V c1, V c2, V c3, std::uint64_t key) {
    const V multiplier0 = hn::Set(du, std::uint64_t{0xD2511F53});
    const V multiplier1 = hn::Set(du, std::uint64_t{0xCD9E8D57});
    auto key0 = static_cast<std::uint32_t>(key);
    auto key1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
        const V product0 = multiplyLow(du, multiplier0, c0);
        const V product1 = multiplyLow(du, multiplier1, c2);
        c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c1), hn::Set(du, std::uint64_t{key0}));
        c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3), hn::Set(du, std::uint64_t{key1}));
        c1 = product1;
        c3 = product0;
        key0 += 0x9E3779B9;
        key1 += 0xBB67AE85;
    }
    return c0;
}

/// Any float register with 1 + mantissaBits significand bits, at least two fewer than a lane's.
template <class D, Rounding kRounding>
class FloatStep {
public:
    using T = hn::TFromD<D>;
    using V = hn::Vec<D>;

    FloatStep(D d, const FloatRule& rule)
        : d_(d),
          exponentMask_(hn::Set(d, std::numeric_limits<T>::infinity())),
          lowest_(hn::Set(d, static_cast<T>(rule.lowestBinade))),
          toMagic_(hn::Set(d, static_cast<T>(std::ldexp(1.5, kMantissa - rule.mantissaBits)))),
          toQuantum_(hn::Set(d, static_cast<T>(std::ldexp(1.0, -rule.mantissaBits)))),
          smallest_(hn::Set(d, static_cast<T>(rule.smallest))),
          halfSmallest_(hn::Set(d, static_cast<T>(rule.smallest / 2))),
          largest_(hn::Set(d, static_cast<T>(rule.largest))),
          beyond_(hn::Set(d, static_cast<T>(rule.beyond))),
          gap_(rule.smallest > 0),
          seed_(rule.seed) {}

    HWY_INLINE V operator()(V sum, V a, V b, const LanePlace& place, std::uint64_t& events) const {
        return add(sum, hn::Mul(a, b), place, events);
    }

    HWY_INLINE V add(V sum, V term, const LanePlace& place, std::uint64_t& events) const {
        // Knuth's TwoSum: nearest + error is the exact sum.
        const V nearest = hn::Add(sum, term);
        const V part = hn::Sub(nearest, sum);
        const V error = hn::Add(hn::Sub(sum, hn::Sub(nearest, part)), hn::Sub(term, part));
        const V rounded = round(toOdd(d_, nearest, error), place);
        const auto inRange = hn::Le(hn::Abs(rounded), largest_);
        if (HWY_LIKELY(hn::AllTrue(d_, inRange))) return rounded;
        // An infinite or NaN sum has rounded to NaN.
        events += hn::CountTrue(d_, hn::AndNot(inRange, hn::IsFinite(nearest)));
        const V outside =
            hn::IfThenElse(hn::IsNaN(nearest), nearest, hn::CopySign(beyond_, nearest));
        return hn::IfThenElse(inRange, rounded, outside);
    }

private:
    static constexpr int kMantissa = std::numeric_limits<T>::digits - 1;

    HWY_INLINE V round(V odd, const LanePlace& place) const {
        const V power = hn::Max(hn::And(odd, exponentMask_), lowest_);
        // At the magic number's size a lane's steps are the register's: the lane addition rounds.
        const V magic = hn::Mul(power, toMagic_);
        const V nearest = hn::Sub(hn::Add(odd, magic), magic);
        if constexpr (kRounding == Rounding::NearestEven) {
            if (!gap_) return nearest;
            const V up = hn::CopySign(smallest_, odd);
            return overGap(odd, nearest, up, hn::Gt(hn::Abs(odd), halfSmallest_));
        } else if constexpr (kRounding == Rounding::Stochastic) {
            return roundStochastic(odd, nearest, hn::Mul(power, toQuantum_), place);
        } else {
            return roundDirected(odd, nearest, hn::Mul(power, toQuantum_));
        }
    }

    /// `rounded`, but between zero and the smallest value one of the two.
    HWY_INLINE V overGap(V odd, V rounded, V up, hn::Mask<D> isUp) const {
        return hn::IfThenElse(hn::Lt(hn::Abs(odd), smallest_), hn::IfThenElseZero(isUp, up),
                              rounded);
    }

    HWY_INLINE V towardZero(V odd, V nearest, V step) const {
        return hn::Sub(nearest, hn::IfThenElseZero(hn::Gt(hn::Abs(nearest), hn::Abs(odd)), step));
    }

    HWY_INLINE V roundDirected(V odd, V nearest, V quantum) const {
        const V step = hn::CopySign(quantum, odd);
        const V half = hn::Set(d_, T(0.5));
        const V rest = hn::Sub(odd, nearest);
        const V magnitude = hn::Abs(odd);
        const V up = hn::CopySign(smallest_, odd);
        V rounded;
        auto isUp = hn::Gt(magnitude, halfSmallest_);
        if constexpr (kRounding == Rounding::TowardZero) {
            rounded = towardZero(odd, nearest, step);
            isUp = hn::Lt(magnitude, hn::Zero(d_));  // never
        } else if constexpr (kRounding == Rounding::HalfAway) {
            const auto tie = hn::Eq(rest, hn::Mul(step, half));
            rounded = hn::Add(nearest, hn::IfThenElseZero(tie, step));
            isUp = hn::Ge(magnitude, halfSmallest_);
        } else {
            const auto tie = hn::Eq(rest, hn::Mul(quantum, half));
            rounded = hn::Add(nearest, hn::IfThenElseZero(tie, quantum));
            isUp = hn::Or(isUp, hn::Eq(odd, halfSmallest_));
        }
        return gap_ ? overGap(odd, rounded, up, isUp) : rounded;
    }

    /// Up in magnitude where floor(fraction * 2^32) + random >= 2^32, which is where the fraction
    /// is at least (2^32 - random) / 2^32.
    HWY_INLINE V roundStochastic(V odd, V nearest, V quantum, const LanePlace& place) const {
        const V share =
            hn::Mul(hn::Sub(hn::Set(d_, T(0x1p32)), random(place)), hn::Set(d_, T(0x1p-32)));
        const V step = hn::CopySign(quantum, odd);
        const V lower = towardZero(odd, nearest, step);
        const auto isUp = hn::Ge(hn::Abs(hn::Sub(odd, lower)), hn::Mul(share, quantum));
        const V rounded = hn::Add(lower, hn::IfThenElseZero(isUp, step));
        if (!gap_) return rounded;
        return overGap(odd, rounded, hn::CopySign(smallest_, odd),
                       hn::Ge(hn::Abs(odd), hn::Mul(share, smallest_)));
    }

    /// The random bits as numbers. Lanes are binary64.
    HWY_INLINE V random(const LanePlace& place) const {
        const hn::RebindToUnsigned<D> du;
        const auto stage = static_cast<std::uint64_t>(place.stage);
        const auto bits =
            philox(du, hn::Set(du, std::uint64_t{place.k}), hn::Iota(du, std::uint64_t{place.n}),
                   hn::Set(du, std::uint64_t{place.m}), hn::Set(du, stage), seed_);
        // Below the leading bit of 2^52, whose steps are whole numbers.
        const auto low = hn::And(bits, hn::Set(du, std::uint64_t{0xFFFFFFFF}));
        const V base = hn::Set(d_, T(0x1p52));
        return hn::Sub(hn::BitCast(d_, hn::Or(low, hn::BitCast(du, base))), base);
    }

    D d_;
    V exponentMask_;
    V lowest_;
    V toMagic_;
    V toQuantum_;
    V smallest_;
    V halfSmallest_;
    V largest_;
    V beyond_;
    bool gap_;
    std::uint64_t seed_;
};

/// A two's complement register; all sums before wrapping are exact in the lanes.
template <class D>
class IntegerStep {
public:
    using T = hn::TFromD<D>;
    using V = hn::Vec<D>;

    IntegerStep(D d, const IntegerRule& rule)
        : d_(d),
          lowest_(hn::Set(d, static_cast<T>(rule.lowest))),
          highest_(hn::Set(d, static_cast<T>(rule.highest))),
          range_(hn::Set(d, static_cast<T>(-2 * rule.lowest))),
          toRanges_(hn::Set(d, static_cast<T>(-0.5 / rule.lowest))),
          wraps_(rule.wraps) {}

    HWY_INLINE V operator()(V sum, V a, V b, const LanePlace& /*place*/,
                            std::uint64_t& events) const {
        const V exact = hn::Add(sum, hn::Mul(a, b));
        const auto inRange = hn::And(hn::Ge(exact, lowest_), hn::Le(exact, highest_));
        if (HWY_LIKELY(hn::AllTrue(d_, inRange))) return exact;
        events += hn::CountTrue(d_, hn::Not(inRange));
        if (!wraps_) return hn::Min(hn::Max(exact, lowest_), highest_);
        const V ranges = hn::Floor(hn::Mul(hn::Sub(exact, lowest_), toRanges_));
        return hn::Sub(exact, hn::Mul(ranges, range_));
    }

private:
    D d_;
    V lowest_;
    V highest_;
    V range_;
    V toRanges_;
    bool wraps_;
};

/// IEEE 754 binary32 to nearest even, as the processor adds.
template <class D>
class FmaStep {
public:
    using V = hn::Vec<D>;
    HWY_INLINE V operator()(V sum, V a, V b, const LanePlace& /*place*/,
                            std::uint64_t& /*events*/) const {
        return hn::MulAdd(a, b, sum);
    }
};

}  // namespace systole::numeric::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
