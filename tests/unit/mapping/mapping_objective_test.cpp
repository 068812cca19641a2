// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_objective.hpp"

#include <gtest/gtest.h>

namespace systole::arch {
namespace {

TEST(MappingObjective, CandidatesWithinOnePercentGoByTheSecondFigure) {
    EXPECT_EQ(bestOf({{1000, 9}, {1005, 8}, {1020, 1}}, kNearlyEqual, 0), 1U)
        << "1020 is too far from 1000";
    EXPECT_EQ(bestOf({{1000, 9}, {1010, 8}}, kNearlyEqual, 0), 1U) << "one percent counts as equal";
    EXPECT_EQ(bestOf({{1000, 8}, {990.05, 8}}, kNearlyEqual, 0), 1U)
        << "equal second figures go by the first";
    EXPECT_EQ(bestOf({{7, 7}, {7, 7}}, kNearlyEqual, 0), 0U) << "and then by the place";
    // One percent is that of the least figure, not of a chain of near-equals.
    EXPECT_EQ(bestOf({{1000, 9}, {1009, 8}, {1018, 7}}, kNearlyEqual, 0), 1U);
}

TEST(MappingObjective, EachSaysWhatIsSmallAndWhatDecidesThen) {
    MappingEstimate estimate;
    estimate.cycles = 100;
    estimate.traffic.input = 3;
    estimate.dramBytes = 640;
    estimate.energy = {.chip = 1, .dram = 0.75, .idle = 0.25};
    const auto score = [&](MappingObjective objective) {
        const MappingScore both = scoreOf(objective, estimate, false);
        return std::pair(both.first, both.second);
    };
    EXPECT_EQ(score(MappingObjective::Cycles), std::pair(100.0, 640.0));
    EXPECT_EQ(score(MappingObjective::DramBytes), std::pair(640.0, 100.0)) << "whole bursts";
    EXPECT_EQ(score(MappingObjective::Energy), std::pair(2.0, 100.0));
    EXPECT_EQ(score(MappingObjective::EnergyDelay), std::pair(200.0, 640.0));
    EXPECT_TRUE(scoreOf(MappingObjective::Cycles, estimate, true).newFolds);
}

/// Scores of cycles and bytes.
MappingScore usual(double cycles, double bytes) { return {cycles, bytes, bytes, false}; }
MappingScore newFolds(double cycles, double bytes) { return {cycles, bytes, bytes, true}; }

TEST(MappingObjective, NewFoldsComeLastOfEquals) {
    EXPECT_EQ(bestOf({newFolds(1000, 4), usual(1005, 8)}, kNearlyEqual, 0), 1U);
    EXPECT_EQ(bestOf({newFolds(1000, 4), usual(1020, 8)}, kNearlyEqual, 0), 0U)
        << "no more bytes: the gain counts";
}

TEST(MappingObjective, NewFoldsThatMoveMoreBytesMustGainThreePercent) {
    EXPECT_EQ(bestOf({newFolds(1000, 9), usual(1020, 8)}, kNearlyEqual, kNewFolds), 1U);
    EXPECT_EQ(bestOf({newFolds(1000, 9), usual(1021, 8), usual(1029, 7)}, kNearlyEqual, kNewFolds),
              2U)
        << "of the usual ones the second figure decides";
    EXPECT_EQ(bestOf({newFolds(1000, 9), usual(1040, 8)}, kNearlyEqual, kNewFolds), 0U);
    EXPECT_EQ(bestOf({newFolds(1000, 9), newFolds(1000, 8)}, kNearlyEqual, kNewFolds), 1U)
        << "no other there";
}

}  // namespace
}  // namespace systole::arch
