// SPDX-License-Identifier: Apache-2.0
// Millions of random requests under every policy: all answered once, and reads return what was
// written last.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ostream>

#include "models/memory/dram/dram_patterns.hpp"
#include "tests/oracle/dram_checker.hpp"
#include "tests/oracle/dram_listing.hpp"
#include "tests/sanitizers.hpp"
#include "tests/unit/memory/dram_test_support.hpp"

namespace systole::memory {
namespace {

using testing::part;

constexpr std::uint64_t kFew = kSanitizesAddresses ? 50'000 : 10'000'000 / 16;

/// SYSTOLE_DRAM_REQUESTS of the environment, for long runs of each policy.
std::uint64_t requestCount() {
    const char* count = std::getenv("SYSTOLE_DRAM_REQUESTS");
    return count == nullptr ? kFew : std::strtoull(count, nullptr, 10);
}

/// A memory whose values are the tags of writes. Reads know what they must return when they arrive.
class ValueCheck {
public:
    ValueCheck(const DdrConfig& config, std::uint64_t requests)
        : banks_(config.organization),
          burstLength_(config.organization.burstLength),
          stored_(kPlaces),
          newest_(kPlaces),
          place_(requests),
          expected_(requests),
          answers_(requests) {}

    MemoryRequest request(std::uint64_t tag, std::uint64_t place, bool isWrite) {
        place_[tag] = static_cast<std::uint32_t>(place);
        expected_[tag] = newest_[place];
        if (isWrite) {
            newest_[place] = tag + 1;
        }
        return {tag, addressOf(place), isWrite};
    }

    void answer(const ServedBurst& burst) {
        ++answers_[burst.tag];
        const std::uint32_t place = place_[burst.tag];
        if (burst.isWrite) {
            stored_[place] = burst.tag + 1;
            return;
        }
        const std::uint64_t value = burst.forwardedFrom ? *burst.forwardedFrom + 1 : stored_[place];
        wrong_ += value != expected_[burst.tag] ? 1 : 0;
    }

    std::uint64_t wrong() const { return wrong_; }
    bool allOnce() const {
        return std::all_of(answers_.begin(), answers_.end(), [](auto count) { return count == 1; });
    }
    bool lastValuesStored() const { return stored_ == newest_; }

    static constexpr std::uint64_t kPlaces = 4096;

private:
    /// All banks of all ranks, few rows and columns of each: hits, conflicts and equal places
    /// abound.
    DramAddress addressOf(std::uint64_t place) const {
        const std::uint64_t rest = place / banks_.banks();
        return {0, banks_.id(static_cast<std::uint32_t>(place % banks_.banks())),
                static_cast<std::uint32_t>(rest % 16),
                static_cast<std::uint32_t>(rest / 16) * burstLength_};
    }

    BankIndex banks_;
    std::uint32_t burstLength_;
    std::vector<std::uint64_t> stored_;
    std::vector<std::uint64_t> newest_;
    std::vector<std::uint32_t> place_;
    std::vector<std::uint64_t> expected_;
    std::vector<std::uint8_t> answers_;
    std::uint64_t wrong_ = 0;
};

/// What JEDEC asks of the part, which knows nothing of the project's rules.
oracle::DramSpec specOf(const std::string& name, const DdrConfig& config) {
    const std::string folder = SYSTOLE_SOURCE_DIR "/configs/dram/";
    oracle::DramSpec spec = oracle::readDramPart(folder + name + ".yaml").spec;
    spec.ranks = config.organization.ranks;
    spec.postponed = config.refresh.postponed;
    spec.refreshStaggerClocks = spec.parameters.at("tREFI") / spec.ranks;
    // What is under way when a refresh falls due: a bank opened and written, a rank put to rest;
    // and the banks of a set are closed one by one, between other commands of two clocks. Rows that
    // were just opened serve a burst each before: up to four of a rank (tFAW), after a turn of the
    // bus.
    const oracle::DramTimings t(spec);
    spec.refreshSlackClocks =
        t.powerDown.value_or(0) + t.tXP.value_or(0) +
        std::max(t.activateToPrecharge, t.activateToWrite + t.writeToPrecharge) + t.prechargeAll +
        t.tRFCpb.value_or(0) + 4 * spec.bankGroups + t.writeToReadOtherGroup +
        (4 * spec.ranks - 1) * t.tCCD_L;
    return spec;
}

oracle::DramEvent eventOf(const IssuedCommand& issued) {
    using enum oracle::DramOp;
    constexpr std::array kOps{ACT, PRE, RD, WR, PREA, REF, REFB, PDE, PDX, SRE, SRX};
    static_assert(kOps.size() == kCommandCount);
    oracle::DramEvent event{.clock = static_cast<std::int64_t>(issued.clock),
                            .op = kOps[indexOf(issued.command)],
                            .rank = issued.bank.rank,
                            .group = issued.bank.bankGroup,
                            .bank = issued.bank.bank};
    if (issued.command == Command::Activate || isColumn(issued.command)) {
        event.row = issued.row;
    }
    if (isColumn(issued.command)) {
        event.column = issued.column;
    }
    return event;
}

void check(const DdrConfig& config, const oracle::DramSpec& spec, std::uint64_t seed) {
    const std::uint64_t requests = requestCount();
    MemoryController controller(config);
    ValueCheck values(config, requests);
    oracle::DramChecker jedec(spec);
    controller.observe([&](const IssuedCommand& issued) { jedec.check(eventOf(issued)); });
    SplitMix64 random(seed);
    Cycle now = 0;
    const auto step = [&] {
        if (const auto burst = controller.step()) {
            values.answer(*burst);
            now = std::max(now, burst->columnClock + 1);
        }
    };
    for (std::uint64_t tag = 0; tag < requests; ++tag) {
        const std::uint64_t draw = random();
        // Bursts of requests to one place, idle stretches, phases of mostly reads and mostly
        // writes.
        const std::uint64_t place = draw % 8 == 0 ? 17 : (draw >> 8) % ValueCheck::kPlaces;
        const bool isWrite = (draw >> 32) % 100 < ((tag >> 10) % 3) * 40 + 10;
        now += draw % 1000 == 1 ? (draw >> 40) % 6000 : 0;
        const MemoryRequest request = values.request(tag, place, isWrite);
        while (controller.nextClock() < now) {
            step();
        }
        while (!controller.hasRoom(isWrite)) {
            step();
        }
        while (controller.nextClock() < now) {
            step();
        }
        if (const auto answer = controller.offer(request, now)) {
            values.answer(*answer);
        }
        now += draw >> 63;
    }
    while (controller.waiting() > 0) {
        step();
    }
    jedec.finish(static_cast<std::int64_t>(controller.lastDataClock()));
    EXPECT_EQ(jedec.violationCount(), 0U) << jedec.violations().front();
    EXPECT_GT(jedec.commands(), requests / 4);
    EXPECT_EQ(values.wrong(), 0U);
    EXPECT_TRUE(values.allOnce());
    EXPECT_TRUE(values.lastValuesStored());
}

struct Setting {
    const char* name;
    const char* part;
    std::vector<std::string> overrides;

    friend void PrintTo(const Setting& setting, std::ostream* out) { *out << setting.name; }
};

// 16 of them: ten million requests in all.
const Setting kSettings[] = {
    {"open", "ddr4_2400", {}},
    {"closed", "ddr4_2400", {"controller.page_policy=closed"}},
    {"adaptive", "ddr4_2400", {"controller.page_policy=adaptive"}},
    {"fcfs", "ddr4_2400", {"controller.policy=fcfs"}},
    {"fcfs, closed", "ddr4_2400", {"controller.policy=fcfs", "controller.page_policy=closed"}},
    {"tiny queues",
     "ddr4_2400",
     {"controller.queues.read=1", "controller.queues.write=1", "controller.write_watermarks.high=1",
      "controller.write_watermarks.low=0"}},
    {"many writes",
     "ddr4_2400",
     {"controller.queues.read=4", "controller.queues.write=200",
      "controller.write_watermarks.high=200", "controller.write_watermarks.low=1"}},
    {"impatient", "ddr4_2400", {"controller.age_limit=1", "controller.row_hit_cap=1"}},
    {"patient", "ddr4_2400", {"controller.age_limit=100000", "controller.row_hit_cap=unlimited"}},
    {"pipeline", "ddr4_2400", {"controller.pipeline_clocks=30"}},
    {"two ranks", "ddr4_3200", {"organization.ranks=2", "controller.postponed_refreshes=8"}},
    {"resting",
     "ddr4_2400",
     {"organization.ranks=2", "controller.power_down_after=10",
      "controller.self_refresh_after=800"}},
    {"resting, by bank",
     "lpddr4_3200",
     {"controller.refresh=per_bank", "controller.power_down_after=1"}},
    {"same bank", "ddr5_4800", {"controller.refresh=per_bank", "controller.postponed_refreshes=4"}},
    {"two buses",
     "hbm2_pseudo",
     {"controller.refresh=per_bank", "controller.page_policy=adaptive"}},
    {"banks of their own", "in_dram", {"controller.page_policy=closed"}},
};

class MemoryControllerValues : public ::testing::TestWithParam<Setting> {};

TEST_P(MemoryControllerValues, EveryRequestIsAnsweredOnceWithTheLastValueWritten) {
    SCOPED_TRACE(GetParam().name);
    const DdrConfig config = part(GetParam().part, GetParam().overrides);
    check(config, specOf(GetParam().part, config), 42);
}

INSTANTIATE_TEST_SUITE_P(Policies, MemoryControllerValues, ::testing::ValuesIn(kSettings));

}  // namespace
}  // namespace systole::memory
