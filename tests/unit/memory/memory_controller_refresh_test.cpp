// SPDX-License-Identifier: Apache-2.0
// Refreshes: when they come, what they may not do, and that bursts are served in spite of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "models/check.hpp"
#include "models/memory/dram/dram_patterns.hpp"
#include "models/memory/dram/dram_replay.hpp"
#include "models/memory/dram/memory_controller.hpp"
#include "tests/unit/memory/dram_test_support.hpp"

namespace systole::memory {
namespace {

using testing::CommandLog;
using testing::ddr4At2400;
using testing::drive;
using testing::part;
using testing::partNames;
using testing::read;
using testing::TimedRequest;

ReplayResult replayOf(const DdrConfig& ddr, DramPattern pattern, std::uint64_t requests) {
    DramConfig config;
    config.ddr = ddr;
    PatternSource source(config, pattern, requests, 42);
    return replay(config, source, {.isDependent = infoOf(pattern).isDependent});
}

/// The shortest interval between refreshes that a configuration may have.
Cycle leastInterval(const DdrConfig& config) {
    return config.clocksBetween(Command::Refresh, Command::Activate, Level::Rank) +
           config.rowCycleClocks();
}

TEST(DramRefresh, PuttingThemOffCostsADependentStreamNothing) {
    for (const std::string& name : partNames()) {
        // Rows are closed behind each read: else a refresh spares random reads the closing of a
        // row, and they are faster the earlier it comes.
        DdrConfig config = part(name);
        for (const DramPattern pattern :
             {DramPattern::DependentSequential, DramPattern::DependentRandom,
              DramPattern::DependentConflict}) {
            config.controller.pagePolicy =
                pattern == DramPattern::DependentRandom ? PagePolicy::Closed : PagePolicy::Open;
            config.refresh.postponed = 0;
            const Cycle atOnce = replayOf(config, pattern, 3000).cycles;
            for (const std::uint32_t postponed : {1U, 3U, 8U}) {
                config.refresh.postponed = postponed;
                EXPECT_LE(static_cast<double>(replayOf(config, pattern, 3000).cycles),
                          1.01 * static_cast<double>(atOnce))
                    << name << " " << infoOf(pattern).name << " " << postponed;
            }
        }
    }
}

/// Reads of one row that come `gap` clocks after the last data.
std::vector<IssuedCommand> commandsWithGaps(const DdrConfig& config, Cycle gap) {
    MemoryController controller(config);
    CommandLog log(controller);
    Cycle end = 0;
    for (std::uint32_t k = 0; k < 2000; ++k) {
        const auto burst = k % config.organization.burstsPerRow();
        end = drive(controller, 1, [&](std::uint64_t) {
            return read({0, {0, 0, 0}, 5, burst * config.organization.burstLength}, end + gap);
        });
    }
    return log.commands();
}

/// The pause after which a refresh that may wait begins.
Cycle pauseBeforeRefresh(const DdrConfig& config) {
    return config.clocksBetween(Command::PrechargeAll, Command::Refresh, Level::Rank) +
           config.clocksBetween(Command::Refresh, Command::Activate, Level::Rank);
}

TEST(DramRefresh, NoRowIsClosedForARefreshThatDoesNotFollow) {
    for (const char* name : {"hbm3", "ddr5_4800", "lpddr4_2400", "ddr4_2400"}) {
        const DdrConfig config = part(name, {"controller.postponed_refreshes=3"});
        // The last one comes when the rows are closed and the refresh has yet to begin.
        for (const Cycle gap : {Cycle{0}, Cycle{5}, Cycle{300}, pauseBeforeRefresh(config) + 1}) {
            Command last = Command::Refresh;
            std::uint64_t refreshes = 0;
            for (const IssuedCommand& issued : commandsWithGaps(config, gap)) {
                if (last == Command::PrechargeAll) {
                    EXPECT_EQ(issued.command, Command::Refresh) << name << " " << gap;
                }
                refreshes += issued.command == Command::Refresh ? 1 : 0;
                last = issued.command;
            }
            EXPECT_GT(refreshes, 0U) << name << " " << gap;
        }
    }
}

TEST(DramRefresh, ByBankNoneIsClosedForARefreshThatDoesNotFollow) {
    for (const char* name : {"hbm3", "hbm2", "lpddr5_6400"}) {
        for (const Cycle gap : {0, 5, 300}) {
            const DdrConfig config =
                part(name, {"controller.postponed_refreshes=3", "controller.refresh=per_bank"});
            std::map<BankId, Command> last;
            std::uint64_t refreshes = 0;
            for (const IssuedCommand& issued : commandsWithGaps(config, gap)) {
                if (last[issued.bank] == Command::Precharge) {
                    EXPECT_EQ(issued.command, Command::RefreshBank) << name << " " << gap;
                }
                refreshes += issued.command == Command::RefreshBank ? 1 : 0;
                last[issued.bank] = issued.command;
            }
            EXPECT_GT(refreshes, 0U) << name << " " << gap;
        }
    }
}

TEST(DramRefresh, OneThatMayWaitBeginsAfterAPauseAsLongAsItTakes) {
    DdrConfig config = ddr4At2400();
    config.refresh.postponed = 3;
    // Its row is open and its last data end at 9350; a refresh is due at 9360.
    MemoryController controller(config);
    CommandLog log(controller);
    const Cycle end = drive(controller, 1, [](std::uint64_t) {
        return read({0, {0, 0, 0}, 5, 0}, 9350 - 38);
    });
    ASSERT_EQ(end, 9350U);
    controller.idleUntil(20000);
    const Cycle pause = 17 + 420;  // tRP + tRFC
    ASSERT_GE(log.commands().size(), 4U);
    EXPECT_EQ(log.commands()[2].command, Command::PrechargeAll);
    EXPECT_EQ(log.commands()[2].clock, 9350 + pause);
    EXPECT_EQ(log.commands()[3].command, Command::Refresh);
    EXPECT_EQ(log.commands()[3].clock, 9350 + pause + 17);
    EXPECT_EQ(log.commands()[4].clock, 2U * 9360);  // idle for long by then
}

/// Reads and writes with pauses of all lengths.
std::vector<TimedRequest> requestsWithPauses(const DdrConfig& config, std::uint64_t seed) {
    const AddressMap map(config);
    SplitMix64 random(seed);
    const std::uint64_t bursts = map.capacityBytes() / config.organization.burstBytes();
    std::vector<TimedRequest> requests;
    Cycle clock = 0;
    for (int i = 0; i < 400; ++i) {
        clock += random() % 4 != 0 ? random() % 6 : random() % (1U << random() % 15);
        const std::uint64_t burst = random() % 2 == 0 ? random() % bursts : random() % 64;
        requests.push_back(
            {{0, map.decode(burst * config.organization.burstBytes()), random() % 4 == 0}, clock});
    }
    return requests;
}

struct Seen {
    Cycle clock;
    Command command;
    BankId bank;
    auto operator<=>(const Seen&) const = default;
};

/// With `everyClock` the controller is asked in each clock; else only when something arrives.
std::vector<Seen> commandsOf(const DdrConfig& config, const std::vector<TimedRequest>& requests,
                             bool everyClock) {
    MemoryController controller(config);
    CommandLog log(controller);
    Cycle clock = 0;
    const auto passTo = [&](Cycle next) {
        for (; everyClock && clock < next; ++clock) {
            while (controller.nextClock() < clock) controller.step();
            if (controller.waiting() == 0) controller.idleUntil(clock);
        }
        clock = std::max(clock, next);
        while (controller.nextClock() < clock) controller.step();
    };
    for (const TimedRequest& each : requests) {
        passTo(each.arrival);
        while (!controller.hasRoom(each.request.isWrite)) passTo(clock + 1);
        controller.offer(each.request, clock);
    }
    while (controller.waiting() > 0) controller.step();
    controller.idleUntil(clock + 200'000);
    std::vector<Seen> seen;
    for (const IssuedCommand& issued : log.commands()) {
        seen.push_back({issued.clock, issued.command, issued.bank});
    }
    return seen;
}

TEST(DramRefresh, MakingUpForPausesEqualsAskingInEveryClock) {
    const std::vector<std::vector<std::string>> policies{
        {},
        {"controller.postponed_refreshes=3"},
        {"controller.postponed_refreshes=8", "controller.page_policy=adaptive"},
        {"controller.power_down_after=50", "controller.postponed_refreshes=3"},
        {"controller.power_down_after=50", "controller.self_refresh_after=900",
         "controller.page_policy=closed"},
        {"controller.refresh=per_bank", "controller.postponed_refreshes=3"},
        {"organization.ranks=2", "controller.postponed_refreshes=1"}};
    for (const char* name : {"hbm3", "ddr5_4800", "lpddr5_6400"}) {
        for (const auto& policy : policies) {
            const DdrConfig config = part(name, policy);
            const auto requests = requestsWithPauses(config, 11);
            EXPECT_EQ(commandsOf(config, requests, false), commandsOf(config, requests, true))
                << name << " " << (policy.empty() ? "as shipped" : policy.front());
        }
    }
}

TEST(DramRefresh, BurstsAreServedHoweverShortTheInterval) {
    DdrConfig config = ddr4At2400();
    for (Cycle interval = leastInterval(config); interval < 530; ++interval) {
        config.refresh.interval = interval;
        for (const DramPattern pattern :
             {DramPattern::Sequential, DramPattern::RandomMixed, DramPattern::RowConflict}) {
            EXPECT_EQ(replayOf(config, pattern, 100).requests(), 100U)
                << interval << " " << infoOf(pattern).name;
        }
    }
}

/// Every part, policy and pattern; intervals from the shortest on. Listed as exhaustive.
TEST(DramRefresh, BurstsAreServedHoweverShortTheIntervalOfEveryPartAndPolicy) {
    const std::vector<std::vector<std::string>> policies{
        {},
        {"controller.policy=fcfs"},
        {"controller.page_policy=closed", "controller.age_limit=50"},
        {"controller.page_policy=adaptive", "controller.postponed_refreshes=8"},
        {"controller.row_hit_cap=1", "organization.ranks=2"},
        {"controller.power_down_after=5", "controller.self_refresh_after=50"}};
    for (const std::string& name : partNames()) {
        for (const auto& policy : policies) {
            DdrConfig config = part(name, policy);
            const Cycle least = leastInterval(config);
            for (const Cycle more : {0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89}) {
                config.refresh.interval = least + more;
                for (const DramPatternInfo& info : kDramPatterns) {
                    EXPECT_EQ(replayOf(config, info.pattern, 60).requests(), 60U)
                        << name << " " << least + more << " " << info.name;
                }
            }
        }
    }
}

TEST(DramRefresh, AnActivatedRowServesItsBurstBeforeItIsClosed) {
    // The row is opened 3 clocks before a refresh is due.
    for (const bool isWrite : {false, true}) {
        MemoryController controller(ddr4At2400());
        CommandLog log(controller);
        drive(controller, 1, [&](std::uint64_t) {
            return TimedRequest{{0, {0, {0, 0, 0}, 5, 0}, isWrite}, 9357};
        });
        controller.idleUntil(10000);
        EXPECT_THAT(log.names(),
                    ::testing::ElementsAre("ACT", isWrite ? "WR" : "RD", "PREA", "REF"));
    }
}

TEST(DramWatchdog, SaysWhichBurstWaitsForWhatSinceWhen) {
    DdrConfig config = ddr4At2400();
    config.refresh.interval = 100;  // no configuration has it: the refresh takes longer
    try {
        replayOf(config, DramPattern::Random, 100);
        FAIL() << "it ended";
    } catch (const InvariantError& error) {
        const std::string text = error.what();
        EXPECT_THAT(text, ::testing::HasSubstr("DRAM without progress at clock"));
        EXPECT_THAT(text, ::testing::ContainsRegex("none was served since clock [0-9]+"));
        EXPECT_THAT(text, ::testing::ContainsRegex("the oldest read, of rank 0, bank group [0-9], "
                                                   "bank [0-9], row [0-9]+, column [0-9]+, arrived "
                                                   "at clock [0-9]+ and waits for a refresh, of "
                                                   "which its rank owes [0-9]+"));
    }
}

}  // namespace
}  // namespace systole::memory
