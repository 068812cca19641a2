// SPDX-License-Identifier: Apache-2.0
#include "sim/dram/dram_trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/config_fixture.hpp"
#include "tests/unit/memory/dram_replay_fixture.hpp"

namespace systole::sim {
namespace {

using memory::testing::drain;
using ::testing::HasSubstr;

constexpr std::uint64_t kCapacity = 4096;

class DramTrace : public ConfigTest {
protected:
    std::vector<memory::ReplayRequest> requests(const std::string& text,
                                                std::size_t block = 1000) const {
        TraceSource source(write("t.trace", text), kCapacity);
        return drain(source, block);
    }

    /// What is wrong with a trace.
    std::string complaintOf(const std::string& text) const {
        return messageOf([&] { requests(text); });
    }
};

void expectRequest(const memory::ReplayRequest& request, Cycle cycle, std::uint64_t address,
                   bool isWrite) {
    EXPECT_EQ(request.notBefore, cycle);
    EXPECT_EQ(request.address, address);
    EXPECT_EQ(request.isWrite, isWrite);
}

TEST_F(DramTrace, HasACycleAnAccessAndAnAddressALine) {
    const auto all = requests("0 read 64\n0 write 0x80\n7 read 0XFfF\n");
    ASSERT_EQ(all.size(), 3U);
    expectRequest(all[0], 0, 64, false);
    expectRequest(all[1], 0, 128, true);
    expectRequest(all[2], 7, 4095, false);
}

TEST_F(DramTrace, MayHaveTheAddressFirstAsDramsim3Does) {
    const auto all = requests("0x40 READ 3\n0x80 WRITE 5\n");
    ASSERT_EQ(all.size(), 2U);
    expectRequest(all[0], 3, 64, false);
    expectRequest(all[1], 5, 128, true);
}

TEST_F(DramTrace, KnowsTheNamesOfOtherSimulators) {
    for (const char* name : {"read", "r", "R", "READ", "Read", "LD", "P_MEM_RD"}) {
        EXPECT_FALSE(requests(fmt::format("0 {} 0\n", name)).at(0).isWrite) << name;
    }
    for (const char* name : {"write", "w", "W", "WRITE", "ST", "P_MEM_WR"}) {
        EXPECT_TRUE(requests(fmt::format("0 {} 0\n", name)).at(0).isWrite) << name;
    }
}

TEST_F(DramTrace, MayHaveCommentsBlankLinesAndAnyBlanks) {
    const auto all =
        requests("# a comment\n\n  \t\r\n\t1\tread  0 # why\r\n2 read 64#x\n3 read 128");
    ASSERT_EQ(all.size(), 3U);
    expectRequest(all[2], 3, 128, false);
}

TEST_F(DramTrace, IsReadInPiecesOfAnySize) {
    std::string text;
    std::uint64_t bytes = 0;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        text += fmt::format("{} {} {}\n", i * i, i % 3 == 0 ? "write" : "read", i % kCapacity);
    }
    const std::filesystem::path file = write("long.trace", text);
    bytes = text.size();
    ASSERT_GT(bytes, 4U << 18U);  // several buffers
    TraceSource source(file, kCapacity);
    EXPECT_EQ(source.fileBytes(), bytes);
    const auto all = drain(source, 777);
    EXPECT_EQ(source.bytesRead(), bytes);
    ASSERT_EQ(all.size(), 100'000U);
    for (std::uint64_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(all[i].notBefore, i * i);
        ASSERT_EQ(all[i].address, i % kCapacity);
        ASSERT_EQ(all[i].isWrite, i % 3 == 0);
    }
}

TEST_F(DramTrace, EndsAfterAsManyRequestsAsWanted) {
    TraceSource source(write("t.trace", "0 read 0\n1 read 64\nnonsense\n"), kCapacity, 2);
    EXPECT_EQ(drain(source).size(), 2U);
}

TEST_F(DramTrace, ErrorsSayWhereAndWhat) {
    EXPECT_EQ(complaintOf("0 read 0\n0 raed 64\n"),
              "t.trace:2:3: 'raed' is no access, expected read or write (did you mean 'read'?)");
    EXPECT_EQ(complaintOf("0 fetch 64\n"),
              "t.trace:1:3: 'fetch' is no access, expected read or write");
    EXPECT_EQ(complaintOf("-1 read 64\n"),
              "t.trace:1:1: '-1' is no cycle, expected decimal digits");
    EXPECT_EQ(complaintOf("1.5 read 64\n"),
              "t.trace:1:1: '1.5' is no cycle, expected decimal digits");
    EXPECT_EQ(complaintOf("1  read 0x\n"),
              "t.trace:1:9: '0x' is no address, expected decimal digits, or 0x and hexadecimal "
              "ones");
    EXPECT_EQ(complaintOf("1 read 4g\n"),
              "t.trace:1:8: '4g' is no address, expected decimal digits, or 0x and hexadecimal "
              "ones");
    EXPECT_EQ(complaintOf("0x40 READ 0x3\n"),
              "t.trace:1:11: '0x3' is no cycle, expected decimal digits");
}

TEST_F(DramTrace, ErrorsKnowTheCapacity) {
    EXPECT_EQ(requests("0 read 4095\n").size(), 1U);
    EXPECT_EQ(complaintOf("0 read 4096\n"),
              "t.trace:1:8: address '4096' is too large, expected at most 4095");
    EXPECT_EQ(complaintOf("0x1000 READ 0\n"),
              "t.trace:1:1: address '0x1000' is too large, expected at most 0xfff");
    EXPECT_THAT(complaintOf("0 read 0x1ffffffffffffffffffff\n"), HasSubstr("is too large"));
    EXPECT_EQ(complaintOf("1000000000000001 read 0\n"),
              "t.trace:1:1: cycle '1000000000000001' is too large, expected at most "
              "1000000000000000");
}

TEST_F(DramTrace, CyclesNeverDecrease) {
    EXPECT_EQ(complaintOf("5 read 0\n5 read 0\n4 read 0\n"),
              "t.trace:3:1: cycle 4 after cycle 5, expected cycles that never decrease");
    EXPECT_EQ(complaintOf("0x40 READ 5\n0x40 READ 4\n"),
              "t.trace:2:11: cycle 4 after cycle 5, expected cycles that never decrease");
}

TEST_F(DramTrace, ALineHasThreeFields) {
    EXPECT_EQ(complaintOf("0 read\n"),
              "t.trace:1:1: 2 fields only, expected 'cycle read|write address' or '0xADDRESS "
              "READ|WRITE cycle'");
    EXPECT_THAT(complaintOf("17\n"), HasSubstr("t.trace:1:1: 1 field only"));
    EXPECT_EQ(complaintOf("0 read 64 12\n"),
              "t.trace:1:11: '12' after the request, expected the end of the line or a # comment");
}

TEST_F(DramTrace, TheFirstTenBadLinesAreReportedTogether) {
    std::string text = "0 read 0\n";
    for (int i = 0; i < 12; ++i) text += "0 read 0\nbad\n";
    // However few are asked for at a time.
    for (const std::size_t block : {1U, 1000U}) {
        const std::string message = messageOf([&] { requests(text, block); });
        EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 9);
        EXPECT_THAT(message, HasSubstr("t.trace:3:1: 1 field only"));
        EXPECT_THAT(message, HasSubstr("t.trace:21:1: 1 field only"));
        EXPECT_THAT(message, ::testing::Not(HasSubstr("t.trace:23")));
    }
}

TEST_F(DramTrace, NoRequestIsAnError) {
    for (const char* text : {"", "\n", "# nothing\n"}) {
        EXPECT_EQ(complaintOf(text),
                  "t.trace: holds no request, expected lines of 'cycle read|write address'");
    }
}

TEST_F(DramTrace, WhatIsNoTextIsAnErrorOfOneShortLine) {
    const std::string message = complaintOf(
        "\x7f"
        "ELF" +
        std::string(100, '\0') + "\n");
    EXPECT_EQ(message.substr(0, 28), "t.trace:1:1: 1 field only, e");
    const std::string shown = complaintOf("0 \x1b[31m\x80" + std::string(100, 'x') + " 0\n");
    EXPECT_THAT(shown, HasSubstr("'\\x1b[31m\\x80xxx"));
    EXPECT_THAT(shown, HasSubstr("...' is no access"));
    const std::string endless = complaintOf(std::string(1 << 20U, 'x'));
    EXPECT_THAT(endless, HasSubstr("t.trace:1:1: a line of more than 262144 bytes"));
}

TEST_F(DramTrace, AFileThatCannotBeReadIsAnError) {
    EXPECT_EQ(messageOf([&] { TraceSource(folder_ / "none", kCapacity); }),
              "none: does not exist, expected a trace");
    EXPECT_THAT(messageOf([&] { TraceSource(folder_, kCapacity); }),
                HasSubstr(": is a directory, expected a trace"));
}

}  // namespace
}  // namespace systole::sim
