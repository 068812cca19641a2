// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/float_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace oracle {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Magnitudes of twice as many codes as the format has, as if its exponent went on.
std::vector<double> countUp(const FloatSpec& spec) {
    const std::size_t perBinade = std::size_t{1} << spec.mantissaBits;
    const std::size_t count = perBinade << (spec.exponentBits + 1);
    const bool gradual = spec.zero == Zero::Subnormal || spec.zero == Zero::Flushed;
    // Exponent fields 0 and 1 count in the same step where the lowest codes go down to zero.
    const std::size_t firstDoubling = gradual ? 2 * perBinade : perBinade;
    double value = gradual ? 0 : std::ldexp(1.0, -spec.bias);
    double step = std::ldexp(1.0, (gradual ? 1 : 0) - spec.bias - spec.mantissaBits);
    std::vector<double> values;
    while (values.size() < count) {
        values.push_back(value);
        value += step;
        if (values.size() >= firstDoubling && values.size() % perBinade == 0) step *= 2;
    }
    if (spec.zero == Zero::Flushed) std::fill_n(values.begin(), perBinade, 0.0);
    if (spec.zero == Zero::HiddenOne) values.front() = 0;
    return values;
}

std::uint32_t codesTaken(const FloatSpec& spec) {
    if (spec.specials == Specials::Ieee) return 1U << spec.mantissaBits;
    return spec.specials == Specials::NanOnly ? 1 : 0;
}

}  // namespace

FloatTable::FloatTable(const FloatSpec& spec)
    : spec_(spec),
      codes_(1U << (spec.exponentBits + spec.mantissaBits)),
      largestCode_(codes_ - 1 - codesTaken(spec)),
      magnitudes_(countUp(spec)) {
    for (std::uint32_t code = 0; code < magnitudes_.size(); ++code) {
        if (!members_.empty() && magnitudes_[code] == 0) continue;
        members_.push_back({magnitudes_[code], code});
    }
}

double FloatTable::decode(std::uint32_t code) const {
    const bool negative = code >= codes_;
    const std::uint32_t magnitude = code % codes_;
    if (spec_.specials == Specials::Fnuz && code == codes_) return kNan;
    double value = magnitudes_[magnitude];
    if (magnitude > largestCode_) {
        value =
            spec_.specials == Specials::Ieee && magnitude == largestCode_ + 1 ? kInfinity : kNan;
    }
    return negative ? -value : value;
}

std::uint32_t FloatTable::nan() const {
    return spec_.specials == Specials::Fnuz ? codes_ : codes_ - 1;
}

bool FloatTable::isMember(std::uint32_t code) const {
    const std::uint32_t magnitude = code % codes_;
    return magnitude == 0 || magnitudes_[magnitude] != 0;
}

FloatTable::Entry FloatTable::lookUp(double magnitude, bool negative, Rule rule,
                                     std::uint32_t random) const {
    const auto above =
        std::upper_bound(members_.begin(), members_.end(), magnitude,
                         [](double value, const Entry& entry) { return value < entry.value; });
    if (above == members_.begin()) return members_.front();
    const Entry& inner = *std::prev(above);
    if (above == members_.end() || inner.value == magnitude) return inner;
    const bool innerIsEven = inner.code % 2 == 0;
    if (!negative) {
        const bool up =
            takesUpper({inner.value, above->value, innerIsEven, kNan}, magnitude, rule, random);
        return up ? *above : inner;
    }
    const bool up =
        takesUpper({-above->value, -inner.value, !innerIsEven, kNan}, -magnitude, rule, random);
    return up ? inner : *above;
}

std::uint32_t FloatTable::encode(double value, Rule rule, Policy policy,
                                 std::uint32_t random) const {
    const bool negative = std::signbit(value);
    if (std::isinf(value)) return beyond(0, negative, policy);
    // Values beyond the list are brought below its top binade; each halving is one exponent less.
    const int top = std::ilogb(magnitudes_.back()) - 1;
    const int halvings = value == 0 ? 0 : std::max(std::ilogb(value), top) - top;
    const Entry entry = lookUp(std::ldexp(std::fabs(value), -halvings), negative, rule, random);
    const std::uint32_t code =
        entry.code + (static_cast<std::uint32_t>(halvings) << spec_.mantissaBits);
    if (code > largestCode_) return beyond(code, negative, policy);
    if (!spec_.isSigned) {
        const bool below = negative && value != 0 && entry.value != 0;
        return below ? beyond(code, true, policy) : code;
    }
    if (negative && entry.value == 0 && spec_.specials == Specials::Fnuz) return 0;
    return code + (negative ? codes_ : 0);
}

std::uint32_t FloatTable::beyond(std::uint32_t code, bool negative, Policy policy) const {
    const std::uint32_t sign = negative && spec_.isSigned ? codes_ : 0;
    switch (policy) {
        case Policy::Saturate:
            return negative && !spec_.isSigned ? 0 : largestCode_ + sign;
        case Policy::Wrap:
            return code % codes_ + sign;
        case Policy::ToSpecial:
            break;
    }
    if (spec_.specials == Specials::Fnuz) return nan();
    const bool hasInfinity = spec_.specials == Specials::Ieee && (spec_.isSigned || !negative);
    return hasInfinity ? largestCode_ + 1 + sign : nan() + sign;
}

}  // namespace oracle
