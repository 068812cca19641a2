// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/neighbours.hpp"

#include <algorithm>
#include <cmath>

#include "models/check.hpp"
#include "models/numeric/formats/codec.hpp"
#include "models/numeric/formats/wide_integer.hpp"

namespace systole::numeric {
namespace {

constexpr double kDraws = 4294967296.0;  // 2^32

/// Three values as integers of a common unit.
struct InUnits {
    WideInteger lower;
    WideInteger upper;
    WideInteger value;
};

InUnits inUnits(double lower, double upper, double value) {
    const Dyadic a = dyadicOf(lower);
    const Dyadic b = dyadicOf(upper);
    const Dyadic x = dyadicOf(value);
    const int unit = std::min({a.exponent, b.exponent, x.exponent});
    const auto count = [unit](const Dyadic& exact) {
        return WideInteger(exact.significand) << (exact.exponent - unit);
    };
    return {count(a), count(b), count(x)};
}

/// floor(|value - nearer| / (upper - lower) * 2^32) + random >= 2^32.
bool drawsFarther(double lower, double upper, double nearer, double value, std::uint32_t random) {
    const double distance = std::fabs(value - nearer) * kDraws;
    const double needed = (kDraws - random) * (upper - lower);
    // Binary64 decides unless the two are equal but for its few roundings.
    constexpr double kDoubt = 0x1p-48;
    if (std::fabs(distance - needed) > needed * kDoubt) return distance > needed;
    const InUnits exact = inUnits(lower, upper, value);
    const WideInteger exactDistance =
        abs(exact.value - (nearer == lower ? exact.lower : exact.upper));
    return (exactDistance << 32) >= (exact.upper - exact.lower) * ((WideInteger(1) << 32) - random);
}

}  // namespace

int Neighbours::compare(double value) const {
    if (!std::isnan(boundary)) return value < boundary ? -1 : (value > boundary ? 1 : 0);
    // lower + upper = sum + error exactly (Knuth's TwoSum); twice the value is a double, so that a
    // difference to the rounded sum decides.
    const double sum = lower + upper;
    if (!std::isfinite(sum) || !std::isfinite(2 * value)) {
        const InUnits exact = inUnits(lower, upper, value);
        return WideInteger(2 * exact.value).compare(exact.lower + exact.upper);
    }
    const double part = sum - lower;
    const double error = (lower - (sum - part)) + (upper - part);
    if (2 * value != sum) return 2 * value < sum ? -1 : 1;
    return error > 0 ? -1 : (error < 0 ? 1 : 0);
}

bool Neighbours::upperIsFarther(double value) const {
    const bool straddle = lower < 0 && upper > 0;
    return straddle ? value >= 0 : upper > 0;
}

double Neighbours::round(double value, Rounding rounding, std::uint32_t random) const {
    if (value == lower) return lower;
    const int side = compare(value);
    const double farther = upperIsFarther(value) ? upper : lower;
    const double nearer = upperIsFarther(value) ? lower : upper;
    const double nearest = side > 0 ? upper : lower;
    switch (rounding) {
        case Rounding::NearestEven:
            if (side == 0) return lowerIsEven ? lower : upper;
            return nearest;
        case Rounding::HalfAway:
            return side == 0 ? farther : nearest;
        case Rounding::HalfUp:
            return side == 0 ? upper : nearest;
        case Rounding::TowardZero:
            if (lower < 0 && upper > 0) return side == 0 ? upper : nearest;
            return nearer;
        case Rounding::Stochastic:
            return drawsFarther(lower, upper, nearer, value, random) ? farther : nearer;
    }
    SYSTOLE_CHECK(false, "rounding {}", static_cast<int>(rounding));
}

}  // namespace systole::numeric
