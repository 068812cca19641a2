// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/corner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace systole::cost {
namespace {

TEST(Corner, IsAFigureOfAnEstimate) {
    Estimate estimate{2, 1, 4};
    EXPECT_EQ(atCorner(estimate, Corner::Nominal), 2);
    EXPECT_EQ(atCorner(estimate, Corner::Low), 1);
    EXPECT_EQ(atCorner(std::as_const(estimate), Corner::High), 4);
    atCorner(estimate, Corner::High) = 5;
    EXPECT_EQ(estimate.high, 5);
    EXPECT_EQ(opposite(Corner::Low), Corner::High);
    EXPECT_EQ(opposite(Corner::High), Corner::Low);
    EXPECT_EQ(opposite(Corner::Nominal), Corner::Nominal);
}

TEST(Doubt, OfTwoReasonsIsLessThanBothAtTheirEnd) {
    EXPECT_DOUBLE_EQ(joinedDoubt(0.7, 0), 0.7);
    EXPECT_DOUBLE_EQ(joinedDoubt(0, 0.7), 0.7);
    EXPECT_NEAR(joinedDoubt(1, 0.5), std::exp(std::hypot(std::log(2), std::log(1.5))) - 1, 1e-12);
    for (const double one : {0.01, 0.5, 3.0, 100.0}) {
        for (const double other : {0.02, 1.0, 9.0}) {
            const double both = joinedDoubt(one, other);
            EXPECT_GT(both, std::max(one, other));
            EXPECT_LT(both, (1 + one) * (1 + other) - 1);
            EXPECT_DOUBLE_EQ(both, joinedDoubt(other, one));
        }
    }
}

TEST(Doubt, IsAFactorUpAndDown) {
    const Estimate estimate = within(4, 1, 0.5);
    EXPECT_EQ(estimate.nominal, 4);
    EXPECT_EQ(estimate.low, 2);
    EXPECT_EQ(estimate.high, 6);
}

}  // namespace
}  // namespace systole::cost
