// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "sim/base/text.hpp"
#include "sim/study/sweep.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

SweepPoint point(double areaMm2, double energyJoules, double seconds, std::uint64_t correct) {
    SweepPoint point;
    point.outcome.figures.areaMm2 = areaMm2;
    point.outcome.figures.energyJoules = energyJoules;
    point.outcome.figures.seconds = seconds;
    point.outcome.figures.correct = correct;
    return point;
}

std::vector<bool> paretoOf(std::vector<SweepPoint> points) {
    markPareto(points);
    std::vector<bool> front;
    for (const SweepPoint& marked : points) {
        front.push_back(marked.isPareto);
    }
    return front;
}

TEST(SweepPareto, LeavesOutPointsThatDoNotReachTheirClock) {
    std::vector<SweepPoint> points{point(1, 1, 1, 9), point(2, 2, 2, 9)};
    points[0].outcome.figures.hardware = Hardware::TooSlow;
    EXPECT_THAT(paretoOf(points), ElementsAre(false, true));
}

TEST(SweepPareto, JudgesByTheObjectives) {
    std::vector<SweepPoint> points{point(1, 4, 1, 9), point(2, 1, 2, 9)};
    points[0].outcome.figures.energyDelayJouleSeconds = 4;
    points[1].outcome.figures.energyDelayJouleSeconds = 2;
    const auto frontBy = [&](const std::string& name) {
        for (const Objective& objective : allObjectives()) {
            if (name == objective.name) markPareto(points, {objective});
        }
        return std::vector<bool>{points[0].isPareto, points[1].isPareto};
    };
    EXPECT_THAT(frontBy("area"), ElementsAre(true, false));
    EXPECT_THAT(frontBy("energy"), ElementsAre(false, true));
    EXPECT_THAT(frontBy("energy_delay"), ElementsAre(false, true));
    EXPECT_THAT(frontBy("time"), ElementsAre(true, false));
    // Nobody says.
    EXPECT_THAT(frontBy("energy_per_mac"), ElementsAre(true, true));
}

class SweepRun : public WorkerTest {
protected:
    /// A sweep of the shipped network with this grid; its file.
    std::string writeSweep(const std::string& rest) const {
        return write("sweep.yaml",
                     fmt::format("name: s\nconfig: {}\nworkload: {}\n{}",
                                 sourceFile("configs/accelerators/edge-16x16.yaml"),
                                 sourceFile("traces/resnet8_fmnist/workload.yaml"), rest))
            .string();
    }
    std::string file(const std::string& name) const { return (folder_ / name).string(); }
    std::vector<std::string> csvLines(const std::string& name) const {
        return linesOf(contentOf(folder_ / name));
    }

    /// The result of a grid whose points all run a program of these lines of shell.
    SweepResult runProgram(const std::string& lines, const std::vector<SweepAxis>& axes) const {
        Sweep sweep;
        sweep.name = "s";
        sweep.axes = axes;
        return runSweep({.program = writeProgram(lines), .jobs = 2}, sweep);
    }
};

TEST_F(SweepRun, PointsStandRowByRowWithTheLastAxisFastest) {
    // Says what it was asked for: its arguments up to --quiet.
    const SweepResult result =
        runProgram("echo \"${*%% --quiet*}\" >&2; exit 2\n",
                   {{{"rows", "columns"}, {"8", "16"}}, {{"datapath"}, {"int8", "e4m3"}}});
    std::vector<std::string> asked;
    for (const SweepPoint& swept : result.points) {
        asked.push_back(swept.outcome.failure);
    }
    EXPECT_THAT(asked, ElementsAre("run   --set rows=8 --set columns=8 --set datapath=int8",
                                   "run   --set rows=8 --set columns=8 --set datapath=e4m3",
                                   "run   --set rows=16 --set columns=16 --set datapath=int8",
                                   "run   --set rows=16 --set columns=16 --set datapath=e4m3"));
}

TEST_F(SweepRun, TheSweepsOwnOverridesComeBeforeThePoints) {
    Sweep sweep;
    sweep.base.images = 3;
    sweep.base.overrides = {"datapath=int4"};
    sweep.axes = {{{"datapath.weight"}, {"int8"}}};
    const SweepResult result =
        runSweep({.program = writeProgram("echo \"${*%% --quiet*}\" >&2; exit 2\n")}, sweep);
    EXPECT_EQ(result.points[0].outcome.failure,
              "run   --images 3 --set datapath=int4 --set datapath.weight=int8");
}

TEST_F(SweepRun, ACrashedPointIsAFailedRowThatNamesTheSignal) {
    const SweepResult result = runProgram("kill -SEGV $$\n", {{{"clock"}, {"1GHz"}}});
    EXPECT_EQ(result.failures(), 1U);
    EXPECT_EQ(linesOf(sweepCsv(result))[1],
              "1GHz,failed,killed by SIGSEGV (Segmentation fault)" + std::string(30, ','));
}

TEST_F(SweepRun, AMessageOfSeveralLinesStaysOneLine) {
    const SweepResult result =
        runProgram("echo one >&2; echo two >&2; exit 2\n", {{{"clock"}, {"1GHz"}}});
    EXPECT_THAT(sweepTable(result), HasSubstr("\nclock=1GHz: one; two\n"));
}

TEST_F(SweepRun, TheTableNamesLongValuesAndSaysWhatMisleads) {
    const std::string grid =
        "set: ['scheme={base: per_channel, accumulator_headroom: 0}']\n"
        "grid:\n"
        "  - key: datapath\n"
        "    values:\n"
        "      - {activation: int8, weight: int8, accumulator: int16}\n"
        "      - {activation: int8, weight: int8, accumulator: int32}\n";
    const std::string text = systole("sweep " + writeSweep("images: 2\n" + grid)).text;
    EXPECT_THAT(text, HasSubstr("\n#1 "));
    EXPECT_THAT(text, HasSubstr("\n#2: {activation: int8, weight: int8, accumulator: int32}\n"));
    EXPECT_THAT(text, HasSubstr("Warning: datapath={activation: int8, weight: int8, accumulator: "
                                "int16} does not fit"));
    EXPECT_EQ(text.find("accumulator: int32} does not fit"), std::string::npos);
    EXPECT_EQ(text.find("drawn operands"), std::string::npos);
    EXPECT_THAT(systole("sweep " + writeSweep("timing_only: true\n" + grid)).text,
                HasSubstr("Energies are of drawn operands, within 3 % on ResNet-8.\n"));
}

TEST_F(SweepRun, OverTechnologiesSaysHowFarEachMayBeOff) {
    const std::string text =
        systole("sweep " + writeSweep("timing_only: true\n"
                                      "grid:\n"
                                      "  - {key: technology, values: [generic_45nm, generic_7nm]}\n"
                                      "  - {key: array.rows, values: [8, 16]}\n"))
            .text;
    const auto count = [&](const std::string& words) {
        std::size_t found = 0;
        for (std::size_t at = 0; (at = text.find(words, at)) != std::string::npos; ++at) ++found;
        return found;
    };
    EXPECT_EQ(count("Logic in generic_45nm, synthesised for area, may be off: area +-"), 1U)
        << text;
    EXPECT_EQ(count("Logic in generic_7nm, synthesised for area, may be off: area +-"), 1U) << text;
    EXPECT_EQ(count("energy up to "), 1U) << text;
}

TEST_F(SweepRun, PointsOutsideOfTheFitAreNamedOnceForEachReason) {
    const std::string text =
        systole("sweep " + writeSweep("timing_only: true\nset: ['clock=100MHz']\n"
                                      "grid:\n"
                                      "  - {key: array.pipeline_depth, values: [1, 2]}\n"
                                      "  - {key: array.rows, values: [8, 16]}\n"))
            .text;
    const std::string note =
        "Note: area, clock and array energy of array.pipeline_depth=2 "
        "array.rows=8 and 1 more: outside of the fit (2 pipeline stages, not";
    EXPECT_THAT(std::regex_replace(text, std::regex("\\s+"), " "), HasSubstr(note));
    EXPECT_EQ(text.find("Note: area"), text.rfind("Note: area"));
}

TEST_F(SweepRun, OneJobAndTwoJobsWriteTheSameBytes) {
    const std::string sweep = writeSweep(
        "images: 2\n"
        "grid:\n"
        "  - {keys: [array.rows, array.columns], values: [8, 32, 512]}\n"
        "  - {key: datapath, values: [int8, e4m3]}\n");
    const CommandOutcome two =
        systole("sweep " + sweep + " --csv " + file("two.csv") + " --json " + file("two.json"));
    const CommandOutcome one = systole("sweep " + sweep + " --jobs 1 --csv " + file("one.csv") +
                                       " --json " + file("one.json"));
    EXPECT_EQ(two.exitCode, 0);
    EXPECT_EQ(one.text, two.text);
    EXPECT_EQ(contentOf(folder_ / "one.csv"), contentOf(folder_ / "two.csv"));
    EXPECT_EQ(contentOf(folder_ / "one.json"), contentOf(folder_ / "two.json"));
    EXPECT_THAT(one.text, HasSubstr("\n4 of 6 points ok, 2 failed;"));
    const std::vector<std::string> lines = csvLines("one.csv");
    ASSERT_EQ(lines.size(), 7U);
    EXPECT_THAT(lines[0], testing::StartsWith("array.rows,array.columns,datapath,status,message,"));
    EXPECT_THAT(lines[4], testing::StartsWith("32,32,e4m3,ok,,"));
    EXPECT_THAT(lines[5], testing::StartsWith("512,512,int8,failed,"));
    EXPECT_THAT(lines[5],
                HasSubstr("weight_scratchpad.capacity: 65536 bytes cannot hold two folds"));
}

TEST_F(SweepRun, APointBeyondItsClockIsMarkedAndHasNoSpeed) {
    const std::string sweep = writeSweep(
        "images: 1\nobjectives: [energy_delay]\n"
        "grid: [{key: datapath, values: [int8, e4m3]}]\n");
    const CommandOutcome outcome = systole("sweep " + sweep + " --csv " + file("sweep.csv"));
    ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
    EXPECT_THAT(outcome.text, testing::ContainsRegex("\ne4m3 +not reachable"));
    EXPECT_THAT(outcome.text, testing::ContainsRegex("\nint8 +\\* +500.0"));
    EXPECT_THAT(std::regex_replace(outcome.text, std::regex("\\s+"), " "),
                HasSubstr("; 1 whose clock is not reachable left out"));
    EXPECT_THAT(csvLines("sweep.csv")[1], testing::StartsWith("int8,ok,,true,"));
    EXPECT_THAT(csvLines("sweep.csv")[2], testing::ContainsRegex("^e4m3,ok,,false,[0-9]+,,,"));
}

TEST_F(SweepRun, PointsReachTheirClockWhereTheSweepSaysSo) {
    const std::string sweep =
        writeSweep("images: 1\nreach_clock: true\ngrid: [{key: datapath, values: [e4m3]}]\n");
    const CommandOutcome outcome = systole("sweep " + sweep);
    ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
    EXPECT_THAT(outcome.text, testing::ContainsRegex("\ne4m3 +\\* +500.0"));
}

TEST_F(SweepRun, EveryPointIsARunOfItsOwn) {
    const std::string sweep = writeSweep("images: 2\ngrid: [{key: array.rows, values: [8]}]\n");
    systole("sweep " + sweep + " --quiet --csv " + file("sweep.csv") + " --json " +
            file("sweep.json"));
    systole("run " + source("configs/accelerators/edge-16x16.yaml") + " " +
            source("traces/resnet8_fmnist/workload.yaml") +
            " --images 2 --set array.rows=8 --quiet --json " + file("run.json"));
    const nlohmann::json run = jsonOf(folder_ / "run.json");
    const nlohmann::json point = jsonOf(folder_ / "sweep.json").at("points").at(0);
    EXPECT_EQ(point.at("set").at("array.rows"), "8");
    EXPECT_EQ(point.at("status"), "ok");
    EXPECT_EQ(point.at("result"), run);
    const nlohmann::json& totals = run.at("totals");
    EXPECT_THAT(csvLines("sweep.csv")[1],
                testing::StartsWith(fmt::format("8,ok,,true,{},{},", totals.at("cycles").dump(),
                                                totals.at("seconds").dump())));
}

TEST_F(SweepRun, AWrongFileIsAnErrorOfTheUserBeforeAnythingRuns) {
    const CommandOutcome outcome = systole("sweep " + writeSweep("grid: []\n"));
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_THAT(outcome.text, HasSubstr("sweep.yaml:4:7: grid: found 0 values"));
}

TEST_F(SweepRun, ATimingOnlySweepHasNoAccuracy) {
    systole("sweep " + writeSweep("timing_only: true\ngrid: [{key: array.rows, values: [8]}]\n") +
            " --csv " + file("sweep.csv"));
    EXPECT_THAT(csvLines("sweep.csv")[1], testing::EndsWith(",0,,,,,,per_channel,1.5,,,"));
}

TEST_F(SweepRun, TheParetoFrontHasWhatNoOtherPointBeatsInEverything) {
    EXPECT_EQ(paretoOf({point(1, 1, 1, 5), point(2, 1, 1, 5), point(2, 1, 1, 6), point(1, 1, 1, 5),
                        point(3, 3, 3, 6)}),
              (std::vector<bool>{true, false, true, true, false}));
}

TEST_F(SweepRun, AFailedPointIsNotOnTheParetoFrontAndBeatsNone) {
    std::vector<SweepPoint> points{point(0, 0, 0, 9), point(1, 1, 1, 5)};
    points[0].outcome.failure = "does not fit";
    EXPECT_EQ(paretoOf(points), (std::vector<bool>{false, true}));
}

TEST_F(SweepRun, HelpTeachesWithAnExample) {
    const CommandOutcome help = systole("sweep --help");
    EXPECT_EQ(help.exitCode, 0);
    EXPECT_THAT(help.text, HasSubstr("systole sweep configs/sweeps/array_by_format.yaml"));
}

}  // namespace
}  // namespace systole::sim
