// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "models/check.hpp"
#include "sim/base/spelling.hpp"
#include "sim/config/format_reader.hpp"

namespace systole::sim {
namespace {

using numeric::Overflow;
using numeric::Register;
using numeric::Rounding;

const numeric::AccumulatorFormat& harmlessAccumulator() {
    static const auto kInt32 = *numeric::parseAccumulator("int32");
    return kInt32;
}

/// In the name of a register without one of its own.
const char* suffixOf(numeric::Rounding rounding) {
    switch (rounding) {
        case numeric::Rounding::NearestEven:
            return "";
        case numeric::Rounding::HalfAway:
            return "_half_away";
        case numeric::Rounding::HalfUp:
            return "_half_up";
        case numeric::Rounding::TowardZero:
            return "_toward_zero";
        case numeric::Rounding::Stochastic:
            return "_stochastic";
    }
    SYSTOLE_CHECK(false, "rounding {}", static_cast<int>(rounding));
}

constexpr const char* kDefaultOverflow =
    "wrap of an integer, special of a float that has special values, else saturate";

std::string nameOfRegister(const Register& format) {
    if (const auto* integer = std::get_if<numeric::IntegerRegister>(&format)) {
        return fmt::format("int{}{}", integer->bits,
                           integer->overflow == Overflow::Saturate ? "_saturate" : "");
    }
    if (const auto* exact = std::get_if<numeric::ExactRegister>(&format)) {
        return exact->guardBits == numeric::ExactRegister{}.guardBits
                   ? "exact"
                   : fmt::format("exact_guard{}", exact->guardBits);
    }
    const auto& sum = std::get<numeric::FloatRegister>(format);
    const bool saturates =
        sum.overflow == Overflow::Saturate && sum.format.specials != numeric::SpecialValues::None;
    return fmt::format("{}{}{}", sum.format.name, suffixOf(sum.rounding),
                       saturates ? "_saturate" : "");
}

Register readIntegerRegister(const Section& section) {
    numeric::IntegerRegister format;
    format.bits = static_cast<int>(section.at("integer").integer<std::uint32_t>(
        {numeric::kNarrowestInteger, numeric::kWidestInteger}));
    format.overflow =
        section.at("overflow", Default("wrap").following(kDefaultOverflow))
            .oneOf<Overflow>({{"wrap", Overflow::Wrap}, {"saturate", Overflow::Saturate}});
    return format;
}

Register readFloatRegister(const Section& section) {
    numeric::FloatRegister format;
    const Value value = section.at("float");
    const numeric::Format element = readFormat(value);
    const auto* minifloat = std::get_if<numeric::FloatFormat>(&element);
    if (section.clean() && minifloat == nullptr) {
        value.fail(fmt::format("{} is no float, expected a float format", nameOf(element)));
    }
    if (minifloat != nullptr) format.format = *minifloat;
    const bool hasSpecials = format.format.specials != numeric::SpecialValues::None;
    format.overflow =
        section
            .at("overflow",
                Default(hasSpecials ? "special" : "saturate").following(kDefaultOverflow))
            .oneOf<Overflow>({{"special", Overflow::ToSpecial}, {"saturate", Overflow::Saturate}});
    format.rounding = section.at("rounding", "nearest_even")
                          .oneOf<Rounding>({{"nearest_even", Rounding::NearestEven},
                                            {"half_away", Rounding::HalfAway},
                                            {"half_up", Rounding::HalfUp},
                                            {"toward_zero", Rounding::TowardZero},
                                            {"stochastic", Rounding::Stochastic}});
    const auto seed = section.find("seed");  // known, if not needed
    if (format.rounding == Rounding::Stochastic) format.seed = section.at("seed").integer();
    if (seed && format.rounding != Rounding::Stochastic) {
        seed->fail("a seed without chance, expected rounding: stochastic");
    }
    return format;
}

Register readRegister(const Section& section) {
    if (section.has("integer")) return readIntegerRegister(section);
    if (section.has("float")) return readFloatRegister(section);
    if (section.has("exact")) {
        return numeric::ExactRegister{
            static_cast<int>(section.at("exact").integer<std::uint32_t>({0, 32}))};
    }
    section.fail("no accumulator, expected one of the keys integer, exact and float");
    return numeric::IntegerRegister{};
}

numeric::AccumulatorFormat readNamed(const Value& value) {
    const std::string name = value.text("the name of an accumulator");
    if (name.empty()) return harmlessAccumulator();  // reported
    if (const auto known = numeric::parseAccumulator(name)) return *known;
    value.fail(
        fmt::format("unknown accumulator '{0}'{3}, expected int{1} to int{2}, int{1}_saturate to "
                    "int{2}_saturate, exact, or a signed float format such as fp32",
                    name, numeric::kNarrowestInteger, numeric::kWidestInteger,
                    suggestion(name, {"exact", "int16", "int24", "int32", "int32_saturate", "fp16",
                                      "bf16", "dlfloat16", "fp32"})));
    return harmlessAccumulator();
}

Register readInner(const Value& value) {
    return value.isSection() ? readRegister(value.section("accumulator")) : readNamed(value).sum;
}

}  // namespace

namespace {

numeric::AccumulatorFormat readParameters(const Section& section) {
    numeric::AccumulatorFormat accumulator{"", readRegister(section), std::nullopt};
    accumulator.name = nameOfRegister(accumulator.sum);
    if (section.has("chunk") || section.has("inner")) {
        const auto length = section.at("chunk").integer<std::uint32_t>({1, 1U << 20U});
        accumulator.chunk = numeric::Chunk{readInner(section.at("inner")), length};
        accumulator.name +=
            fmt::format("_of_{}x{}", length, nameOfRegister(accumulator.chunk->inner));
    }
    for (const char* key : {"chunk", "inner"}) section.find(key);  // known, if not there
    const Value name =
        section.at("name", Default(accumulator.name).following("made from the parameters"));
    const std::string made = std::exchange(accumulator.name, name.name());
    if (numeric::parseAccumulator(accumulator.name) && accumulator.name != made) {
        name.fail(fmt::format("'{}' is an accumulator of its own, expected another name",
                              accumulator.name));
    }
    if (!section.clean()) return harmlessAccumulator();
    if (const auto problem = numeric::problemOf(accumulator)) {
        section.fail(*problem);
        return harmlessAccumulator();
    }
    return accumulator;
}

}  // namespace

numeric::AccumulatorFormat readAccumulator(const Value& value) {
    if (value.isSection()) return readParameters(value.section("accumulator"));
    if (value.isFragment("accumulators") && !numeric::parseAccumulator(value.name())) {
        return readParameters(value.inlined("accumulators", "accumulator"));
    }
    return readNamed(value);
}

}  // namespace systole::sim
