// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm/float_sums.hpp"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace systole::numeric {
namespace {

/// Any bits of binary32: subnormal ones, infinities and NaN too; often near to one another.
float drawAny(std::mt19937_64& random) {
    const auto bits = static_cast<std::uint32_t>(random());
    if (random() % 2 == 0) return std::bit_cast<float>(bits);
    const auto exponent = static_cast<int>(random() % 40) - 20;
    return std::ldexp(static_cast<float>(bits % 0x2000000) - 0x1p24F, exponent);
}

bool sameValue(float left, float right) {
    return (std::isnan(left) && std::isnan(right)) ||
           std::bit_cast<std::uint32_t>(left) == std::bit_cast<std::uint32_t>(right);
}

TEST(FloatSumsTest, FusedMultiplyAddIsTheLibrarys) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 1000000; ++i) {
        const float left = drawAny(random);
        const float right = drawAny(random);
        const float sum = i % 3 == 0 ? -left * right : drawAny(random);
        ASSERT_TRUE(sameValue(fusedMultiplyAdd(left, right, sum), std::fma(left, right, sum)))
            << left << " * " << right << " + " << sum;
    }
}

TEST(FloatSumsTest, FusedMultiplyAddSeesWhatLiesBehindATie) {
    // 1 + 2^-24 is a tie, and 2^-60 more is above it; binary64 holds only the tie.
    const float above = std::ldexp(1.0F, -12) * (1 + std::ldexp(1.0F, -18));
    const float sum = 1.0F + std::ldexp(1.0F, -23);
    EXPECT_EQ(fusedMultiplyAdd(above, std::ldexp(1.0F, -12), sum),
              std::fma(above, std::ldexp(1.0F, -12), sum));
    EXPECT_EQ(fusedMultiplyAdd(0x1p-30F, 0x1p-30F, 1.0F), 1.0F);
    EXPECT_EQ(fusedMultiplyAdd(0x1.000002p0F, 0x1.000002p0F, -0x1.000004p0F), 0x1p-46F);
}

/// Products of one chunk, value by value.
std::vector<double> addOneByOne(const std::vector<float>& left, const std::vector<float>& right,
                                std::size_t depth, std::vector<double> totals) {
    for (std::size_t m = 0; m < kFloatRows; ++m) {
        for (std::size_t n = 0; n < kFloatColumns; ++n) {
            float sum = 0;
            for (std::size_t k = 0; k < depth; ++k) {
                sum = std::fma(left[m * kFloatPitch + k], right[k * kFloatColumns + n], sum);
            }
            totals[m * kFloatColumns + n] += static_cast<double>(sum);
        }
    }
    return totals;
}

/// Runs `check` once for every instruction set of this processor.
template <typename Check>
void forEachInstructionSet(const Check& check) {
    for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
        hwy::SetSupportedTargetsForTest(left & -left);
        SCOPED_TRACE(hwy::TargetName(left & -left));
        check();
    }
    hwy::SetSupportedTargetsForTest(0);
}

TEST(FloatSumsTest, EveryInstructionSetSumsChunksAlike) {
    std::mt19937_64 random(8);
    std::uniform_real_distribution<float> draw(-1.0F, 1.0F);
    std::vector<float> left(kFloatRows * kFloatPitch);
    std::vector<float> right(kFloatChunk * kFloatColumns);
    std::vector<double> totals(kFloatRows * kFloatColumns);
    for (float& value : left) value = draw(random);
    for (float& value : right) value = draw(random);
    for (double& value : totals) value = static_cast<double>(draw(random));
    for (const std::size_t depth : {std::size_t{1}, std::size_t{27}, kFloatChunk}) {
        const std::vector<double> expected = addOneByOne(left, right, depth, totals);
        forEachInstructionSet([&] {
            std::vector<double> sums = totals;
            addFloatChunk(left.data(), right.data(), depth, sums.data());
            EXPECT_EQ(sums, expected);
        });
    }
}

TEST(FloatSumsTest, EveryInstructionSetAddsProductsAlike) {
    std::mt19937_64 random(9);
    std::vector<float> left(37);
    std::vector<float> right(37);
    std::vector<float> sums(37);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        left[i] = std::ldexp(static_cast<float>(random() % 0x1000000), -24);
        right[i] = std::ldexp(static_cast<float>(random() % 0x1000000), -24);
        sums[i] = std::ldexp(static_cast<float>(random() % 0x1000000), -23);
    }
    forEachInstructionSet([&] {
        std::vector<float> computed = sums;
        addFloatProducts(left.data(), right.data(), sums.size(), computed.data());
        for (std::size_t i = 0; i < sums.size(); ++i) {
            EXPECT_EQ(computed[i], std::fma(left[i], right[i], sums[i]));
        }
    });
}

}  // namespace
}  // namespace systole::numeric
