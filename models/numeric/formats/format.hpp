// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Number formats as values. A format maps codes (unsigned bit patterns of its width) to real
/// values; rounding and overflow are separate choices and no part of it (rounding.hpp).
namespace systole::numeric {

using Code = std::uint32_t;

/// Two's complement or plain binary integers c, scaled: value = (c + offset) * 2^-fractionBits with
/// offset 1/2 on the half-integer grid (which has no zero: Zhang et al., DAQ), else 0.
struct IntFormat {
    std::string name;
    int bits = 8;  ///< 1..16
    bool isSigned = true;
    bool narrowRange = false;  ///< signed only: the most negative code is never produced
    int fractionBits = 0;      ///< -32..32; OCP MX 1.0 INT8 has 6
    bool halfInteger = false;
};

/// What the top codes of a float format mean.
enum class SpecialValues {
    None,     ///< every code is finite (OCP MX E3M2, E2M3, E2M1)
    Ieee,     ///< the top exponent holds infinities and NaNs (OCP E5M2, FP16, BF16)
    NanOnly,  ///< only the all-ones magnitude is NaN (OCP OFP8 1.0, table 1: E4M3)
    Fnuz,     ///< the code of minus zero is the single NaN; no infinities
};

/// What exponent field 0 means.
enum class ZeroExponent {
    Subnormal,  ///< 2^(1 - bias) * 0.m: gradual underflow
    Flushed,    ///< zero whatever the mantissa; such codes are not produced, but for zero itself
    HiddenOne,  ///< 2^-bias * 1.m, but for the all-zeros magnitude, which is zero (short float)
    NoZero,     ///< 2^-bias * 1.m throughout: there is no zero (OCP MX E8M0)
};

/// Sign, exponent, mantissa. Exponent field e > 0: 2^(e - bias) * 1.m.
struct FloatFormat {
    std::string name;
    int exponentBits = 4;  ///< 1..8
    int mantissaBits = 3;  ///< 0..10; FP32 alone has 23
    int bias = 7;
    SpecialValues specials = SpecialValues::NanOnly;
    bool isSigned = true;
    ZeroExponent zeroExponent = ZeroExponent::Subnormal;
};

/// Posit of n bits with es exponent bits; the code 10..0 is NaR (Posit Standard 2022, with es = 2).
struct PositFormat {
    std::string name;
    int bits = 8;          ///< 3..16
    int exponentBits = 1;  ///< 0..4
};

/// Code i stands for values[i]: binary, look-up tables, NF4.
struct CodebookFormat {
    std::string name;
    std::vector<double> values;  ///< 2..256, no two equal; 0, or magnitudes of 2^-200 to 2^200
};

using Format = std::variant<IntFormat, FloatFormat, PositFormat, CodebookFormat>;

/// The formats known by name, in the order in which they are listed.
const std::vector<Format>& knownFormats();

/// The known format of that name, or null.
const Format* findFormat(const std::string& name);

/// The format a name stands for: a known one, or a member of a family written out: `int5`, `uint3`,
/// `int4_narrow`, `int4_half`, `posit8es1`, `pow2_4` (sign and exponent), `e3m2b5_none`, or
/// whatever `spelledName` writes. Empty for anything else.
std::optional<Format> formatNamed(const std::string& name);

/// The name that a format's parameters spell, whatever the format is called: `e3m2b5_none`,
/// `ue4m0b7_none`, `int5_narrow`, `int8_fraction6`, `codebook[-1,0.25,1]`. `formatNamed` of it has
/// the same parameters.
std::string spelledName(const Format& format);
/// Whether codes mean the same, whatever the formats are called.
bool sameFormat(const Format& left, const Format& right);

/// What is wrong with a name that is built like a family's but is outside its range, as for
/// `problemOf`; empty where the name is good, or like nothing.
std::optional<std::string> problemOfName(const std::string& name);

/// What is wrong with a format's parameters and what is expected, or empty: "exponent: 9 bits,
/// expected 1 to 8". All that follows takes a format without a problem.
std::optional<std::string> problemOf(const Format& format);

const std::string& nameOf(const Format& format);

/// Width of a code in bits, sign included.
int widthOf(const Format& format);

/// Bytes an element takes in memory: codes are stored in whole bytes, low byte first.
int storageBytes(const Format& format);

/// Whether values are the integers of the codes themselves: no binary point, no half.
bool isPlainInteger(const Format& format);

/// The exponent bias of IEEE 754: 2^(exponentBits - 1) - 1.
constexpr int ieeeBias(int exponentBits) { return (1 << (exponentBits - 1)) - 1; }

}  // namespace systole::numeric
