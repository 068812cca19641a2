// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/mpfr_float.hpp"

#include <mpfr.h>

#include <cmath>
#include <stdexcept>

namespace oracle {
namespace {

// Holds any sum of a double and a product of two exactly.
constexpr mpfr_prec_t kExactBits = 6400;

double largestOf(const FloatSpec& spec) {
    const int field = (1 << spec.exponentBits) - (spec.specials == Specials::Ieee ? 2 : 1);
    if (field == 0 && spec.zero == Zero::Subnormal) {
        return std::ldexp(1 - std::ldexp(1.0, -spec.mantissaBits), 1 - spec.bias);
    }
    const double codesBelowNext = spec.specials == Specials::NanOnly ? 2 : 1;
    return std::ldexp(2 - std::ldexp(codesBelowNext, -spec.mantissaBits), field - spec.bias);
}

}  // namespace

struct MpfrFloat::State {
    explicit State(mpfr_prec_t precision) {
        mpfr_init2(exact, kExactBits);
        mpfr_init2(rounded, precision);
        mpfr_inits2(kExactBits, low, high, factor, static_cast<mpfr_ptr>(nullptr));
    }
    ~State() { mpfr_clears(exact, rounded, low, high, factor, static_cast<mpfr_ptr>(nullptr)); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    mpfr_t exact;
    mpfr_t rounded;
    mpfr_t low;
    mpfr_t high;
    mpfr_t factor;
};

MpfrFloat::MpfrFloat(const FloatSpec& spec)
    : spec_(spec),
      largest_(largestOf(spec)),
      smallest_(spec.zero == Zero::HiddenOne
                    ? std::ldexp(1 + std::ldexp(1.0, -spec.mantissaBits), -spec.bias)
                    : std::ldexp(1.0, 1 - spec.bias - spec.mantissaBits)),
      state_(new State(spec.mantissaBits + 1)) {
    const bool known = spec.zero == Zero::Subnormal || spec.zero == Zero::HiddenOne;
    // With one significand bit MPFR's even neighbour is not the even code.
    if (!known || spec.mantissaBits == 0) {
        throw std::invalid_argument("a format that MPFR cannot express");
    }
}

MpfrFloat::~MpfrFloat() { delete state_; }

MpfrFloat::Result MpfrFloat::round(double value, Rule rule, std::uint32_t random) {
    mpfr_set_d(state_->exact, value, MPFR_RNDN);
    return roundExact(rule, random);
}

MpfrFloat::Result MpfrFloat::addProduct(double sum, double left, double right, Rule rule,
                                        std::uint32_t random) {
    mpfr_set_d(state_->factor, left, MPFR_RNDN);
    mpfr_mul_d(state_->exact, state_->factor, right, MPFR_RNDN);
    mpfr_add_d(state_->exact, state_->exact, sum, MPFR_RNDN);
    return roundExact(rule, random);
}

/// The exact number in a rounding mode of MPFR's own.
double MpfrFloat::direct(int mode) {
    const auto rounding = static_cast<mpfr_rnd_t>(mode);
    if (spec_.zero != Zero::Subnormal) {
        mpfr_set(state_->rounded, state_->exact, rounding);
        return mpfr_get_d(state_->rounded, MPFR_RNDN);
    }
    // MPFR's significands lie in [1/2, 1); its subnormals begin below emin + precision - 1.
    int inexact = mpfr_set(state_->rounded, state_->exact, rounding);
    const mpfr_exp_t emin = mpfr_get_emin();
    mpfr_set_emin(2 - spec_.bias - spec_.mantissaBits);
    inexact = mpfr_check_range(state_->rounded, inexact, rounding);
    mpfr_subnormalize(state_->rounded, inexact, rounding);
    const double value = mpfr_get_d(state_->rounded, MPFR_RNDN);
    mpfr_set_emin(emin);
    return value;
}

double MpfrFloat::choose(double below, double above, Rule rule, std::uint32_t random) {
    if (below == above) return below;
    const bool upwards = above > 0;
    mpfr_d_sub(state_->high, above, state_->exact, MPFR_RNDN);
    mpfr_sub_d(state_->low, state_->exact, below, MPFR_RNDN);
    if (rule == Rule::Stochastic) {
        mpfr_srcptr distance = upwards ? state_->low : state_->high;
        mpfr_set_d(state_->factor, above, MPFR_RNDN);
        mpfr_sub_d(state_->factor, state_->factor, below, MPFR_RNDN);
        mpfr_mul_d(state_->factor, state_->factor, std::ldexp(1.0, 32) - random, MPFR_RNDN);
        mpfr_div_2ui(state_->factor, state_->factor, 32, MPFR_RNDN);
        return (mpfr_cmp(distance, state_->factor) >= 0) == upwards ? above : below;
    }
    const int side = mpfr_cmp(state_->low, state_->high);
    if (rule == Rule::TowardZero) return upwards ? below : above;
    if (side != 0) return side > 0 ? above : below;
    if (rule == Rule::HalfUp) return above;
    if (rule == Rule::HalfAway) return upwards ? above : below;
    return upwards ? below : above;  // the gap next to zero, where zero is the even one
}

MpfrFloat::Result MpfrFloat::roundExact(Rule rule, std::uint32_t random) {
    const int sign = mpfr_sgn(state_->exact);
    double value = 0;
    const bool gap = spec_.zero == Zero::HiddenOne && mpfr_cmp_d(state_->exact, smallest_) < 0 &&
                     mpfr_cmp_d(state_->exact, -smallest_) > 0;
    if (sign == 0) {
        value = mpfr_get_d(state_->exact, MPFR_RNDN);
    } else if (gap) {
        value = choose(sign < 0 ? -smallest_ : -0.0, sign < 0 ? -0.0 : smallest_, rule, random);
        value = std::copysign(value, sign);
    } else if (rule == Rule::NearestEven) {
        value = direct(MPFR_RNDN);
    } else if (rule == Rule::TowardZero) {
        value = direct(MPFR_RNDZ);
    } else {
        value = choose(direct(MPFR_RNDD), direct(MPFR_RNDU), rule, random);
    }
    if (std::fabs(value) > largest_) return {std::copysign(largest_, value), true};
    return {value, false};
}

}  // namespace oracle
