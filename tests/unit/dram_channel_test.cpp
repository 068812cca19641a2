// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram_channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "dram_test_support.hpp"
#include "models/memory/address_map.hpp"

namespace systole::memory {
namespace {

using testing::ddr4At2400;
using ::testing::IsEmpty;
using testing::RequestRecord;
using testing::SplitMix64;
using testing::violations;

constexpr std::uint64_t kRequests = 100000;

DramAddress at(std::uint32_t group, std::uint32_t bank, std::uint32_t row,
               std::uint32_t column = 0) {
    return {.channel = 0, .bank = {group, bank}, .row = row, .column = column};
}

/// Clocks per read of `addressOf(0..n-1)`, offered one a clock without bound.
double clocksPerRead(const std::function<std::uint64_t(std::uint64_t)>& addressOf) {
    const DdrConfig config = ddr4At2400();
    const AddressMap map(config);
    DramChannel channel(config);
    for (std::uint64_t k = 0; k < kRequests; ++k) {
        channel.serve(map.decode(addressOf(k)), false, k);
    }
    return static_cast<double>(channel.lastDataClock()) / static_cast<double>(kRequests);
}

double withRefresh(double clocks) { return clocks / (1 - 420.0 / 9360.0); }

TEST(DramChannel, ReadOfAClosedBankTakesActivateLatencyAndBurst) {
    DramChannel channel(ddr4At2400());
    const ServedBurst served = channel.serve(at(0, 0, 5), false, 1000);
    EXPECT_EQ(served.activateClock, 1000);
    EXPECT_EQ(served.columnClock, 1017U);
    EXPECT_EQ(served.dataEndClock, 1038U);
}

TEST(DramChannel, ReadOfAnOpenRowTakesLatencyAndBurst) {
    DramChannel channel(ddr4At2400());
    channel.serve(at(0, 0, 5), false, 1000);
    EXPECT_EQ(channel.serve(at(0, 0, 5, 8), false, 2000).dataEndClock, 2021U);
}

TEST(DramChannel, ReadOfAnotherRowPaysThePrecharge) {
    DramChannel channel(ddr4At2400());
    channel.serve(at(0, 0, 5), false, 1000);
    const ServedBurst served = channel.serve(at(0, 0, 6), false, 2000);
    EXPECT_EQ(served.prechargeClock, 2000);
    EXPECT_EQ(served.activateClock, 2017);
    EXPECT_EQ(served.dataEndClock, 2055U);
}

TEST(DramChannel, WriteDataFollowsTheWriteLatency) {
    DramChannel channel(ddr4At2400());
    EXPECT_EQ(channel.serve(at(0, 0, 5), true, 1000).dataEndClock, 1000U + 17 + 12 + 4);
}

TEST(DramChannel, ControllerClocksDelayEveryBurst) {
    DdrConfig config = ddr4At2400();
    config.controllerClocks = 3;
    DramChannel channel(config);
    EXPECT_EQ(channel.serve(at(0, 0, 5), false, 1000).dataEndClock, 1041U);
}

TEST(DramChannel, SequentialReadsCostTheBurstAndTheRefresh) {
    const double clocks = clocksPerRead([](std::uint64_t k) { return k * 64; });
    EXPECT_NEAR(clocks / withRefresh(4), 1, 0.02);
}

TEST(DramChannel, SequentialWritesCostTheBurstAndTheRefresh) {
    const DdrConfig config = ddr4At2400();
    const AddressMap map(config);
    DramChannel channel(config);
    for (std::uint64_t k = 0; k < kRequests; ++k) {
        channel.serve(map.decode(k * 64), true, k);
    }
    EXPECT_NEAR(static_cast<double>(channel.lastDataClock()) / kRequests / withRefresh(4), 1, 0.02);
}

TEST(DramChannel, RowConflictsCostTheRowCycleAndTheRefresh) {
    const AddressMap map(ddr4At2400());
    const double clocks = clocksPerRead([&](std::uint64_t k) {
        return map.encode(at(0, 0, static_cast<std::uint32_t>(k % 65536),
                             static_cast<std::uint32_t>(k / 65536) * 8));
    });
    EXPECT_NEAR(clocks / withRefresh(56), 1, 0.02);
}

// In order of arrival, a burst that meets a busy bank holds up all later ones: random reads over 16
// banks cannot reach the bound of tFAW (26/4 clocks each) that reordering controllers come to.
TEST(DramChannel, RandomReadsInOrderOfArrivalMissTheActivateWindowBound) {
    SplitMix64 random(42);
    const std::uint64_t bursts = ddr4At2400().organization.channelBytes() / 64;
    const double clocks = clocksPerRead([&](std::uint64_t) { return random() % bursts * 64; });
    EXPECT_GT(clocks, withRefresh(26.0 / 4));
    EXPECT_NEAR(clocks, 14.9, 0.2);
}

struct Traffic {
    std::vector<IssuedCommand> commands;
    std::vector<RequestRecord> requests;
    Cycle end = 0;
    DramCounters counters;
};

Traffic randomTraffic(const DdrConfig& config, std::uint64_t seed, std::uint64_t count) {
    SplitMix64 random(seed);
    Traffic traffic;
    DramChannel channel(config);
    channel.observe([&](const IssuedCommand& c) { traffic.commands.push_back(c); });
    Cycle arrival = 0;
    for (std::uint64_t k = 0; k < count; ++k) {
        const auto draw = [&](std::uint32_t below) {
            return static_cast<std::uint32_t>(random() % below);
        };
        // Bursts of arrivals, pauses, now and then one of several refresh intervals.
        arrival += draw(3) == 0 ? draw(40) : 0;
        arrival += draw(500) == 0 ? draw(40000) : 0;
        const DramAddress address = at(draw(4), draw(4), draw(3), draw(128) * 8);
        const bool isWrite = draw(3) == 0;
        const ServedBurst served = channel.serve(address, isWrite, arrival);
        EXPECT_GE(served.columnClock, arrival);
        traffic.requests.push_back({address, isWrite, served.columnClock});
    }
    traffic.end = channel.lastDataClock() + 50000;
    channel.idleUntil(traffic.end);
    traffic.counters = channel.countersAt(traffic.end);
    return traffic;
}

TEST(DramChannel, RandomTrafficObeysEveryTimingRule) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const Traffic traffic = randomTraffic(ddr4At2400(), seed, 4000);
        EXPECT_THAT(violations(ddr4At2400(), traffic.commands, traffic.requests), IsEmpty())
            << "seed " << seed;
    }
}

// Where the row cycle is more than opening and closing, it binds on its own.
TEST(DramChannel, RandomTrafficObeysARowCycleOfItsOwn) {
    DdrConfig config = ddr4At2400();
    config.timing.tRC = 70;
    const Traffic traffic = randomTraffic(config, 6, 4000);
    EXPECT_THAT(violations(config, traffic.commands, traffic.requests), IsEmpty());
}

TEST(DramChannel, CountersAddUpToTheRun) {
    const Traffic traffic = randomTraffic(ddr4At2400(), 7, 4000);
    const DramCounters& c = traffic.counters;
    EXPECT_EQ(c.reads + c.writes, 4000U);
    EXPECT_EQ(c.rowHits + c.rowMisses + c.rowConflicts, 4000U);
    EXPECT_EQ(c.activates, c.rowMisses + c.rowConflicts);
    EXPECT_EQ(c.busyClocks, 4000U * 4);
    EXPECT_EQ(c.busyClocks + c.stalledClocks + c.idleClocks, c.totalClocks);
    EXPECT_EQ(c.bankOpenClocks + c.allClosedClocks, c.totalClocks);
    EXPECT_EQ(c.totalClocks, traffic.end);
    EXPECT_EQ(c.refreshes, (traffic.end - 1) / 9360);
}

TEST(DramChannel, OpenClocksAreThoseWithABankOpen) {
    const Traffic traffic = randomTraffic(ddr4At2400(), 8, 500);
    std::vector<int> change(traffic.end + 1);
    std::vector<bool> open(16);
    auto commands = traffic.commands;
    std::stable_sort(commands.begin(), commands.end(),
                     [](const auto& a, const auto& b) { return a.clock < b.clock; });
    std::uint64_t openClocks = 0;
    Cycle since = 0;
    for (const auto& c : commands) {
        openClocks += std::count(open.begin(), open.end(), true) > 0 ? c.clock - since : 0;
        since = c.clock;
        if (c.command == Command::PrechargeAll) {
            open.assign(16, false);
        } else if (c.command == Command::Activate || c.command == Command::Precharge) {
            open[c.bank.bankGroup * 4 + c.bank.bank] = c.command == Command::Activate;
        }
    }
    EXPECT_EQ(std::count(open.begin(), open.end(), true), 0) << "the run ends refreshed";
    EXPECT_EQ(traffic.counters.bankOpenClocks, openClocks);
}

TEST(DramChannel, IdleRefreshesAreSkippedWithoutChangingAnything) {
    const Cycle late = 1000 * 9360ULL + 9000;
    DramChannel silent(ddr4At2400());
    DramChannel observed(ddr4At2400());
    std::vector<Cycle> refreshes;
    observed.observe([&](const IssuedCommand& c) {
        if (c.command == Command::Refresh) {
            refreshes.push_back(c.clock);
        }
    });
    for (DramChannel* channel : {&silent, &observed}) {
        channel->serve(at(0, 0, 1), false, 100);
        EXPECT_EQ(channel->serve(at(0, 0, 1), false, late).dataEndClock, late + 38);
    }
    EXPECT_EQ(refreshes.size(), 1000U);
    EXPECT_EQ(refreshes.front(), 9360U + 17);
    EXPECT_EQ(refreshes.back(), 1000U * 9360);
    EXPECT_EQ(silent.countersAt(late + 38).refreshes, 1000U);
    EXPECT_EQ(silent.countersAt(late + 38).bankOpenClocks,
              observed.countersAt(late + 38).bankOpenClocks);
}

TEST(DramChannel, ABurstThatMeetsARefreshWaitsForIt) {
    DramChannel channel(ddr4At2400());
    EXPECT_EQ(channel.serve(at(0, 0, 1), false, 9359).activateClock, 9359);
    DramChannel other(ddr4At2400());
    EXPECT_EQ(other.serve(at(0, 0, 1), false, 9360).activateClock, 9360 + 420);
}

TEST(DramChannel, AStallIsABurstThatWaits) {
    DramChannel channel(ddr4At2400());
    channel.serve(at(0, 0, 1), false, 100);  // data 134..137
    channel.serve(at(1, 0, 1), false, 104);  // data 138..141
    const DramCounters c = channel.countersAt(200);
    EXPECT_EQ(c.busyClocks, 8U);
    EXPECT_EQ(c.stalledClocks, 34U);
    EXPECT_EQ(c.idleClocks, 158U);
}

}  // namespace
}  // namespace systole::memory
