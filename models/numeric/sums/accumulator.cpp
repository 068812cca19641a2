// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/sums/accumulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "models/overloaded.hpp"

namespace systole::numeric {
namespace {

constexpr int kMostGuardBits = 32;
constexpr std::uint32_t kLongestChunk = 1U << 20;
constexpr int kWordBits = 64;

std::optional<AccumulatorFormat> integerNamed(const std::string& name) {
    if (!name.starts_with("int")) return std::nullopt;
    int bits = 0;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + 3, end, bits);
    const std::string_view rest(stop, static_cast<std::size_t>(end - stop));
    if (error != std::errc{} || name[3] == '0' || (!rest.empty() && rest != "_saturate")) {
        return std::nullopt;
    }
    const Overflow overflow = rest.empty() ? Overflow::Wrap : Overflow::Saturate;
    return AccumulatorFormat{name, IntegerRegister{bits, overflow}, std::nullopt};
}

std::optional<std::string> problem(const IntegerRegister& integer) {
    if (integer.bits < kNarrowestInteger || integer.bits > kWidestInteger) {
        return fmt::format("bits: {}, expected {} to {}", integer.bits, kNarrowestInteger,
                           kWidestInteger);
    }
    if (integer.overflow == Overflow::ToSpecial) {
        return "overflow: special, expected wrap or saturate: integers have no infinity";
    }
    return std::nullopt;
}

std::optional<std::string> problem(const ExactRegister& exact) {
    if (exact.guardBits >= 0 && exact.guardBits <= kMostGuardBits) return std::nullopt;
    return fmt::format("guard_bits: {}, expected 0 to {}", exact.guardBits, kMostGuardBits);
}

std::optional<std::string> problem(const FloatRegister& sum) {
    if (auto format = problemOf(Format(sum.format))) return format;
    if (!sum.format.isSigned) {
        return fmt::format("{} has no sign, expected a signed format", sum.format.name);
    }
    if (sum.format.zeroExponent == ZeroExponent::NoZero) {
        return fmt::format("{} has no zero, expected a format to start a sum from",
                           sum.format.name);
    }
    if (sum.overflow == Overflow::Wrap) {
        return "overflow: wrap, expected saturate or special for a float accumulator";
    }
    if (sum.overflow == Overflow::ToSpecial && sum.format.specials == SpecialValues::None) {
        return fmt::format(
            "overflow: special, but {} has neither infinity nor NaN, expected "
            "saturate",
            sum.format.name);
    }
    return std::nullopt;
}

std::optional<std::string> problemOfRegister(const Register& format) {
    return std::visit([](const auto& kind) { return problem(kind); }, format);
}

}  // namespace

std::optional<AccumulatorFormat> parseAccumulator(const std::string& name) {
    std::optional<AccumulatorFormat> accumulator;
    if (name == "exact") {
        accumulator = AccumulatorFormat{name, ExactRegister{}, std::nullopt};
    } else if (auto integer = integerNamed(name)) {
        accumulator = std::move(integer);
    } else if (const auto format = formatNamed(name)) {
        const auto* minifloat = std::get_if<FloatFormat>(&*format);
        if (minifloat == nullptr) return std::nullopt;
        FloatRegister sum{.format = *minifloat};
        if (minifloat->specials == SpecialValues::None) sum.overflow = Overflow::Saturate;
        accumulator = AccumulatorFormat{name, sum, std::nullopt};
    }
    if (!accumulator || problemOf(*accumulator)) return std::nullopt;
    return accumulator;
}

std::optional<std::string> problemOf(const AccumulatorFormat& accumulator) {
    if (auto outer = problemOfRegister(accumulator.sum)) return outer;
    if (!accumulator.chunk) return std::nullopt;
    if (auto inner = problemOfRegister(accumulator.chunk->inner)) return inner;
    if (accumulator.chunk->length < 1 || accumulator.chunk->length > kLongestChunk) {
        return fmt::format("chunk: {}, expected 1 to {}", accumulator.chunk->length, kLongestChunk);
    }
    const bool floatInner = std::holds_alternative<FloatRegister>(accumulator.chunk->inner);
    if (floatInner && !isFloat(accumulator)) {
        return "inner: a float, expected an integer or exact one under an integer or exact outer "
               "register";
    }
    return std::nullopt;
}

int registerBits(const Register& format, const Codec& activation, const Codec& weight) {
    return std::visit(
        Overloaded{[](const IntegerRegister& integer) { return integer.bits; },
                   [&](const ExactRegister& exact) {
                       return activation.gridBits() + weight.gridBits() + 1 + exact.guardBits;
                   },
                   [](const FloatRegister& sum) { return widthOf(Format(sum.format)); }},
        format);
}

int productBits(const Codec& activation, const Codec& weight) {
    int activationExponent = 0;
    int weightExponent = 0;
    const double product = std::frexp(activation.largestSteps(), &activationExponent) *
                           std::frexp(weight.largestSteps(), &weightExponent);
    return 2 + std::ilogb(product) + activationExponent + weightExponent;
}

int accumulatorBits(const AccumulatorFormat& accumulator, const Codec& activation,
                    const Codec& weight) {
    return registerBits(accumulator.sum, activation, weight);
}

int sumWords(const AccumulatorFormat& accumulator, const Codec& activation, const Codec& weight) {
    return (accumulatorBits(accumulator, activation, weight) + kWordBits - 1) / kWordBits;
}

int sumExponent(const AccumulatorFormat& accumulator, const Codec& activation,
                const Codec& weight) {
    return isFloat(accumulator) ? 0 : activation.gridExponent() + weight.gridExponent();
}

double largestSum(const AccumulatorFormat& accumulator, const Codec& activation,
                  const Codec& weight) {
    const auto largestOf = [&](const Register& format) {
        if (const auto* sum = std::get_if<FloatRegister>(&format)) {
            return Codec(Format(sum->format)).largest();
        }
        const double units = std::ldexp(1.0, registerBits(format, activation, weight) - 1) - 1;
        return std::ldexp(units, activation.gridExponent() + weight.gridExponent());
    };
    const double outer = largestOf(accumulator.sum);
    return accumulator.chunk ? std::min(outer, largestOf(accumulator.chunk->inner)) : outer;
}

bool isStochastic(const AccumulatorFormat& accumulator) {
    const auto rounds = [](const Register& format) {
        const auto* sum = std::get_if<FloatRegister>(&format);
        return sum != nullptr && sum->rounding == Rounding::Stochastic;
    };
    return rounds(accumulator.sum) || (accumulator.chunk && rounds(accumulator.chunk->inner));
}

bool hasSpecials(const AccumulatorFormat& accumulator) {
    const auto knows = [](const Register& format) {
        const auto* sum = std::get_if<FloatRegister>(&format);
        return sum != nullptr && sum->format.specials != SpecialValues::None;
    };
    return knows(accumulator.sum) && (!accumulator.chunk || knows(accumulator.chunk->inner));
}

bool isFloat(const AccumulatorFormat& accumulator) {
    return std::holds_alternative<FloatRegister>(accumulator.sum);
}

}  // namespace systole::numeric
