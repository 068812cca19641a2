// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "dram_test_support.hpp"
#include "models/memory/address_map.hpp"
#include "models/memory/reordering_channel.hpp"

namespace systole::memory {
namespace {

using testing::ddr4At2400;
using ::testing::IsEmpty;
using testing::RequestRecord;
using testing::SplitMix64;
using testing::violations;

struct Request {
    DramAddress address;
    bool isWrite = false;
    Cycle arrival = 0;
};
using Done = std::function<void(std::uint64_t, const ServedBurst&)>;

/// Offers request k once it has arrived and fewer than `depth` wait.
void drive(ReorderingChannel& channel, std::uint64_t count, std::size_t depth,
           const std::function<Request(std::uint64_t)>& request, const Done& done) {
    std::uint64_t offered = 0;
    Cycle now = 0;
    Request next = request(0);
    while (offered < count || channel.waiting() > 0) {
        const auto clock = channel.nextClock();
        const bool room = offered < count && channel.waiting() < depth;
        if (room && (!clock || std::max(next.arrival, now) <= *clock)) {
            now = std::max(next.arrival, now);
            channel.offer(offered, next.address, next.isWrite, now);
            if (++offered < count) {
                next = request(offered);
            }
            continue;
        }
        if (const auto completion = channel.step()) {
            now = std::max(now, completion->served.columnClock);
            done(completion->tag, completion->served);
        }
    }
}

double clocksPerBurst(const std::function<Request(std::uint64_t)>& request) {
    constexpr std::uint64_t kRequests = 100000;
    ReorderingChannel channel(ddr4At2400());
    drive(channel, kRequests, 64, request, [](std::uint64_t, const ServedBurst&) {});
    return static_cast<double>(channel.lastDataClock()) / kRequests;
}

double withRefresh(double clocks) { return clocks / (1 - 420.0 / 9360.0); }

TEST(ReorderingChannel, SequentialReadsCostTheBurstAndTheRefresh) {
    const AddressMap map(ddr4At2400());
    const double clocks = clocksPerBurst([&](std::uint64_t k) {
        return Request{map.decode(k * 64), false, k};
    });
    EXPECT_NEAR(clocks / withRefresh(4), 1, 0.02);
}

TEST(ReorderingChannel, RandomReadsCostTheActivateWindowAndTheRefresh) {
    const AddressMap map(ddr4At2400());
    SplitMix64 random(42);
    const double clocks = clocksPerBurst([&](std::uint64_t k) {
        return Request{map.decode(random() % (map.capacityBytes() / 64) * 64), false, k};
    });
    EXPECT_NEAR(clocks / withRefresh(26.0 / 4), 1, 0.02);
}

TEST(ReorderingChannel, RowConflictsCostTheRowCycleAndTheRefresh) {
    const double clocks = clocksPerBurst([&](std::uint64_t k) {
        return Request{{0, {0, 0}, static_cast<std::uint32_t>(k % 65536), 0}, false, k};
    });
    EXPECT_NEAR(clocks / withRefresh(56), 1, 0.02);
}

// Not a gate: the three reference simulators differ (7.20 to 7.32 here).
TEST(ReorderingChannel, RandomReadsAndWritesComeNearTheReferenceSimulators) {
    const AddressMap map(ddr4At2400());
    SplitMix64 random(42);
    const double clocks = clocksPerBurst([&](std::uint64_t k) {
        const std::uint64_t address = random() % (map.capacityBytes() / 64) * 64;
        return Request{map.decode(address), random() % 2 == 1, k};
    });
    EXPECT_NEAR(clocks, 7.2, 1.0);
}

TEST(ReorderingChannel, LoneReadsHaveTheLatenciesOfTheDevice) {
    ReorderingChannel channel(ddr4At2400());
    const Request requests[] = {{{0, {0, 0}, 5, 0}, false, 1000},
                                {{0, {0, 0}, 5, 8}, false, 2000},
                                {{0, {0, 0}, 6, 0}, false, 3000}};
    std::vector<Cycle> ends;
    drive(
        channel, 3, 64, [&](std::uint64_t k) { return requests[k]; },
        [&](std::uint64_t, const ServedBurst& served) { ends.push_back(served.dataEndClock); });
    EXPECT_THAT(ends, ::testing::ElementsAre(1038, 2021, 3055));
}

TEST(ReorderingChannel, ServesARowHitBeforeAnOlderConflict) {
    ReorderingChannel channel(ddr4At2400());
    const Request requests[] = {{{0, {0, 0}, 5, 0}, false, 1000},
                                {{0, {0, 0}, 6, 0}, false, 1000},
                                {{0, {0, 0}, 5, 8}, false, 1001}};
    std::vector<std::uint64_t> order;
    drive(
        channel, 3, 64, [&](std::uint64_t k) { return requests[k]; },
        [&](std::uint64_t tag, const ServedBurst&) { order.push_back(tag); });
    EXPECT_THAT(order, ::testing::ElementsAre(0, 2, 1));
}

TEST(ReorderingChannel, KeepsARowOpenForAHitThatCannotBeReadYet) {
    ReorderingChannel channel(ddr4At2400());
    const Request requests[] = {{{0, {0, 0}, 5, 0}, false, 1000},
                                {{0, {1, 0}, 5, 0}, false, 1000},
                                {{0, {1, 0}, 5, 8}, true, 2000},
                                {{0, {0, 0}, 6, 0}, false, 2000},
                                {{0, {0, 0}, 5, 8}, false, 2000}};
    std::map<std::uint64_t, Cycle> column;
    drive(
        channel, 5, 64, [&](std::uint64_t k) { return requests[k]; },
        [&](std::uint64_t tag, const ServedBurst& served) { column[tag] = served.columnClock; });
    // The hit waits for the write: CWL + burst + tWTR_S; the conflict for the hit: tRTP, tRP, tRCD.
    EXPECT_EQ(column[2], 2000U);
    EXPECT_EQ(column[4], 2019U);
    EXPECT_EQ(column[3], 2019U + 9 + 17 + 17);
}

TEST(ReorderingChannel, AStallIsABurstThatWaits) {
    ReorderingChannel channel(ddr4At2400());
    const Request requests[] = {{{0, {0, 0}, 1, 0}, false, 100},   // data 134..137
                                {{0, {1, 0}, 1, 0}, false, 104},   // data 138..141
                                {{0, {1, 0}, 1, 8}, false, 200}};  // data 217..220
    drive(
        channel, 3, 64, [&](std::uint64_t k) { return requests[k]; },
        [](std::uint64_t, const ServedBurst&) {});
    const DramCounters c = channel.countersAt(300);
    EXPECT_EQ(c.busyClocks, 12U);
    EXPECT_EQ(c.stalledClocks, 34U + 17);
    EXPECT_EQ(c.idleClocks, 100U + 58 + 79);
}

TEST(ReorderingChannel, AConflictIsNotStarvedByRowHits) {
    ReorderingChannel channel(ddr4At2400());
    Cycle conflictServed = 0;
    drive(
        channel, 5000, 16,
        [](std::uint64_t k) {
            const auto column = static_cast<std::uint32_t>(k % 128 * 8);
            return k == 8 ? Request{{0, {0, 0}, 6, 0}, false, k}
                          : Request{{0, {0, 0}, 5, column}, false, k};
        },
        [&](std::uint64_t tag, const ServedBurst& served) {
            conflictServed = tag == 8 ? served.dataEndClock : conflictServed;
        });
    EXPECT_GT(conflictServed, ReorderingChannel::kPatience);
    EXPECT_LT(conflictServed, ReorderingChannel::kPatience + 200);
}

struct Traffic {
    std::vector<IssuedCommand> commands;
    std::vector<RequestRecord> requests;
    DramCounters counters;
    Cycle end = 0;
    std::uint64_t overtaken = 0;  ///< bursts served after a younger one to the same address
};

Traffic randomTraffic(std::uint64_t seed) {
    SplitMix64 random(seed);
    std::vector<Request> requests;
    Cycle arrival = 0;
    const auto draw = [&](std::uint32_t below) {
        return static_cast<std::uint32_t>(random() % below);
    };
    for (int k = 0; k < 4000; ++k) {
        arrival += draw(3) == 0 ? draw(40) : 0;
        arrival += draw(500) == 0 ? draw(40000) : 0;
        requests.push_back({{0, {draw(4), draw(4)}, draw(3), draw(4) * 8}, draw(3) == 0, arrival});
    }
    Traffic traffic;
    ReorderingChannel channel(ddr4At2400());
    channel.observe([&](const IssuedCommand& c) { traffic.commands.push_back(c); });
    std::map<DramAddress, std::uint64_t> youngest;
    drive(
        channel, requests.size(), 32, [&](std::uint64_t k) { return requests[k]; },
        [&](std::uint64_t tag, const ServedBurst& served) {
            const Request& request = requests[tag];
            EXPECT_GE(served.columnClock, request.arrival);
            traffic.requests.push_back({request.address, request.isWrite, served.columnClock});
            std::uint64_t& last = youngest[request.address];
            traffic.overtaken += tag < last ? 1 : 0;
            last = std::max(last, tag);
        });
    traffic.end = channel.lastDataClock() + 50000;
    channel.idleUntil(traffic.end);
    traffic.counters = channel.countersAt(traffic.end);
    return traffic;
}

TEST(ReorderingChannel, RandomTrafficObeysEveryTimingRule) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const Traffic traffic = randomTraffic(seed);
        EXPECT_THAT(violations(ddr4At2400(), traffic.commands, traffic.requests), IsEmpty())
            << "seed " << seed;
        EXPECT_EQ(traffic.overtaken, 0U) << "seed " << seed;
    }
}

TEST(ReorderingChannel, CountersAddUpToTheRun) {
    const Traffic traffic = randomTraffic(9);
    const DramCounters& c = traffic.counters;
    EXPECT_EQ(c.reads + c.writes, 4000U);
    EXPECT_EQ(c.rowHits + c.rowMisses + c.rowConflicts, 4000U);
    EXPECT_EQ(c.busyClocks, 4000U * 4);
    EXPECT_EQ(c.busyClocks + c.stalledClocks + c.idleClocks, c.totalClocks);
    EXPECT_EQ(c.bankOpenClocks + c.allClosedClocks, c.totalClocks);
    EXPECT_EQ(c.totalClocks, traffic.end);
    EXPECT_EQ(c.refreshes, (traffic.end - 1) / 9360);
}

}  // namespace
}  // namespace systole::memory
