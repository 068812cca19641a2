// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/dram_replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "models/memory/dram/dram_closed_form.hpp"
#include "models/memory/dram/dram_patterns.hpp"
#include "models/memory/dram/latency_record.hpp"
#include "tests/unit/memory/dram_replay_fixture.hpp"

namespace systole::memory {
namespace {

using testing::idealMemory;
using testing::ListSource;
using testing::shippedDdr4;

ReplayResult replayPattern(const DramConfig& config, DramPattern pattern, std::uint64_t requests,
                           ReplayOptions options = {}) {
    PatternSource source(config, pattern, requests, 42);
    options.isDependent = infoOf(pattern).isDependent;
    return replay(config, source, options);
}

std::uint64_t countOf(const LatencySummary& latency) {
    return std::accumulate(
        latency.histogram.begin(), latency.histogram.end(), std::uint64_t{0},
        [](std::uint64_t sum, const LatencyBin& bin) { return sum + bin.count; });
}

TEST(LatencyRecord, PercentilesAreTheLeastThatSoManyDoNotExceed) {
    LatencyRecord record;
    for (Cycle clocks = 1; clocks <= 200; ++clocks) record.add(201 - clocks);
    const LatencySummary summary = record.summary();
    EXPECT_EQ(summary.count, 200U);
    EXPECT_DOUBLE_EQ(summary.mean, 100.5);
    EXPECT_EQ(summary.least, 1U);
    EXPECT_EQ(summary.p50, 100U);
    EXPECT_EQ(summary.p95, 190U);
    EXPECT_EQ(summary.p99, 198U);
    EXPECT_EQ(summary.most, 200U);
}

TEST(LatencyRecord, OneLatencyIsAllPercentiles) {
    LatencyRecord record;
    record.add(0);
    const LatencySummary summary = record.summary();
    EXPECT_EQ(summary.count, 1U);
    EXPECT_EQ(summary.most, 0U);
    ASSERT_EQ(summary.histogram.size(), 1U);
    EXPECT_EQ(summary.histogram[0].to, 1U);
}

TEST(LatencyRecord, NoneIsNothing) {
    const LatencySummary summary = LatencyRecord().summary();
    EXPECT_EQ(summary.count, 0U);
    EXPECT_EQ(summary.mean, 0.0);
    EXPECT_TRUE(summary.histogram.empty());
}

TEST(LatencyRecord, BinsHaveNoGapsAndHoldWhatLiesInThem) {
    LatencyRecord record;
    const std::vector<Cycle> latencies{3, 21, 21, 24, 1000, 5'000'000, 5'000'001, 7'000'000'000};
    for (const Cycle clocks : latencies) record.add(clocks);
    const LatencySummary summary = record.summary();
    EXPECT_EQ(summary.p99, 7'000'000'000U);
    EXPECT_EQ(summary.p50, 24U);
    for (std::size_t i = 0; i < summary.histogram.size(); ++i) {
        const LatencyBin& bin = summary.histogram[i];
        EXPECT_EQ(bin.count, static_cast<std::uint64_t>(std::count_if(
                                 latencies.begin(), latencies.end(),
                                 [&](Cycle c) { return bin.from <= c && c < bin.to; })));
        if (i > 0) {
            EXPECT_EQ(bin.from, summary.histogram[i - 1].to);
        }
        // Four bins an octave: no latency is off by more than a quarter of what its bin says.
        EXPECT_LE((bin.to - bin.from - 1) * 4, bin.from);
    }
    EXPECT_EQ(summary.histogram.front().from, 3U);
    EXPECT_EQ(countOf(summary), latencies.size());
}

TEST(DramReplay, AnIdealMemoryTakesOneRequestACycle) {
    const auto result = replayPattern(
        idealMemory({.latencyCycles = 10, .bytesPerCycle = {}, .capacityBytes = 1 << 20}),
        DramPattern::Sequential, 100);
    EXPECT_EQ(result.cycles, 99U + 10);
    EXPECT_EQ(result.readLatency.least, 10U);
    EXPECT_EQ(result.readLatency.most, 10U);
    EXPECT_EQ(result.reads, 100U);
    EXPECT_EQ(result.writes, 0U);
}

TEST(DramReplay, AnIdealMemoryGivesItsWholeBandwidth) {
    for (const std::uint64_t rate : {16U, 24U, 48U, 64U}) {
        const auto result = replayPattern(
            idealMemory({.latencyCycles = 10, .bytesPerCycle = rate, .capacityBytes = 1 << 20}),
            DramPattern::SequentialWrites, 300);
        EXPECT_EQ(result.cycles, ceilDivide(300 * 64, rate) + 10) << rate;
        EXPECT_EQ(result.writeLatency.count, 300U);
    }
}

TEST(DramReplay, DependentRequestsOfAnIdealMemoryDoNotOverlap) {
    const auto result = replayPattern(
        idealMemory({.latencyCycles = 10, .bytesPerCycle = 16, .capacityBytes = 1 << 20}),
        DramPattern::DependentSequential, 100);
    EXPECT_EQ(result.cycles, 100U * (10 + 4));
}

TEST(DramReplay, ALoneReadTakesItsIdleLatency) {
    const DramConfig config = shippedDdr4();
    ListSource source({{.address = 0, .notBefore = 1000}, {.address = 256, .notBefore = 2000}});
    const ReplayResult result = replay(config, source);
    const Cycle pipeline = config.ddr->controller.pipelineClocks;
    EXPECT_EQ(result.readLatency.most, 17U + 17 + 4 + pipeline);  // tRCD + CL + BL/2
    EXPECT_EQ(result.readLatency.least, 17U + 4 + pipeline);      // its row is open then
    EXPECT_EQ(result.cycles, 2000U + 17 + 4 + pipeline);
}

TEST(DramReplay, LatencyIncludesTheWaitForRoom) {
    DramConfig config = shippedDdr4();
    config.ddr->controller.readQueue = 1;
    // Two rows of one bank: the second waits in front of the queue from clock 1 on.
    ListSource source({{.address = 0}, {.address = 131'072}});
    const ReplayResult result = replay(config, source);
    EXPECT_EQ(result.readLatency.most, result.cycles - 1);
}

TEST(DramReplay, ABlockedRequestHoldsUpThoseOfItsChannelAndBeyondTheWindow) {
    DramConfig config = shippedDdr4();
    config.ddr->organization.channels = 2;
    config.ddr->controller.readQueue = 1;
    // Two rows of channel 0, then channel 1.
    const auto firstOfOther = [&](std::uint64_t window) {
        Cycle first = kNever;
        ListSource source({{.address = 0}, {.address = 2 * 131'072}, {.address = 256}});
        replay(config, source,
               {.window = window,
                .onCommand = [&](std::uint32_t channel, const IssuedCommand& command) {
                    if (channel == 1) first = std::min(first, command.clock);
                }});
        return first;
    };
    EXPECT_EQ(firstOfOther(kDefaultWindow), 0U);
    EXPECT_EQ(firstOfOther(2), 0U);
    EXPECT_GT(firstOfOther(1), 17U);  // when the first read of channel 0 made room
    EXPECT_LT(firstOfOther(1), 17U + 10);
}

TEST(DramReplay, AChannelGoesOnAsIfItWereAlone) {
    // Channel 1 of three, between the others' requests and without them.
    DramConfig config = shippedDdr4();
    config.ddr->organization.channels = 3;
    std::vector<ReplayRequest> all;
    std::vector<ReplayRequest> own;
    PatternSource source(config, DramPattern::RandomMixed, 6000, 42);
    const AddressMap map(*config.ddr);
    for (const ReplayRequest& request : testing::drain(source)) {
        all.push_back(request);
        if (map.decode(request.address).channel == 1) own.push_back(request);
    }
    ASSERT_GT(own.size(), 1000U);
    ListSource together(all);
    ListSource alone(own);
    const DramCounters first = replay(config, together).channels[1];
    const DramCounters second = replay(config, alone).channels[1];
    EXPECT_EQ(first.busyClocks, second.busyClocks);
    EXPECT_EQ(first.activates, second.activates);
    EXPECT_EQ(first.rowConflicts, second.rowConflicts);
    EXPECT_EQ(first.stalledClocks, second.stalledClocks);
}

TEST(DramReplay, WholeStacksReachNineTenthsOfTheirPeak) {
    const auto load = [](const std::string& name) {
        return sim::loadDram(SYSTOLE_SOURCE_DIR "/configs/dram/" + name + ".yaml", {});
    };
    for (const char* name : {"hbm2_stack", "hbm2e_stack", "hbm3_stack", "gddr6_device",
                             "ddr5_4800_module", "lpddr4_4267_package", "lpddr5_6400_package"}) {
        DramConfig config = load(name);
        const auto shareOfPeak = [&] {
            const ReplayResult result = replayPattern(config, DramPattern::Sequential, 200'000);
            return 2e5 * config.burstBytes() * config.ddr->clockHertz /
                   static_cast<double>(result.cycles) / config.ddr->peakBandwidth();
        };
        EXPECT_GT(shareOfPeak(), 0.9) << name;
        // As long as no channel refreshes they all deliver a burst every burst.
        config.ddr->refresh.mode = RefreshMode::None;
        EXPECT_GT(shareOfPeak(), 0.98) << name;
    }
}

TEST(DramReplay, EveryBankTakesARequestInTheSameClockWhereEachHasItsOwnPath) {
    const DramConfig config = sim::loadDram(SYSTOLE_SOURCE_DIR "/configs/dram/in_dram.yaml", {});
    // Rows of two banks open; then both are read at once.
    ListSource source({{.address = 0},
                       {.address = 32},
                       {.address = 0, .notBefore = 100},
                       {.address = 32, .notBefore = 100},
                       {.address = 0, .notBefore = 100}});
    std::vector<Cycle> reads;
    replay(config, source, {.onCommand = [&](std::uint32_t, const IssuedCommand& command) {
               if (command.command == Command::Read) reads.push_back(command.clock);
           }});
    ASSERT_EQ(reads.size(), 5U);
    EXPECT_EQ(reads[2], 100U);
    EXPECT_EQ(reads[3], 100U);
    EXPECT_EQ(reads[4], 104U);
}

TEST(DramReplay, EveryChannelTakesARequestInTheSameClock) {
    DramConfig config = shippedDdr4();
    config.ddr->organization.channels = 2;
    std::vector<Cycle> activates;
    ListSource source({{.address = 0}, {.address = 256}, {.address = 64}});
    replay(config, source, {.onCommand = [&](std::uint32_t, const IssuedCommand& command) {
               if (command.command == Command::Activate) activates.push_back(command.clock);
           }});
    ASSERT_EQ(activates.size(), 3U);
    EXPECT_EQ(activates[0], activates[1]);
    EXPECT_GT(activates[2], activates[1]);
}

TEST(DramReplay, DependentReadsWaitForTheLastOne) {
    const DramConfig config = shippedDdr4();
    const auto result = replayPattern(config, DramPattern::DependentRandom, 500);
    EXPECT_EQ(result.readLatency.count, 500U);
    EXPECT_DOUBLE_EQ(result.readLatency.mean * 500, static_cast<double>(result.cycles));
}

TEST(DramReplay, NothingIsLostOrCountedTwice) {
    for (const std::uint32_t channels : {1U, 2U, 3U}) {
        DramConfig config = shippedDdr4();
        config.ddr->organization.channels = channels;
        for (const DramPatternInfo& info : kDramPatterns) {
            const auto result = replayPattern(config, info.pattern, 3000);
            EXPECT_EQ(result.requests(), 3000U) << info.name;
            EXPECT_EQ(result.readLatency.count, result.reads) << info.name;
            EXPECT_EQ(result.writeLatency.count, result.writes) << info.name;
            EXPECT_EQ(countOf(result.readLatency), result.reads) << info.name;
            EXPECT_EQ(countOf(result.writeLatency), result.writes) << info.name;
            const DramCounters counters = result.counters();
            EXPECT_EQ(counters.reads + counters.forwardedReads, result.reads) << info.name;
            EXPECT_EQ(counters.writes, result.writes) << info.name;
            ASSERT_EQ(result.channels.size(), channels);
            for (const DramCounters& channel : result.channels) {
                EXPECT_EQ(channel.totalClocks, result.cycles) << info.name;
                EXPECT_EQ(channel.busyClocks + channel.stalledClocks + channel.idleClocks,
                          result.cycles)
                    << info.name;
            }
        }
    }
}

struct Seen {
    Cycle clock;
    std::uint32_t channel;
    auto operator<=>(const Seen&) const = default;
};

TEST(DramReplay, CommandsComeInTheOrderOfTheirClocksAndChangeNothing) {
    for (const std::uint32_t channels : {1U, 3U}) {
        DramConfig config = shippedDdr4();
        config.ddr->organization.channels = channels;
        for (const DramPattern pattern : {DramPattern::RandomMixed, DramPattern::RowConflict}) {
            std::vector<Seen> seen;
            DramCounters counted;
            const auto watched = replayPattern(
                config, pattern, 5000,
                {.onCommand = [&](std::uint32_t channel, const IssuedCommand& command) {
                    seen.push_back({command.clock, channel});
                    counted.activates += command.command == Command::Activate ? 1 : 0;
                    counted.reads += command.command == Command::Read ? 1 : 0;
                    counted.writes += command.command == Command::Write ? 1 : 0;
                    counted.refreshes += command.command == Command::Refresh ? 1 : 0;
                }});
            EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
            const auto alone = replayPattern(config, pattern, 5000);
            EXPECT_EQ(watched.cycles, alone.cycles);
            EXPECT_EQ(watched.readLatency.mean, alone.readLatency.mean);
            for (const auto& counter : kDramCounters) {
                EXPECT_EQ(watched.counters().*counter.member, alone.counters().*counter.member)
                    << counter.name;
            }
            EXPECT_EQ(counted.activates, alone.counters().activates);
            EXPECT_EQ(counted.reads, alone.counters().reads);
            EXPECT_EQ(counted.writes, alone.counters().writes);
            EXPECT_EQ(counted.refreshes, alone.counters().refreshes);
        }
    }
}

TEST(DramClosedForm, IsThatOfTheReference) {
    const DdrConfig config = *shippedDdr4().ddr;
    EXPECT_NEAR(closedForm(config, DramPattern::Sequential)->clocksPerRequest, 4.188, 5e-4);
    EXPECT_NEAR(closedForm(config, DramPattern::Random)->clocksPerRequest, 6.805, 5e-4);
    EXPECT_NEAR(closedForm(config, DramPattern::RowConflict)->clocksPerRequest, 58.63, 5e-3);
    EXPECT_FALSE(closedForm(config, DramPattern::RandomMixed));
    EXPECT_EQ(closedForm(config, DramPattern::RowConflict)->text,
              "tRC 56, over 1 - tRFC/tREFI = 1 - 420/9360");
}

TEST(DramClosedForm, HoldsWithinTwoPercent) {
    for (const std::uint32_t channels : {1U, 2U}) {
        DramConfig config = shippedDdr4();
        config.ddr->organization.channels = channels;
        for (const DramPattern pattern :
             {DramPattern::Sequential, DramPattern::Random, DramPattern::RowConflict}) {
            const auto result = replayPattern(config, pattern, 100'000);
            const double closed = closedForm(*config.ddr, pattern)->clocksPerRequest;
            EXPECT_NEAR(static_cast<double>(result.cycles) / 1e5, closed, 0.02 * closed)
                << infoOf(pattern).name << " " << channels;
        }
    }
}

TEST(DramClosedForm, KnowsWhatTheMapLeavesOfTheBankGroups) {
    DdrConfig config = *shippedDdr4().ddr;
    std::stable_partition(config.addressMap.bits.begin(), config.addressMap.bits.end(),
                          [](const AddressBit& bit) { return bit.field == AddressField::Column; });
    const auto closed = closedForm(config, DramPattern::Sequential);
    EXPECT_EQ(closed->text, "tCCD_L 6, over 1 - tRFC/tREFI = 1 - 420/9360");
    EXPECT_DOUBLE_EQ(closed->clocksPerRequest, 6 / (1 - 420.0 / 9360));
}

TEST(DramClosedForm, SharesTheRequestsAmongTheChannels) {
    DdrConfig config = *shippedDdr4().ddr;
    const double one = closedForm(config, DramPattern::Sequential)->clocksPerRequest;
    const double row = closedForm(config, DramPattern::RowConflict)->clocksPerRequest;
    config.organization.channels = 2;
    EXPECT_DOUBLE_EQ(closedForm(config, DramPattern::Sequential)->clocksPerRequest, one / 2);
    EXPECT_DOUBLE_EQ(closedForm(config, DramPattern::RowConflict)->clocksPerRequest, row);
    config.channelInterleaveBytes = std::uint64_t{1} << 20U;
    EXPECT_FALSE(closedForm(config, DramPattern::Sequential));
}

TEST(DramClosedForm, RefreshesByBankHideWhereOtherBanksGoOn) {
    DdrConfig config = *shippedDdr4().ddr;
    config.refresh.mode = RefreshMode::PerBank;
    config.rules.push_back({Level::Bank, {Command::RefreshBank}, Command::Activate, 936, 1, ""});
    EXPECT_DOUBLE_EQ(closedForm(config, DramPattern::Sequential)->clocksPerRequest, 4);
    EXPECT_DOUBLE_EQ(closedForm(config, DramPattern::RowConflict)->clocksPerRequest, 56 / 0.9);
    config.refresh.mode = RefreshMode::None;
    EXPECT_DOUBLE_EQ(closedForm(config, DramPattern::RowConflict)->clocksPerRequest, 56);
}

TEST(DramClosedForm, BanksWithPathsOfTheirOwnDeliverTogether) {
    DramConfig config = sim::loadDram(SYSTOLE_SOURCE_DIR "/configs/dram/in_dram.yaml", {});
    EXPECT_FALSE(closedForm(*config.ddr, DramPattern::Sequential));
    // A burst every tCCD_L of 4 clocks from each of 16 banks, which come to the ends of their rows
    // together.
    const double least = 0.25 / (1 - 260.0 / 3900);
    const auto result = replayPattern(config, DramPattern::Sequential, 100'000);
    EXPECT_GT(static_cast<double>(result.cycles) / 1e5, least);
    EXPECT_LT(static_cast<double>(result.cycles) / 1e5, 1.5 * least);
}

}  // namespace
}  // namespace systole::memory
