// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/memory/dram_checker_fixture.hpp"

namespace systole {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

TEST(DramChecker, HoldsTheTimesOfARow) {
    expectBounds({
        {"tRCD", {{"tRCD", 7}}, "0 ACT 0.0.0", "RD 0.0.0", 7},
        {"tRCD", {{"tRCD", 7}}, "0 ACT 0.0.0", "WR 0.0.0", 7},
        {"tRAS", {{"tRAS", 30}}, "0 ACT 0.0.0", "PRE 0.0.0", 30},
        {"tRAS", {{"tRAS", 30}}, "0 ACT 0.0.0; 3 ACT 0.1.1", "PREA 0", 33},
        {"tRP", {{"tRP", 11}}, "0 ACT 0.0.0; 20 PRE 0.0.0", "ACT 0.0.0", 31},
        {"tRP", {{"tRP", 11}}, "0 ACT 0.0.0; 20 PREA 0", "ACT 0.0.0", 31},
        {"tRP", {{"tRPab", 13}}, "0 ACT 0.0.0; 20 PREA 0", "ACT 0.0.0", 33, "LPDDR4"},
        {"tRP", {{"tRPpb", 13}}, "0 ACT 0.0.0; 20 PRE 0.0.0", "ACT 0.0.0", 33, "LPDDR4"},
        // The last precharge counts, of a closed bank too.
        {"tRP", {{"tRP", 11}}, "0 ACT 0.0.0; 20 PRE 0.0.0; 25 PRE 0.0.0", "ACT 0.0.0", 36},
        {"tRC", {{"tRC", 40}}, "0 ACT 0.0.0; 20 PRE 0.0.0", "ACT 0.0.0", 40},
        {"tRTP", {{"tRTP", 12}}, "0 ACT 0.0.0; 5 RD 0.0.0", "PRE 0.0.0", 17},
        {"tRTP", {{"tRTP", 12}}, "0 ACT 0.0.0; 5 RD 0.0.0", "PREA 0", 17},
        {"tWR", {{"tWR", 15}}, "0 ACT 0.0.0; 5 WR 0.0.0", "PRE 0.0.0", 5 + 8 + 4 + 15},
        {"tWR", {{"tWR", 15}}, "0 ACT 0.0.0; 5 WR 0.0.0", "PREA 0", 5 + 8 + 4 + 15},
        {"tPPD",
         {{"tPPD", 4}},
         "0 ACT 0.0.0; 2 ACT 0.1.0; 20 PRE 0.0.0",
         "PRE 0.1.0",
         24,
         "LPDDR4"},
    });
}

TEST(DramChecker, HoldsTheTimesBetweenRows) {
    expectBounds({
        {"tRRD_S", {{"tRRD_S", 6}, {"tRRD_L", 6}}, "0 ACT 0.0.0", "ACT 0.1.0", 6},
        {"tRRD_L", {{"tRRD_S", 6}, {"tRRD_L", 9}}, "0 ACT 0.0.0", "ACT 0.0.1", 9},
        // The group's last, though another group's came between.
        {"tRRD_L", {{"tRRD_L", 9}}, "0 ACT 0.0.0; 4 ACT 0.1.0", "ACT 0.0.1", 9},
        {"tFAW",
         {{"tFAW", 40}},
         "0 ACT 0.0.0; 2 ACT 0.0.1; 4 ACT 0.1.0; 6 ACT 0.1.1; 20 PRE 0.0.0",
         "ACT 0.0.0",
         40},
    });
    // Any four: the window moves on.
    EXPECT_THAT(checkedDram(smallDram("DDR4", {{"tFAW", 30}}),
                            "0 ACT 0.0.0; 20 ACT 0.0.1; 22 ACT 0.1.0; 24 ACT 0.1.1; 26 PRE 0.0.0;"
                            "30 ACT 0.0.0; 31 PRE 0.0.1; 49 ACT 0.0.1")
                    .violations(),
                ElementsAre(StartsWith("tFAW: ACT of rank 0, group 0, bank 1, row 1 at 49 comes 29 "
                                       "clocks after ACT of rank 0, group 0, bank 1, row 1 at 20, "
                                       "which is 1 too early: 30 are asked")));
}

TEST(DramChecker, HoldsTheTimesBetweenColumns) {
    const std::string open = "0 ACT 0.0.0; 1 ACT 0.1.0; 2 ACT 0.0.1; 20 ";
    expectBounds({
        {"tCCD_S", {{"tCCD_S", 6}, {"tCCD_L", 6}}, open + "RD 0.0.0", "RD 0.1.0", 26},
        {"tCCD_S", {{"tCCD_S", 6}, {"tCCD_L", 6}}, open + "WR 0.0.0", "WR 0.1.0", 26},
        {"tCCD_L", {{"tCCD_L", 7}}, open + "RD 0.0.0", "RD 0.0.1", 27},
        {"tCCD_L", {{"tCCD_L", 7}}, open + "WR 0.0.0", "WR 0.0.1", 27},
        {"tCCD_L", {{"tCCD_L", 9}}, open + "RD 0.0.0; 24 RD 0.1.0", "RD 0.0.1", 29},
        {"tCCD_L", {{"tCCD_L_WR", 16}}, open + "WR 0.0.0", "WR 0.0.1", 36, "DDR5"},
        {"tWTR_S", {{"tWTR_S", 5}, {"tWTR_L", 5}}, open + "WR 0.0.0", "RD 0.1.0", 20 + 8 + 4 + 5},
        {"tWTR_L", {{"tWTR_S", 5}, {"tWTR_L", 9}}, open + "WR 0.0.0", "RD 0.0.1", 20 + 8 + 4 + 9},
        // CL + BL/2 + 2 - CWL
        {"read to write", {}, open + "RD 0.0.0", "WR 0.1.0", 20 + 10 + 4 + 2 - 8},
        {"read to write", {}, open + "RD 0.0.0", "WR 0.1.0", 20 + 10 + 4 + 2 - 8, "DDR3"},
        {"read to write",
         {{"tWPRE", 2}},
         open + "RD 0.0.0",
         "WR 0.1.0",
         20 + 10 + 4 + 4 - 8,
         "DDR5"},
        {"read to write", {{"tRTW", 13}}, open + "RD 0.0.0", "WR 0.1.0", 33, "HBM2"},
        {"read to write", {}, open + "RD 0.0.0", "WR 0.1.0", 20 + 10 + 4 + 1 - 8, "GDDR6"},
    });
}

TEST(DramChecker, HoldsWhatTheLowPowerStandardsAdd) {
    const std::string open = "0 ACT 0.0.0; 1 ACT 0.1.0; 2 ACT 0.0.1; 20 ";
    expectBounds({
        // WL + 1 + BL/2 + tWTR and tWR
        {"tWTR_S",
         {{"tWTR_S", 5}, {"tWTR_L", 5}},
         open + "WR 0.0.0",
         "RD 0.1.0",
         20 + 8 + 1 + 4 + 5,
         "LPDDR4"},
        {"tWR", {{"tWR", 15}}, open + "WR 0.0.0", "PRE 0.0.0", 20 + 8 + 1 + 4 + 15, "LPDDR4"},
        {"tWR", {{"tWR", 15}}, open + "WR 0.0.0", "PRE 0.0.0", 20 + 8 + 1 + 4 + 15, "LPDDR5"},
        // RL + tDQSCK + BL/2 + tRPST - WL + tWPRE
        {"read to write",
         {{"tDQSCK", 5}, {"tWPRE", 2}},
         open + "RD 0.0.0",
         "WR 0.1.0",
         20 + 10 + 5 + 4 + 2 - 8,
         "LPDDR4"},
        {"read to write", {}, open + "RD 0.0.0", "WR 0.1.0", 20 + 10 + 4 + 2 - 8, "LPDDR4"},
        {"read to write",
         {{"tWCK2DQO", 3}},
         open + "RD 0.0.0",
         "WR 0.1.0",
         20 + 10 + 4 + 3 - 8,
         "LPDDR5"},
        // Within a group of banks BL/n_max, not BL/n_min.
        {"read to write",
         {{"tCCD_L", 8}, {"tWCK2DQO", 3}},
         open + "RD 0.0.0",
         "WR 0.0.1",
         20 + 10 + 8 + 3 - 8,
         "LPDDR5"},
        {"tWTR_L",
         {{"tCCD_L", 8}, {"tWTR_L", 5}},
         open + "WR 0.0.0",
         "RD 0.0.1",
         20 + 8 + 8 + 5,
         "LPDDR5"},
        {"tRTP", {{"tRBTP", 6}}, open + "RD 0.0.0", "PRE 0.0.0", 20 + 4 + 6, "LPDDR5"},
    });
    oracle::DramSpec spec = smallDram("LPDDR4", {{"tRTP", 12}, {"tCCD_S", 16}, {"tCCD_L", 16}});
    spec.burstLength = 32;  // BL/2 + max(8, tRTP) - 8
    expectBound(spec, {"tRTP", {}, open + "RD 0.0.0", "PRE 0.0.0", 20 + 16 + 12 - 8, "LPDDR4"});
}

TEST(DramChecker, TellsReadsFromWritesAfterActivate) {
    oracle::DramSpec spec = smallDram("HBM2", {{"tRCDRD", 14}, {"tRCDWR", 10}});
    spec.parameters.erase("tRCD");
    expectBound(spec, {"tRCD", {}, "0 ACT 0.0.0", "RD 0.0.0", 14, "HBM2"});
    expectBound(spec, {"tRCD", {}, "0 ACT 0.0.0", "WR 0.0.0", 10, "HBM2"});
}

TEST(DramChecker, KeepsBurstsApartOnTheDataBus) {
    const std::string open = "0 ACT 0.0.0; 1 ACT 0.1.0; 1 ACT 1.0.0; 20 ";
    const DramParameters quick{{"tCCD_S", 1}, {"tCCD_L", 1}};
    expectBounds({
        {"data bus", quick, open + "RD 0.0.0", "RD 0.1.0", 24},
        {"data bus", quick, open + "WR 0.0.0", "WR 0.1.0", 24},
        {"data bus", {}, open + "RD 0.0.0", "RD 1.0.0", 24},
        {"data bus", {}, open + "RD 0.0.0", "WR 1.0.0", 20 + 10 + 4 - 8},
        {"data bus", {}, open + "WR 0.0.0", "RD 1.0.0", 20 + 8 + 4 - 10},
    });
    // What lies between in time, not in order of command.
    EXPECT_THAT(checkedDram(smallDram("DDR4", {{"CL", 30}}),
                            "0 ACT 0.0.0; 0 ACT 1.0.0; 20 RD 0.0.0; 40 WR 1.0.0")
                    .violations(),
                ElementsAre(StartsWith("data bus:")));
    EXPECT_THAT(checkedDram(smallDram("DDR4", {{"CL", 30}}),
                            "0 ACT 0.0.0; 0 ACT 1.0.0; 20 RD 0.0.0; 38 WR 1.0.0")
                    .violations(),
                IsEmpty());
}

TEST(DramChecker, LeavesTimeForTheBusToPassToAnotherRank) {
    const std::string open = "0 ACT 0.0.0; 0 ACT 1.0.0; 20 ";
    const DramParameters three{{"tRTRS", 3}};
    expectBounds({
        {"tRTRS", three, open + "RD 0.0.0", "RD 1.0.0", 24 + 3},
        {"tRTRS", three, open + "WR 0.0.0", "WR 1.0.0", 24 + 3},
        {"tRTRS", three, open + "RD 0.0.0", "WR 1.0.0", 20 + 10 + 4 + 3 - 8},
        {"tRTRS", three, open + "WR 0.0.0", "RD 1.0.0", 20 + 8 + 4 + 3 - 10},
    });
}

TEST(DramChecker, LetsBanksWithPathsOfTheirOwnDeliverAtOnce) {
    oracle::DramSpec spec = smallDram("in-DRAM", {{"tWTR_S", 5}, {"tWTR_L", 5}});
    spec.dataPathPerBank = true;
    const std::string open = "0 ACT 0.0.0; 1 ACT 0.1.0; 1 ACT 1.0.0; ";
    EXPECT_THAT(checkedDram(spec, open + "20 RD 0.0.0; 20 RD 0.1.0; 20 RD 1.0.0; 24 RD 0.0.0;"
                                         "26 WR 0.1.0; 26 RD 1.0.0")
                    .violations(),
                IsEmpty());
    expectBound(spec, {"tWTR_L", {}, open + "20 WR 0.0.0", "RD 0.0.0", 20 + 8 + 4 + 5});
    spec.parameters["tCCD_L"] = 6;
    expectBound(spec, {"tCCD_L", {}, open + "20 RD 0.0.0; 21 RD 0.1.0", "RD 0.0.0", 26});
    spec.parameters["tCCD_S"] = spec.parameters["tCCD_L"] = 1;
    expectBound(spec, {"data bus", {}, open + "20 RD 0.0.0; 21 RD 0.1.0", "RD 0.0.0", 24});
}

TEST(DramChecker, KnowsWhatABankCanDo) {
    const oracle::DramSpec spec = smallDram("DDR4");
    EXPECT_THAT(checkedDram(spec, "0 RD 0.0.0").violations(),
                ElementsAre(StartsWith("closed bank: RD of rank 0, group 0, bank 0, column 0")));
    EXPECT_THAT(checkedDram(spec, "0 ACT 0.0.0; 20 PRE 0.0.0; 30 WR 0.0.0").violations(),
                ElementsAre(StartsWith("closed bank: WR")));
    EXPECT_THAT(checkedDram(spec, "0 ACT 0.0.0; 20 PREA 0; 30 WR 0.0.0").violations(),
                ElementsAre(StartsWith("closed bank: WR")));
    EXPECT_THAT(checkedDram(spec, "0 ACT 0.0.0; 20 ACT 0.0.0").violations(),
                ElementsAre(StartsWith("open bank: ACT")));
    EXPECT_THAT(checkedDram(spec, "0 ACT 0.0.0; 20 ACT 0.0.1; 30 PRE 0.1.1").violations(),
                IsEmpty());
}

TEST(DramChecker, ComparesTheRowThatAnAccessNames) {
    oracle::DramChecker checker(smallDram("DDR4"));
    checker.check(dramEvent(0, "ACT 0.0.0"));
    oracle::DramEvent read = dramEvent(10, "RD 0.0.0");
    read.row = 1;
    checker.check(read);
    EXPECT_THAT(checker.violations(), IsEmpty());
    read.clock = 20;
    read.row = 2;
    checker.check(read);
    EXPECT_THAT(checker.violations(), ElementsAre(StartsWith("wrong row:")));
}

TEST(DramChecker, KnowsNoPlaceOutsideTheOrganization) {
    for (const char* command : {"ACT 2.0.0", "ACT 0.2.0", "ACT 0.0.2", "PRE 0.0.2", "REF 2"}) {
        EXPECT_THAT(checkedDram(smallDram("DDR4"), std::string("0 ") + command).violations(),
                    ElementsAre(StartsWith("place:")))
            << command;
    }
    oracle::DramChecker checker(smallDram("DDR4"));
    oracle::DramEvent event = dramEvent(0, "ACT 0.0.0");
    event.row = 65536;
    checker.check(event);
    checker.check(dramEvent(0, "ACT 0.0.0"));
    event = dramEvent(10, "RD 0.0.0");
    event.column = 1024;
    checker.check(event);
    event.column = 1016 + 4;  // not where a burst begins
    checker.check(event);
    EXPECT_EQ(checker.violationCount(), 3U);
    event.column = 1016;
    checker.check(event);
    EXPECT_EQ(checker.violationCount(), 3U);
}

TEST(DramChecker, SendsOneCommandAtATimeOverABus) {
    oracle::DramSpec spec = smallDram("HBM2");
    for (auto& [op, slot] : spec.commands) {
        const bool isColumn = op == oracle::DramOp::RD || op == oracle::DramOp::WR;
        slot = {.bus = isColumn ? "column" : "row", .clocks = 1};
    }
    spec.commands[oracle::DramOp::ACT].clocks = 2;
    spec.commands.erase(oracle::DramOp::REFB);
    const DramBound bound{"command bus 'row'", {}, "0 ACT 0.0.0; 9 ACT 1.0.0", "PRE 0.0.0", 11};
    expectBound(spec, bound);
    EXPECT_THAT(checkedDram(spec, "0 ACT 0.0.0; 9 RD 0.0.0; 9 ACT 1.0.0").violations(), IsEmpty());
    EXPECT_THAT(checkedDram(spec, "0 REFB 0.0.0").violations(),
                ElementsAre(StartsWith("no such command")));
    EXPECT_THAT(checkedDram(smallDram("DDR4"), "5 ACT 0.0.0; 4 ACT 1.0.0").violations(),
                ElementsAre(StartsWith("order:")));
}

TEST(DramChecker, NamesTheParameterThatAPartLacks) {
    for (const char* name : {"CL", "CWL", "tRCD", "tRP", "tRAS", "tRRD_S", "tFAW", "tWTR_L", "tWR",
                             "tRTP", "tRFC", "tREFI"}) {
        oracle::DramSpec spec = smallDram("DDR4");
        spec.parameters.erase(name);
        EXPECT_THROW(oracle::DramChecker{spec}, std::invalid_argument) << name;
    }
    oracle::DramSpec spec = smallDram("DDR4");
    spec.parameters.erase("tRFCpb");
    EXPECT_THROW(checkedDram(spec, "0 REFB 0.0.0"), std::invalid_argument);
}

TEST(DramChecker, TakesTheNamesOfStandardsWithoutBankGroups) {
    oracle::DramSpec spec = smallDram("DDR3");
    spec.bankGroups = 1;
    spec.banksPerGroup = 8;
    for (const char* name : {"tCCD", "tRRD", "tWTR"}) {
        spec.parameters.erase(std::string(name) + "_S");
        spec.parameters.erase(std::string(name) + "_L");
    }
    spec.parameters["tCCD"] = 6;
    spec.parameters["tRRD"] = 7;
    spec.parameters["tWTR"] = 8;
    const auto expect = [&](const char* rule, const char* before, const char* command,
                            std::int64_t clock) {
        const auto texts = checkedDram(spec, std::string(before) + "; " +
                                                 std::to_string(clock - 1) + " " + command)
                               .violations();
        EXPECT_THAT(texts, testing::Contains(StartsWith(rule)));
        EXPECT_THAT(
            checkedDram(spec, std::string(before) + "; " + std::to_string(clock) + " " + command)
                .violations(),
            IsEmpty());
    };
    expect("tRRD", "0 ACT 0.0.0", "ACT 0.0.7", 7);
    expect("tCCD", "0 ACT 0.0.0; 7 ACT 0.0.1; 20 RD 0.0.0", "RD 0.0.1", 26);
    expect("tWTR", "0 ACT 0.0.0; 7 ACT 0.0.1; 20 WR 0.0.0", "RD 0.0.1", 20 + 8 + 4 + 8);
}

}  // namespace
}  // namespace systole
