// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "models/check.hpp"
#include "models/numeric/formats/decode.hpp"
#include "models/numeric/formats/neighbours.hpp"

namespace systole::numeric {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kTiny = std::numeric_limits<double>::min();
constexpr int kWidestTable = 16;
constexpr int kWidestSteps = 62;

std::vector<double> decodeAll(const Format& format) {
    std::vector<double> values(std::size_t{1} << widthOf(format));
    const auto fill = [&](auto&& decode) {
        for (Code code = 0; code < values.size(); ++code) values[code] = decode(code);
    };
    if (const auto* integer = std::get_if<IntFormat>(&format)) {
        fill([&](Code code) { return decodeInteger(*integer, code); });
    } else if (const auto* minifloat = std::get_if<FloatFormat>(&format)) {
        fill([rounder = FloatRounder(*minifloat)](Code code) { return rounder.decode(code); });
    } else if (const auto* posit = std::get_if<PositFormat>(&format)) {
        fill([&](Code code) { return decodePosit(posit->bits, posit->exponentBits, code); });
    } else {
        fill([&](Code code) { return decodeCodebook(std::get<CodebookFormat>(format), code); });
    }
    return values;
}

}  // namespace

Dyadic dyadicOf(double value) {
    if (value == 0) return {};
    const Unrounded exact = unroundedOf(value);
    const auto magnitude = static_cast<std::int64_t>(exact.significand);
    const int zeros = std::countr_zero(static_cast<std::uint64_t>(magnitude));
    return {exact.negative ? -(magnitude >> zeros) : magnitude >> zeros, exact.exponent + zeros};
}

Codec::Codec(Format format) : format_(std::move(format)) {
    const auto problem = problemOf(format_);
    SYSTOLE_CHECK(!problem, "{}: {}", nameOf(format_), problem.value_or(""));
    if (const auto* minifloat = asFloat()) rounder_.emplace(*minifloat);
    if (widthOf(format_) > kWidestTable) {  // FP32, and floats of many exponent and mantissa bits
        largest_ = decodeWide(rounder_->ofInfinity(false, Overflow::Saturate).code);
        smallest_ = decodeWide(rounder_->ofInfinity(true, Overflow::Saturate).code);
        smallestPositive_ = decodeWide(rounder_->smallestCode());
        gridExponent_ = rounder_->lowestQuantum();
        return;
    }
    auto tables = std::make_shared<Tables>();
    tables->values = decodeAll(format_);
    measure(*tables);
    if (std::holds_alternative<PositFormat>(format_) ||
        std::holds_alternative<CodebookFormat>(format_)) {
        makeEntries(*tables);
    }
    tables_ = std::move(tables);
}

void Codec::measure(Tables& tables) {
    const auto* integer = std::get_if<IntFormat>(&format_);
    const bool narrow = integer != nullptr && integer->narrowRange;
    largest_ = -std::numeric_limits<double>::infinity();
    smallest_ = smallestPositive_ = -largest_;
    gridExponent_ = std::numeric_limits<int>::max();
    for (Code code = 0; code < tables.values.size(); ++code) {
        const double value = tables.values[code];
        if (!std::isfinite(value) || (narrow && code == tables.values.size() / 2)) continue;
        largest_ = std::max(largest_, value);
        smallest_ = std::min(smallest_, value);
        if (value > 0) smallestPositive_ = std::min(smallestPositive_, value);
        if (value != 0) gridExponent_ = std::min(gridExponent_, dyadicOf(value).exponent);
    }
    tables.steps.reserve(tables.values.size());
    for (const double value : tables.values) {
        tables.steps.push_back(std::isfinite(value) ? std::ldexp(value, -gridExponent_) : kNan);
    }
}

void Codec::makeEntries(Tables& tables) const {
    std::vector<Entry>& entries = tables.entries;
    const auto* posit = std::get_if<PositFormat>(&format_);
    for (Code code = 0; code < tables.values.size(); ++code) {
        if (std::isfinite(tables.values[code]))
            entries.push_back({tables.values[code], code, false, kNan});
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& left, const Entry& right) { return left.value < right.value; });
    for (std::size_t rank = 0; rank < entries.size(); ++rank) {
        Entry& entry = entries[rank];
        entry.even = posit != nullptr ? (entry.code & 1) == 0 : rank % 2 == 0;
        if (posit == nullptr || rank + 1 == entries.size()) continue;
        // Posit Standard 2022, section 4.1: the boundary is the posit of one bit more between two,
        // and nothing but zero rounds to zero.
        const double next = entries[rank + 1].value;
        const Code between = 2 * entry.code + 1;
        entry.boundary = entry.value == 0 || next == 0
                             ? 0.0
                             : decodePosit(posit->bits + 1, posit->exponentBits, between);
    }
}

Code Codec::encode(double value, Rounding rounding, Overflow overflow, std::uint32_t random) const {
    SYSTOLE_CHECK(supports(overflow), "{} does not know overflow policy {}", nameOf(format_),
                  static_cast<int>(overflow));
    if (std::isnan(value)) SYSTOLE_CHECK(hasNan(), "{} has no NaN", nameOf(format_));
    return std::visit(
        [&](const auto& family) { return encodeAs(family, value, rounding, overflow, random); },
        format_);
}

bool Codec::supports(Overflow overflow) const {
    if (overflow == Overflow::Saturate) return true;
    if (overflow == Overflow::ToSpecial) return hasNan();
    const auto* integer = std::get_if<IntFormat>(&format_);
    const auto* minifloat = asFloat();
    return (integer != nullptr && !integer->narrowRange) ||
           (minifloat != nullptr && minifloat->isSigned);
}

bool Codec::hasNan() const {
    const auto* minifloat = asFloat();
    return std::holds_alternative<PositFormat>(format_) ||
           (minifloat != nullptr && minifloat->specials != SpecialValues::None);
}

Code Codec::encodeAs(const IntFormat& format, double value, Rounding rounding, Overflow overflow,
                     std::uint32_t random) const {
    const bool whole = format.fractionBits == 0 && !format.halfInteger;
    if (whole && rounding == Rounding::NearestEven && overflow == Overflow::Saturate) {
        // The common case, as a few additions: next to 1.5 * 2^52 doubles are whole numbers.
        constexpr double kWholes = 0x1.8p52;
        const double rounded = (std::clamp(value, smallest_, largest_) + kWholes) - kWholes;
        return static_cast<Code>(static_cast<std::int64_t>(rounded)) & ((1U << format.bits) - 1);
    }
    const double codes = std::ldexp(1.0, format.bits);
    // Rounding commutes with taking away an even count of whole ranges, as long as the sign is kept
    // and zero is not crossed; keeps integers exact, and the scaled value finite.
    const double ranges = std::ldexp(2 * codes, -format.fractionBits);
    if (overflow == Overflow::Wrap) {
        SYSTOLE_CHECK(std::isfinite(value), "{}: infinity does not wrap", format.name);
        if (std::fabs(value) >= ranges) {
            value = std::fmod(value, ranges) + std::copysign(ranges, value);
        }
    }
    double scaled = std::ldexp(value, format.fractionBits);
    // What underflows is still on its side of zero, which the half-integer grid asks for.
    if (scaled == 0 && value != 0) scaled = std::copysign(kTiny, value);
    if (overflow != Overflow::Wrap) {
        // Beyond the ends nothing changes by rounding.
        scaled = std::clamp(scaled, std::ldexp(smallest_, format.fractionBits) - 1,
                            std::ldexp(largest_, format.fractionBits) + 1);
    }
    const double offset = format.halfInteger ? 0.5 : 0.0;
    const double floor = std::floor(scaled);
    const double lower = floor + offset <= scaled ? floor + offset : floor + offset - 1;
    const Neighbours neighbours{lower, lower + 1, std::fmod(lower - offset, 2.0) == 0};
    double rounded = neighbours.round(scaled, rounding, random);
    if (overflow != Overflow::Wrap) {
        rounded = std::clamp(rounded, std::ldexp(smallest_, format.fractionBits),
                             std::ldexp(largest_, format.fractionBits));
    }
    const auto integer = static_cast<std::int64_t>(rounded - offset);
    return static_cast<Code>(integer) & ((1U << format.bits) - 1);
}

Code Codec::encodeAs(const FloatFormat& /*format*/, double value, Rounding rounding,
                     Overflow overflow, std::uint32_t random) const {
    if (std::isnan(value)) return rounder_->nanCode();
    if (std::isinf(value)) return rounder_->ofInfinity(value < 0, overflow).code;
    return rounder_->round(unroundedOf(value), rounding, overflow, random).code;
}

Code Codec::encodeAs(const PositFormat& format, double value, Rounding rounding, Overflow overflow,
                     std::uint32_t random) const {
    const Code notReal = 1U << (format.bits - 1);
    if (std::isnan(value) || (std::isinf(value) && overflow == Overflow::ToSpecial)) return notReal;
    if (std::fabs(value) > largest_ && overflow == Overflow::ToSpecial) return notReal;
    // Nothing but zero rounds to zero.
    if (value != 0 && std::fabs(value) < smallestPositive_) {
        value = std::copysign(smallestPositive_, value);
    }
    return encodeByTable(value, rounding, random);
}

Code Codec::encodeAs(const CodebookFormat& /*format*/, double value, Rounding rounding,
                     Overflow /*overflow*/, std::uint32_t random) const {
    return encodeByTable(value, rounding, random);
}

Code Codec::encodeByTable(double value, Rounding rounding, std::uint32_t random) const {
    const auto above =
        std::upper_bound(tables_->entries.begin(), tables_->entries.end(), value,
                         [](double x, const Entry& entry) { return x < entry.value; });
    if (above == tables_->entries.begin()) return tables_->entries.front().code;
    const Entry& lower = *std::prev(above);
    if (above == tables_->entries.end() || lower.value == value) return lower.code;
    const Neighbours neighbours{lower.value, above->value, lower.even, lower.boundary};
    return neighbours.round(value, rounding, random) == lower.value ? lower.code : above->code;
}

double Codec::largestSteps() const {
    return std::ldexp(std::max(largest_, -smallest_), -gridExponent_);
}

int Codec::gridBits() const {
    return std::ilogb(std::max(largest_, -smallest_)) - gridExponent_ + 1;
}

std::int64_t Codec::gridSteps(Code code) const {
    SYSTOLE_CHECK(gridBits() <= kWidestSteps, "{}: grid steps of {} bits", nameOf(format_),
                  gridBits());
    const double value = decode(code);
    SYSTOLE_CHECK(std::isfinite(value), "{}: code {:#x} has no grid steps", nameOf(format_), code);
    return static_cast<std::int64_t>(std::ldexp(value, -gridExponent_));
}

std::int64_t Codec::largestGridSteps() const {
    SYSTOLE_CHECK(gridBits() <= kWidestSteps, "{}: grid steps of {} bits", nameOf(format_),
                  gridBits());
    return static_cast<std::int64_t>(std::ldexp(std::max(largest_, -smallest_), -gridExponent_));
}

bool Codec::isFinite(Code code) const { return std::isfinite(decode(code)); }

std::vector<Code> finiteCodes(const Codec& codec) {
    std::vector<Code> codes;
    for (Code code = 0; code < codec.codeCount(); ++code) {
        if (codec.isFinite(code) && codec.decode(code) >= codec.smallest()) {
            codes.push_back(code);
        }
    }
    return codes;
}

}  // namespace systole::numeric
