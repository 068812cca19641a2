// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>

#include "models/numeric/sums/register_state.hpp"
#include "tests/differential/numeric_support.hpp"
#include "tests/oracle/mpfr_float.hpp"

// Registers addition by addition: floats against MPFR, fixed point against unlimited integers.
namespace systole::numeric {
namespace {

using namespace testing;
using boost::multiprecision::cpp_int;

/// Terms made to hurt: the next one is chosen by what the register holds.
class Adversary {
public:
    Adversary(const FloatFormat& format, unsigned seed) : format_(format), generator_(seed) {
        const Codec codec(format);
        largest_ = codec.largest();
        smallest_ = codec.smallestPositive();
    }

    struct Product {
        double left;
        double right;
    };

    Product next(double sum) {
        const double ulp = ulpOf(sum);
        switch (generator_() % 11) {
            case 0:  // cancellation, all of it or all but a few last bits
                return {-sum + ulp * integer(2), 1};
            case 1:  // a tie
                return {ulp * (integer(40) + 0.5), 1};
            case 2:  // one bit of binary64 off a tie
                return {std::nextafter(ulp * (integer(40) + 0.5), sign() * kInfinity), 1};
            case 3:  // quarters and eighths of the last bit
                return {ulp * integer(64) / 8, 1};
            case 4:  // around the smallest values
                return {smallest_ * integer(64) / 8 + ulpOf(0) * integer(2) / 4, 1};
            case 8:  // around what stays half of the smallest value, and the smallest one
                return {std::nextafter(smallest_ * integer(4) / 2, integer(1) * kInfinity) - sum,
                        1};
            case 5:  // around the largest value
                return {sign() * (largest_ - std::fabs(sum)) + ulpOf(largest_) * integer(16) / 8,
                        1};
            case 6:  // far below
                return {ulp * std::ldexp(sign(), -20 - static_cast<int>(generator_() % 200)), 1};
            case 7:  // any magnitude
                return {sign() * std::ldexp(1.0 + fraction(), exponent()), 1 + fraction()};
            case 9:  // of the sum's magnitude, all bits random
                return {(sum == 0 ? ulpOf(0) : sum) * (fraction() * 4 - 2), 1 + fraction()};
            default:  // halfway to cancellation
                return {-sum / 2 + ulp * integer(8) / 4, 1};
        }
    }

    std::uint32_t bits() { return static_cast<std::uint32_t>(generator_()); }

private:
    double ulpOf(double value) const {
        const int lowest = 1 - format_.bias;
        const int exponent = value == 0 ? lowest : std::max(std::ilogb(value), lowest);
        return std::ldexp(1.0, exponent - format_.mantissaBits);
    }
    double sign() { return generator_() % 2 == 0 ? 1 : -1; }
    double fraction() { return std::ldexp(static_cast<double>(generator_() % (1U << 20)), -20); }
    double integer(int limit) {
        return static_cast<int>(generator_() % static_cast<unsigned>(2 * limit + 1)) - limit;
    }
    int exponent() {
        const int span = (1 << format_.exponentBits) + 8;
        return static_cast<int>(generator_() % static_cast<unsigned>(span)) - format_.bias - 4;
    }

    FloatFormat format_;
    double largest_ = 0;
    double smallest_ = 0;
    std::mt19937_64 generator_;
};

/// A float register with its oracle.
class Pair {
public:
    explicit Pair(const FloatRegister& format)
        : format_(format),
          state_(format, widthOf(Format(format.format)), 0),
          mpfr_(specOf(format.format)) {}

    double sum() const { return sum_; }

    void clear() {
        state_.clear();
        sum_ = 0;
    }

    /// Whether register and oracle agree.
    bool add(double left, double right, std::uint32_t random) {
        const double before = sum_;
        if (std::isfinite(before) && std::isfinite(left)) {
            const auto rounded =
                mpfr_.addProduct(before, left, right, ruleOf(format_.rounding), random);
            sum_ = rounded.value;
            if (rounded.beyond) overflow();
        } else {
            sum_ = before + left * right;
        }
        if (sum_ == 0) sum_ = 0;  // minus zero as well
        state_.add(productOf(left, right), random, events_);
        return sameValue(held(), sum_) && events_ == expectedEvents_;
    }

    double held() const {
        std::int64_t word = 0;
        state_.store({&word, 1});
        return std::bit_cast<double>(word);
    }
    const AccumulatorEvents& events() const { return events_; }

private:
    void overflow() {
        if (format_.overflow == Overflow::Saturate) {
            ++expectedEvents_.saturations;
            return;
        }
        ++expectedEvents_.overflows;
        sum_ =
            format_.format.specials == SpecialValues::Ieee ? std::copysign(kInfinity, sum_) : kNan;
    }

    FloatRegister format_;
    RegisterState state_;
    oracle::MpfrFloat mpfr_;
    double sum_ = 0;
    AccumulatorEvents events_;
    AccumulatorEvents expectedEvents_;
};

std::vector<FloatFormat> registerFormats() {
    using enum SpecialValues;
    using enum ZeroExponent;
    std::vector<FloatFormat> formats;
    for (const char* name : {"fp32", "fp16", "bf16", "dlfloat16", "e4m3", "e5m2fnuz"}) {
        formats.push_back(std::get<FloatFormat>(formatNamed(name).value()));
    }
    formats.push_back({"e5m10 bias 40", 5, 10, 40, Ieee});
    formats.push_back({"e5m10 bias -100", 5, 10, -100, NanOnly});
    formats.push_back({"e8m10 bias 255", 8, 10, 255, Fnuz});
    formats.push_back({"e1m6 bias 3", 1, 6, 3, NanOnly});
    formats.push_back({"short e6m9 bias -7", 6, 9, -7, Ieee, true, HiddenOne});
    return formats;
}

/// Additions of one register, begun anew now and then and after every infinity or NaN.
void addAdversarially(const FloatRegister& format, int additions, unsigned seed) {
    Pair pair(format);
    Adversary adversary(format.format, seed);
    int begunAnew = 0;
    for (int i = 0; i < additions; ++i) {
        const double before = pair.sum();
        const auto [left, right] = adversary.next(std::isfinite(before) ? before : 1);
        ASSERT_TRUE(pair.add(left, right, adversary.bits()))
            << format.format.name << " rounding " << static_cast<int>(format.rounding)
            << " overflow " << static_cast<int>(format.overflow) << " seed " << seed << " addition "
            << i << ": " << std::hexfloat << before << " + " << left << " * " << right << " = "
            << pair.held() << ", expected " << pair.sum();
        if (i % 64 == 63 || (!std::isfinite(before) && i % 4 == 0)) {
            pair.clear();
            ++begunAnew;
        }
    }
    EXPECT_GT(begunAnew, additions / 64 - 1);
    const auto& events = pair.events();
    const bool saturates = format.overflow == Overflow::Saturate;
    EXPECT_GT(saturates ? events.saturations : events.overflows, 20U) << format.format.name;
    EXPECT_EQ(saturates ? events.overflows : events.saturations, 0U) << format.format.name;
}

TEST(NumericAccumulator, AMillionAdversarialFloatAdditionsAreMpfrs) {
    // 11 formats x 5 roundings x 2 overflow policies x 20,000.
    unsigned seed = 30;
    for (const FloatFormat& format : registerFormats()) {
        for (const Rounding rounding : kRoundings) {
            for (const Overflow overflow : {Overflow::Saturate, Overflow::ToSpecial}) {
                addAdversarially({format, rounding, overflow, 1}, 20'000, ++seed);
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST(NumericAccumulator, InfinitiesAndNanFollowIeee) {
    for (const char* name : {"fp32", "fp16", "bf16", "e5m2"}) {
        const FloatRegister format{std::get<FloatFormat>(formatNamed(name).value())};
        Pair pair(format);
        for (const double left : {1.0, kInfinity, 2.0, -kInfinity, kInfinity, 1.0}) {
            EXPECT_TRUE(pair.add(left, 1, 0)) << name << ": " << pair.held();
        }
        EXPECT_TRUE(std::isnan(pair.held()));
        pair.clear();
        EXPECT_TRUE(pair.add(kInfinity, 0, 0));
        EXPECT_TRUE(std::isnan(pair.held())) << name;
        EXPECT_EQ(pair.events(), AccumulatorEvents{});
    }
}

cpp_int fromWords(const std::vector<std::int64_t>& words) {
    cpp_int value = words.back() < 0 ? -1 : 0;
    for (std::size_t i = words.size(); i-- > 0;) {
        value = value * (cpp_int(1) << 64) + static_cast<std::uint64_t>(words[i]);
    }
    return value;
}

/// The number congruent to `value` modulo 2^bits in [-2^(bits - 1), 2^(bits - 1)).
cpp_int congruent(const cpp_int& value, int bits) {
    const cpp_int range = cpp_int(1) << bits;
    cpp_int rest = (value + range / 2) % range;
    if (rest < 0) rest += range;
    return rest - range / 2;
}

void addIntegers(int bits, Overflow overflow, std::mt19937_64& generator) {
    constexpr int kUnit = -7;
    RegisterState state(IntegerRegister{bits, overflow}, bits, kUnit);
    const cpp_int limit = cpp_int(1) << (bits - 1);
    cpp_int total = 0;
    AccumulatorEvents events;
    AccumulatorEvents expected;
    for (int i = 0; i < 10'000; ++i) {
        const int left = static_cast<int>(generator()) >> generator() % 8;
        const int right = static_cast<int>(generator()) >> generator() % 32;
        state.add(productOf(std::ldexp(left, kUnit), right), 0, events);
        total += cpp_int(left) * right;
        if (total >= limit || total < -limit) {
            const bool wraps = overflow == Overflow::Wrap;
            ++(wraps ? expected.overflows : expected.saturations);
            const cpp_int end = total < 0 ? cpp_int(-limit) : cpp_int(limit - 1);
            total = wraps ? congruent(total, bits) : end;
        }
        std::vector<std::int64_t> words(1);
        state.store(words);
        ASSERT_EQ(fromWords(words), total) << bits << " bits, addition " << i;
        ASSERT_EQ(events, expected) << bits << " bits, addition " << i;
    }
    EXPECT_GT(expected.overflows + expected.saturations, 20U) << bits;
}

TEST(NumericAccumulator, IntegerRegistersWrapOrSaturateAsUnlimitedIntegersSay) {
    std::mt19937_64 generator(31);
    for (const int bits : {8, 12, 16, 24, 31, 32, 33, 48, 62, 63}) {
        for (const Overflow overflow : {Overflow::Wrap, Overflow::Saturate}) {
            addIntegers(bits, overflow, generator);
            if (HasFatalFailure()) return;
        }
    }
}

/// left * right in units of 2^unit, of which both are whole numbers together.
cpp_int productSteps(double left, double right, int unit) {
    constexpr int kBits = 30;  // more than the significands here have
    int leftExponent = 0;
    int rightExponent = 0;
    cpp_int steps = static_cast<std::int64_t>(std::ldexp(std::frexp(left, &leftExponent), kBits));
    steps *= static_cast<std::int64_t>(std::ldexp(std::frexp(right, &rightExponent), kBits));
    const int shift = leftExponent + rightExponent - 2 * kBits - unit;
    return shift >= 0 ? cpp_int(steps << shift) : cpp_int(steps / (cpp_int(1) << -shift));
}

void addExactly(const char* name, std::mt19937& generator) {
    const Codec codec(formatNamed(name).value());
    const int bits = registerBits(ExactRegister{}, codec, codec);
    const int unit = 2 * codec.gridExponent();
    RegisterState state(ExactRegister{}, bits, unit);
    AccumulatorEvents events;
    cpp_int total = 0;
    const auto draw = [&] {
        while (true) {
            const auto code = static_cast<Code>(generator() % codec.codeCount());
            if (codec.isFinite(code)) return codec.decode(code);
        }
    };
    for (int i = 0; i < 20'000; ++i) {
        const bool extreme = i % 16 == 0;
        const double left = extreme ? codec.largest() : draw();
        const double right = extreme ? codec.largest() : draw();
        state.add(productOf(left, right), 0, events);
        total += productSteps(left, right, unit);
        if (i % 16 != 0) continue;
        std::vector<std::int64_t> words(static_cast<std::size_t>((bits + 63) / 64));
        state.store(words);
        ASSERT_EQ(fromWords(words), total) << name << " addition " << i;
    }
    EXPECT_EQ(events, AccumulatorEvents{});
}

TEST(NumericAccumulator, ExactRegistersHoldTheExactSumOfProducts) {
    // Registers of 33 (int8) to 539 bits (bf16).
    std::mt19937 generator(32);
    for (const char* name : {"int8", "e4m3", "e5m2", "fp16", "bf16", "posit8es2", "posit16es1"}) {
        addExactly(name, generator);
        if (HasFatalFailure()) return;
    }
}

TEST(NumericAccumulator, ExactRegistersAreWideEnoughForTheLargestProductsToTheirGuardBits) {
    for (const char* name : {"int8", "int4", "uint8", "e4m3", "e5m2", "posit8es1", "int4_half"}) {
        const Codec codec(formatNamed(name).value());
        const ExactRegister exact{.guardBits = 6};
        for (const double extreme : {codec.largest(), codec.smallest()}) {
            RegisterState state(exact, registerBits(exact, codec, codec), 2 * codec.gridExponent());
            AccumulatorEvents events;
            // An invariant breaks where the register cannot hold the sum.
            for (int i = 0; i < 64; ++i) {
                EXPECT_NO_THROW(state.add(productOf(extreme, codec.largest()), 0, events)) << name;
            }
        }
    }
}

}  // namespace
}  // namespace systole::numeric
