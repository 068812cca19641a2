// SPDX-License-Identifier: Apache-2.0
// What the reader of memories accepts, and what it says of what it does not.
#include <gmock/gmock.h>

#include <sstream>

#include "sim/config/dram/dram_loader.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using memory::AddressBit;
using memory::AddressField;
using memory::Command;
using memory::DdrConfig;
using memory::Level;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::filesystem::path kConfigs = SYSTOLE_SOURCE_DIR "/configs";

class ConfigDramTest : public ConfigTest {
protected:
    static DdrConfig load(const std::string& name, const Overrides& overrides = {}) {
        return loadDram(kConfigs / "dram" / (name + ".yaml"), overrides).ddr.value();
    }

    /// What is wrong with the shipped part under these overrides, without the option's text.
    std::string complaintOf(const std::string& name, const Overrides& overrides) const {
        const std::string text = messageOf([&] { load(name, overrides); });
        const std::string option = "--set " + overrides.front() + ": ";
        return text.starts_with(option) ? text.substr(option.size()) : text;
    }
    std::string complaintOf(const Overrides& overrides) const {
        return complaintOf("ddr4_2400", overrides);
    }

    /// A shipped file with one text replaced, as `file` of the test's folder.
    std::filesystem::path edited(const std::string& shipped, const std::string& file,
                                 const std::string& old, const std::string& replacement) const {
        std::stringstream text;
        text << std::ifstream(kConfigs / shipped).rdbuf();
        std::string all = text.str();
        const std::size_t at = all.find(old);
        EXPECT_NE(at, std::string::npos) << shipped << " has no '" << old << "'";
        return write(file,
                     at == std::string::npos ? all : all.replace(at, old.size(), replacement));
    }

    /// What is wrong with DDR4-2400 under a DDR4 that says something else.
    std::string complaintOfStandard(const std::string& old, const std::string& replacement) const {
        edited("dram_standards/ddr4.yaml", "dram_standards/ddr4.yaml", old, replacement);
        const auto part = edited("dram/ddr4_2400.yaml", "part.yaml", "model", "model");
        return messageOf([&] { loadDram(part, {}); });
    }

    /// `file:line:column: ` of the first place of a text in a file of the test's folder.
    std::string placeOf(const std::string& file, const std::string& text) const {
        std::ifstream stream(folder_ / file);
        std::string line;
        for (int number = 1; std::getline(stream, line); ++number) {
            if (const std::size_t at = line.find(text); at != std::string::npos) {
                return fmt::format("{}:{}:{}: ", file, number, at + 1);
            }
        }
        return "no such text";
    }
    std::string placeInStandard(const std::string& text) const {
        return placeOf("dram_standards/ddr4.yaml", text);
    }

    static std::vector<AddressBit> mapOf(const std::string& map) {
        return load("ddr4_2400", {"address_map=" + map}).addressMap.bits;
    }
};

TEST_F(ConfigDramTest, AMapIsReadFromTheHighestBitToTheLowest) {
    const std::vector<AddressBit> bits = load("ddr4_2400").addressMap.bits;
    ASSERT_EQ(bits.size(), 2U + 7U + 2U + 16U);
    EXPECT_EQ(bits[0], (AddressBit{AddressField::BankGroup, 0}));
    EXPECT_EQ(bits[1], (AddressBit{AddressField::BankGroup, 1}));
    EXPECT_EQ(bits[2], (AddressBit{AddressField::Column, 0})) << "counted in bursts";
    EXPECT_EQ(bits[8], (AddressBit{AddressField::Column, 6}));
    EXPECT_EQ(bits[9], (AddressBit{AddressField::Bank, 0}));
    EXPECT_EQ(bits[26], (AddressBit{AddressField::Row, 15}));
}

TEST_F(ConfigDramTest, AMapIsAListOrATextAndMaySplitFields) {
    EXPECT_EQ(mapOf("[row, bank, column, bankgroup]"), mapOf("row bank column bank_group"));
    const std::vector<AddressBit> split = mapOf(
        "row[15:1] bank column[6:2] bankgroup row[0] "
        "column[1:0]");
    ASSERT_EQ(split.size(), 27U);
    EXPECT_EQ(split[0], (AddressBit{AddressField::Column, 0}));
    EXPECT_EQ(split[2], (AddressBit{AddressField::Row, 0}));
    EXPECT_EQ(split[3], (AddressBit{AddressField::BankGroup, 0}));
    EXPECT_EQ(split[26], (AddressBit{AddressField::Row, 15}));
}

TEST_F(ConfigDramTest, ARankIsNamedWhereThereAreSeveral) {
    const std::string left = "address_map: leaves out bit 0 of rank, expected each bit once";
    const Overrides ranks{"address_map=row bank column bank_group", "organization.ranks=2"};
    EXPECT_EQ(complaintOf(ranks), left);
    const DdrConfig two = load("ddr4_2400", {"organization.ranks=2"});
    EXPECT_EQ(two.addressMap.bits[11], (AddressBit{AddressField::Rank, 0}));
    EXPECT_EQ(two.organization.channelBytes(), std::uint64_t{16} << 30U);
}

TEST_F(ConfigDramTest, AMapNamesEachBitOnce) {
    EXPECT_EQ(complaintOf({"address_map=row row bank column bank_group"}),
              "address_map: names bits 0..15 of row twice, expected each bit once");
    EXPECT_EQ(complaintOf({"address_map=row bank column column[3] bank_group"}),
              "address_map: names bit 3 of column twice, expected each bit once");
    EXPECT_EQ(complaintOf({"address_map=row bank column[6:3] bank_group"}),
              "address_map: leaves out bits 0..2 of column, expected each bit once");
    EXPECT_EQ(complaintOf({"address_map=[row, bank, column]"}),
              "address_map: leaves out bits 0..1 of bank_group, expected each bit once");
    EXPECT_EQ(complaintOf({"address_map=[row, bank, column, row, bank_group]"}),
              "address_map[3]: names bits 0..15 of row twice, expected each bit once");
}

TEST_F(ConfigDramTest, AMapNamesWhatIsThere) {
    EXPECT_EQ(complaintOf({"address_map=rov bank column bank_group"}),
              "address_map: 'rov' is no part of an address (did you mean 'row'?), expected one of "
              "rank, bank_group, bank, row, column, or bits of it such as row[7:4]");
    EXPECT_EQ(complaintOf({"address_map=row[16:0] bank column bank_group"}),
              "address_map: 'row[16:0]' names bits that are not there, expected bits of row from 0 "
              "to 15 from high to low");
    EXPECT_THAT(complaintOf({"address_map=row[0:15] bank column bank_group"}),
                HasSubstr("'row[0:15]' names bits that are not there"));
    EXPECT_THAT(complaintOf({"address_map=row bank column bank_group rank[0]"}),
                HasSubstr("'rank[0]' names bits that are not there, expected none, there is one "
                          "rank"));
}

TEST_F(ConfigDramTest, ABitMayBeInvertedByOthers) {
    const DdrConfig ddr =
        load("ddr4_2400", {R"(hash={"bank[0]": "row[0] row[4]", "bank_group[1]": ["row[3:2]"]})"});
    ASSERT_EQ(ddr.addressMap.hashes.size(), 2U);
    EXPECT_EQ(ddr.addressMap.hashes[0].target, (AddressBit{AddressField::Bank, 0}));
    EXPECT_EQ(ddr.addressMap.hashes[0].sources,
              (std::vector<AddressBit>{{AddressField::Row, 0}, {AddressField::Row, 4}}));
    EXPECT_EQ(ddr.addressMap.hashes[1].sources,
              (std::vector<AddressBit>{{AddressField::Row, 3}, {AddressField::Row, 2}}));
}

TEST_F(ConfigDramTest, AHashReadsNoBitThatIsHashed) {
    EXPECT_EQ(complaintOf({R"(hash={"bank[0]": "row[0]", "bank[1]": "bank[0]"})"}),
              "hash.\"bank[1]\": bank[0] is hashed itself, expected a bit that is not");
    EXPECT_EQ(complaintOf({R"(hash={"bank[0]": "row[0]", "bank[0:0]": "row[1]"})"}),
              "hash.\"bank[0:0]\": bank[0] is hashed twice, expected once");
    EXPECT_EQ(complaintOf({R"(hash={bank: "row[0]"})"}),
              "hash.bank: 'bank' is 2 bits, expected one to be inverted");
}

TEST_F(ConfigDramTest, SizesArePowersOfTwo) {
    for (const std::string key : {"ranks", "bank_groups", "banks_per_group", "rows", "columns",
                                  "bus_bits", "burst_length", "device_width"}) {
        EXPECT_THAT(complaintOf({"organization." + key + "=12"}),
                    testing::StartsWith("organization." + key +
                                        ": 12 is not a power of two, expected one from "))
            << key;
    }
    EXPECT_EQ(load("ddr4_2400", {"organization.channels=3"}).organization.channels, 3U);
}

TEST_F(ConfigDramTest, TheDensityIsThatOfTheOtherSizes) {
    EXPECT_EQ(complaintOf({"organization.density=4Gb"}),
              "organization.density: 4Gb is not what a device holds, expected 8Gb: 65536 rows x "
              "1024 columns x 16 banks x 8 bits");
    EXPECT_EQ(complaintOf({"organization.density=8GB"}),
              "organization.density: '8GB' is not a number of bits, expected a number of bits such "
              "as 8Gb, from 1Mb to 1024Tb");
}

TEST_F(ConfigDramTest, DevicesShareTheBus) {
    EXPECT_EQ(load("ddr4_2400").organization.devices, 8U);
    EXPECT_EQ(complaintOf({"organization.device_width=128", "organization.density=128Gb"}),
              "organization.device_width: 128 bits are more than the bus has, expected at most 64");
    EXPECT_EQ(complaintOf({"organization.columns=4", "organization.density=32Mb"}),
              "organization.columns: 4 columns are less than a burst, expected at least 8");
    EXPECT_EQ(complaintOf({"channel_interleave=32B"}),
              "channel_interleave: 32 bytes do not fit the organization, expected a power of two "
              "from a burst (64) to a channel (8589934592)");
}

TEST_F(ConfigDramTest, ABurstIsAWholeNumberOfClocks) {
    EXPECT_EQ(complaintOf("lpddr5_6400", {"organization.burst_length=4"}),
              "organization.burst_length: 4 beats are no whole number of clocks, expected a "
              "multiple of 8");
}

TEST_F(ConfigDramTest, AMissingTimeIsNamedWithWhoNeedsIt) {
    const auto part = edited("dram/ddr4_2400.yaml", "part.yaml", "  tRFC: 420\n", "");
    const std::string text = messageOf([&] { loadDram(part, {}); });
    EXPECT_TRUE(
        text.starts_with(placeOf("part.yaml", "CL:") + "timing: missing key 'tRFC', needed by "))
        << text;
    EXPECT_THAT(text, HasSubstr("dram_standards/ddr4.yaml:"));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 0) << "once, however many rules need it";
}

TEST_F(ConfigDramTest, AMissingCurrentIsNamedWithWhoNeedsIt) {
    const auto part = edited("dram/ddr4_2400.yaml", "part.yaml", "  IDD3P: 37\n", "");
    EXPECT_THAT(messageOf([&] { loadDram(part, {}); }),
                HasSubstr(": power: missing key 'IDD3P', needed by "));
}

TEST_F(ConfigDramTest, ATimeThatNothingNeedsIsUnknown) {
    EXPECT_THAT(complaintOf({"timing.tRCDX=3"}),
                HasSubstr("timing: unknown key 'tRCDX' (did you mean 'tRCD'?)"));
    EXPECT_THAT(complaintOf({"timing.IDD0=3"}), HasSubstr("timing: unknown key 'IDD0'"));
    EXPECT_EQ(complaintOf({"timing.tRCD=3.5"}),
              "timing.tRCD: '3.5' is not an integer, expected an integer from 0 to 1000000");
}

TEST_F(ConfigDramTest, RefreshesLeaveTimeForWork) {
    EXPECT_EQ(complaintOf({"timing.tRFC=9360"}),
              "timing.tRFC: a refresh every 9360 clocks leaves no time for a row, expected at "
              "least 9416: 9360 that a refresh takes and 56 to open, read and close a row");
    EXPECT_THAT(complaintOf({"timing.tREFI=475"}), HasSubstr("expected at least 476"));
    EXPECT_EQ(load("ddr4_2400", {"timing.tREFI=476"}).refresh.interval, 476U);
    EXPECT_THAT(complaintOf("hbm2", {"timing.tREFI=307"}), HasSubstr("expected at least 308"));
    const Cycle row = load("lpddr4_3200").rowCycleClocks();
    const std::string most = fmt::format("timing.tRFCpb={}", 780 - row);
    const std::string more = fmt::format("timing.tRFCpb={}", 781 - row);
    const Overrides full{"controller.refresh=per_bank", more, "timing.tREFI=6240"};
    EXPECT_EQ(complaintOf("lpddr4_3200", full),
              fmt::format("controller.refresh: 8 refreshes by bank, each of {} clocks after {} for "
                          "a row, do not fit an interval of 6240 clocks, expected all_bank or none",
                          781 - row, row));
    EXPECT_EQ(load("lpddr4_3200", {full[0], most, full[2]}).refresh.interval, 6240U);
}

TEST_F(ConfigDramTest, APartWithoutRefreshByBankSaysSo) {
    EXPECT_EQ(complaintOf({"controller.refresh=per_bank"}),
              "controller.refresh: DDR4 has no REFB, expected all_bank or none");
    const std::string text = complaintOf("lpddr4_2400", {"controller.refresh=per_bank"});
    EXPECT_THAT(text, HasSubstr("the part has no refresh by bank: timing has no 'tRFCpb', needed "
                                "by "));
    for (const memory::TimingRule& rule : load("lpddr4_2400").rules) {
        EXPECT_THAT(rule.previous, Not(Contains(Command::RefreshBank)));
        EXPECT_NE(rule.next, Command::RefreshBank);
    }
}

TEST_F(ConfigDramTest, APartGivesAllOfRefreshByBankOrNothing) {
    EXPECT_THAT(complaintOf("lpddr4_2400", {"timing.tRFCpb=200"}),
                HasSubstr("power: missing key 'IDD5PB1', needed by "));
}

TEST_F(ConfigDramTest, QueuesAndWatermarksFit) {
    EXPECT_EQ(complaintOf({"controller.queues.read=0"}),
              "controller.queues.read: '0' is out of range, expected an integer from 1 to 65536");
    EXPECT_EQ(complaintOf({"controller.write_watermarks.high=65"}),
              "controller.write_watermarks.high: 65 writes do not fit the queue, expected at most "
              "its 64 entries");
    EXPECT_EQ(complaintOf({"controller.write_watermarks.low=60"}),
              "controller.write_watermarks.low: 60 is not below the high watermark, expected less "
              "than 60");
}

TEST_F(ConfigDramTest, TheControllerIsAFragmentThatOptionsReach) {
    const DdrConfig ddr =
        load("lpddr4_3200",
             {"controller.policy=fcfs", "controller.page_policy=adaptive",
              "controller.queues={read: 8, write: 4}",
              "controller.write_watermarks={high: 3, low: 0}", "controller.row_hit_cap=unlimited",
              "controller.age_limit=7", "controller.refresh=per_bank",
              "controller.postponed_refreshes=8", "controller.power_down_after=9",
              "controller.self_refresh_after=10", "controller.pipeline_clocks=11"});
    EXPECT_EQ(ddr.controller.policy, memory::SchedulingPolicy::Fcfs);
    EXPECT_EQ(ddr.controller.pagePolicy, memory::PagePolicy::Adaptive);
    EXPECT_EQ(ddr.controller.readQueue, 8U);
    EXPECT_EQ(ddr.controller.writeQueue, 4U);
    EXPECT_EQ(ddr.controller.writeHigh, 3U);
    EXPECT_EQ(ddr.controller.writeLow, 0U);
    EXPECT_EQ(ddr.controller.rowHitCap, Limit{});
    EXPECT_EQ(ddr.controller.ageLimit, 7U);
    EXPECT_EQ(ddr.refresh.mode, memory::RefreshMode::PerBank);
    EXPECT_EQ(ddr.refresh.postponed, 8U);
    EXPECT_EQ(ddr.controller.powerDownAfter, Limit{9});
    EXPECT_EQ(ddr.controller.selfRefreshAfter, Limit{10});
    EXPECT_EQ(ddr.controller.pipelineClocks, 11U);
}

TEST_F(ConfigDramTest, RefreshesArePostponedEightTimesAtMost) {
    EXPECT_EQ(complaintOf({"controller.postponed_refreshes=9"}),
              "controller.postponed_refreshes: '9' is out of range, expected an integer from 0 to "
              "8");
    EXPECT_EQ(complaintOf({"controller.power_down_after=0"}),
              "controller.power_down_after: '0' is out of range, expected an integer from 1 to "
              "1000000000, or never");
}

TEST_F(ConfigDramTest, AFormulaOfAStandardIsReadStrictly) {
    EXPECT_EQ(
        complaintOf({"standard.latencies.read=CL +* 2"}),
        "standard.latencies.read: 'CL +* 2' is no formula: Unexpected operator \"*\" found at "
        "position 4, expected names and numbers with + - * / ( ) min and max");
    EXPECT_EQ(complaintOf({"standard.latencies.read=CL > 2"}),
              "standard.latencies.read: 'CL > 2' is no formula: it has a letter that means "
              "nothing here, expected names and numbers with + - * / ( ) min and max");
    EXPECT_THAT(complaintOf({"standard.latencies.read=sqrt(CL)"}), HasSubstr("is no formula"));
    EXPECT_EQ(complaintOf({"standard.latencies.read=CL / 2"}),
              "standard.latencies.read: 'CL / 2' is 8.5, expected a whole number of clocks from 0 "
              "to 1000000000");
    EXPECT_EQ(complaintOf({"standard.latencies.read=CWL - CL"}),
              "standard.latencies.read: 'CWL - CL' is -5, expected a whole number of clocks from 0 "
              "to 1000000000");
    EXPECT_THAT(complaintOf({"standard.latencies.read=CL / (CWL - 12)"}),
                HasSubstr("is inf, expected a whole number"));
    EXPECT_EQ(complaintOf({"standard.power.RD=VDD * (IDD3N - IDD4R)"}),
              "standard.power.RD: 'VDD * (IDD3N - IDD4R)' is -110.4, expected at least 0");
    EXPECT_EQ(
        load("ddr4_2400", {"standard.latencies.read=max(min(CL, 5, 9), CWL - BL / beats) * 2"})
            .latencies.read,
        16U);
}

TEST_F(ConfigDramTest, AnUnknownNameOfAStandardIsLookedForInThePart) {
    EXPECT_THAT(complaintOf({"standard.latencies.read=tNONE"}),
                HasSubstr(": timing: missing key 'tNONE', needed by --set "
                          "standard.latencies.read=tNONE"));
    EXPECT_THAT(complaintOf({"standard.power.RD=VDD * tNONE"}),
                HasSubstr(": timing: missing key 'tNONE', needed by --set standard.power.RD="));
    EXPECT_THAT(complaintOf({"standard.power.RD=VDD * INONE"}),
                HasSubstr(": power: missing key 'INONE', needed by --set standard.power.RD="));
}

TEST_F(ConfigDramTest, ARuleNamesLevelsAndCommandsOfItsStandard) {
    const std::string rule = "{level: bank, previous: ACT, next: PRE, clocks: tRAS}";
    std::string text =
        complaintOfStandard(rule, "{level: bonk, previous: ACT, next: PRE, clocks: tRAS}");
    EXPECT_EQ(text, placeInStandard("bonk") +
                        "standard.rules[1].level: unknown value 'bonk' (did you mean 'bank'?), "
                        "expected one of bank, bank_group, rank, other_rank, channel");
    text = complaintOfStandard(rule, "{level: bank, previous: AKT, next: PRE, clocks: tRAS}");
    EXPECT_EQ(text, placeInStandard("AKT") +
                        "standard.rules[1].previous: unknown value 'AKT' (did you mean 'ACT'?), "
                        "expected one of ACT, PRE, RD, WR, PREA, REF, REFB, PDE, PDX, SRE, SRX");
    text = complaintOfStandard(rule, "{level: bank, previous: ACT, next: [PRE, REFB], clocks: 1}");
    EXPECT_EQ(text, placeInStandard("REFB") +
                        "standard.rules[1].next[1]: REFB is not among the commands of DDR4, "
                        "expected one that is");
    text = complaintOfStandard(rule,
                               "{level: bank, previous: ACT, next: PRE, clocks: tRAS, window: 3}");
    EXPECT_EQ(text, placeInStandard("3}") +
                        "standard.rules[1].window: a window needs the level rank, "
                        "expected that");
}

TEST_F(ConfigDramTest, AStandardHasTheCommandsThatEveryMemoryNeeds) {
    std::string text = complaintOfStandard("  RD: {bus: command, clocks: 1}\n", "");
    EXPECT_EQ(text, placeInStandard("ACT: {") +
                        "standard.commands: missing command RD, expected its bus and clocks");
    text = complaintOfStandard("ACT: {bus: command, clocks: 1}", "ACT: {bus: none, clocks: 0}");
    EXPECT_EQ(text, placeInStandard("0}") +
                        "standard.commands.ACT.clocks: '0' is out of range, expected an integer "
                        "from 1 to 16");
}

TEST_F(ConfigDramTest, AFormulaThatFailsIsShownAtItsPlace) {
    const std::string text = complaintOfStandard("clocks: tRAS}", "clocks: tRAS / 2}");
    EXPECT_EQ(text, placeInStandard("tRAS / 2") +
                        "standard.rules[1].clocks: 'tRAS / 2' is 19.5, expected a whole number of "
                        "clocks from 0 to 1000000000");
}

TEST_F(ConfigDramTest, OneStandardMayServeManyNames) {
    EXPECT_THAT(
        complaintOf({"standard=ddr9"}),
        HasSubstr("standard: unknown DRAM standard 'ddr9', expected a section, a file, or one "
                  "of ddr3, ddr4, ddr5, "));
}

}  // namespace
}  // namespace systole::sim
