// SPDX-License-Identifier: Apache-2.0
// Every shipped part against the closed forms of docs/dram.md, written here from the parameters by
// name, and DDR4-2400 against what three simulators measured.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "models/memory/dram/dram_patterns.hpp"
#include "models/memory/dram/dram_replay.hpp"
#include "sim/config/dram/dram_loader.hpp"

namespace systole::memory {
namespace {

const std::filesystem::path kParts = std::filesystem::path(SYSTOLE_SOURCE_DIR) / "configs/dram";

double clocksPerRequest(const DramConfig& dram, DramPattern pattern) {
    constexpr std::uint64_t kRequests = 100'000;
    PatternSource source(dram, pattern, kRequests, 42);
    return static_cast<double>(replay(dram, source).cycles) / kRequests;
}

/// A parameter by any of its names; 0 if the part has none of them.
double parameter(const YAML::Node& timing, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        if (timing[name]) return timing[name].as<double>();
    }
    return 0;
}

struct Forms {
    double sequential;
    double random;
    double rowConflict;
};

Forms formsOf(const std::string& file) {
    const YAML::Node part = YAML::LoadFile((kParts / file).string());
    const auto standardName = part["standard"].as<std::string>();
    const YAML::Node standard =
        YAML::LoadFile((kParts / "../dram_standards" / (standardName + ".yaml")).string());
    const YAML::Node t = part["timing"];
    const double burst = part["organization"]["burst_length"].as<double>() /
                         standard["beats_per_clock"].as<double>();
    const double refresh = 1 - parameter(t, {"tRFC", "tRFCab"}) / parameter(t, {"tREFI"});
    const double column = std::max(burst, parameter(t, {"tCCD_S", "tCCDS", "tCCD"}));
    double bus = 0;
    const YAML::Node commands = standard["commands"];
    for (const char* command : {"ACT", "PRE", "RD"}) {
        const bool shared =
            commands[command]["bus"].as<std::string>() == commands["ACT"]["bus"].as<std::string>();
        bus += shared ? commands[command]["clocks"].as<double>() : 0;
    }
    const double activate =
        std::max({parameter(t, {"tFAW"}) / 4, parameter(t, {"tRRD_S", "tRRDS", "tRRD"}), bus});
    double rowCycle = parameter(t, {"tRC", "tRCpb"});
    if (rowCycle == 0) {
        rowCycle = parameter(t, {"tRAS"}) + parameter(t, {"tRP", "tRPpb"});
    }
    return {column / refresh, std::max(column, activate) / refresh, rowCycle / refresh};
}

TEST(DramClosedForms, HoldWithinTwoPercentForEveryShippedPart) {
    int parts = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kParts)) {
        const std::string file = entry.path().filename().string();
        const DramConfig config = sim::loadDram(entry.path(), {});
        if (!config.ddr || config.ddr->organization.channels > 1) continue;
        ++parts;
        const Forms forms = formsOf(file);
        if (!config.ddr->organization.dataPathPerBank) {
            EXPECT_NEAR(clocksPerRequest(config, DramPattern::Sequential) / forms.sequential, 1,
                        0.02)
                << file;
        }
        EXPECT_NEAR(clocksPerRequest(config, DramPattern::Random) / forms.random, 1, 0.02) << file;
        EXPECT_NEAR(clocksPerRequest(config, DramPattern::RowConflict) / forms.rowConflict, 1, 0.02)
            << file;
    }
    EXPECT_GE(parts, 14);
}

struct Measured {
    DramPattern pattern;
    double cycles[3];  ///< DRAMsim3, Ramulator 2.1, DRAMSys 5.0; 100,000 requests, map bgint
};

// reference/dram-ddr4-2400.csv
const Measured kMeasured[] = {
    {DramPattern::Sequential, {420765, 420260, 420230}},
    {DramPattern::SequentialWrites, {421884, 421183, 421809}},
    {DramPattern::Random, {688451, 692072, 691405}},
    {DramPattern::RowConflict, {5871144, 5861116, 5872972}},
};

TEST(DramClosedForms, Ddr4AgreesWithThreeSimulatorsWithinTwoPercent) {
    const DramConfig config = sim::loadDram(kParts / "ddr4_2400.yaml", {});
    for (const Measured& measured : kMeasured) {
        const double clocks = clocksPerRequest(config, measured.pattern) * 100'000;
        for (const double other : measured.cycles) {
            EXPECT_NEAR(clocks / other, 1, 0.02) << other;
        }
    }
}

}  // namespace
}  // namespace systole::memory
