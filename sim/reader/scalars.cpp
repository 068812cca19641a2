// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/scalars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

namespace systole::sim {
namespace {

struct BinaryUnit {
    std::string_view name;
    int shift;
};
constexpr std::array kByteUnits{BinaryUnit{"TiB", 40}, BinaryUnit{"GiB", 30}, BinaryUnit{"MiB", 20},
                                BinaryUnit{"KiB", 10}, BinaryUnit{"B", 0}};
constexpr std::array kBitUnits{BinaryUnit{"Tb", 40}, BinaryUnit{"Gb", 30}, BinaryUnit{"Mb", 20},
                               BinaryUnit{"Kb", 10}, BinaryUnit{"b", 0}};

struct DecimalUnit {
    std::string_view name;
    int exponent;
};
constexpr std::array kFrequencyUnits{DecimalUnit{"GHz", 9}, DecimalUnit{"MHz", 6},
                                     DecimalUnit{"kHz", 3}, DecimalUnit{"Hz", 0}};
constexpr std::array kTimeUnits{DecimalUnit{"s", 0}, DecimalUnit{"ms", -3}, DecimalUnit{"us", -6},
                                DecimalUnit{"ns", -9}, DecimalUnit{"ps", -12}};

bool isDigit(char letter) { return letter >= '0' && letter <= '9'; }

bool isDigits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), isDigit);
}

Parsed<double> parseWithUnit(std::string_view text, std::span<const DecimalUnit> units) {
    const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string_view suffix = text.substr(length);
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [&](const DecimalUnit& known) { return known.name == suffix; });
    if (unit == units.end()) {
        return {};
    }
    // "0.833" and "ns" become "0.833e-9": multiplying would round a second time.
    return parseReal(fmt::format("{}e{}", text.substr(0, length), unit->exponent));
}

std::string showWithUnit(double value, std::span<const DecimalUnit> units) {
    for (const DecimalUnit& unit : units) {
        const double scaled = value / std::pow(10.0, unit.exponent);
        if (scaled >= 1.0) {
            return fmt::format("{:.6g}{}", scaled, unit.name);
        }
    }
    return fmt::format("{:.6g}{}", value / std::pow(10.0, units.back().exponent),
                       units.back().name);
}

}  // namespace

Parsed<std::uint64_t> parseInteger(std::string_view text) {
    if (text.starts_with('-') && isDigits(text.substr(1))) {
        return {.wellFormed = true, .value = std::nullopt};
    }
    if (!isDigits(text)) {
        return {};
    }
    std::uint64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{}) {
        return {.wellFormed = true, .value = std::nullopt};
    }
    return {.wellFormed = true, .value = value};
}

Parsed<std::int64_t> parseSignedInteger(std::string_view text) {
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    if (!isDigits(digits)) {
        return {};
    }
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{}) {
        return {.wellFormed = true, .value = std::nullopt};
    }
    return {.wellFormed = true, .value = value};
}

Parsed<double> parseReal(std::string_view text) {
    const std::string_view magnitude = text.substr(text.starts_with('-') ? 1 : 0);
    if (magnitude.empty() || !isDigit(magnitude.front())) {
        return {};  // std::from_chars would take "inf" and "nan"
    }
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ptr != text.data() + text.size()) {
        return {};
    }
    if (result.ec != std::errc{}) {
        return {.wellFormed = true, .value = std::nullopt};
    }
    return {.wellFormed = true, .value = value};
}

static Parsed<std::uint64_t> parseBinary(std::string_view text, std::span<const BinaryUnit> units) {
    const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view suffix = length == text.size() ? units.back().name : text.substr(length);
    Parsed<std::uint64_t> parsed = parseInteger(text.substr(0, length));
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [&](const BinaryUnit& known) { return known.name == suffix; });
    if (unit == units.end() || !parsed.wellFormed) {
        return {};
    }
    if (parsed.value) {
        const bool fits = *parsed.value <= std::numeric_limits<std::uint64_t>::max() >> unit->shift;
        parsed.value = fits ? std::optional(*parsed.value << unit->shift) : std::nullopt;
    }
    return parsed;
}

Parsed<std::uint64_t> parseBytes(std::string_view text) { return parseBinary(text, kByteUnits); }

Parsed<std::uint64_t> parseBits(std::string_view text) { return parseBinary(text, kBitUnits); }

Parsed<double> parseHertz(std::string_view text) { return parseWithUnit(text, kFrequencyUnits); }

Parsed<double> parseSeconds(std::string_view text) { return parseWithUnit(text, kTimeUnits); }

static std::string showBinary(std::uint64_t value, std::span<const BinaryUnit> units) {
    const auto unit = std::find_if(units.begin(), units.end(), [&](const BinaryUnit& known) {
        return value % (std::uint64_t{1} << known.shift) == 0 && value >> known.shift > 0;
    });
    return unit == units.end() ? fmt::format("0{}", units.back().name)
                               : fmt::format("{}{}", value >> unit->shift, unit->name);
}

std::string showBytes(std::uint64_t bytes) { return showBinary(bytes, kByteUnits); }

std::string showBits(std::uint64_t bits) { return showBinary(bits, kBitUnits); }

std::string showHertz(double hertz) { return showWithUnit(hertz, kFrequencyUnits); }

std::string showSeconds(double seconds) { return showWithUnit(seconds, kTimeUnits); }

}  // namespace systole::sim
