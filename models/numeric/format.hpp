// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// Number formats as values. A format maps codes (unsigned bit patterns of its width) to real
/// values; rounding and overflow are separate choices and no part of it.
namespace systole::numeric {

using Code = std::uint32_t;

/// Two's complement (signed) or plain binary integers.
struct IntFormat {
    std::string name;
    int bits = 8;  ///< 1..16
    bool isSigned = true;
    bool narrowRange = false;  ///< signed only: the most negative code is never produced
};

/// What the top codes of a float format mean.
enum class SpecialValues {
    None,     ///< every code is finite (OCP MX E3M2, E2M3, E2M1)
    Ieee,     ///< the top exponent holds infinities and NaNs (OCP E5M2, FP16, BF16)
    NanOnly,  ///< only the all-ones code is NaN (OCP OFP8 1.0, table 1: E4M3)
    Fnuz,     ///< the code of minus zero is the single NaN; no infinities
};

/// Sign, exponent, mantissa. Value of exponent field e > 0: 2^(e - bias) * 1.m; e = 0: 2^(1 - bias)
/// * 0.m.
struct FloatFormat {
    std::string name;
    int exponentBits = 4;  ///< 1..8
    int mantissaBits = 3;  ///< 0..10
    int bias = 7;
    SpecialValues specials = SpecialValues::NanOnly;
};

using Format = std::variant<IntFormat, FloatFormat>;

enum class Rounding { NearestEven, HalfAway, TowardZero };

/// What becomes of a value beyond the largest finite one; NaN saturates never: see `Codec::encode`.
enum class Overflow { Saturate, ToSpecial };

/// The formats known by name, in the order in which they are listed.
const std::vector<Format>& knownFormats();

/// The known format of that name, or null.
const Format* findFormat(const std::string& name);

const std::string& nameOf(const Format& format);

/// Width of a code in bits, sign included.
int widthOf(const Format& format);

/// Bytes an element takes in memory: codes are stored in whole bytes, low byte first.
int storageBytes(const Format& format);

}  // namespace systole::numeric
