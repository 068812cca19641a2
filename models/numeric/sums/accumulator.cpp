// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/sums/accumulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "models/overloaded.hpp"

namespace systole::numeric {
namespace {

constexpr int kMostGuardBits = 32;
constexpr std::uint32_t kLongestChunk = 1U << 20;
constexpr int kWordBits = 64;

constexpr std::string_view kSaturate = "_saturate";
constexpr std::array<std::pair<std::string_view, Rounding>, 3> kRoundings{
    {{"_half_away", Rounding::HalfAway},
     {"_half_up", Rounding::HalfUp},
     {"_toward_zero", Rounding::TowardZero}}};

std::optional<int> numberIn(std::string_view text) {
    int number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    const bool isPlain = !text.empty() && text.front() != '-' && (text == "0" || text[0] != '0');
    return error == std::errc{} && stop == end && isPlain ? std::optional(number) : std::nullopt;
}

bool takeEnd(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

std::optional<Register> integerNamed(std::string_view name) {
    const Overflow overflow = takeEnd(name, kSaturate) ? Overflow::Saturate : Overflow::Wrap;
    if (!name.starts_with("int")) return std::nullopt;
    const auto bits = numberIn(name.substr(3));
    return bits ? std::optional<Register>(IntegerRegister{*bits, overflow}) : std::nullopt;
}

std::optional<Register> exactNamed(std::string_view name) {
    constexpr std::string_view kGuard = "exact_guard";
    if (name == "exact") return ExactRegister{};
    if (!name.starts_with(kGuard)) return std::nullopt;
    const auto bits = numberIn(name.substr(kGuard.size()));
    return bits ? std::optional<Register>(ExactRegister{*bits}) : std::nullopt;
}

std::optional<FloatRegister> plainFloatNamed(std::string_view name) {
    const auto format = formatNamed(std::string(name));
    const auto* minifloat = format ? std::get_if<FloatFormat>(&*format) : nullptr;
    if (minifloat == nullptr) return std::nullopt;
    FloatRegister sum{.format = *minifloat};
    if (minifloat->specials == SpecialValues::None) sum.overflow = Overflow::Saturate;
    return sum;
}

/// fp16, fp16_toward_zero, e5m2_half_up_saturate
std::optional<Register> floatNamed(std::string_view name) {
    if (auto sum = plainFloatNamed(name)) return sum;
    const bool saturates = takeEnd(name, kSaturate);
    Rounding rounding = Rounding::NearestEven;
    for (const auto& [suffix, kind] : kRoundings) {
        if (takeEnd(name, suffix)) rounding = kind;
    }
    auto sum = plainFloatNamed(name);
    if (!sum) return std::nullopt;
    sum->rounding = rounding;
    if (saturates) sum->overflow = Overflow::Saturate;
    return sum;
}

std::optional<Register> registerNamed(std::string_view name) {
    if (auto exact = exactNamed(name)) return exact;
    if (auto integer = integerNamed(name)) return integer;
    return floatNamed(name);
}

/// 64xfp16: so many products in such a register.
std::optional<Chunk> chunkNamed(std::string_view name) {
    const std::size_t times = name.find('x');
    if (times == std::string_view::npos) return std::nullopt;
    const auto length = numberIn(name.substr(0, times));
    const auto inner = registerNamed(name.substr(times + 1));
    if (!length || !inner) return std::nullopt;
    return Chunk{*inner, static_cast<std::uint32_t>(*length)};
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
    constexpr std::string_view kOf = "_of_";
    const std::size_t of = name.find(kOf);
    const auto sum = registerNamed(std::string_view(name).substr(0, of));
    if (!sum) return std::nullopt;
    AccumulatorFormat accumulator{name, *sum, std::nullopt};
    if (of != std::string::npos) {
        accumulator.chunk = chunkNamed(std::string_view(name).substr(of + kOf.size()));
        if (!accumulator.chunk) return std::nullopt;
    }
    return problemOf(accumulator) ? std::nullopt : std::optional(std::move(accumulator));
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
