// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "models/memory/dram/dram_counters.hpp"
#include "models/memory/dram/dram_patterns.hpp"
#include "tests/unit/memory/dram_replay_fixture.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class DramCommand : public WorkerTest {
protected:
    std::string ddr4() const { return source("configs/dram/ddr4_2400.yaml"); }
    std::string file(const std::string& name) const { return (folder_ / name).string(); }

    CommandOutcome dram(const std::string& arguments) const { return systole("dram " + arguments); }

    Json result(const std::string& arguments) const {
        const auto outcome = dram(arguments + " --json " + file("result.json"));
        EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
        return jsonOf(folder_ / "result.json");
    }

    /// The requests of a pattern, all of them at cycle 0.
    std::string traceOf(memory::DramPattern pattern, std::uint64_t count) const {
        memory::PatternSource requests(memory::testing::shippedDdr4(), pattern, count, 42);
        std::string text;
        for (const memory::ReplayRequest& request : memory::testing::drain(requests)) {
            text +=
                fmt::format("0 {} {:#x}\n", request.isWrite ? "write" : "read", request.address);
        }
        return write("pattern.trace", text).string();
    }

    std::size_t filesInFolder() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder_), {}));
    }
};

TEST_F(DramCommand, WritesWhatTheMemoryDid) {
    const Json json = result(ddr4() + " rand_rw --requests 2000 --seed 7");
    EXPECT_EQ(json["schema"], "systole-dram/1");
    EXPECT_EQ(json["config"]["name"], "DDR4-2400");
    EXPECT_EQ(json["workload"],
              (Json{{"pattern", "rand_rw"}, {"requests", 2000}, {"seed", 7}, {"window", 65536}}));
    const Json& totals = json["totals"];
    EXPECT_EQ(totals["requests"], 2000);
    EXPECT_EQ(totals["reads"].get<int>() + totals["writes"].get<int>(), 2000);
    const double seconds =
        totals["cycles"].get<double>() / json["config"]["clock_hertz"].get<double>();
    EXPECT_DOUBLE_EQ(totals["seconds"], seconds);
    EXPECT_DOUBLE_EQ(totals["bandwidth_bytes_per_second"],
                     totals["bytes_moved"].get<double>() / seconds);
    EXPECT_NEAR(totals["peak_bandwidth_bytes_per_second"].get<double>(), 19.2e9, 0.02e9);
    EXPECT_DOUBLE_EQ(totals["bandwidth_share"].get<double>(),
                     totals["bandwidth_bytes_per_second"].get<double>() /
                         totals["peak_bandwidth_bytes_per_second"].get<double>());
    for (const char* access : {"read", "write"}) {
        const Json& latency = totals["latency"][access];
        std::uint64_t count = 0;
        for (const Json& bin : latency["histogram"]) count += bin["count"].get<std::uint64_t>();
        EXPECT_EQ(latency["count"], totals[std::string(access) + "s"]);
        EXPECT_EQ(latency["count"], count);
        EXPECT_LE(latency["min_clocks"], latency["p50_clocks"]);
        EXPECT_LE(latency["p50_clocks"], latency["p95_clocks"]);
        EXPECT_LE(latency["p95_clocks"], latency["p99_clocks"]);
        EXPECT_LE(latency["p99_clocks"], latency["max_clocks"]);
    }
}

TEST_F(DramCommand, EnergyIsTheSumOfItsPartsAndTheIoApart) {
    const Json totals = result(ddr4() + " rand --requests 2000")["totals"];
    double sum = 0;
    for (const Json& part : totals["energy_by_part_joules"]) sum += part.get<double>();
    const double joules = totals["energy_joules"];
    EXPECT_DOUBLE_EQ(joules, sum);
    const double bits = totals["bytes_moved"].get<double>() * 8;
    EXPECT_DOUBLE_EQ(totals["picojoules_per_bit"].get<double>(), joules * 1e12 / bits);
    EXPECT_DOUBLE_EQ(totals["picojoules_per_bit_with_io"].get<double>(),
                     (joules + totals["io_energy_joules"].get<double>()) * 1e12 / bits);
    EXPECT_DOUBLE_EQ(totals["average_power_watts"].get<double>(),
                     joules / totals["seconds"].get<double>());
}

TEST_F(DramCommand, SumsTheCountersOfItsChannels) {
    const Json json = result(ddr4() + " rand_rw --requests 2000 --set organization.channels=2");
    ASSERT_EQ(json["channels"].size(), 2U);
    for (const auto& counter : memory::kDramCounters) {
        const std::string name(counter.name);
        EXPECT_EQ(json["totals"]["counters"][name].get<std::uint64_t>(),
                  json["channels"][0][name].get<std::uint64_t>() +
                      json["channels"][1][name].get<std::uint64_t>())
            << name;
    }
    EXPECT_GT(json["channels"][0]["reads"], 400);
    EXPECT_GT(json["channels"][1]["reads"], 400);
}

TEST_F(DramCommand, ATraceOfAPatternGivesWhatThePatternGives) {
    for (const memory::DramPattern pattern :
         {memory::DramPattern::TwoStreams, memory::DramPattern::RandomMixed}) {
        const std::string name(memory::infoOf(pattern).name);
        const Json byName = result(ddr4() + " " + name + " --requests 3000");
        const std::string trace = traceOf(pattern, 3000);
        const Json byTrace = result(ddr4() + " " + trace);
        EXPECT_EQ(byTrace["totals"], byName["totals"]) << name;
        EXPECT_EQ(byTrace["workload"],
                  (Json{{"trace", trace}, {"requests", 3000}, {"window", 65536}}));
    }
}

TEST_F(DramCommand, AliasesAndTheDefaultsAreThoseOfTheName) {
    const Json json = result(ddr4() + " seq_rd");
    EXPECT_EQ(json["workload"],
              (Json{{"pattern", "seq"}, {"requests", 100'000}, {"seed", 42}, {"window", 65536}}));
    EXPECT_NEAR(json["totals"]["clocks_per_request"].get<double>(),
                json["totals"]["closed_form_clocks_per_request"].get<double>(), 0.02 * 4.188);
    EXPECT_EQ(result(ddr4() + " dep_seq")["totals"]["requests"], 10'000);
}

TEST_F(DramCommand, TheSeedChoosesTheAddresses) {
    const Json one = result(ddr4() + " rand --requests 1000")["totals"];
    EXPECT_EQ(result(ddr4() + " rand --requests 1000 --seed 42")["totals"], one);
    EXPECT_NE(result(ddr4() + " rand --requests 1000 --seed 43")["totals"], one);
}

TEST_F(DramCommand, PrintsTheFiguresWithTheirUnits) {
    const std::string text = dram(ddr4() + " row_conf --requests 20000").text;
    EXPECT_THAT(text, HasSubstr("requests     20000 (20000 reads, 0 writes)\n"));
    EXPECT_THAT(text, HasSubstr(" % of the closed form 58.631 (tRC 56, over 1 - tRFC/tREFI = 1 -"
                                "\n             420/9360)\n"));
    EXPECT_THAT(text, HasSubstr("latency, clocks  count "));
    EXPECT_THAT(text, HasSubstr("I/O and termination"));
    EXPECT_THAT(text, HasSubstr("##########"));
    EXPECT_EQ(dram(ddr4() + " seq --requests 10 --quiet").text, "");
}

TEST_F(DramCommand, WritesEveryCommandInTheOrderOfTheClocks) {
    const Json json = result(ddr4() + " rand_rw --requests 3000 --set organization.channels=2 " +
                             "--commands " + file("commands.csv"));
    std::istringstream lines(contentOf(folder_ / "commands.csv"));
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(line, "clock,channel,command,rank,bank_group,bank,row,column");
    std::map<std::string, std::uint64_t> counts;
    std::uint64_t last = 0;
    while (std::getline(lines, line)) {
        std::vector<std::string> fields;
        std::istringstream cells(line + ",.");
        for (std::string cell; std::getline(cells, cell, ',');) fields.push_back(cell);
        ASSERT_EQ(fields.size(), 9U) << line;
        ASSERT_GE(std::stoull(fields[0]), last) << line;
        last = std::stoull(fields[0]);
        ++counts[fields[2]];
        const bool ofBank = fields[2] != "REF" && fields[2] != "PREA";
        ASSERT_EQ(fields[5].empty(), !ofBank) << line;
        ASSERT_EQ(fields[6].empty(), fields[2] != "ACT") << line;
        ASSERT_EQ(fields[7].empty(), fields[2] != "RD" && fields[2] != "WR") << line;
    }
    const Json& counters = json["totals"]["counters"];
    EXPECT_EQ(counters["activates"], counts["ACT"]);
    EXPECT_EQ(counters["reads"], counts["RD"]);
    EXPECT_EQ(counters["writes"], counts["WR"]);
    EXPECT_EQ(counters["refreshes"], counts["REF"]);
    EXPECT_GT(counts["ACT"], 0U);
    EXPECT_GT(counts["REF"], 0U);
}

TEST_F(DramCommand, LeavesNoHalfOfAFile) {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "0 read 0\n";
    write("bad.trace", text + "oops\n");
    write("commands.csv", "of a run before\n");
    const auto outcome = dram(ddr4() + " " + file("bad.trace") + " --commands " +
                              file("commands.csv") + " --json " + file("new.json"));
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_THAT(outcome.text, HasSubstr("bad.trace:5001:1: 1 field only, expected"));
    EXPECT_EQ(contentOf(folder_ / "commands.csv"), "of a run before\n");
    EXPECT_EQ(filesInFolder(), 2U);
}

TEST_F(DramCommand, WrongArgumentsEndWithTwoAndSayWhatWasExpected) {
    const auto typo = dram(ddr4() + " rnad");
    EXPECT_EQ(typo.exitCode, 2);
    EXPECT_EQ(typo.text,
              "rnad: neither a pattern nor a file, expected a trace or one of seq, seq_wr, rand, "
              "rand_rw, row_conf, rw_2stream, rw_2stream_blk, dep_seq, dep_rand, dep_conf (did you "
              "mean 'rand'?)\n");
    const std::string trace = traceOf(memory::DramPattern::Sequential, 3);
    const auto seed = dram(ddr4() + " " + trace + " --seed 3");
    EXPECT_EQ(seed.exitCode, 2);
    EXPECT_THAT(seed.text, HasSubstr("--seed: the trace"));
    EXPECT_EQ(dram(ddr4() + " seq --requests 0").exitCode, 2);
    EXPECT_EQ(dram(ddr4()).exitCode, 2);
    EXPECT_EQ(dram(ddr4() + " seq --json " + file("no/such/folder.json")).exitCode, 2);
    EXPECT_EQ(dram(ddr4() + " seq --set organization.chanels=2").exitCode, 2);
    EXPECT_EQ(dram(file("none.yaml") + " seq").exitCode, 2);
}

TEST_F(DramCommand, AnIdealMemoryHasNeitherRowsNorCommandsNorSeconds) {
    const std::string ideal = source("configs/dram/ideal.yaml");
    const Json json =
        result(ideal + " seq --requests 1000 --set latency_cycles=20 --set bytes_per_cycle=16");
    EXPECT_EQ(json["totals"]["cycles"], 4 * 1000 + 20);
    EXPECT_TRUE(json["totals"]["seconds"].is_null());
    EXPECT_TRUE(json["channels"].empty());
    const auto rows = dram(ideal + " row_conf");
    EXPECT_EQ(rows.exitCode, 2);
    EXPECT_THAT(rows.text, HasSubstr("an ideal memory has no rows for row_conf"));
    const auto commands = dram(ideal + " seq --commands " + file("c.csv"));
    EXPECT_EQ(commands.exitCode, 2);
    EXPECT_THAT(commands.text, HasSubstr("--commands"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "c.csv"));
}

TEST_F(DramCommand, TakesAShippedMemoryByName) {
    EXPECT_EQ(result("ddr4_2400 seq --requests 100")["config"]["name"], "DDR4-2400");
    EXPECT_EQ(result("hbm2_stack seq --requests 100")["config"]["channels"], 8);
}

TEST_F(DramCommand, UnderstandsTheKeysOfAnAcceleratorsMemory) {
    const auto channels = [&](const std::string& arguments) {
        return result(arguments + " --requests 100")["config"]["channels"].get<int>();
    };
    const std::string edge = source("configs/accelerators/edge-16x16.yaml");
    EXPECT_EQ(channels(ddr4() + " seq --set organization.channels=2"), 2);
    EXPECT_EQ(channels(edge + " seq --set dram.organization.channels=2"), 2);
    EXPECT_EQ(channels(edge + " seq --set dram=hbm2 --set dram.organization.channels=2"), 2);
    const auto section = dram(edge + " seq --set organization.channels=2");
    EXPECT_EQ(section.exitCode, 2);
    EXPECT_THAT(section.text, HasSubstr("did you mean 'dram.organization.channels'?"));
    const auto memory = dram(ddr4() + " seq --set dram.organization.channels=2");
    EXPECT_EQ(memory.exitCode, 2);
    EXPECT_THAT(memory.text, HasSubstr("did you mean 'organization.channels'?"));
    EXPECT_EQ(dram(ddr4() + " seq --set dram.organization.chanels=2").exitCode, 2);
}

TEST_F(DramCommand, SaysInWhichOrderChannelsAreOffered) {
    const std::string two = ddr4() + " rand --requests 5000 --set organization.channels=2";
    const Json wide = result(two);
    const Json inOrder = result(two + " --window 1");
    EXPECT_EQ(wide["workload"]["window"], 65536);
    EXPECT_LT(wide["totals"]["cycles"], inOrder["totals"]["cycles"]);
    EXPECT_FALSE(inOrder["totals"].contains("closed_form_clocks_per_request"));
    EXPECT_THAT(dram(two).text, HasSubstr("in order to each channel"));
    EXPECT_EQ(dram(two + " --window 0").exitCode, 2);
}

TEST_F(DramCommand, PrintsThePeakThatItIsMeasuredAgainst) {
    EXPECT_THAT(dram("hbm3_stack seq --requests 1000").text, HasSubstr("of 819.200 GB/s"));
    const std::string ideal = source("configs/dram/ideal.yaml") + " seq --requests 100";
    EXPECT_THAT(dram(ideal).text, HasSubstr("of no limit"));
    EXPECT_TRUE(result(ideal)["totals"]["peak_bytes_per_cycle"].is_null());
    EXPECT_EQ(result(ideal + " --set bytes_per_cycle=16")["totals"]["peak_bytes_per_cycle"], 16);
}

TEST_F(DramCommand, RefusesRefreshesThatLeaveNoTimeForARow) {
    const auto refused = dram(ddr4() + " seq --set timing.tREFI=475");
    EXPECT_EQ(refused.exitCode, 2);
    EXPECT_THAT(refused.text, HasSubstr("timing.tREFI: a refresh every 475 clocks leaves no time "
                                        "for a row, expected at least 476"));
    EXPECT_EQ(dram(ddr4() + " seq --requests 200 --set timing.tREFI=476").exitCode, 0);
    EXPECT_EQ(dram(ddr4() + " seq --requests 200 --set timing.tREFI=480").exitCode, 0);
    EXPECT_EQ(dram("ddr5_4800 seq --requests 200 --set timing.tREFI=858").exitCode, 0);
    // A rank makes up for refreshes that it put off so slowly that nothing else is served for long.
    for (const char* pattern : {"dep_seq", "row_conf", "rand_rw"}) {
        EXPECT_EQ(dram(fmt::format("hbm3 {} --requests 1000 --set timing.tREFI=796 "
                                   "--set controller.postponed_refreshes=8",
                                   pattern))
                      .exitCode,
                  0)
            << pattern;
    }
}

TEST_F(DramCommand, TakesTheMemoryOfAnAccelerator) {
    EXPECT_EQ(result(source("configs/accelerators/edge-16x16.yaml") +
                     " seq --requests 100")["config"]["model"],
              "ddr");
}

TEST_F(DramCommand, ItsHelpTeaches) {
    const auto help = dram("--help");
    EXPECT_EQ(help.exitCode, 0);
    for (const memory::DramPatternInfo& info : memory::kDramPatterns) {
        EXPECT_THAT(help.text, HasSubstr(std::string(info.description)));
    }
    EXPECT_THAT(help.text, HasSubstr("0 read 0x1f40"));
}

}  // namespace
}  // namespace systole::sim
