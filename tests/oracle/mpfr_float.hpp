// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tests/oracle/rule.hpp"

/// Rounding to binary floats by GNU MPFR, whose precision, exponent range and gradual underflow are
/// set to the format's.
namespace oracle {

class MpfrFloat {
public:
    /// Subnormal and HiddenOne formats with up to 24 significand bits.
    explicit MpfrFloat(const FloatSpec& spec);
    ~MpfrFloat();
    MpfrFloat(const MpfrFloat&) = delete;
    MpfrFloat& operator=(const MpfrFloat&) = delete;

    struct Result {
        double value = 0;
        bool beyond = false;  ///< the rounded magnitude is larger than the largest; value is that
    };

    /// `value`, finite, rounded with an exponent without upper limit.
    Result round(double value, Rule rule, std::uint32_t random);

    /// sum + left * right, rounded once. Finite.
    Result addProduct(double sum, double left, double right, Rule rule, std::uint32_t random);

    double largest() const { return largest_; }

private:
    struct State;
    Result roundExact(Rule rule, std::uint32_t random);
    double direct(int mode);
    double choose(double below, double above, Rule rule, std::uint32_t random);

    FloatSpec spec_;
    double largest_;
    double smallest_;
    State* state_;
};

}  // namespace oracle
