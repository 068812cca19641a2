// SPDX-License-Identifier: Apache-2.0
// No output has a time, a rate or an energy at a clock that the hardware does not reach.
#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "sim/base/text.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kClocked = "seconds|joules|watts|per_second";

bool dependsOnClock(const std::string& key) {
    // The peak of a DRAM with a clock of its own.
    return key != "dram_peak_bytes_per_second" && std::regex_search(key, std::regex(kClocked));
}

/// Paths of numbers below keys that depend on the clock; `config` has none of the results.
void collect(const nlohmann::json& value, const std::string& path, bool isClocked,
             std::vector<std::string>& found) {
    if (value.is_number() && isClocked) found.push_back(path);
    if (!value.is_structured()) return;
    for (const auto& item : value.items()) {
        if (item.key() == "config") continue;
        collect(item.value(), path + "/" + item.key(), isClocked || dependsOnClock(item.key()),
                found);
    }
}

std::vector<std::string> clockedFigures(const nlohmann::json& document) {
    std::vector<std::string> found;
    collect(document, "", false, found);
    return found;
}

std::vector<std::string> cellsOf(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream stream(line + ",");
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    return cells;
}

/// Cells of the rows, under names that depend on the clock, that are not empty.
std::vector<std::string> clockedCells(const std::string& csv) {
    std::istringstream lines(csv);
    std::string line;
    std::getline(lines, line);
    const std::vector<std::string> header = cellsOf(line);
    std::vector<std::string> found;
    while (std::getline(lines, line)) {
        const std::vector<std::string> cells = cellsOf(line);
        EXPECT_EQ(cells.size(), header.size());
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (dependsOnClock(header[i]) && !cells[i].empty()) {
                found.push_back(header[i] + "=" + cells[i]);
            }
        }
    }
    return found;
}

class ClockRule : public WorkerTest {
protected:
    std::string file(const std::string& name) const { return (folder_ / name).string(); }
    /// Runs `command` with files of all kinds; the text that it printed.
    std::string outputOf(const std::string& command) const {
        const CommandOutcome outcome =
            systole(command + " --json " + file("r.json") + " --csv " + file("r.csv"));
        EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
        return outcome.text;
    }
    void expectNoSpeed(const std::string& command) const {
        SCOPED_TRACE(command);
        const std::string text = outputOf(command);
        EXPECT_THAT(text, HasSubstr("not reachable"));
        EXPECT_THAT(text, Not(testing::ContainsRegex("[0-9] [munp]?[JW]([ ,\n]|$)")));
        EXPECT_THAT(text, Not(testing::ContainsRegex("[0-9] inferences/s")));
        const nlohmann::json json = jsonOf(folder_ / "r.json");
        EXPECT_THAT(clockedFigures(json), IsEmpty());
        EXPECT_THAT(clockedCells(contentOf(folder_ / "r.csv")), IsEmpty());
        EXPECT_THAT(json.dump(), HasSubstr("\"cycles\":"));
    }
    static std::string edge() { return source("configs/accelerators/edge-16x16.yaml"); }
    static std::string inputs() {
        return edge() + " " + source("traces/resnet8_fmnist/workload.yaml");
    }
};

TEST_F(ClockRule, HoldsForRuns) {
    expectNoSpeed("run " + inputs() + " --images 1 --set datapath=e4m3");
    expectNoSpeed("run " + inputs() + " --timing-only --set clock=2GHz");
    // Elements of two bits are faster than memories.
    expectNoSpeed("run " + inputs() +
                  " --timing-only --reach-clock --set clock=2.4GHz "
                  "--set 'datapath={activation: int2, weight: int2, accumulator: int8}'");
    expectNoSpeed("run " + inputs() + " --timing-only --reach-clock --set clock=3GHz");
}

TEST_F(ClockRule, HoldsForProducts) {
    expectNoSpeed("gemm " + edge() + " 8 9 10 --set clock=2GHz");
    expectNoSpeed("gemm " + edge() + " 8 9 10 --timing-only --set datapath=e4m3_fp32");
    expectNoSpeed("gemm " + edge() +
                  " 8 9 10 --set clock=2GHz --set dram=ideal --set dram.bytes_per_cycle=8");
}

TEST_F(ClockRule, HoldsForComparisonsAndSweeps) {
    expectNoSpeed("compare " + inputs() + " --images 1 --formats int8,e4m3 --clock 3GHz");
    const std::string sweep =
        write("s.yaml", fmt::format("name: s\nconfig: {}\nworkload: {}\ntiming_only: true\n"
                                    "grid: [{{key: clock, values: [2GHz, 3GHz]}}]\n",
                                    sourceFile("configs/accelerators/edge-16x16.yaml"),
                                    sourceFile("traces/resnet8_fmnist/workload.yaml")))
            .string();
    expectNoSpeed("sweep " + shellWord(sweep));
}

TEST_F(ClockRule, LeavesFiguresOfAReachedClockAlone) {
    const std::string text = outputOf("run " + inputs() + " --timing-only");
    EXPECT_THAT(text, Not(HasSubstr("not reachable")));
    EXPECT_GT(clockedFigures(jsonOf(folder_ / "r.json")).size(), 50U);
    EXPECT_GT(clockedCells(contentOf(folder_ / "r.csv")).size(), 50U);
}

TEST_F(ClockRule, CyclesAreThoseOfTheClockThatIsNotReached) {
    outputOf("run " + inputs() + " --timing-only --set datapath=e4m3");
    const nlohmann::json slow = jsonOf(folder_ / "r.json").at("totals");
    outputOf("run " + inputs() + " --timing-only --set datapath=e4m3 --set technology=none");
    const nlohmann::json free = jsonOf(folder_ / "r.json").at("totals");
    EXPECT_EQ(slow.at("cycles"), free.at("cycles"));
    EXPECT_EQ(slow.at("dram_bytes"), free.at("dram_bytes"));
    EXPECT_TRUE(slow.at("seconds").is_null());
    EXPECT_TRUE(free.at("seconds").is_number());
}

TEST_F(ClockRule, WithoutATechnologyThereAreNoEnergiesAndAreas) {
    outputOf("run " + inputs() + " --timing-only --set technology=none");
    const nlohmann::json totals = jsonOf(folder_ / "r.json").at("totals");
    for (const char* key : {"energy_joules", "average_power_watts", "joules_per_mac", "area_mm2",
                            "energy_delay_joule_seconds"}) {
        EXPECT_TRUE(totals.at(key).is_null()) << key;
    }
    EXPECT_TRUE(totals.at("inferences_per_second").is_number());
    const std::string text =
        outputOf("compare " + inputs() + " --images 1 --formats int8,int4 --set technology=none");
    EXPECT_THAT(text, testing::ContainsRegex("area, mm2 +- +-\n"));
    EXPECT_THAT(text, testing::ContainsRegex("energy per inference, uJ +- +-\n"));
    EXPECT_THAT(text, Not(HasSubstr("smallest area")));
}

}  // namespace
}  // namespace systole::sim
