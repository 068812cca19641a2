// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The words of the oracles. They share no code with the project, so they have their own.
namespace oracle {

enum class Rule { NearestEven, HalfAway, HalfUp, TowardZero, Stochastic };
enum class Policy { Saturate, Wrap, ToSpecial };
enum class Specials { None, Ieee, NanOnly, Fnuz };
enum class Zero { Subnormal, Flushed, HiddenOne, NoZero };

struct FloatSpec {
    int exponentBits = 0;
    int mantissaBits = 0;
    int bias = 0;
    Specials specials = Specials::None;
    bool isSigned = true;
    Zero zero = Zero::Subnormal;
};

/// A value between two neighbours: lower <= value < upper.
struct Between {
    double lower;
    double upper;
    bool lowerIsEven;
    double boundary;  ///< where nearest changes sides; NaN: midway
};

/// Whether `value` becomes `upper`, decided in integers without a limit. Where the two neighbours
/// lie on either side of zero, the value's sign says which is the farther one.
bool takesUpper(const Between& between, double value, Rule rule, std::uint32_t random);

}  // namespace oracle
