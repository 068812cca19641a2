// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/memory/dram_checker_fixture.hpp"

namespace systole {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

/// REFs of rank 0 at the clocks given.
std::string refreshes(const std::vector<std::int64_t>& clocks) {
    std::string text;
    for (const std::int64_t clock : clocks) {
        text += (text.empty() ? "" : "; ") + std::to_string(clock) + " REF 0";
    }
    return text;
}

TEST(DramRefreshChecker, HoldsTheTimesAroundARefreshOfAllBanks) {
    expectBounds({
        {"tRFC", {}, "10 REF 0", "ACT 0.1.1", 60},
        {"tRFC", {}, "10 REF 0", "REF 0", 60},
        {"tRFC", {}, "10 REF 0", "PRE 0.0.0", 60},
        {"tRFC", {}, "10 REF 0", "PREA 0", 60},
        {"tRFC", {}, "10 REF 0", "SRE 0", 60},
        {"tRFC", {}, "10 REF 0", "REFB 0.0.0", 60, "LPDDR4"},
        {"tRP", {{"tRP", 11}}, "0 ACT 0.1.1; 20 PRE 0.1.1", "REF 0", 31},
        {"tRP", {{"tRPab", 13}}, "0 ACT 0.1.1; 20 PREA 0", "REF 0", 33, "LPDDR4"},
        {"tRC", {{"tRC", 40}}, "0 ACT 0.1.1; 20 PRE 0.1.1", "REF 0", 40},
    });
    EXPECT_THAT(checkedDram(smallDram("DDR4"), "0 ACT 0.1.1; 100 REF 0").violations(),
                ElementsAre(StartsWith("open bank:")));
    EXPECT_THAT(checkedDram(smallDram("DDR4"), "0 ACT 1.1.1; 100 REF 0; 101 RD 1.1.1").violations(),
                IsEmpty());
}

TEST(DramRefreshChecker, HoldsTheTimesAroundARefreshOfOneBank) {
    expectBounds({
        {"tRFCpb", {}, "10 REFB 0.0.0", "ACT 0.0.0", 30, "LPDDR4"},
        {"tRFCpb", {}, "10 REFB 0.0.0", "PRE 0.0.0", 30, "LPDDR4"},
        {"tRFCpb", {}, "10 REFB 0.0.0", "REF 0", 30, "LPDDR4"},
        {"tRFCpb", {}, "10 REFB 0.0.0", "SRE 0", 30, "LPDDR4"},
        {"tRFCpb", {}, "10 REFB 0.0.0", "PREA 0", 30, "LPDDR4"},
        {"REFB to REFB", {}, "10 REFB 0.0.0", "REFB 0.0.1", 30, "LPDDR4"},
        {"REFB to REFB", {{"tpbR2pbR", 12}}, "10 REFB 0.0.0", "REFB 0.0.1", 22, "LPDDR5"},
        {"REFB to REFB", {{"tRREFD", 12}}, "10 REFB 0.0.0", "REFB 0.0.1", 22, "HBM2"},
        {"REFB to ACT", {{"tRRD", 3}, {"tRREFD", 9}}, "10 REFB 0.0.0", "ACT 0.0.1", 19, "HBM2"},
        {"REFB to ACT", {{"tpbR2act", 9}}, "10 REFB 0.0.0", "ACT 0.1.1", 19, "LPDDR5"},
        {"tRRD_S", {{"tRRD_S", 6}}, "0 ACT 0.1.1", "REFB 0.0.0", 6, "HBM2"},
        {"tRRD_L", {{"tRRD_L", 6}}, "0 ACT 0.0.1", "REFB 0.0.0", 6, "HBM2"},
        {"tRP", {{"tRP", 11}}, "0 ACT 0.0.0; 20 PRE 0.0.0", "REFB 0.0.0", 31, "LPDDR4"},
    });
    // Other banks go on.
    EXPECT_THAT(
        checkedDram(smallDram("LPDDR4"), "0 ACT 0.0.1; 10 REFB 0.0.0; 11 RD 0.0.1; 25 PRE 0.0.1")
            .violations(),
        IsEmpty());
    EXPECT_THAT(checkedDram(smallDram("LPDDR4"), "0 ACT 0.0.1; 20 REFB 0.0.1").violations(),
                ElementsAre(StartsWith("open bank:")));
}

TEST(DramRefreshChecker, CountsARefreshAmongFourActivatesWhereTheStandardDoes) {
    const DramParameters window{{"tFAW", 40}, {"tRFCpb", 5}};
    const std::string four = "0 REFB 0.0.0; 5 ACT 0.0.1; 6 ACT 0.1.0; 7 ACT 0.1.1";
    for (const char* standard : {"LPDDR4", "LPDDR5", "HBM2"}) {
        DramParameters changed = window;
        changed["BLn_max"] = 4;
        expectBounds({{"tFAW", changed, four, "ACT 0.0.0", 40, standard},
                      {"tFAW", changed,
                       "0 ACT 0.0.0; 5 ACT 0.0.1; 6 ACT 0.1.0; 7 ACT 0.1.1;"
                       "20 PRE 0.0.0",
                       "REFB 0.0.0", 40, standard}});
    }
    EXPECT_THAT(checkedDram(smallDram("GDDR6", window), four + "; 8 ACT 0.0.0").violations(),
                IsEmpty());
}

TEST(DramRefreshChecker, TakesTheSameBankOfAllGroupsAsOneSet) {
    oracle::DramSpec spec = smallDram("DDR5", {{"tREFSBRD", 9}, {"tRRD_L", 6}});
    spec.refreshSameBank = true;
    expectBound(spec, {"tRFCpb", {}, "10 REFB 0.0.1", "ACT 0.1.1", 30});
    expectBound(spec, {"REFB to ACT", {}, "10 REFB 0.0.1", "ACT 0.1.0", 19});
    expectBound(spec, {"REFB to REFB", {}, "10 REFB 0.0.1", "REFB 0.0.0", 30});
    expectBound(spec, {"tRRD_L", {}, "0 ACT 0.1.0", "REFB 0.0.1", 6});
    EXPECT_THAT(checkedDram(spec, "0 ACT 0.1.1; 40 REFB 0.0.1").violations(),
                ElementsAre(StartsWith("open bank:")));
    EXPECT_THAT(checkedDram(spec, "0 REFB 0.0.0; 40 REFB 0.0.1; 80 REFB 0.0.0").violations(),
                IsEmpty());
    EXPECT_THAT(checkedDram(spec, "0 REFB 0.0.0; 40 REFB 0.0.0").violations(),
                ElementsAre(StartsWith("round:")));
}

TEST(DramRefreshChecker, GivesEveryBankItsTurn) {
    const oracle::DramSpec spec = smallDram("LPDDR4");
    const std::string three = "0 REFB 0.0.0; 40 REFB 0.1.1; 80 REFB 0.1.0; ";
    EXPECT_THAT(checkedDram(spec, three + "120 REFB 0.0.1; 160 REFB 0.1.0").violations(),
                IsEmpty());
    EXPECT_THAT(checkedDram(spec, three + "120 REFB 0.1.1").violations(),
                ElementsAre(StartsWith("round:")));
    // A REF begins a new round.
    EXPECT_THAT(checkedDram(spec, three + "120 REF 0; 200 REFB 0.1.1").violations(), IsEmpty());
}

TEST(DramRefreshChecker, WantsARefreshEveryInterval) {
    for (const std::int64_t postponed : {0, 1, 8}) {
        oracle::DramSpec spec = smallDram("DDR4");
        spec.postponed = postponed;
        spec.refreshSlackClocks = 7;
        // The first by 1000 + 7 if none is postponed, the next a tREFI later.
        const std::int64_t late = postponed * 1000 + 7;
        EXPECT_THAT(
            checkedDram(spec, refreshes({1000 + late, 2000 + late, 3000 + late})).violations(),
            IsEmpty());
        EXPECT_THAT(
            checkedDram(spec, refreshes({1001 + late})).violations(),
            ElementsAre(StartsWith("tREFI: REF of rank 0 at " + std::to_string(1001 + late) +
                                   ": a refresh was due at 1000")));
        EXPECT_THAT(checkedDram(spec, refreshes({1000, 2001 + late})).violations(),
                    ElementsAre(StartsWith("tREFI:")));
    }
}

TEST(DramRefreshChecker, MissesTheRefreshesOfARankThatHasNone) {
    oracle::DramSpec spec = smallDram("DDR4");
    spec.refreshSlackClocks = 7;
    oracle::DramChecker checker = checkedDram(spec, refreshes({1000, 2000}));
    checker.finish(2007);  // rank 1 had none
    EXPECT_THAT(checker.violations(), ElementsAre(StartsWith("tREFI: end of the run at 2007")));
    checker = checkedDram(spec, "1000 REF 1; 1000 REF 0");
    checker.finish(2007);
    EXPECT_THAT(checker.violations(), IsEmpty());
    checker.finish(2008);
    EXPECT_EQ(checker.violationCount(), 2U);

    spec.refreshed = false;
    checker = checkedDram(spec, "0 ACT 0.0.0");
    checker.finish(100000);
    EXPECT_THAT(checker.violations(), IsEmpty());
}

TEST(DramRefreshChecker, WantsEveryBankRefreshedInItsShareOfTheInterval) {
    const oracle::DramSpec spec = smallDram("LPDDR4");  // four banks: one every 250
    EXPECT_THAT(checkedDram(spec,
                            "250 REFB 0.0.0; 500 REFB 0.0.1; 750 REFB 0.1.0;"
                            "1000 REFB 0.1.1; 1250 REFB 0.0.0")
                    .violations(),
                IsEmpty());
    EXPECT_THAT(checkedDram(spec, "250 REFB 0.0.0; 501 REFB 0.0.1").violations(),
                ElementsAre(StartsWith("tREFI:")));

    oracle::DramSpec fine = smallDram("DDR5");  // twice as often
    fine.refreshSameBank = true;
    EXPECT_THAT(checkedDram(fine, "250 REFB 0.0.0; 500 REFB 0.0.1").violations(), IsEmpty());
    EXPECT_THAT(checkedDram(fine, "250 REFB 0.0.0; 501 REFB 0.0.1").violations(),
                ElementsAre(StartsWith("tREFI:")));
}

TEST(DramRefreshChecker, LetsNoMoreThanEightBePulledIn) {
    std::vector<std::int64_t> clocks;
    for (std::int64_t i = 0; i < 8; ++i) {
        clocks.push_back(100 * i);
    }
    const oracle::DramSpec spec = smallDram("DDR4");
    EXPECT_THAT(checkedDram(spec, refreshes(clocks) + "; 1000 REF 0").violations(), IsEmpty());
    EXPECT_THAT(checkedDram(spec, refreshes(clocks) + "; 999 REF 0").violations(),
                ElementsAre(StartsWith("pulled in:")));
}

TEST(DramRefreshChecker, LetsNoMoreThanSixteenComeInTwoIntervals) {
    std::vector<std::int64_t> clocks;
    for (std::int64_t i = 0; i < 16; ++i) {
        clocks.push_back(9000 + 60 * i);
    }
    for (const char* standard : {"DDR3", "DDR4"}) {
        oracle::DramSpec spec = smallDram(standard);
        spec.postponed = 8;
        expectBound(spec, {"16 REF in two tREFI", {}, refreshes(clocks), "REF 0", 11000});
    }
}

TEST(DramPowerChecker, HoldsTheTimesOfPowerDown) {
    expectBounds({
        {"tXP", {{"tXP", 9}}, "10 PDE 0; 20 PDX 0", "ACT 0.0.0", 29},
        {"tXP", {{"tXP", 9}}, "10 PDE 0; 20 PDX 0", "REF 0", 29},
        {"tXP", {{"tXP", 9}}, "10 PDE 0; 20 PDX 0", "SRE 0", 29},
        {"tPD", {{"tCKE", 6}}, "10 PDE 0", "PDX 0", 16},
        {"tPD", {{"tPD", 8}}, "10 PDE 0", "PDX 0", 18, "DDR5"},
        {"tCKE", {{"tCKE", 6}}, "0 PDE 0; 20 PDX 0", "PDE 0", 26},
        {"tACTPDEN", {{"tACTPDEN", 3}}, "0 ACT 0.0.0", "PDE 0", 3},
        {"tPRPDEN", {{"tPRPDEN", 3}}, "0 PRE 0.0.0", "PDE 0", 3},
        {"tPRPDEN", {{"tPRPDEN", 3}}, "0 PREA 0", "PDE 0", 3},
        {"tREFPDEN", {{"tREFPDEN", 3}}, "0 REF 0", "PDE 0", 3},
        {"tREFPDEN", {{"tREFPDEN", 3}}, "0 REFB 0.0.0", "PDE 0", 3, "LPDDR4"},
        // RL + BL/2 + 1; WL + BL/2 + tWR, and one more
        {"tRDPDEN", {}, "0 ACT 0.0.0; 20 RD 0.0.0", "PDE 0", 20 + 10 + 4 + 1},
        {"tRDPDEN",
         {{"tDQSCK", 5}},
         "0 ACT 0.0.0; 20 RD 0.0.0",
         "PDE 0",
         20 + 10 + 5 + 4 + 1,
         "LPDDR4"},
        {"tRDPDEN",
         {{"tWCK2DQO", 2}, {"BLn_max", 6}},
         "0 ACT 0.0.0; 20 RD 0.0.0",
         "PDE 0",
         20 + 10 + 2 + 6 + 1,
         "LPDDR5"},
        {"tWRPDEN", {{"tWR", 15}}, "0 ACT 0.0.0; 20 WR 0.0.0", "PDE 0", 20 + 8 + 4 + 15},
        {"tWRPDEN",
         {{"tWR", 15}},
         "0 ACT 0.0.0; 20 WR 0.0.0",
         "PDE 0",
         20 + 8 + 4 + 15 + 1,
         "DDR5"},
        {"tWRPDEN",
         {{"tWR", 15}},
         "0 ACT 0.0.0; 20 WR 0.0.0",
         "PDE 0",
         20 + 8 + 4 + 15 + 1,
         "HBM2"},
    });
    oracle::DramSpec spec = smallDram("LPDDR4", {{"tCMDCKE", 3}});
    for (const char* name : {"tACTPDEN", "tPRPDEN", "tREFPDEN"}) {
        spec.parameters.erase(name);
    }
    expectBound(spec, {"tACTPDEN", {}, "0 ACT 0.0.0", "PDE 0", 3});
    expectBound(spec, {"tPRPDEN", {}, "0 PRE 0.0.0", "PDE 0", 3});
    expectBound(spec, {"tREFPDEN", {}, "0 REF 0", "PDE 0", 3});
    // A refresh goes on in power-down.
    EXPECT_THAT(
        checkedDram(smallDram("DDR4"), "0 REF 0; 5 PDE 0; 20 PDX 0; 49 ACT 0.0.0").violations(),
        ElementsAre(StartsWith("tRFC:")));
}

TEST(DramPowerChecker, TakesNoCommandWhileCkeIsLow) {
    for (const char* command :
         {"ACT 0.0.0", "PRE 0.0.0", "PREA 0", "REF 0", "REFB 0.0.0", "PDE 0", "SRE 0", "SRX 0"}) {
        EXPECT_THAT(
            checkedDram(smallDram("LPDDR4"), std::string("0 PDE 0; 50 ") + command).violations(),
            testing::Contains(StartsWith("power state:")))
            << command;
        EXPECT_THAT(checkedDram(smallDram("LPDDR4"),
                                std::string("0 SRE 0; 50 ") +
                                    (command == std::string("SRX 0") ? "PDX 0" : command))
                        .violations(),
                    testing::Contains(StartsWith("power state:")))
            << command;
    }
    for (const char* command : {"RD 0.0.0", "WR 0.0.0"}) {
        EXPECT_THAT(
            checkedDram(smallDram("DDR4"), std::string("0 ACT 0.0.0; 20 PDE 0; 50 ") + command)
                .violations(),
            ElementsAre(StartsWith("power state:")));
    }
    EXPECT_THAT(checkedDram(smallDram("DDR4"), "0 PDX 0").violations(),
                testing::Contains(StartsWith("power state:")));
    EXPECT_THAT(checkedDram(smallDram("DDR4"), "0 PDE 0; 10 ACT 1.0.0").violations(), IsEmpty());
}

TEST(DramPowerChecker, HoldsTheTimesOfSelfRefresh) {
    expectBounds({
        {"tRP", {{"tRP", 11}}, "0 ACT 0.1.1; 20 PRE 0.1.1", "SRE 0", 31},
        {"tRC", {{"tRC", 40}}, "0 ACT 0.1.1; 20 PRE 0.1.1", "SRE 0", 40},
        {"data before self-refresh",
         {{"CL", 40}},
         "0 ACT 0.0.0; 20 RD 0.0.0; 30 PREA 0",
         "SRE 0",
         20 + 40 + 4 + 1},
        {"data before self-refresh",
         {{"tRP", 0}},
         "0 ACT 0.0.0; 20 WR 0.0.0; 35 PREA 0",
         "SRE 0",
         20 + 8 + 4 + 3 + 1,
         "HBM2"},
        {"tCKESR", {{"tCKESR", 11}}, "0 SRE 0", "SRX 0", 11},
        {"tCKESR", {{"tCKESR", 11}}, "0 SRE 0; 15 SRX 0; 80 REF 0; 200 SRE 0", "SRX 0", 211},
        {"tXS", {}, "0 SRE 0; 20 SRX 0", "ACT 0.0.0", 80},
        {"tXS", {}, "0 SRE 0; 20 SRX 0", "REF 0", 80},
        {"tXS", {}, "0 SRE 0; 20 SRX 0", "PREA 0", 80},
        {"tXS", {}, "0 SRE 0; 20 SRX 0", "PDE 0", 80},
        {"tXS", {{"tXSDLL", 90}}, "0 SRE 0; 20 SRX 0; 80 ACT 0.0.0", "RD 0.0.0", 110},
    });
    EXPECT_THAT(checkedDram(smallDram("DDR4", {{"tXSDLL", 90}}),
                            "0 SRE 0; 20 SRX 0; 80 ACT 0.0.0; 90 WR 0.0.0")
                    .violations(),
                IsEmpty());
    EXPECT_THAT(checkedDram(smallDram("DDR4"), "0 ACT 0.0.0; 50 SRE 0").violations(),
                ElementsAre(StartsWith("open bank:")));
}

TEST(DramPowerChecker, WantsARefreshBetweenTwoSelfRefreshes) {
    const oracle::DramSpec spec = smallDram("LPDDR4");
    EXPECT_THAT(checkedDram(spec, "0 SRE 0; 20 SRX 0; 100 SRE 0").violations(),
                ElementsAre(StartsWith("self-refresh: SRE of rank 0 at 100 follows SRX")));
    EXPECT_THAT(checkedDram(spec, "0 SRE 0; 20 SRX 0; 100 REF 0; 200 SRE 0").violations(),
                IsEmpty());
    const std::string three = "0 SRE 0; 20 SRX 0; 100 REFB 0.0.0; 150 REFB 0.0.1; 200 REFB 0.1.0";
    EXPECT_THAT(checkedDram(spec, three + "; 260 SRE 0").violations(),
                ElementsAre(StartsWith("self-refresh:")));
    EXPECT_THAT(checkedDram(spec, three + "; 250 REFB 0.1.1; 280 SRE 0").violations(), IsEmpty());
}

TEST(DramPowerChecker, OwesAfterSelfRefreshWhatItOwedBefore) {
    oracle::DramSpec spec = smallDram("DDR4");
    spec.postponed = 2;
    // Two are put off; asleep none falls due; from 50000 on there is no room for a third.
    const std::string asleep = "2900 SRE 0; 50000 SRX 0; ";
    EXPECT_THAT(checkedDram(spec, asleep + "51000 REF 0").violations(), IsEmpty());
    EXPECT_THAT(checkedDram(spec, asleep + "51001 REF 0").violations(),
                ElementsAre(StartsWith("tREFI:")));
    EXPECT_THAT(checkedDram(spec, "3001 SRE 0").violations(), ElementsAre(StartsWith("tREFI:")));

    oracle::DramChecker checker = checkedDram(spec, "2900 SRE 0; 2900 SRE 1");
    checker.finish(1000000);
    EXPECT_THAT(checker.violations(), IsEmpty());
}

}  // namespace
}  // namespace systole
