// SPDX-License-Identifier: Apache-2.0
#include "sim/config/scalars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

namespace systole::sim {
namespace {

struct ByteUnit {
    std::string_view name;
    int shift;
};
constexpr std::array kByteUnits{ByteUnit{"TiB", 40}, ByteUnit{"GiB", 30}, ByteUnit{"MiB", 20},
                                ByteUnit{"KiB", 10}, ByteUnit{"B", 0}};

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

Parsed<std::uint64_t> parseBytes(std::string_view text) {
    const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view suffix = length == text.size() ? "B" : text.substr(length);
    Parsed<std::uint64_t> parsed = parseInteger(text.substr(0, length));
    const auto* unit = std::find_if(kByteUnits.begin(), kByteUnits.end(),
                                    [&](const ByteUnit& known) { return known.name == suffix; });
    if (unit == kByteUnits.end() || !parsed.wellFormed) {
        return {};
    }
    if (parsed.value) {
        const bool fits = *parsed.value <= std::numeric_limits<std::uint64_t>::max() >> unit->shift;
        parsed.value = fits ? std::optional(*parsed.value << unit->shift) : std::nullopt;
    }
    return parsed;
}

Parsed<double> parseHertz(std::string_view text) { return parseWithUnit(text, kFrequencyUnits); }

Parsed<double> parseSeconds(std::string_view text) { return parseWithUnit(text, kTimeUnits); }

std::string showBytes(std::uint64_t bytes) {
    const auto* const unit =
        std::find_if(kByteUnits.begin(), kByteUnits.end(), [&](const ByteUnit& known) {
            return bytes % (std::uint64_t{1} << known.shift) == 0 && bytes >> known.shift > 0;
        });
    return unit == kByteUnits.end() ? "0B" : fmt::format("{}{}", bytes >> unit->shift, unit->name);
}

std::string showHertz(double hertz) { return showWithUnit(hertz, kFrequencyUnits); }

std::string showSeconds(double seconds) { return showWithUnit(seconds, kTimeUnits); }

}  // namespace systole::sim
