// SPDX-License-Identifier: Apache-2.0
#include "arch/memory/clock_domain.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "models/check.hpp"
#include "models/numeric/sums/requantize.hpp"

namespace systole::arch {
namespace {

using sc_core::sc_time;

constexpr std::uint64_t kFemtosecondsPerSecond = 1'000'000'000'000'000;

std::vector<Cycle> someCycles() {
    std::vector<Cycle> cycles;
    for (Cycle cycle = 0; cycle < 3000; ++cycle) cycles.push_back(cycle);
    for (const Cycle large : {Cycle{1'000'000}, Cycle{333'000'001}, Cycle{10'000'000'019}}) {
        for (Cycle cycle = large - 50; cycle < large + 50; ++cycle) cycles.push_back(cycle);
    }
    return cycles;
}

class ClockDomainOf : public testing::TestWithParam<std::uint64_t> {
protected:
    ClockDomainOf() { useFemtoseconds(); }
};

TEST_P(ClockDomainOf, PutsEdgeKAtTheFloorOfKPeriods) {
    const ClockDomain clock(static_cast<double>(GetParam()));
    for (const Cycle cycle : someCycles()) {
        const auto exact =
            static_cast<numeric::Int128>(cycle) * kFemtosecondsPerSecond / GetParam();
        ASSERT_EQ(clock.edge(cycle).value(), static_cast<std::uint64_t>(exact)) << cycle;
    }
}

TEST_P(ClockDomainOf, FindsEveryEdgeAgainAndTheNextOneAfterIt) {
    const ClockDomain clock(static_cast<double>(GetParam()));
    for (const Cycle cycle : someCycles()) {
        const sc_time edge = clock.edge(cycle);
        ASSERT_EQ(clock.cycleAt(edge), cycle);
        ASSERT_EQ(clock.cycleAt(edge + sc_time::from_value(1)), cycle + 1);
        if (cycle > 0) {
            ASSERT_EQ(clock.cycleAt(edge - sc_time::from_value(1)), cycle);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Frequencies, ClockDomainOf,
                         testing::Values(333'000'000, 700'000'000, 1'000'000'000, 1'200'000'000,
                                         933'333'333));

TEST(ClockDomain, DoesNotDriftInAnHour) {
    useFemtoseconds();
    constexpr std::uint64_t kSeconds = 3600;
    const ClockDomain clock(700e6);
    EXPECT_EQ(clock.edge(kSeconds * 700'000'000).value(), kSeconds * kFemtosecondsPerSecond);
    EXPECT_EQ(clock.cycleAt(sc_time::from_value(kSeconds * kFemtosecondsPerSecond)),
              kSeconds * 700'000'000);
    EXPECT_EQ(clock.seconds(700'000'000), 1.0);
}

TEST(ClockDomain, RefusesAFrequencyOfNothing) { EXPECT_THROW(ClockDomain(0.0), InvariantError); }

}  // namespace
}  // namespace systole::arch
