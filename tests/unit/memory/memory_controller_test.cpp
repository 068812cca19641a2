// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/memory_controller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/memory/dram/address_map.hpp"
#include "models/memory/dram/dram_energy.hpp"
#include "models/memory/dram/dram_patterns.hpp"
#include "tests/unit/memory/dram_test_support.hpp"

namespace systole::memory {
namespace {

using testing::CommandLog;
using testing::ddr4At2400;
using testing::drive;
using ::testing::ElementsAre;
using testing::part;
using testing::partNames;
using testing::read;
using testing::TimedRequest;
using testing::write;

std::vector<std::uint64_t> orderOf(const DdrConfig& config,
                                   const std::vector<TimedRequest>& requests) {
    MemoryController controller(config);
    std::vector<std::uint64_t> order;
    drive(
        controller, requests.size(), [&](std::uint64_t k) { return requests[k]; },
        [&](const ServedBurst& burst) { order.push_back(burst.tag); });
    return order;
}

std::vector<Cycle> dataEnds(const DdrConfig& config, const std::vector<TimedRequest>& requests) {
    MemoryController controller(config);
    std::vector<Cycle> ends(requests.size());
    drive(
        controller, requests.size(), [&](std::uint64_t k) { return requests[k]; },
        [&](const ServedBurst& burst) { ends[burst.tag] = burst.dataEndClock; });
    return ends;
}

// Open row, closed bank, other row open: the parameters of each standard, nothing more.
TEST(MemoryController, LoneReadsHaveTheLatenciesOfTheDeviceInEveryStandard) {
    for (const std::string& name : partNames()) {
        for (const Cycle pipeline : {0, 9}) {
            DdrConfig config = part(name);
            config.controller.pipelineClocks = pipeline;
            const auto clocks = [&](Command a, Command b) {
                return config.clocksBetween(a, b, Level::Bank);
            };
            const Cycle open = config.latencies.read + config.latencies.burst + pipeline;
            const Cycle closed = open + clocks(Command::Activate, Command::Read);
            const Cycle conflict = closed + clocks(Command::Precharge, Command::Activate);
            EXPECT_THAT(dataEnds(config, {read({0, {0, 0, 0}, 5, 0}, 1000),
                                          read({0, {0, 0, 0}, 5, 8}, 2000),
                                          read({0, {0, 0, 0}, 6, 0}, 3000)}),
                        ElementsAre(1000 + closed, 2000 + open, 3000 + conflict))
                << name;
        }
    }
}

TEST(MemoryController, LatenciesOfDdr4AreTheReferences) {
    EXPECT_THAT(
        dataEnds(ddr4At2400(), {read({0, {0, 0, 0}, 5, 0}, 1000), read({0, {0, 0, 0}, 5, 8}, 2000),
                                read({0, {0, 0, 0}, 6, 0}, 3000)}),
        ElementsAre(1038, 2021, 3055));
}

TEST(MemoryController, ServesARowHitBeforeAnOlderConflict) {
    EXPECT_THAT(orderOf(ddr4At2400(), {read({0, {0, 0, 0}, 5, 0}), read({0, {0, 0, 0}, 6, 0}),
                                       read({0, {0, 0, 0}, 5, 8})}),
                ElementsAre(0, 2, 1));
}

TEST(MemoryController, WithFcfsKeepsTheOrderOfArrival) {
    EXPECT_THAT(orderOf(ddr4At2400({"controller.policy=fcfs"}),
                        {read({0, {0, 0, 0}, 5, 0}), read({0, {0, 0, 0}, 6, 0}),
                         read({0, {0, 1, 0}, 5, 0}), read({0, {0, 0, 0}, 5, 8})}),
                ElementsAre(0, 1, 2, 3));
}

std::vector<TimedRequest> hitsAroundAConflict(std::size_t hits) {
    std::vector<TimedRequest> requests{read({0, {0, 0, 0}, 5, 0}), read({0, {0, 0, 0}, 6, 0})};
    for (std::uint32_t i = 1; i < hits; ++i) {
        requests.push_back(read({0, {0, 0, 0}, 5, 8 * i}));
    }
    return requests;
}

TEST(MemoryController, LetsACappedNumberOfHitsPassAnOlderBurst) {
    const auto position = [](const std::vector<std::string>& overrides) {
        const auto order = orderOf(ddr4At2400(overrides), hitsAroundAConflict(30));
        return std::find(order.begin(), order.end(), 1U) - order.begin();
    };
    EXPECT_EQ(position({"controller.row_hit_cap=unlimited"}), 30);
    // The first burst of the row passed nobody.
    EXPECT_EQ(position({"controller.row_hit_cap=4"}), 1 + 4);
    EXPECT_EQ(position({"controller.row_hit_cap=1"}), 1 + 1);
}

TEST(MemoryController, ABurstPastTheAgeLimitIsServedAmidEndlessHits) {
    for (const Cycle limit : {300, 1000}) {
        DdrConfig config = ddr4At2400({"controller.row_hit_cap=unlimited"});
        config.controller.ageLimit = limit;
        MemoryController controller(config);
        Cycle served = 0;
        drive(
            controller, 5000,
            [](std::uint64_t k) {
                return read(
                    {0, {0, 0, 0}, k == 10 ? 6U : 5U, 8 * static_cast<std::uint32_t>(k % 128)});
            },
            [&](const ServedBurst& burst) {
                served = burst.tag == 10 ? burst.dataEndClock : served;
            });
        EXPECT_GT(served, limit);
        EXPECT_LT(served, limit + 200);
    }
}

TEST(MemoryController, AnswersAReadFromTheWriteThatIsQueued) {
    MemoryController controller(ddr4At2400());
    CommandLog log(controller);
    std::vector<ServedBurst> served;
    drive(
        controller, 3,
        [](std::uint64_t k) {
            const DramAddress address{0, {0, 0, 0}, 5, 0};
            return k < 2 ? write(address, 100) : read(address, 100);
        },
        [&](const ServedBurst& burst) { served.push_back(burst); });
    ASSERT_EQ(served.size(), 3U);
    EXPECT_EQ(served[0].tag, 2U);
    EXPECT_EQ(served[0].forwardedFrom, 1U);  // the younger write
    EXPECT_EQ(served[0].dataEndClock, 102U + 1);
    EXPECT_THAT(log.names(), ElementsAre("ACT", "WR", "WR"));
    controller.idleUntil(1000);
    EXPECT_EQ(controller.countersAt(1000).forwardedReads, 1U);
}

TEST(MemoryController, AWriteWaitsForAnOlderReadOfItsPlace) {
    // The bank is far behind with other rows, so that the read waits while writes are drained.
    DdrConfig config = ddr4At2400();
    config.controller.writeQueue = 2;
    config.controller.writeHigh = 2;
    config.controller.writeLow = 0;
    const DramAddress place{0, {0, 0, 0}, 9, 0};
    const auto order = orderOf(config, {read({0, {0, 0, 0}, 5, 0}), read(place), write(place),
                                        write({0, {0, 1, 0}, 9, 0}), write({0, {0, 1, 0}, 10, 0})});
    const auto at = [&](std::uint64_t tag) {
        return std::find(order.begin(), order.end(), tag) - order.begin();
    };
    EXPECT_EQ(order.size(), 5U);
    EXPECT_LT(at(1), at(2));
    EXPECT_LT(at(3), at(1));
}

TEST(MemoryController, AFullQueueOfWritesToWhatIsBeingReadGoesOn) {
    DdrConfig config =
        ddr4At2400({"controller.queues.write=4", "controller.write_watermarks.high=4",
                    "controller.write_watermarks.low=0"});
    const DramAddress place{0, {0, 0, 0}, 9, 0};
    std::vector<TimedRequest> requests{read({0, {0, 0, 0}, 5, 0}), read(place)};
    for (int i = 0; i < 12; ++i) {
        requests.push_back(write(place));
    }
    EXPECT_EQ(orderOf(config, requests).size(), 14U);
}

TEST(MemoryController, DrainsWritesFromTheHighToTheLowWatermark) {
    DdrConfig config = ddr4At2400();
    config.controller.writeHigh = 8;
    config.controller.writeLow = 3;
    MemoryController controller(config);
    std::string kinds;
    drive(
        controller, 48,
        [](std::uint64_t k) {
            const auto column = static_cast<std::uint32_t>(k) * 8;
            const DramAddress address{0, {0, static_cast<std::uint32_t>(k % 4), 0}, 3, column};
            return k < 40 ? read(address) : write(address);
        },
        [&](const ServedBurst& burst) { kinds += burst.isWrite ? 'w' : 'r'; });
    // Reads wait when the eighth write comes: five are written, and the rest when no read waits.
    const auto first = kinds.find('w');
    EXPECT_LT(first, 30U);
    EXPECT_EQ(kinds.substr(first, 6), "wwwwwr");
    EXPECT_EQ(kinds.substr(first + 5), std::string(40 - first, 'r') + "www");
}

TEST(MemoryController, TheClosedPolicyClosesARowThatNobodyWaitsFor) {
    const auto names = [](const char* policy) {
        MemoryController controller(ddr4At2400({std::string("controller.page_policy=") + policy}));
        CommandLog log(controller);
        drive(controller, 3, [](std::uint64_t k) {
            return read({0, {0, 0, 0}, k == 2 ? 6U : 5U, 0}, k == 2 ? 1000 : 0);
        });
        return log.names();
    };
    EXPECT_THAT(names("open"), ElementsAre("ACT", "RD", "RD", "PRE", "ACT", "RD"));
    EXPECT_THAT(names("closed"), ElementsAre("ACT", "RD", "RD", "PRE", "ACT", "RD"));
    const auto end = [](const char* policy) {
        return dataEnds(ddr4At2400({std::string("controller.page_policy=") + policy}),
                        {read({0, {0, 0, 0}, 5, 0}), read({0, {0, 0, 0}, 6, 0}, 1000)})[1];
    };
    EXPECT_EQ(end("open"), 1055U);
    EXPECT_EQ(end("closed"), 1038U);
    EXPECT_EQ(end("adaptive"), 1038U);
}

TEST(MemoryController, TheAdaptivePolicyLearnsHowLongRowsAreWanted) {
    // Hits every 200 clocks: at first the row is closed too early each time.
    const DdrConfig config =
        ddr4At2400({"controller.page_policy=adaptive", "controller.refresh=none"});
    MemoryController controller(config);
    CommandLog log(controller);
    drive(controller, 50, [](std::uint64_t k) { return read({0, {0, 0, 0}, 5, 0}, k * 200); });
    EXPECT_LT(log.count(Command::Activate), 6U);
    // And conflicts every 200 clocks: soon it is closed in time.
    MemoryController other(config);
    std::vector<Cycle> latencies;
    drive(
        other, 50,
        [](std::uint64_t k) {
            return read({0, {0, 0, 0}, static_cast<std::uint32_t>(k), 0}, k * 200);
        },
        [&](const ServedBurst& burst) {
            latencies.push_back(burst.dataEndClock - burst.arrivalClock);
        });
    EXPECT_EQ(latencies.back(), 38U);
}

TEST(MemoryController, RefreshesComeWhenTheyAreDueAndAreMadeUpForAfterIdling) {
    MemoryController controller(ddr4At2400());
    CommandLog log(controller);
    controller.idleUntil(10 * 9360 + 1);
    EXPECT_EQ(log.count(Command::Refresh), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(log.commands()[i].clock, 9360 * (i + 1));
    }
}

TEST(MemoryController, PutsOffAsManyRefreshesAsItMayWhileBurstsWait) {
    for (const std::uint32_t postponed : {0U, 1U, 8U}) {
        DdrConfig config = ddr4At2400();
        config.refresh.postponed = postponed;
        MemoryController controller(config);
        CommandLog log(controller);
        const AddressMap map(config);
        const Cycle end =
            drive(controller, 30000, [&](std::uint64_t k) { return read(map.decode(k * 64)); });
        // All that are owed come together.
        const std::uint64_t due = end / 9360;
        EXPECT_EQ(log.count(Command::Refresh), due - due % (postponed + 1));
        const auto first = std::find_if(log.commands().begin(), log.commands().end(),
                                        [](auto& c) { return c.command == Command::Refresh; });
        EXPECT_GE(first->clock, 9360 * (postponed + 1));
        EXPECT_LT(first->clock, 9360 * (postponed + 1) + 100);
        controller.idleUntil(end + 9360 * 2);
        EXPECT_EQ(log.count(Command::Refresh), (end + 9360 * 2 - 1) / 9360);
    }
}

TEST(MemoryController, RefreshesBankByBankWhileOthersServe) {
    const auto end = [](const char* mode) {
        const DdrConfig config = part("lpddr4_3200", {std::string("controller.refresh=") + mode});
        MemoryController controller(config);
        CommandLog log(controller);
        const AddressMap map(config);
        const Cycle last = drive(controller, 50000, [&](std::uint64_t k) {
            return read(map.decode(k * config.organization.burstBytes()));
        });
        const auto perBank = std::string(mode) == "per_bank";
        EXPECT_EQ(log.count(Command::RefreshBank) > 0, perBank);
        EXPECT_EQ(log.count(Command::Refresh) > 0, std::string(mode) == "all_bank");
        if (perBank) {
            EXPECT_NEAR(
                static_cast<double>(log.count(Command::RefreshBank)),
                static_cast<double>(last) / static_cast<double>(config.refresh.interval) * 8, 1.5);
        }
        return last;
    };
    EXPECT_LT(end("per_bank"), end("all_bank"));
    end("none");
}

TEST(MemoryController, PowersDownAfterIdlingAndPaysForTheExit) {
    const DdrConfig config = ddr4At2400({"controller.power_down_after=50"});
    EXPECT_THAT(dataEnds(config, {read({0, {0, 0, 0}, 5, 0}, 1000),
                                  read({0, {0, 0, 0}, 5, 8}, 1000 + 38 + 40),
                                  read({0, {0, 0, 0}, 5, 8}, 2000)}),
                ElementsAre(1000 + 38 + 8, 1000 + 38 + 40 + 21, 2000 + 8 + 21));
    MemoryController controller(config);
    CommandLog log(controller);
    drive(controller, 1, [](std::uint64_t) { return read({0, {0, 0, 0}, 5, 0}); });
    controller.idleUntil(9000);
    EXPECT_THAT(log.names(), ElementsAre("ACT", "RD", "PDE"));
    EXPECT_EQ(log.commands().back().clock, 38U + 50);
    const DramCounters counters = controller.countersAt(9000);
    EXPECT_EQ(counters.activePowerDownClocks, 9000U - 88);
    EXPECT_EQ(counters.activeStandbyClocks, 88U);
}

TEST(MemoryController, RefreshesItselfAfterLongIdling) {
    const DdrConfig config =
        ddr4At2400({"controller.power_down_after=50", "controller.self_refresh_after=2000"});
    MemoryController controller(config);
    CommandLog log(controller);
    std::vector<Cycle> ends;
    drive(
        controller, 2,
        [](std::uint64_t k) {
            return read({0, {0, 0, 0}, 5, 0}, k * 1'000'000);
        },
        [&](const ServedBurst& burst) { ends.push_back(burst.dataEndClock); });
    EXPECT_THAT(log.names(),
                ElementsAre("ACT", "RD", "PDE", "PDX", "PREA", "SRE", "SRX", "ACT", "RD"));
    // tXS before the row opens, and tXSDLL before the read.
    EXPECT_EQ(ends[1], 1'000'000U + std::max(432 + 17, 768) + 21);
    controller.idleUntil(1'100'000);
    const DramCounters counters = controller.countersAt(1'100'000);
    EXPECT_GT(counters.selfRefreshClocks, 990'000U);
    EXPECT_EQ(counters.selfRefreshes, 2U);
    EXPECT_GE(counters.refreshes, 1U);  // one before it may rest again
}

TEST(MemoryController, RestingSavesEnergyAndCostsTime) {
    const auto run = [](const std::vector<std::string>& overrides) {
        const DdrConfig config = ddr4At2400(overrides);
        MemoryController controller(config);
        const Cycle end = drive(controller, 20, [](std::uint64_t k) {
            return read({0, {0, 0, 0}, 5, 0}, k * 1'000'000);
        });
        controller.idleUntil(end);
        return dramEnergy(config, controller.countersAt(end)).deviceJoules();
    };
    const double awake = run({});
    const double down = run({"controller.power_down_after=50"});
    const double resting =
        run({"controller.power_down_after=50", "controller.self_refresh_after=2000"});
    EXPECT_LT(down, 0.9 * awake);
    EXPECT_LT(resting, down);
}

TEST(MemoryController, CountersAddUp) {
    for (const std::string& name : partNames()) {
        const DdrConfig config = part(name, {"organization.ranks=2"});
        MemoryController controller(config);
        const AddressMap map(config);
        SplitMix64 random(7);
        const std::uint64_t bursts = map.capacityBytes() / config.organization.burstBytes();
        const Cycle end = drive(controller, 3000, [&](std::uint64_t k) {
            const DramAddress address =
                map.decode(random() % bursts * config.organization.burstBytes());
            return random() % 2 == 0 ? read(address, k * 20) : write(address, k * 20);
        });
        controller.idleUntil(end);
        const DramCounters c = controller.countersAt(end);
        EXPECT_EQ(c.reads + c.writes + c.forwardedReads, 3000U) << name;
        EXPECT_EQ(c.rowHits + c.rowMisses + c.rowConflicts, c.reads + c.writes) << name;
        EXPECT_EQ(c.busyClocks + c.stalledClocks + c.idleClocks, end) << name;
        EXPECT_EQ(c.activeStandbyClocks + c.prechargeStandbyClocks, 2 * end) << name;
        EXPECT_EQ(c.totalClocks, end) << name;
    }
}

}  // namespace
}  // namespace systole::memory
