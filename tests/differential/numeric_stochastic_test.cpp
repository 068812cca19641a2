// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "models/numeric/sums/register_state.hpp"
#include "tests/differential/numeric_support.hpp"

// Stochastic rounding is unbiased: over many throws the mean of a value's roundings is the value,
// within three standard errors for each format. Values and seeds are fixed, and so are the results.
namespace systole::numeric {
namespace {

using namespace testing;

constexpr std::uint32_t kThrows = 20'000;

/// Throws for several values of one format. The deviation of each mean is measured in standard
/// errors; of many such one may well be beyond three, so they are judged together.
class Throws {
public:
    explicit Throws(std::string name) : name_(std::move(name)) {}
    Throws(const Throws&) = delete;
    Throws& operator=(const Throws&) = delete;
    ~Throws() {
        EXPECT_GT(values_, 0);
        EXPECT_LT(std::fabs(deviations_ / std::sqrt(values_)), 3) << name_;
    }

    /// `round` of each of kThrows places gives `lower` or `upper`, by `share` on average `upper`.
    template <typename Round>
    void of(double lower, double upper, double share, Round&& round) {
        std::uint32_t ups = 0;
        for (std::uint32_t k = 0; k < kThrows; ++k) {
            const double rounded = round(k);
            EXPECT_TRUE(rounded == lower || rounded == upper) << name_ << ": " << rounded;
            ups += rounded == upper ? 1 : 0;
        }
        const double deviation = (ups - share * kThrows) / std::sqrt(share * (1 - share) * kThrows);
        EXPECT_LT(std::fabs(deviation), 5) << name_ << " between " << lower << " and " << upper;
        deviations_ += deviation;
        ++values_;
    }

private:
    std::string name_;
    double deviations_ = 0;
    int values_ = 0;
};

/// The next value above that of the format.
double nextAbove(const Codec& codec, double value) {
    double next = kInfinity;
    for (Code code = 0; code < codec.codeCount(); ++code) {
        const double other = codec.decode(code);
        if (other > value && other < next) next = other;
    }
    return next;
}

TEST(NumericStochastic, EncodingIsUnbiased) {
    std::uint32_t m = 0;
    for (const char* name :
         {"e4m3", "e5m2", "e2m1", "fp16", "bf16", "dlfloat16", "short_e4m3", "e4m3fnuz", "int8",
          "int8_fraction6", "int4_half", "posit8es1", "posit16es1", "binary"}) {
        const Codec codec(formatNamed(name).value());
        Throws throws(name);
        for (const double at : {codec.largest() * 0.4, -codec.largest() * 0.7, 0.1}) {
            const double lower = codec.decode(codec.encode(at, Rounding::TowardZero));
            const double upper = nextAbove(codec, lower);
            if (!std::isfinite(upper)) continue;
            for (const double share : {0.03, 0.25, 0.5, 0.61803, 0.9}) {
                const double value = lower + share * (upper - lower);
                ++m;
                const auto encodeOnce = [&](std::uint32_t k) {
                    const std::uint32_t random = randomBits(40, m, 0, k, RandomStage::Product);
                    return codec.decode(
                        codec.encode(value, Rounding::Stochastic, Overflow::Saturate, random));
                };
                throws.of(lower, upper, share, encodeOnce);
            }
        }
    }
}

/// held + term in an empty register, the second addition with these random bits.
double addOnce(const FloatFormat& format, double held, double term, std::uint32_t random) {
    RegisterState state(FloatRegister{format, Rounding::Stochastic}, widthOf(Format(format)), 0);
    AccumulatorEvents events;
    state.add(productOf(held, 1), 0, events);
    state.add(productOf(term, 1), random, events);
    std::int64_t word = 0;
    state.store({&word, 1});
    return std::bit_cast<double>(word);
}

TEST(NumericStochastic, AccumulatingIsUnbiased) {
    std::uint32_t m = 0;
    for (const char* name : {"fp32", "fp16", "bf16", "dlfloat16", "e4m3"}) {
        const auto format = std::get<FloatFormat>(formatNamed(name).value());
        Throws throws(name);
        for (const double held : {1.0, -1.0}) {
            // Above -1 the last bit is worth half of what it is above 1.
            const double step = std::ldexp(held < 0 ? 0.5 : 1.0, -format.mantissaBits);
            for (const double share : {0.001, 0.03, 0.25, 0.5, 0.61803, 0.9}) {
                ++m;
                const auto throwOnce = [&](std::uint32_t k) {
                    return addOnce(format, held, share * step,
                                   randomBits(41, m, 0, k, RandomStage::Product));
                };
                throws.of(held, held + step, share, throwOnce);
            }
        }
    }
}

TEST(NumericStochastic, RandomBitsDependOnSeedAndPlaceAlone) {
    const std::uint32_t bits = randomBits(1, 2, 3, 4, RandomStage::Product);
    EXPECT_EQ(randomBits(1, 2, 3, 4, RandomStage::Product), bits);
    EXPECT_NE(randomBits(2, 2, 3, 4, RandomStage::Product), bits);
    EXPECT_NE(randomBits(1, 3, 3, 4, RandomStage::Product), bits);
    EXPECT_NE(randomBits(1, 2, 4, 4, RandomStage::Product), bits);
    EXPECT_NE(randomBits(1, 2, 3, 5, RandomStage::Product), bits);
    EXPECT_NE(randomBits(1, 2, 3, 4, RandomStage::Chunk), bits);
}

TEST(NumericStochastic, ValuesOfTheFormatStayWhateverTheDraw) {
    for (const char* name : {"e4m3", "e5m2", "dlfloat16", "int8", "posit8es1", "binary"}) {
        const Codec codec(formatNamed(name).value());
        for (Code code = 0; code < codec.codeCount(); ++code) {
            if (!codec.isFinite(code)) continue;
            const double value = codec.decode(code);
            for (const std::uint32_t random : {0U, 0xffffffffU}) {
                const Code again =
                    codec.encode(value, Rounding::Stochastic, Overflow::Saturate, random);
                EXPECT_EQ(codec.decode(again), value) << name;
            }
        }
    }
}

}  // namespace
}  // namespace systole::numeric
