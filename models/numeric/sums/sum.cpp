// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/sums/sum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "models/numeric/sums/register_state.hpp"

namespace systole::numeric {
namespace {

constexpr int kWordBits = 64;

/// Two's complement words that count 2^unit.
Unrounded numberOf(std::span<const std::int64_t> words, int unit) {
    RegisterState state(ExactRegister{}, kWordBits * static_cast<int>(words.size()), 0);
    state.load(words);
    return unroundedOf(state.value().significand, unit);
}

/// Nearest binary64, ties to even, of a number that is not subnormal.
double nearestDouble(const Unrounded& number) {
    const int drop = std::max(bitWidth(number.significand) - kWordBits, 0);
    // A set last bit stands for all that lies below: 64 bits are more than the rounding needs.
    const bool lost = (number.significand & ((UInt128{1} << drop) - 1)) != 0 || number.sticky;
    const auto kept = static_cast<std::uint64_t>(number.significand >> drop) | (lost ? 1U : 0U);
    const double magnitude = std::ldexp(static_cast<double>(kept), number.exponent + drop);
    return number.negative ? -magnitude : magnitude;
}

/// The register outside of the array: it rounds to nearest, and a bias may overflow it.
Register outsideTheArray(Register format, int bits) {
    if (std::holds_alternative<ExactRegister>(format)) return IntegerRegister{.bits = bits};
    if (auto* sum = std::get_if<FloatRegister>(&format);
        sum != nullptr && sum->rounding == Rounding::Stochastic) {
        sum->rounding = Rounding::NearestEven;
    }
    return format;
}

}  // namespace

SumArithmetic::SumArithmetic(const AccumulatorFormat& accumulator, const Codec& activation,
                             const Codec& weight)
    : register_(outsideTheArray(accumulator.sum, accumulatorBits(accumulator, activation, weight))),
      bits_(accumulatorBits(accumulator, activation, weight)),
      words_(sumWords(accumulator, activation, weight)),
      exponent_(sumExponent(accumulator, activation, weight)) {
    if (const auto* sum = std::get_if<FloatRegister>(&register_)) codec_.emplace(sum->format);
}

AccumulatorEvents SumArithmetic::add(std::span<std::int64_t> sum, std::int64_t term) const {
    const auto* integer = std::get_if<IntegerRegister>(&register_);
    const bool saturates = integer != nullptr && integer->overflow == Overflow::Saturate;
    if (isWord() && !saturates) {
        const Int128 whole = Int128{sum.front()} + term;
        sum.front() = addWrapped(sum.front(), term, bits_);
        return {.overflows = whole == sum.front() ? 0U : 1U, .saturations = 0};
    }
    RegisterState state(register_, bits_, exponent_);
    state.load(sum);
    AccumulatorEvents events;
    if (!isWord()) {
        const auto value = std::bit_cast<double>(term);
        if (std::isfinite(value)) {
            const Dyadic exact = dyadicOf(value);
            state.add({exact.significand, exact.exponent + exponent_, 0}, 0, events);
        } else {
            state.add({0, 0, value}, 0, events);
        }
    } else {
        state.add({term, exponent_, 0}, 0, events);
    }
    state.store(sum);
    return events;
}

std::int64_t SumArithmetic::termOf(double value) const {
    if (isFloat()) return std::bit_cast<std::int64_t>(codec_->decode(codec_->encode(value)));
    const double whole = std::nearbyint(value);
    const double limit = std::ldexp(1.0, bits_ - 1);
    if (words_ > 1) {
        return std::bit_cast<std::int64_t>(std::clamp(whole, -limit, std::nextafter(limit, 0.0)));
    }
    const std::int64_t largest = std::numeric_limits<std::int64_t>::max() >> (kWordBits - bits_);
    if (whole >= limit) return largest;
    return whole < -limit ? -largest - 1 : static_cast<std::int64_t>(whole);
}

bool SumArithmetic::holds(double value) const {
    if (isFloat()) return std::fabs(value) <= codec_->largest();
    const double limit = std::ldexp(1.0, bits_ - 1);
    const double whole = std::nearbyint(value);
    return whole >= -limit && whole < limit;
}

std::uint64_t SumArithmetic::storedTerm(std::int64_t term) const {
    if (isFloat()) return codec_->encode(std::bit_cast<double>(term));
    return static_cast<std::uint64_t>(term);
}

std::int64_t SumArithmetic::loadedTerm(std::uint64_t bits) const {
    if (isFloat()) {
        return std::bit_cast<std::int64_t>(
            codec_->decode(static_cast<Code>(bits & (codec_->codeCount() - 1))));
    }
    if (words_ > 1) {
        const auto units = std::bit_cast<double>(bits);
        return termOf(std::isnan(units) ? 0.0 : units);
    }
    return termBytes() == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(bits))
                            : static_cast<std::int64_t>(bits);
}

float SumArithmetic::toFloat(std::span<const std::int64_t> sum) const {
    if (isFloat()) return static_cast<float>(std::bit_cast<double>(sum.front()));
    return isWord() ? static_cast<float>(sum.front()) : nearestFloat(numberOf(sum, exponent_));
}

double SumArithmetic::toDouble(std::span<const std::int64_t> sum) const {
    if (isFloat()) return std::bit_cast<double>(sum.front());
    return isWord() ? std::ldexp(static_cast<double>(sum.front()), exponent_)
                    : nearestDouble(numberOf(sum, exponent_));
}

}  // namespace systole::numeric
