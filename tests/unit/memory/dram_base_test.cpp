// SPDX-License-Identifier: Apache-2.0
// Memories that name another one as their base.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/dram/dram_loader.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using ::testing::HasSubstr;

class DramBase : public WorkerTest {
protected:
    memory::DdrConfig load(const std::string& text, const Overrides& overrides = {}) const {
        return *loadDram(write("mine.yaml", text), overrides).ddr;
    }
    std::string complaint(const std::string& text) const {
        try {
            load(text);
        } catch (const std::exception& error) {
            return error.what();
        }
        return "nothing";
    }
};

TEST_F(DramBase, SuppliesWhatAFileLeavesOut) {
    const memory::DdrConfig base = *loadDram(sourceFile("configs/dram/hbm2.yaml"), {}).ddr;
    const memory::DdrConfig mine =
        load("base: hbm2\nname: mine\norganization: {channels: 3}\ntiming: {tRCDRD: 20}\n");
    EXPECT_EQ(mine.organization.channels, 3U);
    EXPECT_EQ(mine.organization.rows, base.organization.rows);
    EXPECT_EQ(
        mine.clocksBetween(memory::Command::Activate, memory::Command::Read, memory::Level::Bank),
        20U);
    EXPECT_EQ(mine.clocksBetween(memory::Command::Precharge, memory::Command::Activate,
                                 memory::Level::Bank),
              14U);
    EXPECT_EQ(mine.refresh.postponed, base.refresh.postponed);
}

TEST_F(DramBase, LetsOverridesReachAllOfIt) {
    const memory::DdrConfig mine =
        load("base: hbm2_stack\nname: mine\n",
             {"organization.channels=5", "controller.policy=fcfs", "timing.tRP=15"});
    EXPECT_EQ(mine.organization.channels, 5U);
    EXPECT_EQ(mine.controller.policy, memory::SchedulingPolicy::Fcfs);
    EXPECT_EQ(mine.controller.readQueue, 64U);
    EXPECT_EQ(mine.clocksBetween(memory::Command::Precharge, memory::Command::Activate,
                                 memory::Level::Bank),
              15U);
}

TEST_F(DramBase, IsTakenWithinAnAccelerator) {
    const std::string text = "dram: {base: hbm2, name: half, organization: {channels: 4}}\n";
    EXPECT_EQ(load(text).organization.channels, 4U);
    EXPECT_EQ(load(text, {"dram.organization.channels=6"}).organization.channels, 6U);
    EXPECT_EQ(load("dram: hbm2_stack\n", {"dram.organization.channels=2"}).organization.channels,
              2U);
}

TEST_F(DramBase, MustExistAndEnd) {
    EXPECT_THAT(complaint("base: hbm9\n"), HasSubstr("base: unknown memory 'hbm9'"));
    std::filesystem::create_directories(folder_ / "dram");
    write("dram/one.yaml", "base: two\n");
    write("dram/two.yaml", "base: one\n");
    EXPECT_THAT(complaint("base: one\n"), HasSubstr("has a base that has a base"));
    EXPECT_THAT(complaint("base: hbm2\norganisation: {channels: 2}\n"),
                HasSubstr("unknown key 'organisation'"));
    EXPECT_THAT(complaint("base: hbm2\norganization: {channels: 0}\n"),
                HasSubstr("mine.yaml:2:26: organization.channels"));
}

}  // namespace
}  // namespace systole::sim
