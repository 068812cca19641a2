// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "models/check.hpp"
#include "models/memory/dram/address_map.hpp"
#include "models/memory/dram/dram_energy.hpp"
#include "models/memory/dram/dram_patterns.hpp"
#include "models/memory/dram/ideal_memory.hpp"
#include "models/memory/dram/memory_controller.hpp"
#include "tests/unit/memory/dram_test_support.hpp"

namespace systole::memory {
namespace {

using testing::ddr4At2400;

TEST(AddressMap, ConsecutiveBurstsGoToTheNextBankGroup) {
    const AddressMap map(ddr4At2400());
    EXPECT_EQ(map.decode(0), (DramAddress{0, {0, 0, 0}, 0, 0}));
    EXPECT_EQ(map.decode(64), (DramAddress{0, {0, 1, 0}, 0, 0}));
    EXPECT_EQ(map.decode(4 * 64), (DramAddress{0, {0, 0, 0}, 0, 8}));
    EXPECT_EQ(map.decode(512 * 64), (DramAddress{0, {0, 0, 1}, 0, 0}));
    EXPECT_EQ(map.decode(2048 * 64), (DramAddress{0, {0, 0, 0}, 1, 0}));
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
    EXPECT_EQ(map.decode(256), (DramAddress{1, {0, 0, 0}, 0, 0}));
    EXPECT_EQ(map.decode(512), (DramAddress{0, {0, 0, 0}, 0, 8}));
}

AddressMapping mapping(const DramOrganization& organization,
                       const std::vector<AddressField>& fields) {
    AddressMapping mapping;
    for (const AddressField field : fields) {
        for (std::uint32_t bit = 0; (organization.sizeOf(field) >> bit) > 1; ++bit) {
            mapping.bits.push_back({field, bit});
        }
    }
    return mapping;
}

void expectBijection(const DdrConfig& config) {
    const AddressMap map(config);
    std::set<DramAddress> places;
    for (std::uint64_t address = 0; address < map.capacityBytes(); address += 64) {
        const DramAddress place = map.decode(address);
        ASSERT_EQ(map.encode(place), address);
        ASSERT_TRUE(places.insert(place).second) << address;
        ASSERT_LT(place.row, config.organization.rows);
        ASSERT_LT(place.column, config.organization.columns);
        ASSERT_LT(place.bank.rank, config.organization.ranks);
    }
}

TEST(AddressMap, EveryBurstHasItsOwnPlace) {
    DdrConfig config = ddr4At2400();
    config.organization.rows = 4;
    config.organization.columns = 32;
    config.organization.ranks = 2;
    std::vector<AddressField> fields{AddressField::Rank, AddressField::BankGroup,
                                     AddressField::Bank, AddressField::Row, AddressField::Column};
    for (const std::uint32_t channels : {1U, 2U, 3U}) {
        config.organization.channels = channels;
        do {
            config.addressMap = mapping(config.organization, fields);
            expectBijection(config);
        } while (std::next_permutation(fields.begin(), fields.end()));
    }
}

TEST(AddressMap, SplitAndHashedBitsKeepEveryBurstApart) {
    using enum AddressField;
    DdrConfig config = ddr4At2400();
    config.organization.rows = 8;
    config.organization.columns = 64;
    config.addressMap = {{{Column, 0},
                          {BankGroup, 1},
                          {Row, 2},
                          {Column, 2},
                          {Column, 1},
                          {Bank, 0},
                          {BankGroup, 0},
                          {Row, 0},
                          {Bank, 1},
                          {Row, 1}},
                         {{{BankGroup, 0}, {{Row, 0}, {Row, 2}}}, {{Bank, 1}, {{Row, 0}}}}};
    expectBijection(config);
    const AddressMap map(config);
    EXPECT_EQ(map.decode(64), (DramAddress{0, {0, 0, 0}, 0, 8}));
    EXPECT_EQ(map.decode(64 * 2), (DramAddress{0, {0, 2, 0}, 0, 0}));
    // Row 4 has an odd number of the hash's bits set.
    EXPECT_EQ(map.decode(64 * 4), (DramAddress{0, {0, 1, 0}, 4, 0}));
    EXPECT_EQ(map.decode(64 * 128), (DramAddress{0, {0, 1, 2}, 1, 0}));
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
    EXPECT_NEAR(energy.activeStandbyWatts, 0.4128, 1e-9);
    EXPECT_NEAR(energy.prechargeStandbyWatts, 0.3264, 1e-9);
}

TEST(DramEnergy, AgreesWithTheReferenceSimulators) {
    const DramCommandEnergy energy = dramCommandEnergy(ddr4At2400());
    EXPECT_NEAR(energy.activateJoules / 6.25e-9, 1, 0.01);
    EXPECT_NEAR(energy.readJoules / 2.93e-9, 1, 0.01);
    EXPECT_NEAR(energy.writeJoules / 2.55e-9, 1, 0.01);
    EXPECT_NEAR(energy.refreshJoules / 0.69e-6, 1, 0.01);
    EXPECT_NEAR(energy.activeStandbyWatts / 0.413, 1, 0.01);
    EXPECT_NEAR(energy.prechargeStandbyWatts / 0.326, 1, 0.01);
}

DramEnergy energyOfReads(const DdrConfig& config,
                         const std::function<DramAddress(std::uint64_t)>& place) {
    MemoryController controller(config);
    const Cycle end = testing::drive(controller, 100000,
                                     [&](std::uint64_t k) { return testing::read(place(k)); });
    controller.idleUntil(end);
    return dramEnergy(config, controller.countersAt(end));
}

// nJ of DRAMSys 5.0 (with VPP) and DRAMsim3 (without), reference/dram-ddr4-2400.csv.
TEST(DramEnergy, OfTheReferencePatternsAgreesWithTheSimulators) {
    for (const bool withVpp : {true, false}) {
        const DdrConfig config = withVpp ? ddr4At2400() : ddr4At2400({"power.VPP=0"});
        const AddressMap map(config);
        SplitMix64 random(42);
        const auto nanojoules = [&](const std::function<DramAddress(std::uint64_t)>& place) {
            return energyOfReads(config, place).deviceJoules() * 1e9;
        };
        const double sequential = nanojoules([&](std::uint64_t k) { return map.decode(k * 64); });
        const double random64 = nanojoules(
            [&](std::uint64_t) { return map.decode(random() % (map.capacityBytes() / 64) * 64); });
        const double conflicts = nanojoules([&](std::uint64_t k) {
            return DramAddress{0, {0, 0, 0}, static_cast<std::uint32_t>(k % 65536), 0};
        });
        EXPECT_NEAR(sequential / (withVpp ? 475473.78 : 470117.59), 1, 0.03);
        EXPECT_NEAR(random64 / (withVpp ? 1210308.16 : 923054.72), 1, 0.03);
        EXPECT_NEAR(conflicts / (withVpp ? 3255105.44 : 2944002.58), 1, 0.03);
    }
}

TEST(DramEnergy, DoublesWithTheClockPeriodAtEqualCurrents) {
    const DdrConfig fast = ddr4At2400();
    const DdrConfig slow = ddr4At2400({"clock=600MHz"});
    const auto place = [](std::uint64_t k) {
        return DramAddress{0, {0, 0, 0}, static_cast<std::uint32_t>(k % 100), 0};
    };
    EXPECT_DOUBLE_EQ(energyOfReads(slow, place).deviceJoules(),
                     2 * energyOfReads(fast, place).deviceJoules());
}

TEST(DramCounters, AddUpOverChannels) {
    DramCounters sum{.activates = 1, .reads = 2, .prechargeStandbyClocks = 5};
    sum += DramCounters{.activates = 10, .refreshes = 3, .prechargeStandbyClocks = 7};
    EXPECT_EQ(sum.activates, 11U);
    EXPECT_EQ(sum.reads, 2U);
    EXPECT_EQ(sum.refreshes, 3U);
    EXPECT_EQ(sum.prechargeStandbyClocks, 12U);
}

TEST(DramCounters, TableNamesEveryMember) {
    EXPECT_EQ(kDramCounters.size() * sizeof(std::uint64_t), sizeof(DramCounters));
}

}  // namespace
}  // namespace systole::memory
