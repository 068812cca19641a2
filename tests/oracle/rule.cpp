// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/rule.hpp"

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <stdexcept>

namespace oracle {
namespace {

using boost::multiprecision::cpp_int;

constexpr int kDoubleBits = 53;

int unitOf(double value) {
    int exponent = 0;
    std::frexp(value, &exponent);
    return value == 0 ? 2000 : exponent - kDoubleBits;
}

/// value / 2^unit, an integer for a unit of at most the value's own.
cpp_int inUnits(double value, int unit) {
    if (value == 0) return 0;
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    const cpp_int whole = static_cast<std::int64_t>(std::ldexp(fraction, kDoubleBits));
    return whole * (cpp_int(1) << (exponent - kDoubleBits - unit));
}

/// The value against the boundary: -1, 0, 1.
int sideOf(const Between& between, double value) {
    if (!std::isnan(between.boundary)) {
        return value < between.boundary ? -1 : (value > between.boundary ? 1 : 0);
    }
    const int unit = std::min({unitOf(between.lower), unitOf(between.upper), unitOf(value)});
    const cpp_int sum = inUnits(between.lower, unit) + inUnits(between.upper, unit);
    return (inUnits(value, unit) * 2).compare(sum);
}

bool drawsFarther(const Between& between, double value, bool upperIsFarther, std::uint32_t random) {
    const int unit = std::min({unitOf(between.lower), unitOf(between.upper), unitOf(value)});
    const cpp_int step = inUnits(between.upper, unit) - inUnits(between.lower, unit);
    const cpp_int nearer = inUnits(upperIsFarther ? between.lower : between.upper, unit);
    const cpp_int distance = abs(inUnits(value, unit) - nearer);
    // floor(distance / step * 2^32) + random >= 2^32, without the division.
    const cpp_int needed = (cpp_int(1) << 32) - random;
    return (distance << 32) >= needed * step;
}

}  // namespace

bool takesUpper(const Between& between, double value, Rule rule, std::uint32_t random) {
    const bool straddle = between.lower < 0 && between.upper > 0;
    const bool upperIsFarther = straddle ? value >= 0 : between.upper > 0;
    if (value == between.lower) return false;
    if (rule == Rule::TowardZero && !straddle) return !upperIsFarther;
    if (rule == Rule::Stochastic) {
        return drawsFarther(between, value, upperIsFarther, random) == upperIsFarther;
    }
    const int side = sideOf(between, value);
    if (side != 0) return side > 0;
    switch (rule) {
        case Rule::NearestEven:
            return !between.lowerIsEven;
        case Rule::HalfAway:
            return upperIsFarther;
        default:  // half up; toward zero of the middle of two that are equally near
            return true;
    }
}

}  // namespace oracle
