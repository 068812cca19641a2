// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/sums/register_state.hpp"

#include <bit>
#include <cmath>

#include "models/check.hpp"

namespace systole::numeric {
namespace {

constexpr int kWordBits = 64;
constexpr unsigned kUnroundedBits = 126;

WideInteger power(int exponent) { return WideInteger(1) << exponent; }

/// `value` modulo 2^bits, as two's complement.
WideInteger wrapped(const WideInteger& value, int bits) {
    const WideInteger range = power(bits);
    WideInteger rest = value % range;  // the sign of value
    if (rest >= power(bits - 1)) rest -= range;
    if (rest < -power(bits - 1)) rest += range;
    return rest;
}

}  // namespace

Term productOf(double left, double right) {
    if (!std::isfinite(left) || !std::isfinite(right)) return {0, 0, left * right};
    const Dyadic a = dyadicOf(left);
    const Dyadic b = dyadicOf(right);
    return {WideInteger(a.significand) * b.significand, a.exponent + b.exponent, 0};
}

Unrounded unroundedOf(const WideInteger& significand, int exponent) {
    Unrounded number;
    number.negative = significand < 0;
    WideInteger magnitude = abs(significand);
    if (magnitude != 0 && msb(magnitude) >= kUnroundedBits) {
        const auto drop = static_cast<int>(msb(magnitude) - kUnroundedBits);
        number.sticky = drop > 0 && lsb(magnitude) < static_cast<unsigned>(drop);
        magnitude >>= drop;
        exponent += drop;
    }
    number.significand = static_cast<UInt128>(magnitude);
    number.exponent = exponent;
    return number;
}

float nearestFloat(const Unrounded& number) {
    static const FloatRounder kFp32(FloatFormat{.name = "fp32",
                                                .exponentBits = 8,
                                                .mantissaBits = 23,
                                                .bias = 127,
                                                .specials = SpecialValues::Ieee});
    // The codes of binary32 are its bits.
    return std::bit_cast<float>(
        kFp32.round(number, Rounding::NearestEven, Overflow::ToSpecial, 0).code);
}

RegisterState::RegisterState(const Register& format, int bits, int unitExponent)
    : format_(format), bits_(bits), unitExponent_(unitExponent) {}

void RegisterState::clear() {
    fixed_ = 0;
    float_ = 0;
}

const std::uint64_t* RegisterState::seed() const {
    const auto* sum = std::get_if<FloatRegister>(&format_);
    return sum != nullptr && sum->rounding == Rounding::Stochastic ? &sum->seed : nullptr;
}

void RegisterState::load(std::span<const std::int64_t> words) {
    if (std::holds_alternative<FloatRegister>(format_)) {
        float_ = std::bit_cast<double>(words.front());
        return;
    }
    fixed_ = words.back();
    for (std::size_t i = words.size() - 1; i-- > 0;) {
        fixed_ = fixed_ * power(kWordBits) + static_cast<std::uint64_t>(words[i]);
    }
}

void RegisterState::store(std::span<std::int64_t> words) const {
    if (std::holds_alternative<FloatRegister>(format_)) {
        words.front() = std::bit_cast<std::int64_t>(float_);
        return;
    }
    WideInteger rest = fixed_ < 0
                           ? WideInteger(fixed_ + power(kWordBits * static_cast<int>(words.size())))
                           : fixed_;
    for (std::int64_t& word : words) {
        const WideInteger low = rest % power(kWordBits);
        word = static_cast<std::int64_t>(static_cast<std::uint64_t>(low));
        rest >>= kWordBits;
    }
}

Term RegisterState::value() const {
    if (!std::holds_alternative<FloatRegister>(format_)) return {fixed_, unitExponent_, 0};
    if (!std::isfinite(float_)) return {0, 0, float_};
    const Dyadic exact = dyadicOf(float_);
    return {exact.significand, exact.exponent, 0};
}

void RegisterState::add(const Term& term, std::uint32_t random, AccumulatorEvents& events) {
    if (const auto* sum = std::get_if<FloatRegister>(&format_)) {
        addFloat(*sum, term, random, events);
    } else {
        addFixed(term, events);
    }
}

void RegisterState::addFixed(const Term& term, AccumulatorEvents& events) {
    SYSTOLE_CHECK(term.special == 0, "{} in a fixed-point accumulator", term.special);
    const int shift = term.exponent - unitExponent_;
    SYSTOLE_CHECK(term.significand == 0 || shift >= 0, "a term of 2^{} in units of 2^{}",
                  term.exponent, unitExponent_);
    if (term.significand != 0) fixed_ += term.significand << shift;
    const WideInteger limit = power(bits_ - 1);
    if (fixed_ < limit && fixed_ >= -limit) return;
    const auto* integer = std::get_if<IntegerRegister>(&format_);
    SYSTOLE_CHECK(integer != nullptr, "an exact accumulator of {} bits overflows", bits_);
    if (integer->overflow == Overflow::Saturate) {
        fixed_ = fixed_ < 0 ? WideInteger(-limit) : WideInteger(limit - 1);
        ++events.saturations;
    } else {
        fixed_ = wrapped(fixed_, bits_);
        ++events.overflows;
    }
}

void RegisterState::addFloat(const FloatRegister& format, const Term& term, std::uint32_t random,
                             AccumulatorEvents& events) {
    const FloatRounder rounder(format.format);
    const bool finiteTerms = std::isfinite(float_) && term.special == 0;
    FloatRounder::Result result;
    if (!finiteTerms) {
        const double sum = float_ + term.special;
        result = std::isnan(sum) ? FloatRounder::Result{rounder.nanCode(), false}
                                 : rounder.ofInfinity(sum < 0, format.overflow);
    } else {
        const Dyadic held = dyadicOf(float_);
        const int exponent = std::min(held.exponent, term.exponent);
        const WideInteger sum = (WideInteger(held.significand) << (held.exponent - exponent)) +
                                (term.significand << (term.exponent - exponent));
        result =
            rounder.round(unroundedOf(sum, exponent), format.rounding, format.overflow, random);
    }
    if (finiteTerms && result.outOfRange) {
        ++(format.overflow == Overflow::Saturate ? events.saturations : events.overflows);
    }
    // A sum of zero is +0: the sign of a zero never reaches a sum that is not zero.
    float_ = rounder.decode(result.code) + 0.0;
}

}  // namespace systole::numeric
