// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <string_view>

namespace systole::numeric {
namespace {

constexpr int kWidestInteger = 16;
constexpr int kWidestFloatExponent = 8;
constexpr int kWidestMantissa = 10;
constexpr int kFp32Mantissa = 23;
constexpr int kLargestBias = 255;  // products of two values stay within binary64
constexpr int kLargestFraction = 32;
constexpr std::size_t kLargestCodebook = 256;
constexpr double kLargestEntry = 0x1p200;  // products and grids stay within binary64

std::optional<std::string> outside(std::string_view what, int value, int low, int high) {
    if (value >= low && value <= high) return std::nullopt;
    return fmt::format("{}: {}, expected {} to {}", what, value, low, high);
}

std::optional<std::string> problem(const IntFormat& format) {
    if (auto bits = outside("bits", format.bits, 1, kWidestInteger)) return bits;
    if (auto fraction =
            outside("fraction", format.fractionBits, -kLargestFraction, kLargestFraction)) {
        return fraction;
    }
    if (format.narrowRange && (!format.isSigned || format.bits < 2)) {
        return "narrow: true, expected false for an unsigned or one-bit format";
    }
    if (format.narrowRange && format.halfInteger) {
        return "narrow: true, expected false on the half-integer grid, which is symmetric";
    }
    return std::nullopt;
}

bool hasNonzeroValue(const FloatFormat& format) {
    // The largest magnitude codes that specials take away: all of the top exponent, or one code.
    const std::int64_t codes = std::int64_t{1} << (format.exponentBits + format.mantissaBits);
    const int first = format.zeroExponent == ZeroExponent::Flushed  ? 1 << format.mantissaBits
                      : format.zeroExponent == ZeroExponent::NoZero ? 0
                                                                    : 1;
    const int taken = format.specials == SpecialValues::Ieee      ? 1 << format.mantissaBits
                      : format.specials == SpecialValues::NanOnly ? 1
                                                                  : 0;
    return first < codes - taken;
}

std::optional<std::string> problem(const FloatFormat& format) {
    if (auto bits = outside("exponent", format.exponentBits, 1, kWidestFloatExponent)) return bits;
    const bool fp32 =
        format.exponentBits == kWidestFloatExponent && format.mantissaBits == kFp32Mantissa;
    if (!fp32) {
        if (auto bits = outside("mantissa", format.mantissaBits, 0, kWidestMantissa)) return bits;
    }
    if (auto bias = outside("bias", format.bias, -kLargestBias, kLargestBias)) return bias;
    if (format.specials == SpecialValues::Ieee && format.mantissaBits == 0) {
        return "specials: ieee has no code for NaN without mantissa bits, expected nan_only, fnuz "
               "or none";
    }
    if (format.specials == SpecialValues::Fnuz && !format.isSigned) {
        return "specials: fnuz is the code of minus zero, expected a signed format";
    }
    if (format.specials == SpecialValues::Fnuz && format.zeroExponent == ZeroExponent::NoZero) {
        return "specials: fnuz is the code of minus zero, expected a format with a zero";
    }
    if (!hasNonzeroValue(format)) {
        return "exponent and mantissa: no code is left for a value other than zero, expected more "
               "bits or specials: none";
    }
    return std::nullopt;
}

std::optional<std::string> problem(const PositFormat& format) {
    if (auto bits = outside("bits", format.bits, 3, kWidestInteger)) return bits;
    return outside("es", format.exponentBits, 0, 4);
}

std::optional<std::string> problem(const CodebookFormat& format) {
    if (format.values.size() < 2 || format.values.size() > kLargestCodebook) {
        return fmt::format("codebook: {} values, expected 2 to {}", format.values.size(),
                           kLargestCodebook);
    }
    std::set<double> seen;
    for (const double value : format.values) {
        if (!std::isfinite(value)) {
            return fmt::format("codebook: {}, expected finite values", value);
        }
        if (value != 0 &&
            (std::fabs(value) > kLargestEntry || std::fabs(value) < 1 / kLargestEntry)) {
            return fmt::format("codebook: {:g}, expected magnitudes of {:g} to {:g}, or 0", value,
                               1 / kLargestEntry, kLargestEntry);
        }
        if (!seen.insert(value).second) {
            return fmt::format("codebook: {:g} is there twice, expected distinct values", value);
        }
    }
    return std::nullopt;
}

std::vector<Format> knownIntegers() {
    std::vector<Format> formats{
        CodebookFormat{"binary", {-1, 1}},
        IntFormat{.name = "ternary", .bits = 2, .narrowRange = true},
    };
    for (const int bits : {2, 3, 4, 5, 6, 7, 8, 12, 16}) {
        formats.emplace_back(IntFormat{.name = fmt::format("int{}", bits), .bits = bits});
    }
    for (const int bits : {1, 2, 4, 8, 16}) {
        formats.emplace_back(
            IntFormat{.name = fmt::format("uint{}", bits), .bits = bits, .isSigned = false});
    }
    formats.emplace_back(IntFormat{.name = "int4_narrow", .bits = 4, .narrowRange = true});
    formats.emplace_back(IntFormat{.name = "int8_narrow", .bits = 8, .narrowRange = true});
    formats.emplace_back(IntFormat{.name = "int4_half", .bits = 4, .halfInteger = true});
    // OCP MX 1.0, section 5.3.4: the element of MXINT8; a format of its own without block scales.
    formats.emplace_back(IntFormat{.name = "int8_fraction6", .bits = 8, .fractionBits = 6});
    return formats;
}

std::vector<Format> knownFloats() {
    using enum SpecialValues;
    using enum ZeroExponent;
    return {
        // OCP OFP8 1.0, table 1; fnuz: Noune et al. 2022; the bias of 11: Sun et al., HFP8, 2019.
        FloatFormat{"e4m3", 4, 3, 7, NanOnly},
        FloatFormat{"e5m2", 5, 2, 15, Ieee},
        FloatFormat{"e4m3fnuz", 4, 3, 8, Fnuz},
        FloatFormat{"e5m2fnuz", 5, 2, 16, Fnuz},
        FloatFormat{"e4m3b11fnuz", 4, 3, 11, Fnuz},
        // IEEE 754 style: the top exponent is reserved.
        FloatFormat{"e4m3_ieee", 4, 3, 7, Ieee},
        FloatFormat{"e3m4_ieee", 3, 4, 3, Ieee},
        FloatFormat{"e3m2_ieee", 3, 2, 3, Ieee},
        // OCP MX 1.0, section 5.3: the element formats without special values; 5.4: the scale.
        FloatFormat{"e3m2", 3, 2, 3, None},
        FloatFormat{"e2m3", 2, 3, 1, None},
        FloatFormat{"e2m1", 2, 1, 1, None},
        FloatFormat{"e8m0", 8, 0, 127, NanOnly, false, NoZero},
        // Hidden one always, a zero code, an exponent offset of choice (Kang 2019).
        FloatFormat{"short_e4m3", 4, 3, 7, None, true, HiddenOne},
        FloatFormat{"short_e3m2", 3, 2, 3, None, true, HiddenOne},
        FloatFormat{"short_e2m1", 2, 1, 1, None, true, HiddenOne},
        FloatFormat{"pow2_4", 3, 0, 7, None, true, HiddenOne},
        FloatFormat{"fp16", 5, 10, 15, Ieee},
        FloatFormat{"bf16", 8, 7, 127, Ieee},
        // Agrawal et al. 2019: 1-6-9, no subnormals, infinity and NaN share one code.
        FloatFormat{"dlfloat16", 6, 9, 31, NanOnly, true, HiddenOne},
        FloatFormat{"fp32", 8, 23, 127, Ieee},
    };
}

std::vector<Format> makeKnownFormats() {
    std::vector<Format> formats = knownIntegers();
    const std::vector<Format> floats = knownFloats();
    formats.insert(formats.end(), floats.begin(), floats.end());
    for (const auto& [bits, exponentBits] : {std::pair{8, 0}, {8, 1}, {8, 2}, {16, 1}}) {
        formats.emplace_back(
            PositFormat{fmt::format("posit{}es{}", bits, exponentBits), bits, exponentBits});
    }
    return formats;
}

}  // namespace

const std::vector<Format>& knownFormats() {
    static const std::vector<Format> kFormats = makeKnownFormats();
    return kFormats;
}

const Format* findFormat(const std::string& name) {
    const auto& formats = knownFormats();
    const auto found = std::find_if(formats.begin(), formats.end(),
                                    [&](const Format& format) { return nameOf(format) == name; });
    return found == formats.end() ? nullptr : &*found;
}

std::optional<std::string> problemOf(const Format& format) {
    return std::visit([](const auto& family) { return problem(family); }, format);
}

const std::string& nameOf(const Format& format) {
    return std::visit([](const auto& family) -> const std::string& { return family.name; }, format);
}

namespace {

int width(const IntFormat& format) { return format.bits; }
int width(const PositFormat& format) { return format.bits; }
int width(const FloatFormat& format) {
    return (format.isSigned ? 1 : 0) + format.exponentBits + format.mantissaBits;
}
int width(const CodebookFormat& format) {
    return static_cast<int>(std::bit_width(format.values.size() - 1));
}

}  // namespace

int widthOf(const Format& format) {
    return std::visit([](const auto& family) { return width(family); }, format);
}

bool isPlainInteger(const Format& format) {
    const auto* integer = std::get_if<IntFormat>(&format);
    return integer != nullptr && integer->fractionBits == 0 && !integer->halfInteger;
}

int storageBytes(const Format& format) { return (widthOf(format) + 7) / 8; }

}  // namespace systole::numeric
