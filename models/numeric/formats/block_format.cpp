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

}  // namespace

const std::vector<BlockFormat>& knownBlockFormats() {
    static const std::vector<BlockFormat> kFormats = makeKnownFormats();
    return kFormats;
}

std::optional<BlockFormat> blockFormatNamed(const std::string& name) {
    for (const BlockFormat& format : knownBlockFormats()) {
        if (format.name == name) return format;
    }
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
