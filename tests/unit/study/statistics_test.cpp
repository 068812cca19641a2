// SPDX-License-Identifier: Apache-2.0
#include "sim/base/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/study/accuracy_difference.hpp"

namespace systole::sim {
namespace {

TEST(WilsonInterval, IsThatOfTheFormula) {
    // Worked out from the formula apart from this program.
    EXPECT_NEAR(wilsonInterval(240, 256).low, 0.9009, 5e-5);
    EXPECT_NEAR(wilsonInterval(240, 256).high, 0.9612, 5e-5);
    EXPECT_NEAR(wilsonInterval(1, 2).low, 0.0945, 5e-5);
    EXPECT_NEAR(wilsonInterval(1, 2).high, 0.9055, 5e-5);
}

TEST(WilsonInterval, OfAllRightAndOfAllWrongStaysWithinOne) {
    EXPECT_EQ(wilsonInterval(8, 8).high, 1);
    EXPECT_NEAR(wilsonInterval(8, 8).low, 0.6756, 5e-5);
    EXPECT_EQ(wilsonInterval(0, 8).low, 0);
    EXPECT_NEAR(wilsonInterval(0, 8).high, 0.3244, 5e-5);
    EXPECT_EQ(wilsonInterval(0, 0).high, 1);
}

TEST(McNemar, CountsTosses) {
    EXPECT_EQ(mcNemarProbability(0, 0), 1);
    EXPECT_EQ(mcNemarProbability(3, 3), 1);
    EXPECT_DOUBLE_EQ(mcNemarProbability(0, 5), 2.0 / 32);
    EXPECT_DOUBLE_EQ(mcNemarProbability(6, 0), 2.0 / 64);
    EXPECT_NEAR(mcNemarProbability(1, 9), 2.0 * (1 + 10) / 1024, 1e-12);
    // The powers of two of so many tosses are beyond what doubles hold.
    EXPECT_NEAR(mcNemarProbability(2000, 2000), 1, 1e-9);
    EXPECT_NEAR(mcNemarProbability(1900, 2100), 0.0016492663751356998, 1e-6);
}

RunFigures figuresOf(const std::string& correctByImage) {
    RunFigures figures;
    figures.images = correctByImage.size();
    figures.correct =
        static_cast<std::uint64_t>(std::count(correctByImage.begin(), correctByImage.end(), '1'));
    figures.correctByImage = correctByImage;
    return figures;
}

TEST(AccuracyDifference, ComparesImageByImage) {
    const auto five = accuracyDifference(figuresOf("1111110"), figuresOf("0000011"));
    ASSERT_TRUE(five);
    EXPECT_EQ(five->onlyFirst, 5U);
    EXPECT_EQ(five->onlySecond, 1U);
    EXPECT_FALSE(five->isToldApart);
    const auto six = accuracyDifference(figuresOf("1111110"), figuresOf("0000000"));
    EXPECT_TRUE(six->isToldApart);
    EXPECT_DOUBLE_EQ(*six->probability, 2.0 / 64);
}

TEST(AccuracyDifference, WithoutImagesTakesTheIntervals) {
    RunFigures low;
    low.images = 1000;
    low.correct = 800;
    RunFigures high = low;
    high.correct = 820;
    EXPECT_FALSE(accuracyDifference(low, high)->isToldApart);
    high.correct = 900;
    EXPECT_TRUE(accuracyDifference(low, high)->isToldApart);
    EXPECT_FALSE(accuracyDifference(low, high)->probability);
    high.correct.reset();
    EXPECT_FALSE(accuracyDifference(low, high));
}

}  // namespace
}  // namespace systole::sim
