// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "dram_test_support.hpp"
#include "models/check.hpp"
#include "models/memory/address_map.hpp"
#include "models/memory/dram_channel.hpp"
#include "models/memory/dram_energy.hpp"
#include "models/memory/ideal_memory.hpp"
#include "models/memory/timing_rules.hpp"

namespace systole::memory {
namespace {

using testing::ddr4At2400;
using testing::SplitMix64;

TEST(AddressMap, ConsecutiveBurstsGoToTheNextBankGroup) {
    const AddressMap map(ddr4At2400());
    EXPECT_EQ(map.decode(0), (DramAddress{0, {0, 0}, 0, 0}));
    EXPECT_EQ(map.decode(64), (DramAddress{0, {1, 0}, 0, 0}));
    EXPECT_EQ(map.decode(4 * 64), (DramAddress{0, {0, 0}, 0, 8}));
    EXPECT_EQ(map.decode(512 * 64), (DramAddress{0, {0, 1}, 0, 0}));
    EXPECT_EQ(map.decode(2048 * 64), (DramAddress{0, {0, 0}, 1, 0}));
}

TEST(AddressMap, AByteIsInTheBurstThatHoldsIt) {
    const AddressMap map(ddr4At2400());
    EXPECT_EQ(map.decode(64 + 63), map.decode(64));
}

TEST(AddressMap, ChannelsTakeTurnsEveryInterleave) {
    DdrConfig config = ddr4At2400();
    config.organization.channels = 2;
    const AddressMap map(config);
    EXPECT_EQ(map.decode(255).channel, 0U);
    EXPECT_EQ(map.decode(256), (DramAddress{1, {0, 0}, 0, 0}));
    EXPECT_EQ(map.decode(512), (DramAddress{0, {0, 0}, 0, 8}));
}

TEST(AddressMap, EveryBurstHasItsOwnPlace) {
    DdrConfig config = ddr4At2400();
    config.organization.rows = 6;
    config.organization.columns = 32;
    for (const std::uint32_t channels : {1U, 2U, 3U}) {
        config.organization.channels = channels;
        auto fields = config.addressMap;
        std::sort(fields.begin(), fields.end());
        do {
            config.addressMap = fields;
            const AddressMap map(config);
            std::set<DramAddress> places;
            for (std::uint64_t address = 0; address < map.capacityBytes(); address += 64) {
                const DramAddress place = map.decode(address);
                ASSERT_EQ(map.encode(place), address);
                ASSERT_TRUE(places.insert(place).second) << address;
            }
        } while (std::next_permutation(fields.begin(), fields.end()));
    }
}

TEST(AddressMap, AnAddressBeyondTheCapacityIsAnError) {
    const AddressMap map(ddr4At2400());
    EXPECT_THROW(map.decode(map.capacityBytes()), InvariantError);
}

TEST(IdealMemory, AnswersAfterTransferAndLatency) {
    IdealMemory memory({.latencyCycles = 100, .bytesPerCycle = 16, .capacityBytes = 1024});
    EXPECT_EQ(memory.serve(64, 10), 114U);
    EXPECT_EQ(memory.serve(64, 10), 118U);
    EXPECT_EQ(memory.serve(64, 50), 154U);
    EXPECT_EQ(memory.bytesServed(), 192U);
}

TEST(IdealMemory, LosesNoBandwidthToRounding) {
    IdealMemory memory({.latencyCycles = 0, .bytesPerCycle = 24, .capacityBytes = 1024});
    Cycle end = 0;
    for (int burst = 0; burst < 300; ++burst) {
        end = memory.serve(64, 0);
    }
    EXPECT_EQ(end, 800U);
}

TEST(IdealMemory, OfUnlimitedBandwidthHasLatencyOnly) {
    IdealMemory memory({.latencyCycles = 7, .bytesPerCycle = {}, .capacityBytes = 1024});
    EXPECT_EQ(memory.serve(1 << 20, 3), 10U);
    EXPECT_EQ(memory.serve(1 << 20, 3), 10U);
}

// By hand: 1.2 V * 8 devices / 1.2 GHz is 8 pJ per mA and clock.
TEST(DramEnergy, OfCommandsFollowsFromTheCurrents) {
    const DramCommandEnergy energy = dramCommandEnergy(ddr4At2400());
    // 8 * (48 * 56 - 43 * 39 - 34 * 17) + 2.5 V * 3 mA * 56 clk / 1.2 GHz * 8
    EXPECT_NEAR(energy.activateJoules, 3464e-12 + 2800e-12, 1e-15);
    EXPECT_NEAR(energy.readJoules, 8 * 92 * 4 * 1e-12, 1e-15);
    EXPECT_NEAR(energy.writeJoules, 8 * 80 * 4 * 1e-12, 1e-15);
    EXPECT_NEAR(energy.refreshJoules, 8 * 207 * 420 * 1e-12, 1e-15);
    EXPECT_NEAR(energy.bankOpenWatts, 0.4128, 1e-9);
    EXPECT_NEAR(energy.allClosedWatts, 0.3264, 1e-9);
}

TEST(DramEnergy, AgreesWithTheReferenceSimulators) {
    const DramCommandEnergy energy = dramCommandEnergy(ddr4At2400());
    EXPECT_NEAR(energy.activateJoules / 6.25e-9, 1, 0.01);
    EXPECT_NEAR(energy.readJoules / 2.93e-9, 1, 0.01);
    EXPECT_NEAR(energy.writeJoules / 2.55e-9, 1, 0.01);
    EXPECT_NEAR(energy.refreshJoules / 0.69e-6, 1, 0.01);
    EXPECT_NEAR(energy.bankOpenWatts / 0.413, 1, 0.01);
    EXPECT_NEAR(energy.allClosedWatts / 0.326, 1, 0.01);
}

double picojoulesPerBit(const DramEnergy& energy, double bursts) {
    return energy.totalJoules() * 1e12 / (bursts * 512);
}

TEST(DramEnergy, OfSequentialAndConflictingReadsDiffersSevenfold) {
    const DdrConfig config = ddr4At2400();
    const AddressMap map(config);
    DramChannel sequential(config);
    DramChannel conflicting(config);
    for (std::uint32_t k = 0; k < 50000; ++k) {
        sequential.serve(map.decode(std::uint64_t{k} * 64), false, k);
        conflicting.serve({0, {0, 0}, k, 0}, false, k);
    }
    const auto energyOf = [&](const DramChannel& channel) {
        return picojoulesPerBit(dramEnergy(config, channel.countersAt(channel.lastDataClock())),
                                50000);
    };
    EXPECT_NEAR(energyOf(sequential) / 9.2, 1, 0.02);
    EXPECT_NEAR(energyOf(conflicting) / 63.6, 1, 0.02);
}

TEST(DramCounters, AddUpOverChannels) {
    DramCounters sum{.activates = 1, .reads = 2, .allClosedClocks = 5};
    sum += DramCounters{.activates = 10, .refreshes = 3, .allClosedClocks = 7};
    EXPECT_EQ(sum.activates, 11U);
    EXPECT_EQ(sum.reads, 2U);
    EXPECT_EQ(sum.refreshes, 3U);
    EXPECT_EQ(sum.allClosedClocks, 12U);
}

TEST(DramCounters, TableNamesEveryMember) {
    EXPECT_EQ(kDramCounters.size() * sizeof(std::uint64_t), sizeof(DramCounters));
}

struct RuleCase {
    const char* name;
    Command previous;
    Command next;
    BankId nextBank;  ///< after a command to bank 0 of group 0
    Cycle clocks;
};

// Expected clocks are written out for DDR4-2400, apart from the table's expressions.
const RuleCase kRuleCases[] = {
    {"tRCD read", Command::Activate, Command::Read, {0, 0}, 17},
    {"tRCD write", Command::Activate, Command::Write, {0, 0}, 17},
    {"tRAS", Command::Activate, Command::Precharge, {0, 0}, 39},
    {"tRAS all", Command::Activate, Command::PrechargeAll, {0, 0}, 39},
    {"tRC", Command::Activate, Command::Activate, {0, 0}, 56},
    {"tRRD_L", Command::Activate, Command::Activate, {0, 1}, 6},
    {"tRRD_S", Command::Activate, Command::Activate, {1, 0}, 4},
    {"tRTP", Command::Read, Command::Precharge, {0, 0}, 9},
    {"tRTP all", Command::Read, Command::PrechargeAll, {0, 0}, 9},
    {"tWR", Command::Write, Command::Precharge, {0, 0}, 12 + 4 + 18},
    {"tWR all", Command::Write, Command::PrechargeAll, {0, 0}, 12 + 4 + 18},
    {"tRP", Command::Precharge, Command::Activate, {0, 0}, 17},
    {"tRP refresh", Command::Precharge, Command::Refresh, {0, 0}, 17},
    {"tRP all refresh", Command::PrechargeAll, Command::Refresh, {0, 0}, 17},
    {"tRFC", Command::Refresh, Command::Activate, {3, 3}, 420},
    {"tRFC refresh", Command::Refresh, Command::Refresh, {0, 0}, 420},
    {"tCCD_L read", Command::Read, Command::Read, {0, 0}, 6},
    {"tCCD_L read, other bank", Command::Read, Command::Read, {0, 2}, 6},
    {"tCCD_S read", Command::Read, Command::Read, {2, 0}, 4},
    {"tCCD_L write", Command::Write, Command::Write, {0, 1}, 6},
    {"tCCD_S write", Command::Write, Command::Write, {1, 0}, 4},
    {"read to write", Command::Read, Command::Write, {3, 0}, 17 + 4 + 2 - 12},
    {"tWTR_L", Command::Write, Command::Read, {0, 3}, 12 + 4 + 9},
    {"tWTR_S", Command::Write, Command::Read, {1, 3}, 12 + 4 + 3},
};

TEST(TimingEngine, AllowsEachCommandExactlyWhenItsRuleSays) {
    for (const RuleCase& rule : kRuleCases) {
        TimingEngine engine(ddr4At2400());
        engine.issue(rule.previous, {0, 0}, 1000);
        EXPECT_EQ(engine.earliest(rule.next, rule.nextBank), 1000 + rule.clocks) << rule.name;
    }
}

TEST(TimingEngine, AllowsAFifthActivateAfterTheWindowOfFour) {
    TimingEngine engine(ddr4At2400());
    const Cycle activates[] = {100, 104, 108, 112};
    for (std::uint32_t group = 0; group < 4; ++group) {
        engine.issue(Command::Activate, {group, 0}, activates[group]);
    }
    EXPECT_EQ(engine.earliest(Command::Activate, {0, 1}), 126U);
    engine.issue(Command::Activate, {0, 1}, 126);
    EXPECT_EQ(engine.earliest(Command::Activate, {1, 1}), 130U);
}

TEST(TimingEngine, LeavesUnrelatedBanksAlone) {
    TimingEngine engine(ddr4At2400());
    engine.issue(Command::Precharge, {0, 0}, 1000);
    EXPECT_EQ(engine.earliest(Command::Activate, {0, 1}), 0U);
    EXPECT_EQ(engine.earliest(Command::Read, {1, 0}), 0U);
}

}  // namespace
}  // namespace systole::memory
