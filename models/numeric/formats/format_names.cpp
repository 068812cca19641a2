// SPDX-License-Identifier: Apache-2.0
// Names of formats that are no known ones: what they spell, and how they are read.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "models/numeric/formats/format.hpp"

namespace systole::numeric {
namespace {

constexpr int kWidestFloatExponent = 8;

constexpr std::array<std::pair<std::string_view, SpecialValues>, 4> kSpecials{
    {{"_none", SpecialValues::None},
     {"_ieee", SpecialValues::Ieee},
     {"_nan_only", SpecialValues::NanOnly},
     {"_fnuz", SpecialValues::Fnuz}}};
constexpr std::array<std::pair<std::string_view, ZeroExponent>, 3> kZeroExponents{
    {{"_flushed", ZeroExponent::Flushed},
     {"_hidden_one", ZeroExponent::HiddenOne},
     {"_no_zero", ZeroExponent::NoZero}}};

template <class Suffixes, class Kind>
std::string_view suffixOf(const Suffixes& suffixes, Kind kind) {
    const auto* found = std::find_if(suffixes.begin(), suffixes.end(),
                                     [kind](const auto& suffix) { return suffix.second == kind; });
    return found == suffixes.end() ? std::string_view() : found->first;
}

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// Strips `prefix` and reads a decimal number without leading zeros.
std::optional<int> takeNumber(std::string_view& text, std::string_view prefix) {
    std::string_view rest = text;
    if (!take(rest, prefix)) return std::nullopt;
    int number = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    const bool leadingZero = error == std::errc{} && rest.front() == '0' && stop != rest.data() + 1;
    if (error != std::errc{} || leadingZero || rest.front() == '-') return std::nullopt;
    text = rest.substr(static_cast<std::size_t>(stop - rest.data()));
    return number;
}

/// The same with a minus sign or without.
std::optional<int> takeSigned(std::string_view& text, std::string_view prefix) {
    std::string_view rest = text;
    if (!take(rest, prefix)) return std::nullopt;
    const bool isNegative = take(rest, "-");
    const auto number = takeNumber(rest, "");
    if (!number || (isNegative && *number == 0)) return std::nullopt;
    text = rest;
    return isNegative ? -*number : *number;
}

/// The first of the suffixes that the text begins with.
template <class Kind, std::size_t N>
std::optional<Kind> takeSuffix(std::string_view& text,
                               const std::array<std::pair<std::string_view, Kind>, N>& suffixes) {
    for (const auto& [suffix, kind] : suffixes) {
        if (take(text, suffix)) return kind;
    }
    return std::nullopt;
}

/// uint5, int4_narrow, int4_half_fraction-2
std::optional<Format> integerNamed(const std::string& name) {
    std::string_view rest = name;
    IntFormat format{.name = name};
    format.isSigned = !take(rest, "u");
    const auto bits = takeNumber(rest, "int");
    if (!bits) return std::nullopt;
    format.bits = *bits;
    format.narrowRange = take(rest, "_narrow");
    format.halfInteger = take(rest, "_half");
    if (const auto fraction = takeSigned(rest, "_fraction"); fraction && *fraction != 0) {
        format.fractionBits = *fraction;
    } else if (fraction) {
        return std::nullopt;
    }
    return rest.empty() ? std::optional<Format>(format) : std::nullopt;
}

std::optional<Format> positNamed(const std::string& name) {
    std::string_view rest = name;
    const auto bits = takeNumber(rest, "posit");
    if (!bits) return std::nullopt;
    const auto exponentBits = takeNumber(rest, "es");
    if (!exponentBits || !rest.empty()) return std::nullopt;
    return PositFormat{name, *bits, *exponentBits};
}

bool hasExponent(int bits) { return bits >= 1 && bits <= kWidestFloatExponent; }

std::optional<Format> powerOfTwoNamed(const std::string& name) {
    std::string_view rest = name;
    const auto bits = takeNumber(rest, "pow2_");
    if (!bits || !rest.empty()) return std::nullopt;
    FloatFormat format{name, *bits - 1, 0, 0, SpecialValues::None, true, ZeroExponent::HiddenOne};
    // The largest value is 1: weights after scaling, shifts to the right in hardware.
    if (hasExponent(format.exponentBits)) format.bias = (1 << format.exponentBits) - 1;
    return format;
}

/// `e3m4`, with what follows left in `rest`.
std::optional<FloatFormat> takeFloat(std::string_view& rest) {
    const auto exponentBits = takeNumber(rest, "e");
    if (!exponentBits) return std::nullopt;
    const auto mantissaBits = takeNumber(rest, "m");
    if (!mantissaBits) return std::nullopt;
    FloatFormat format;
    format.exponentBits = *exponentBits;
    format.mantissaBits = *mantissaBits;
    format.bias = hasExponent(*exponentBits) ? ieeeBias(*exponentBits) : 0;
    return format;
}

/// short_e3m4: hidden one always, all codes finite.
std::optional<Format> shortFloatNamed(const std::string& name) {
    std::string_view rest = name;
    if (!take(rest, "short_")) return std::nullopt;
    auto format = takeFloat(rest);
    if (!format || !rest.empty()) return std::nullopt;
    format->name = name;
    format->specials = SpecialValues::None;
    format->zeroExponent = ZeroExponent::HiddenOne;
    return format;
}

/// e3m4_none, e5m3_ieee, ue4m3b9_none_flushed, ..: an exponent, a mantissa, perhaps a bias, what
/// the top codes mean and what exponent field 0 means.
std::optional<Format> floatNamed(const std::string& name) {
    std::string_view rest = name;
    const bool isUnsigned = take(rest, "u");
    auto format = takeFloat(rest);
    if (!format) return std::nullopt;
    const auto bias = takeSigned(rest, "b");
    const auto specials = takeSuffix(rest, kSpecials);
    if (!specials) return std::nullopt;
    format->zeroExponent = takeSuffix(rest, kZeroExponents).value_or(ZeroExponent::Subnormal);
    if (!rest.empty()) return std::nullopt;
    format->name = name;
    format->isSigned = !isUnsigned;
    format->specials = *specials;
    // By convention fnuz moves the bias by one: the code that IEEE reserves holds values.
    format->bias = bias.value_or(format->bias + (*specials == SpecialValues::Fnuz ? 1 : 0));
    return format;
}

/// codebook[-1,0.25,1]
std::optional<Format> codebookNamed(const std::string& name) {
    std::string_view rest = name;
    if (!take(rest, "codebook[") || !rest.ends_with(']')) return std::nullopt;
    CodebookFormat format{name, {}};
    while (!rest.empty()) {
        double value = 0;
        const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        if (error != std::errc{} || (*stop != ',' && *stop != ']')) return std::nullopt;
        format.values.push_back(value);
        const bool isLast = *stop == ']';
        rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()) + 1);
        if (isLast != rest.empty()) return std::nullopt;
    }
    return format;
}

/// The member of a family that a name spells out, in its family's range or not.
std::optional<Format> memberNamed(const std::string& name) {
    for (const auto& family :
         {integerNamed, positNamed, powerOfTwoNamed, shortFloatNamed, floatNamed, codebookNamed}) {
        if (auto format = family(name)) return format;
    }
    return std::nullopt;
}

std::string spelled(const IntFormat& format) {
    return fmt::format(
        "{}int{}{}{}{}", format.isSigned ? "" : "u", format.bits,
        format.narrowRange ? "_narrow" : "", format.halfInteger ? "_half" : "",
        format.fractionBits != 0 ? fmt::format("_fraction{}", format.fractionBits) : std::string());
}

std::string spelled(const FloatFormat& format) {
    return fmt::format("{}e{}m{}b{}{}{}", format.isSigned ? "" : "u", format.exponentBits,
                       format.mantissaBits, format.bias, suffixOf(kSpecials, format.specials),
                       suffixOf(kZeroExponents, format.zeroExponent));
}

std::string spelled(const PositFormat& format) {
    return fmt::format("posit{}es{}", format.bits, format.exponentBits);
}

std::string spelled(const CodebookFormat& format) {
    return fmt::format("codebook[{}]", fmt::join(format.values, ","));
}

}  // namespace

std::optional<Format> formatNamed(const std::string& name) {
    if (const Format* known = findFormat(name)) return *known;
    auto format = memberNamed(name);
    return format && !problemOf(*format) ? format : std::nullopt;
}

std::string spelledName(const Format& format) {
    return std::visit([](const auto& family) { return spelled(family); }, format);
}

bool sameFormat(const Format& left, const Format& right) {
    return spelledName(left) == spelledName(right);
}

std::optional<std::string> problemOfName(const std::string& name) {
    if (findFormat(name) != nullptr) return std::nullopt;
    if (const auto format = memberNamed(name)) return problemOf(*format);
    std::string_view rest = name;
    take(rest, "u");
    const auto bare = takeFloat(rest);
    if (bare) takeSigned(rest, "b");
    if (!bare || !rest.empty()) return std::nullopt;
    if (auto problem = problemOf(Format(*bare))) return problem;
    return fmt::format(
        "which special values? expected {0}_none, {0}_ieee, {0}_nan_only or {0}_fnuz", name);
}

}  // namespace systole::numeric
