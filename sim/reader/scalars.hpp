// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Numbers as Systole's YAML writes them: decimal, the whole token, no octal, no hexadecimal.
namespace systole::sim {

template <class T>
struct Parsed {
    bool wellFormed = false;  ///< it is a number of this kind
    std::optional<T> value;   ///< empty where the type cannot hold it
};

/// Digits, as `16`; `010` is ten. A negative integer is well formed, without value.
Parsed<std::uint64_t> parseInteger(std::string_view text);

/// Digits with a minus sign or without.
Parsed<std::int64_t> parseSignedInteger(std::string_view text);

/// `1.5`, `-3`, `1e-3`; never infinite, never NaN.
Parsed<double> parseReal(std::string_view text);

/// `64KiB`, `512B`, or a plain number of bytes.
Parsed<std::uint64_t> parseBytes(std::string_view text);

/// `8Gb`, `512Mb`, in bits; Mb and Gb are powers of two, as for the density of a memory.
Parsed<std::uint64_t> parseBits(std::string_view text);

/// `500MHz`, `1.2GHz`, in hertz, rounded once from the decimal text.
Parsed<double> parseHertz(std::string_view text);

/// `10ns`, `3.9us`, in seconds, rounded once from the decimal text.
Parsed<double> parseSeconds(std::string_view text);

/// The shortest way to write them in their largest fitting unit: `64KiB`, `1.2GHz`, `10ns`.
std::string showBytes(std::uint64_t bytes);
std::string showBits(std::uint64_t bits);
std::string showHertz(double hertz);
std::string showSeconds(double seconds);

}  // namespace systole::sim
