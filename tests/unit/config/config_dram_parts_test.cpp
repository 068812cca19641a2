// SPDX-License-Identifier: Apache-2.0
// The shipped memories against their documents.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "models/memory/dram/dram_energy.hpp"
#include "sim/config/dram/dram_loader.hpp"

namespace systole::sim {
namespace {

using memory::Command;
using memory::DdrConfig;
using memory::Level;

const std::filesystem::path kFolder = SYSTOLE_SOURCE_DIR "/configs/dram";

DdrConfig load(const std::string& name, const Overrides& overrides = {}) {
    return loadDram(kFolder / (name + ".yaml"), overrides).ddr.value();
}

std::vector<std::string> shipped() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        if (entry.path().stem() != "ideal") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

TEST(DramParts, AllOfThemAreThere) {
    EXPECT_EQ(shipped(), (std::vector<std::string>{"ddr3_1600",
                                                   "ddr4_2400",
                                                   "ddr4_3200",
                                                   "ddr5_4800",
                                                   "ddr5_4800_module",
                                                   "gddr6",
                                                   "gddr6_device",
                                                   "hbm2",
                                                   "hbm2_pseudo",
                                                   "hbm2_stack",
                                                   "hbm2e",
                                                   "hbm2e_stack",
                                                   "hbm3",
                                                   "hbm3_stack",
                                                   "in_dram",
                                                   "lpddr4_2400",
                                                   "lpddr4_3200",
                                                   "lpddr4_4267",
                                                   "lpddr4_4267_package",
                                                   "lpddr5_6400",
                                                   "lpddr5_6400_package"}));
}

/// GB/s and GiB of what is sold as one piece.
TEST(DramParts, AStackIsItsPartWithAllChannels) {
    struct Whole {
        const char* name;
        const char* part;
        std::uint32_t channels;
        double gigabytes;
        std::uint64_t gibibytes;
    };
    for (const Whole& whole : {Whole{"hbm2_stack", "hbm2", 8, 256, 8},
                               {"hbm2e_stack", "hbm2e", 16, 409.6, 16},
                               {"hbm3_stack", "hbm3", 32, 819.2, 32},
                               {"gddr6_device", "gddr6", 2, 56, 1},
                               {"ddr5_4800_module", "ddr5_4800", 2, 38.4, 16},
                               {"lpddr4_4267_package", "lpddr4_4267", 4, 34.128, 4},
                               {"lpddr5_6400_package", "lpddr5_6400", 4, 51.2, 8}}) {
        const DdrConfig ddr = load(whole.name);
        const DdrConfig one = load(whole.part);
        EXPECT_EQ(ddr.organization.channels, whole.channels) << whole.name;
        EXPECT_NEAR(ddr.peakBandwidth() / 1e9, whole.gigabytes, 0.01) << whole.name;
        EXPECT_EQ(ddr.organization.channelBytes() * ddr.organization.channels >> 30U,
                  whole.gibibytes)
            << whole.name;
        EXPECT_EQ(ddr.rules.size(), one.rules.size()) << whole.name;
        EXPECT_EQ(ddr.refresh.interval, one.refresh.interval) << whole.name;
        EXPECT_DOUBLE_EQ(ddr.power.activate, one.power.activate) << whole.name;
    }
}

/// Data rate of a pin x width, as the names of the parts say.
TEST(DramParts, TheirPeakIsWhatTheirNamePromises) {
    const auto gigabytes = [](const char* name) { return load(name).peakBandwidth() / 1e9; };
    EXPECT_DOUBLE_EQ(gigabytes("ddr3_1600"), 12.8);
    EXPECT_DOUBLE_EQ(gigabytes("ddr4_2400"), 19.2);
    EXPECT_DOUBLE_EQ(gigabytes("ddr4_3200"), 25.6);
    EXPECT_DOUBLE_EQ(gigabytes("ddr5_4800"), 19.2);
    EXPECT_DOUBLE_EQ(gigabytes("lpddr4_3200"), 6.4);
    EXPECT_NEAR(gigabytes("lpddr4_4267"), 8.533, 0.001);
    EXPECT_DOUBLE_EQ(gigabytes("lpddr5_6400"), 12.8);
    EXPECT_DOUBLE_EQ(gigabytes("gddr6"), 28);
    EXPECT_DOUBLE_EQ(gigabytes("hbm2"), 32);
    EXPECT_DOUBLE_EQ(gigabytes("hbm2_pseudo"), 16);
    EXPECT_DOUBLE_EQ(gigabytes("hbm2e"), 25.6);
    EXPECT_DOUBLE_EQ(gigabytes("hbm3"), 25.6);
    EXPECT_DOUBLE_EQ(gigabytes("in_dram"), 8 * gigabytes("hbm2_pseudo"));
}

/// A row of the published table of parameters.
struct TableRow {
    const char* name;
    Cycle CL, CWL, tRCD, tRP, tRAS, tRC, tRFC, tREFI, tRRD_S, tRRD_L, tFAW, tWTR_S, tWTR_L, tWR,
        tXP, tXS;
};

void expectRowTimes(const DdrConfig& ddr, const TableRow& row) {
    using enum Command;
    EXPECT_EQ(ddr.clocksBetween(Activate, Read, Level::Bank), row.tRCD);
    EXPECT_EQ(ddr.clocksBetween(Precharge, Activate, Level::Bank), row.tRP);
    EXPECT_EQ(ddr.clocksBetween(Activate, Precharge, Level::Bank), row.tRAS);
    EXPECT_EQ(ddr.clocksBetween(Activate, Activate, Level::Bank), row.tRC);
    EXPECT_EQ(ddr.clocksBetween(Refresh, Activate, Level::Rank), row.tRFC);
    EXPECT_EQ(ddr.clocksBetween(Activate, Activate, Level::Rank), row.tRRD_S);
    EXPECT_EQ(ddr.clocksBetween(Activate, Activate, Level::BankGroup), row.tRRD_L);
    const auto window = std::find_if(ddr.rules.begin(), ddr.rules.end(),
                                     [](const auto& rule) { return rule.window == 4; });
    ASSERT_NE(window, ddr.rules.end());
    EXPECT_EQ(window->clocks, row.tFAW);
    EXPECT_EQ(window->level, Level::Rank);
}

void expectColumnTimes(const DdrConfig& ddr, const TableRow& row) {
    using enum Command;
    EXPECT_EQ(ddr.latencies.read, row.CL);
    EXPECT_EQ(ddr.latencies.write, row.CWL);
    const Cycle written = row.CWL + ddr.latencies.burst;
    EXPECT_EQ(ddr.clocksBetween(Write, Read, Level::Rank), written + row.tWTR_S);
    EXPECT_EQ(ddr.clocksBetween(Write, Precharge, Level::Bank), written + row.tWR);
    if (row.tWTR_L > 0) {
        EXPECT_EQ(ddr.clocksBetween(Write, Read, Level::BankGroup), written + row.tWTR_L);
    }
}

/// LPDDR4 has no bank groups, and counts a clock more after a write (tDQSS).
TEST(DramParts, TheirTimesAreThoseOfTheTable) {
    const TableRow rows[] = {
        {"ddr4_2400", 17, 12, 17, 17, 39, 56, 420, 9360, 4, 6, 26, 3, 9, 18, 8, 432},
        {"ddr4_3200", 22, 16, 22, 22, 52, 74, 560, 12480, 4, 8, 34, 4, 12, 24, 10, 576},
        {"hbm2", 14, 4, 14, 14, 34, 48, 260, 3900, 4, 6, 30, 6, 8, 16, 8, 268},
        {"lpddr4_2400", 17, 14, 15, 15, 32, 47, 392, 8660, 8, 0, 32, 8 + 1, 0, 30 + 1, 6, 432},
    };
    using enum Command;
    for (const TableRow& row : rows) {
        SCOPED_TRACE(row.name);
        const DdrConfig ddr = load(row.name);
        expectRowTimes(ddr, row);
        expectColumnTimes(ddr, row);
        EXPECT_EQ(ddr.refresh.interval, row.tREFI);
        EXPECT_EQ(ddr.clocksBetween(PowerDownExit, Activate, Level::Rank), row.tXP);
        EXPECT_EQ(ddr.clocksBetween(SelfRefreshExit, Activate, Level::Rank), row.tXS);
    }
}

TEST(DramParts, ReadToWriteIsJedecsFigure) {
    EXPECT_EQ(load("ddr4_2400").clocksBetween(Command::Read, Command::Write, Level::Rank),
              17U + 4U + 2U - 12U);
    EXPECT_EQ(load("ddr3_1600").clocksBetween(Command::Read, Command::Write, Level::Rank),
              11U + 4U + 2U - 8U);
    EXPECT_EQ(load("ddr5_4800").clocksBetween(Command::Read, Command::Write, Level::Rank),
              40U + 8U + 2U - 38U + 2U);
}

TEST(DramParts, NoTwoBurstsMeetOnTheBus) {
    for (const std::string& name : shipped()) {
        SCOPED_TRACE(name);
        const DdrConfig ddr = load(name);
        const auto [read, write, burst] = ddr.latencies;
        if (ddr.organization.dataPathPerBank) {
            continue;
        }
        for (const Level level : {Level::Rank, Level::OtherRank}) {
            EXPECT_GE(ddr.clocksBetween(Command::Read, Command::Write, level) + write,
                      read + burst);
            EXPECT_GE(ddr.clocksBetween(Command::Write, Command::Read, level) + read,
                      write + burst);
        }
        for (const Command command : {Command::Read, Command::Write}) {
            EXPECT_GE(ddr.clocksBetween(command, command, Level::Channel), burst);
            EXPECT_GT(ddr.clocksBetween(command, command, Level::OtherRank), burst);
        }
    }
}

/// Per bank cycles are no longer than their parts, and S is never longer than L.
TEST(DramParts, TheirTimesAgreeWithEachOther) {
    for (const std::string& name : shipped()) {
        SCOPED_TRACE(name);
        const DdrConfig ddr = load(name);
        const Cycle rowCycle = ddr.clocksBetween(Command::Activate, Command::Activate, Level::Bank);
        const Cycle open = ddr.clocksBetween(Command::Activate, Command::Precharge, Level::Bank);
        const Cycle close = ddr.clocksBetween(Command::Precharge, Command::Activate, Level::Bank);
        EXPECT_LE(rowCycle, open + close + 1);
        EXPECT_GE(rowCycle + 1, open + close);
        for (const Command command : {Command::Activate, Command::Read, Command::Write}) {
            const Cycle same = ddr.clocksBetween(command, command, Level::BankGroup);
            if (same > 0) {
                EXPECT_LE(ddr.clocksBetween(command, command, Level::Rank), same);
            }
        }
        // Every refresh of a row is due within 32 ms or 64 ms of 8192 (16384) refreshes.
        const double interval = static_cast<double>(ddr.refresh.interval) / ddr.clockHertz;
        EXPECT_GT(interval, 1.8e-6);
        EXPECT_LT(interval, 7.81e-6);
    }
}

/// What would be forgotten most easily in a new standard: no command of a rank slips in between.
TEST(DramParts, NothingFollowsARefreshOrAnExitAtOnce) {
    using enum Command;
    for (const std::string& name : shipped()) {
        SCOPED_TRACE(name);
        const DdrConfig ddr = load(name);
        const bool byBank = ddr.clocksBetween(RefreshBank, RefreshBank, Level::Rank) > 0;
        const Cycle refresh = ddr.clocksBetween(Refresh, Activate, Level::Rank);
        for (const Command next : {Activate, Precharge, PrechargeAll, Read, Write, Refresh,
                                   RefreshBank, PowerDownEntry, SelfRefreshEntry}) {
            SCOPED_TRACE(memory::kCommandNames[indexOf(next)]);
            if (next == RefreshBank && !byBank) {
                continue;
            }
            EXPECT_GT(ddr.clocksBetween(PowerDownExit, next, Level::Rank), 0U);
            EXPECT_GE(ddr.clocksBetween(SelfRefreshExit, next, Level::Rank), refresh);
            if (next == PowerDownEntry) {
                EXPECT_GT(ddr.clocksBetween(Refresh, next, Level::Rank), 0U);
            } else if (!isColumn(next)) {  // which need a row, and so an Activate before
                EXPECT_EQ(ddr.clocksBetween(Refresh, next, Level::Rank), refresh);
            }
            if (next == Refresh || next == SelfRefreshEntry) {
                EXPECT_GT(ddr.clocksBetween(Precharge, next, Level::Rank), 0U);
                EXPECT_GT(ddr.clocksBetween(PrechargeAll, next, Level::Rank), 0U);
                EXPECT_EQ(ddr.clocksBetween(RefreshBank, next, Level::Rank) > 0, byBank);
            }
        }
        for (const Command last : {Activate, Precharge, PrechargeAll, Read, Write}) {
            EXPECT_GT(ddr.clocksBetween(last, PowerDownEntry, Level::Rank), 0U);
        }
    }
}

/// JESD79-4's power-down and self-refresh, JESD209-4's refresh by bank.
TEST(DramParts, StatesAreEnteredAndLeftInTime) {
    using enum Command;
    const DdrConfig ddr = load("ddr4_2400");
    EXPECT_EQ(ddr.clocksBetween(Read, PowerDownEntry, Level::Rank), 17U + 4U + 1U);
    EXPECT_EQ(ddr.clocksBetween(Write, PowerDownEntry, Level::Rank), 12U + 4U + 18U);
    EXPECT_EQ(ddr.clocksBetween(PowerDownEntry, PowerDownExit, Level::Rank), 6U);
    EXPECT_EQ(ddr.clocksBetween(SelfRefreshEntry, SelfRefreshExit, Level::Rank), 7U);
    EXPECT_EQ(ddr.clocksBetween(SelfRefreshExit, Read, Level::Rank), 768U);
    const DdrConfig lpddr = load("lpddr4_3200", {"controller.refresh=per_bank"});
    EXPECT_EQ(lpddr.clocksBetween(RefreshBank, Activate, Level::Bank), 224U);
    EXPECT_EQ(lpddr.clocksBetween(RefreshBank, Activate, Level::Rank), 16U);
    EXPECT_EQ(lpddr.clocksBetween(Precharge, RefreshBank, Level::Bank), 29U);
    EXPECT_EQ(lpddr.clocksBetween(PrechargeAll, RefreshBank, Level::Rank), 34U);
    EXPECT_EQ(lpddr.refresh.set, memory::RefreshSet::OneBank);
}

TEST(DramParts, Ddr5RefreshesItsBanksTwiceAsOftenOneByOne) {
    EXPECT_EQ(load("ddr5_4800").refresh.interval, 9360U);
    const DdrConfig byBank = load("ddr5_4800", {"controller.refresh=per_bank"});
    EXPECT_EQ(byBank.refresh.interval, 4680U);
    EXPECT_EQ(byBank.refresh.set, memory::RefreshSet::SameBankOfGroups);
    // Four sets, in half of the time: eight of them cost what refreshing all banks once does.
    EXPECT_NEAR(8 * byBank.power.refreshBank, byBank.power.refresh, 1e-2 * byBank.power.refresh);
}

TEST(DramParts, CommandsTakeTheBusesOfTheirStandard) {
    const auto slot = [](const char* name, Command command) {
        return load(name).commands[indexOf(command)];
    };
    EXPECT_EQ(slot("ddr4_2400", Command::Activate).clocks, 1U);
    EXPECT_EQ(slot("ddr5_4800", Command::Read).clocks, 2U);
    EXPECT_EQ(slot("ddr5_4800", Command::Precharge).clocks, 1U);
    EXPECT_EQ(slot("lpddr4_3200", Command::Activate).clocks, 4U);
    EXPECT_EQ(slot("lpddr4_3200", Command::Precharge).clocks, 2U);
    EXPECT_NE(slot("hbm2", Command::Activate).bus, slot("hbm2", Command::Read).bus);
    EXPECT_EQ(slot("hbm2", Command::Write).bus, slot("hbm2", Command::Read).bus);
    EXPECT_FALSE(slot("in_dram", Command::Read).bus);
}

/// The energies that two published simulators obey, nanojoules of a rank of eight devices.
TEST(DramParts, EnergiesAreThoseOfTheTable) {
    const memory::DramCommandEnergy ddr = dramCommandEnergy(load("ddr4_2400"));
    EXPECT_NEAR(ddr.activateJoules, 6.25e-9, 0.02e-9);
    EXPECT_NEAR(ddr.readJoules, 2.93e-9, 0.02e-9);
    EXPECT_NEAR(ddr.writeJoules, 2.55e-9, 0.02e-9);
    EXPECT_NEAR(ddr.refreshJoules, 0.69e-6, 0.01e-6);
    EXPECT_NEAR(ddr.activeStandbyWatts, 0.413, 0.001);
    EXPECT_NEAR(ddr.prechargeStandbyWatts, 0.326, 0.001);
    EXPECT_NEAR(ddr.activePowerDownWatts, 8 * 1.2 * 37e-3, 1e-9);
    EXPECT_NEAR(ddr.prechargePowerDownWatts, 8 * 1.2 * 25e-3, 1e-9);
    EXPECT_NEAR(ddr.selfRefreshWatts, 8 * 1.2 * 30e-3, 1e-9);
    EXPECT_NEAR(ddr.ioReadJoules, 3.66e-12 * 512, 1e-15);
}

/// What terminated and unterminated lines take, recomputed from the voltages that `io` names.
TEST(DramParts, IoIsWhatItsSourceSays) {
    const auto io = [](const char* name) { return load(name).power.ioReadPicojoulesPerBit; };
    EXPECT_NEAR(io("ddr4_2400"), 1.2 * 1.2 / 82 / 2 / 2400e6 * 1e12, 0.01);
    EXPECT_NEAR(io("ddr4_3200"), 1.2 * 1.2 / 82 / 2 / 3200e6 * 1e12, 0.01);
    EXPECT_NEAR(io("ddr5_4800"), 1.1 * 1.1 / 82 / 2 / 4800e6 * 1e12, 0.01);
    EXPECT_NEAR(io("lpddr4_3200"), 1.1 * 1.1 / 3 / 40 / 2 / 3200e6 * 1e12, 0.01);
    EXPECT_NEAR(io("lpddr4_4267"), 1.1 * 1.1 / 3 / 40 / 2 / 4266.7e6 * 1e12, 0.01);
    EXPECT_NEAR(io("lpddr5_6400"), 0.5 * 0.5 / 2 / 40 / 2 / 6400e6 * 1e12, 0.01);
    EXPECT_NEAR(io("gddr6"), 1.35 * 1.35 / 100 / 2 / 14e9 * 1e12, 0.01);
    EXPECT_NEAR(io("hbm2"), 2.4 * 1.2 * 1.2 / 4, 0.01);
    EXPECT_NEAR(io("hbm3"), 2.4 * 0.4 * 0.4 / 4, 0.01);
    const double upper = 1 / (1.0 / 34 + 1.0 / 120);  // ohm to the supply that is driven
    EXPECT_NEAR(io("ddr3_1600"), 1.5 * 1.5 / (upper + 120) / 1600e6 * 1e12, 0.01);
    EXPECT_EQ(io("in_dram"), 0);
}

}  // namespace
}  // namespace systole::sim
