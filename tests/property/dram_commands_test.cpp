// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/oracle/dram_listing.hpp"
#include "tests/shell_word.hpp"

/// Every DRAM command that the executable lists, of every part, pattern and policy, passes the
/// oracle's checker.
namespace systole {
namespace {

namespace fs = std::filesystem;

constexpr std::array kPatterns{"seq",        "seq_wr",         "rand",    "rand_rw",  "row_conf",
                               "rw_2stream", "rw_2stream_blk", "dep_seq", "dep_rand", "dep_conf"};
constexpr std::uint64_t kRequests = 3000;

/// How the controller is told to go about it, and what the checker must know of that.
struct Policy {
    const char* name;
    std::vector<const char*> settings;
    std::optional<oracle::DramOp> mustOccur = {};  ///< in the trace with pauses
    std::uint32_t ranks = 1;
    std::optional<std::int64_t> postponed = {};  ///< else as the part has it
    bool refreshed = true;
};

void PrintTo(const Policy& policy, std::ostream* stream) { *stream << policy.name; }

const std::vector<Policy>& policies() {
    using oracle::DramOp;
    static const std::vector<Policy> all{
        {"closed", {"page_policy=closed"}},
        {"adaptive", {"page_policy=adaptive"}},
        {"fcfs", {"policy=fcfs"}},
        {"small_queues",
         {"queues.read=4", "queues.write=4", "write_watermarks.high=3", "write_watermarks.low=1"}},
        {"capped", {"row_hit_cap=2", "age_limit=100"}},
        {"no_refresh", {"refresh=none"}, {}, 1, 0, false},
        {"postponed", {"postponed_refreshes=8"}, DramOp::REF, 1, 8},
        {"by_bank", {"refresh=per_bank"}, DramOp::REFB},
        {"by_bank_postponed", {"refresh=per_bank", "postponed_refreshes=8"}, DramOp::REFB, 1, 8},
        {"power_down", {"power_down_after=50"}, DramOp::PDE},
        {"self_refresh",
         {"power_down_after=50", "self_refresh_after=2000", "page_policy=adaptive"},
         DramOp::SRE},
        {"by_bank_asleep",
         {"refresh=per_bank", "power_down_after=50", "self_refresh_after=2000"},
         DramOp::SRE},
        {"two_ranks", {}, {}, 2},
        {"two_ranks_by_bank", {"refresh=per_bank", "page_policy=closed"}, DramOp::REFB, 2},
        {"two_ranks_asleep",
         {"power_down_after=20", "self_refresh_after=1000", "postponed_refreshes=4"},
         DramOp::SRE,
         2,
         4},
    };
    return all;
}

/// The longest that what is under way when a refresh falls due can keep it waiting: a rank that has
/// just entered power-down, or a bank that has just been opened and then written.
std::int64_t slackOf(const oracle::DramSpec& spec) {
    const oracle::DramTimings t(spec);
    return t.powerDown.value_or(0) + t.tXP.value_or(0) +
           std::max(t.activateToPrecharge, t.activateToWrite + t.writeToPrecharge) +
           t.prechargeAll + t.tRFCpb.value_or(0);
}

std::string scratch(const char* ending) {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(name.begin(), name.end(), '/', '_');
    return testing::TempDir() + "dram_commands_" + name + ending;
}

/// Clusters of reads and writes with pauses between, some of them long. Within any part's capacity.
std::string writeTrace() {
    const std::string path = scratch(".trace");
    std::ofstream trace(path);
    std::mt19937_64 random(42);  // NOLINT(bugprone-random-generator-seed): the same each time
    std::uint64_t clock = 0;
    for (std::uint64_t i = 0; i < kRequests / 2; ++i) {
        clock += random() % 16 != 0 ? random() % 8 : random() % (random() % 8 == 0 ? 20000 : 400);
        trace << clock << (random() % 3 == 0 ? " write " : " read ")
              << (random() % (1U << 26U)) / 64 * 64 << "\n";
    }
    return path;
}

std::string commandLine(const fs::path& part, const std::string& pattern, const Policy& policy) {
    std::string line = shellWord(SYSTOLE_EXECUTABLE) + " dram " + shellWord(part.string()) + " " +
                       pattern + " --commands " + scratch(".csv");
    if (!pattern.ends_with(".trace")) {
        line += " --requests " + std::to_string(kRequests);
    }
    for (const char* setting : policy.settings) {
        line += std::string(" --set controller.") + setting;
    }
    if (policy.ranks != 1) {
        line += " --set organization.ranks=" + std::to_string(policy.ranks);
    }
    return line + " > " + scratch(".log") + " 2>&1";
}

/// Replays what the executable lists of one run.
void checkRun(const fs::path& file, oracle::DramPart part, const std::string& pattern,
              const Policy& policy) {
    part.spec.ranks = policy.ranks;
    part.spec.postponed = policy.postponed.value_or(part.spec.postponed);
    part.spec.refreshed = policy.refreshed;
    const auto interval = part.spec.parameters.find("tREFI");
    ASSERT_NE(interval, part.spec.parameters.end());
    part.spec.refreshStaggerClocks = interval->second / policy.ranks;
    part.spec.refreshSlackClocks = slackOf(part.spec);
    const std::string line = commandLine(file, pattern, policy);
    SCOPED_TRACE(line);
    // NOLINTNEXTLINE(cert-env33-c): our own executable
    ASSERT_EQ(std::system(line.c_str()), 0) << std::ifstream(scratch(".log")).rdbuf();
    const oracle::ListingVerdict verdict = checkListing(part, scratch(".csv"));
    EXPECT_EQ(verdict.violations, 0U) << verdict.texts.front();
    EXPECT_GE(verdict.commands, kRequests / 4);
    if (policy.mustOccur && pattern.ends_with(".trace")) {
        EXPECT_GT(verdict.commandsOf.count(*policy.mustOccur), 0U);
    }
}

bool isPossible(const oracle::DramPart& part, const Policy& policy) {
    const bool isByBank = std::any_of(
        policy.settings.begin(), policy.settings.end(),
        [](const char* setting) { return std::string_view(setting) == "refresh=per_bank"; });
    return part.isDdr && part.channels == 1 &&
           (!isByBank || (part.spec.commands.contains(oracle::DramOp::REFB) &&
                          oracle::DramTimings(part.spec).tRFCpb));
}

std::vector<fs::path> partFiles() {
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(SYSTOLE_SOURCE_DIR "/configs/dram")) {
        files.push_back(file.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

class DramCommandsByPattern : public testing::TestWithParam<const char*> {};

TEST_P(DramCommandsByPattern, AreLegalForEveryPart) {
    for (const fs::path& file : partFiles()) {
        const oracle::DramPart part = oracle::readDramPart(file);
        if (part.isDdr && part.channels <= 8) {  // of the larger ones no more is different
            checkRun(file, part, GetParam(), {});
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Patterns, DramCommandsByPattern, testing::ValuesIn(kPatterns),
                         [](const auto& test) { return std::string(test.param); });

class DramCommandsByPolicy : public testing::TestWithParam<Policy> {};

// Each part meets each policy with a trace that has pauses, and with one of the patterns in turn.
TEST_P(DramCommandsByPolicy, AreLegalForEveryPart) {
    const std::string trace = writeTrace();
    std::size_t turn = std::string_view(GetParam().name).size();
    std::size_t checked = 0;
    for (const fs::path& file : partFiles()) {
        const oracle::DramPart part = oracle::readDramPart(file);
        if (!isPossible(part, GetParam())) {
            continue;
        }
        checkRun(file, part, trace, GetParam());
        checkRun(file, part, kPatterns.at(++turn % kPatterns.size()), GetParam());
        ++checked;
    }
    EXPECT_GT(checked, 0U);
}

INSTANTIATE_TEST_SUITE_P(Policies, DramCommandsByPolicy, testing::ValuesIn(policies()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace systole
