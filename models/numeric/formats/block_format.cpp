// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/block_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace systole::numeric {
namespace {

constexpr int kLongestBlock = 1 << 16;
constexpr int kWidestElement = 16;
constexpr int kMxBlock = 32;  // OCP MX 1.0, table 1
constexpr int kNvfp4Block = 16;

FloatFormat floatNamed(const char* name) { return std::get<FloatFormat>(*findFormat(name)); }

BlockFormat microscaling(const char* name, const char* element) {
    return {name, *findFormat(element), kMxBlock, floatNamed("e8m0")};
}

/// Elements as those of MXINT8 (OCP MX 1.0, section 5.3.4): -2 .. 2 less one step.
BlockFormat blockFloatingPoint(const std::string& name, int bits, int length) {
    const IntFormat element{.name = fmt::format("int{}_fraction{}", bits, bits - 2),
                            .bits = bits,
                            .fractionBits = bits - 2};
    return {name, element, length, floatNamed("e8m0")};
}

std::vector<BlockFormat> makeKnownFormats() {
    return {microscaling("mxfp8_e4m3", "e4m3"),
            microscaling("mxfp8_e5m2", "e5m2"),
            microscaling("mxfp6_e3m2", "e3m2"),
            microscaling("mxfp6_e2m3", "e2m3"),
            microscaling("mxfp4", "e2m1"),
            blockFloatingPoint("mxint8", 8, kMxBlock),
            {"nvfp4", *findFormat("e2m1"), kNvfp4Block, floatNamed("e4m3"), ScaleRule::Ratio, true},
            blockFloatingPoint("bfp8b16", 8, 16),
            blockFloatingPoint("bfp4b16", 4, 16)};
}

/// Strips `prefix` and reads a number without leading zeros; 0 if there is none.
int takeNumber(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return 0;
    text.remove_prefix(prefix.size());
    int number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || text.front() == '0' || number < 0) return 0;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return number;
}

constexpr std::string_view kBlock = "_block";
constexpr std::string_view kRatio = "_ratio";
constexpr std::string_view kTensor = "_tensor";

/// A scale of powers of two follows the rule of OCP MX unless its name says otherwise.
bool hasFloorByItself(const FloatFormat& scale) { return scale.name == "e8m0"; }

bool takeEnd(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

/// e2m1_block16_e4m3_tensor
std::optional<BlockFormat> spelledOut(const std::string& name) {
    std::string_view rest = name;
    BlockFormat format;
    format.name = name;
    format.tensorScale = takeEnd(rest, kTensor);
    const bool isRatio = takeEnd(rest, kRatio);
    const std::size_t at = rest.rfind(kBlock);
    if (at == std::string_view::npos) return std::nullopt;
    const auto element = formatNamed(std::string(rest.substr(0, at)));
    rest.remove_prefix(at);
    format.blockLength = takeNumber(rest, kBlock);
    if (!element || format.blockLength == 0 || !rest.starts_with('_')) return std::nullopt;
    const auto scale = formatNamed(std::string(rest.substr(1)));
    if (!scale || !std::holds_alternative<FloatFormat>(*scale)) return std::nullopt;
    format.element = *element;
    format.scale = std::get<FloatFormat>(*scale);
    format.rule =
        isRatio || !hasFloorByItself(format.scale) ? ScaleRule::Ratio : ScaleRule::FloorPowerOfTwo;
    return format;
}

}  // namespace

std::string spelledName(const BlockFormat& format) {
    const bool isRatio = format.rule == ScaleRule::Ratio && hasFloorByItself(format.scale);
    return fmt::format("{}{}{}_{}{}{}", nameOf(format.element), kBlock, format.blockLength,
                       format.scale.name, isRatio ? kRatio : "", format.tensorScale ? kTensor : "");
}

const std::vector<BlockFormat>& knownBlockFormats() {
    static const std::vector<BlockFormat> kFormats = makeKnownFormats();
    return kFormats;
}

std::optional<BlockFormat> blockFormatNamed(const std::string& name) {
    for (const BlockFormat& format : knownBlockFormats()) {
        if (format.name == name) return format;
    }
    if (const auto format = spelledOut(name); format && !problemOf(*format)) return format;
    std::string_view rest = name;
    const int bits = takeNumber(rest, "bfp");
    const int length = takeNumber(rest, "b");
    if (!rest.empty() || bits < 2 || length < 1) return std::nullopt;
    const BlockFormat format = blockFloatingPoint(name, bits, length);
    return problemOf(format) ? std::nullopt : std::optional(format);
}

std::optional<std::string> problemOf(const BlockFormat& format) {
    if (auto element = problemOf(format.element)) return "element: " + *element;
    if (auto scale = problemOf(Format(format.scale))) return "scale: " + *scale;
    if (widthOf(format.element) > kWidestElement) {
        return fmt::format("element: {} bits, expected at most {}", widthOf(format.element),
                           kWidestElement);
    }
    if (widthOf(format.scale) > kWidestElement) {
        return fmt::format("scale: {} bits, expected at most {}", widthOf(format.scale),
                           kWidestElement);
    }
    if (format.blockLength < 1 || format.blockLength > kLongestBlock) {
        return fmt::format("block: {}, expected 1 to {}", format.blockLength, kLongestBlock);
    }
    if (format.scale.specials == SpecialValues::None) {
        return fmt::format("scale: {} has no NaN, expected a float format with one",
                           format.scale.name);
    }
    if (Codec(format.element).largest() <= 0) {
        return fmt::format("element: {} has no positive value", nameOf(format.element));
    }
    if (format.tensorScale && format.rule != ScaleRule::Ratio) {
        return "tensor_scale: true, expected false where scales are powers of two by the floor";
    }
    return std::nullopt;
}

double bitsPerValue(const BlockFormat& format) {
    return widthOf(format.element) +
           static_cast<double>(widthOf(format.scale)) / format.blockLength;
}

}  // namespace systole::numeric
