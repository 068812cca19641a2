// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/dram_listing.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/unit/memory/dram_checker_fixture.hpp"

namespace systole {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* kHeader = "clock,channel,command,rank,bank_group,bank,row,column\n";

std::string fileWith(const std::string& text) {
    // A test has its process, not its folder, to itself.
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    const std::string path = testing::TempDir() + "dram_listing_" + info->name() + ".csv";
    std::ofstream(path) << text;
    return path;
}

TEST(DramListing, ReadsEveryCommandWithItsPlace) {
    oracle::DramListing listing(fileWith(std::string(kHeader) + "5,0,ACT,1,2,3,77,\n"
                                                                "22,1,RD,1,2,3,,1016\n"
                                                                "4000000000000,0,PREA,0,,,,\n"));
    std::uint32_t channel = 9;
    oracle::DramEvent event;
    ASSERT_TRUE(listing.next(channel, event));
    EXPECT_EQ(channel, 0U);
    EXPECT_EQ(event.text(), "ACT of rank 1, group 2, bank 3, row 77 at 5");
    ASSERT_TRUE(listing.next(channel, event));
    EXPECT_EQ(channel, 1U);
    EXPECT_EQ(event.text(), "RD of rank 1, group 2, bank 3, column 1016 at 22");
    ASSERT_TRUE(listing.next(channel, event));
    EXPECT_EQ(event.text(), "PREA of rank 0 at 4000000000000");
    EXPECT_FALSE(listing.next(channel, event));
}

TEST(DramListing, NamesTheLineThatIsNoCommand) {
    for (const char* line :
         {"5,0,ACT,1,2,3,77", "5,0,ACT,1,2,3,77,,", "x,0,ACT,1,2,3,77,", "5,0,NOP,1,2,3,77,",
          "5,0,ACT,1,2,three,77,", "5,0,ACT,,2,3,77,", "5 ,0,ACT,1,2,3,77,", ""}) {
        oracle::DramListing listing(
            fileWith(std::string(kHeader) + "0,0,REF,0,,,,\n" + line + "\n"));
        std::uint32_t channel = 0;
        oracle::DramEvent event;
        ASSERT_TRUE(listing.next(channel, event));
        try {
            listing.next(channel, event);
            ADD_FAILURE() << "taken: " << line;
        } catch (const std::runtime_error& error) {
            EXPECT_THAT(error.what(), HasSubstr(".csv:3: '"));
        }
    }
    EXPECT_THROW(oracle::DramListing(fileWith("clock,command\n")), std::runtime_error);
    EXPECT_THROW(oracle::DramListing("/no/such/file.csv"), std::runtime_error);
}

TEST(DramListing, IsCheckedChannelByChannel) {
    oracle::DramPart part;
    part.isDdr = true;
    part.channels = 2;
    part.spec = smallDram("DDR4");
    const std::string legal = std::string(kHeader) +
                              "0,0,ACT,0,0,0,7,\n"
                              "1,1,ACT,0,0,0,7,\n"
                              "5,0,RD,0,0,0,,8\n";
    const oracle::ListingVerdict good = checkListing(part, fileWith(legal + "6,1,RD,0,0,0,,8\n"));
    EXPECT_EQ(good.commands, 4U);
    EXPECT_THAT(good.texts, IsEmpty());
    const oracle::ListingVerdict bad = checkListing(part, fileWith(legal + "5,1,RD,0,0,0,,8\n"));
    EXPECT_EQ(bad.violations, 1U);
    EXPECT_THAT(bad.texts, ElementsAre(StartsWith("channel 1: tRCD:")));
}

TEST(DramPart, IsReadWithItsStandard) {
    const oracle::DramPart part =
        oracle::readDramPart(SYSTOLE_SOURCE_DIR "/configs/dram/ddr4_2400.yaml");
    ASSERT_TRUE(part.isDdr);
    EXPECT_EQ(part.channels, 1U);
    EXPECT_EQ(part.spec.standard, "DDR4");
    EXPECT_EQ(part.spec.ranks, 1U);
    EXPECT_EQ(part.spec.banks(), 16U);
    EXPECT_EQ(part.spec.parameters.at("tRC"), 56);
    EXPECT_EQ(part.spec.commands.at(oracle::DramOp::ACT).clocks, 1);
    EXPECT_EQ(part.spec.commands.count(oracle::DramOp::REFB), 0U);
    EXPECT_TRUE(part.spec.refreshed);
    const oracle::DramTimings timings(part.spec);
    EXPECT_EQ(timings.burst, 4);
    EXPECT_EQ(timings.readToWriteOtherGroup, 17 + 4 + 2 - 12);
}

TEST(DramPart, HasWhatItsStandardAsksForInEveryPartShipped) {
    std::size_t parts = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(SYSTOLE_SOURCE_DIR "/configs/dram")) {
        SCOPED_TRACE(file.path());
        const oracle::DramPart part = oracle::readDramPart(file.path());
        if (!part.isDdr) {
            continue;
        }
        ++parts;
        const oracle::DramTimings timings(part.spec);
        EXPECT_GT(timings.burst, 0);
        EXPECT_TRUE(timings.tXP && timings.powerDown && timings.powerUp);
        EXPECT_TRUE(timings.tXS && timings.tCKESR);
        EXPECT_TRUE(!timings.tRFCpb || part.spec.commands.contains(oracle::DramOp::REFB));
        EXPECT_GE(part.spec.commands.size(), 10U);
    }
    EXPECT_GE(parts, 2U);
}

}  // namespace
}  // namespace systole
