// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "arch/control/timeline.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

Cycle in(const StateCycles& cycles, UnitState state) { return cycles.of(state); }

TEST(UnitTimeline, IsIdleWhereNothingWasRecorded) {
    UnitTimeline timeline;
    EXPECT_EQ(in(timeline.between(3, 10), UnitState::Idle), 7U);
    EXPECT_EQ(in(timeline.between(3, 3), UnitState::Idle), 0U);
}

TEST(UnitTimeline, CutsIntervalsAtTheEndsOfTheQuestion) {
    UnitTimeline timeline;
    timeline.record(10, 20, UnitState::Busy);
    timeline.record(20, 25, UnitState::Memory);
    timeline.record(30, 40, UnitState::Busy);
    const StateCycles cycles = timeline.between(15, 33);
    EXPECT_EQ(in(cycles, UnitState::Busy), 5U + 3);
    EXPECT_EQ(in(cycles, UnitState::Memory), 5U);
    EXPECT_EQ(in(cycles, UnitState::Idle), 5U);
    EXPECT_EQ(in(timeline.between(20, 25), UnitState::Memory), 5U);
    EXPECT_EQ(in(timeline.between(25, 30), UnitState::Idle), 5U);
}

TEST(UnitTimeline, IgnoresEmptyIntervalsAndRefusesOverlaps) {
    UnitTimeline timeline;
    timeline.record(10, 20, UnitState::Busy);
    EXPECT_NO_THROW(timeline.record(20, 20, UnitState::Memory));
    EXPECT_THROW(timeline.record(19, 22, UnitState::Busy), InvariantError);
    EXPECT_THROW(timeline.record(30, 29, UnitState::Busy), InvariantError);
}

TEST(UnitTimeline, ForgetsWhenItIsCleared) {
    UnitTimeline timeline;
    timeline.record(10, 20, UnitState::Busy);
    timeline.clear();
    EXPECT_EQ(in(timeline.between(0, 30), UnitState::Idle), 30U);
    EXPECT_NO_THROW(timeline.record(0, 5, UnitState::Busy));
}

TEST(UnitTimeline, EqualsCountingCycleByCycle) {
    constexpr unsigned kSeed = 17;
    SCOPED_TRACE(testing::Message() << "seed " << kSeed);
    std::mt19937 random(kSeed);
    UnitTimeline timeline;
    std::vector<UnitState> states;
    while (states.size() < 3000) {
        const auto state = static_cast<UnitState>(random() % kUnitStateCount);
        const std::size_t length = random() % 6;
        if (state != UnitState::Idle) {
            timeline.record(states.size(), states.size() + length, state);
        }
        states.insert(states.end(), length, state);
    }
    for (int i = 0; i < 2000; ++i) {
        const Cycle begin = random() % states.size();
        const Cycle end = begin + random() % (states.size() - begin);
        StateCycles expected{};
        for (Cycle cycle = begin; cycle < end; ++cycle) {
            ++expected[static_cast<std::size_t>(states[cycle])];
        }
        ASSERT_EQ(timeline.between(begin, end), expected) << begin << " to " << end;
    }
}

}  // namespace
}  // namespace systole::arch
