// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <stdexcept>

#include "sim/study/compare.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ComparedFormat format(const std::string& name, std::uint64_t correct, double energyJoules,
                      double areaMm2, double seconds) {
    ComparedFormat format;
    format.format = name;
    format.result = {{"workload", {{"name", "net"}}},
                     {"config",
                      {{"name", "edge"},
                       {"array_rows", 16},
                       {"array_columns", 8},
                       {"dataflow", "weight_stationary"},
                       {"clock_hertz", 5e8},
                       {"technology", "t45"}}}};
    RunFigures& figures = format.figures;
    figures.cycles = 1000;
    figures.seconds = seconds;
    figures.inferencesPerSecond = 1 / seconds;
    figures.utilization = 0.5;
    figures.energyJoules = energyJoules;
    figures.averagePowerWatts = energyJoules / seconds;
    figures.inferencesPerSecondPerWatt = 1 / energyJoules;
    figures.areaMm2 = areaMm2;
    figures.arrayAreaMm2 = areaMm2 / 4;
    figures.dramBytes = 2048;
    figures.images = 200;
    figures.correct = correct;
    figures.fp32Correct = 181;
    figures.sqnrDecibels = 30.0;
    return format;
}

Comparison comparisonOf(std::vector<ComparedFormat> formats) {
    Comparison comparison;
    comparison.formats = std::move(formats);
    return comparison;
}

class CompareFormats : public WorkerTest {
protected:
    static std::string edge() { return sourceFile("configs/accelerators/edge-16x16.yaml"); }
    static std::string inputs() {
        return shellWord(edge()) + " " + source("traces/resnet8_fmnist/workload.yaml");
    }
    std::string file(const std::string& name) const { return (folder_ / name).string(); }

    std::string breakdownOf(const std::string& programLines) const {
        const WorkerPool pool{.program = writeProgram(programLines), .jobs = 2};
        try {
            compareFormats(pool, {}, {"int8", "e4m3"});
        } catch (const ConfigError& error) {
            return std::string("user error: ") + error.what();
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "no error";
    }
};

TEST_F(CompareFormats, EveryResultIsThatOfARunOfItsOwn) {
    const CommandOutcome compared =
        systole("compare " + inputs() + " --formats int8,e4m3 --images 3 --set array.rows=8 " +
                "--quiet --json " + file("compare.json"));
    ASSERT_EQ(compared.exitCode, 0) << compared.text;
    EXPECT_EQ(compared.text, "");
    const nlohmann::json comparison = jsonOf(folder_ / "compare.json");
    EXPECT_EQ(comparison.at("schema"), "systole-compare/1");
    EXPECT_EQ(comparison.at("config").at("file"), edge());
    EXPECT_EQ(comparison.at("workload").at("name"), "resnet8_fmnist");
    ASSERT_EQ(comparison.at("formats").size(), 2);
    for (const std::size_t i : {0, 1}) {
        const nlohmann::json& compare = comparison.at("formats").at(i);
        const std::string name = i == 0 ? "int8" : "e4m3";
        EXPECT_EQ(compare.at("format"), name);
        systole("run " + inputs() + " --images 3 --set array.rows=8 --set datapath=" + name +
                " --quiet --json " + file("run.json"));
        EXPECT_EQ(compare.at("result"), jsonOf(folder_ / "run.json"));
    }
}

TEST_F(CompareFormats, ACsvHasARowAFormatInFullPrecision) {
    EXPECT_EQ(comparisonCsv(comparisonOf({format("int8", 180, 0.1, 2, 0.001)})),
              "format,cycles,seconds,inferences_per_second,utilization,energy_joules,"
              "average_power_watts,inferences_per_second_per_watt,area_mm2,array_area_mm2,"
              "meets_clock,dram_bytes,images,top1,fp32_top1,sqnr_db\n"
              "int8,1000,0.001,1000,0.5,0.1,100,10,2,0.5,true,2048,200,0.9,0.905,30\n");
}

TEST_F(CompareFormats, TheTableHasAColumnAFormatAndSaysWhoWins) {
    EXPECT_EQ(comparisonTable(comparisonOf(
                  {format("int8", 180, 4e-6, 2, 0.001), format("e4m3", 181, 5e-6, 3, 0.0005)})),
              "net on edge: 16x8 weight stationary, 500 MHz, t45, over 200 images\n"
              "\n"
              "                              int8      e4m3\n"
              "--------------------------------------------\n"
              "top-1, %                     90.00     90.50\n"
              "top-1 of FP32, %             90.50     90.50\n"
              "SQNR, dB                     30.00     30.00\n"
              "area, mm2                    2.000     3.000\n"
              "PE array area, mm2          0.5000    0.7500\n"
              "cycles                        1000      1000\n"
              "inferences/s                1000.0    2000.0\n"
              "energy per inference, uJ     4.000     5.000\n"
              "average power, mW              4.0      10.0\n"
              "inferences/s/W            250000.0  200000.0\n"
              "DRAM traffic, KiB              2.0       2.0\n"
              "utilization, %                50.0      50.0\n"
              "\n"
              "e4m3 against int8: top-1 +0.50 points, area 1.50x, PE array 1.50x, inferences/s "
              "2.00x, energy 1.25x,\ninferences/s/W 0.80x, DRAM traffic 1.00x\n"
              "\n"
              "At equal accuracy (top-1 within 1 point of the best: int8 = e4m3): lowest energy "
              "int8, smallest area\nint8, fastest e4m3.\n");
}

TEST_F(CompareFormats, TheTitleSaysTheDataflowOfTheRuns) {
    Comparison comparison = comparisonOf({format("int8", 180, 4e-6, 2, 0.001)});
    comparison.formats.front().result["config"]["dataflow"] = "output_stationary";
    EXPECT_THAT(comparisonTable(comparison), HasSubstr("net on edge: 16x8 output stationary, "));
}

TEST_F(CompareFormats, CountsOfImagesAreThoseOfTheRunAndNotRoundedShares) {
    nlohmann::ordered_json result{{"schema", "systole-result/1"},
                                  {"totals",
                                   {{"cycles", 1},
                                    {"seconds", 1},
                                    {"inferences_per_second", 1},
                                    {"utilization", 1},
                                    {"energy_joules", 1},
                                    {"average_power_watts", 1},
                                    {"inferences_per_second_per_watt", 1},
                                    {"area_mm2", 1},
                                    {"area_by_component", {{"array", {{"area_um2", 1}}}}},
                                    {"dram_bytes", 1},
                                    {"meets_clock", true},
                                    {"accuracy",
                                     {{"images", 8},
                                      {"correct", 7},
                                      {"top1", 0.1},
                                      {"fp32_correct", nullptr},
                                      {"fp32_top1", nullptr},
                                      {"sqnr_db", 30.0}}}}}};
    const RunFigures figures = readRunFigures(result);
    EXPECT_EQ(figures.correct, 7U);
    EXPECT_EQ(figures.fp32Correct, std::nullopt);
    result["totals"]["accuracy"]["fp32_correct"] = 6;
    EXPECT_EQ(readRunFigures(result).fp32Correct, 6U);
}

TEST_F(CompareFormats, AFormatOnePointBelowTheBestIsEquallyAccurateAndOneImageMoreIsNot) {
    const auto winners = winnersAtEqualAccuracy(
        comparisonOf({format("best", 182, 3, 3, 3), format("one point", 180, 2, 2, 2),
                      format("below", 179, 1, 1, 1)}));
    EXPECT_THAT(winners.candidates, ElementsAre(0, 1));
    EXPECT_THAT(winners.lowestEnergy, ElementsAre(1));
    EXPECT_THAT(winners.smallestArea, ElementsAre(1));
    EXPECT_THAT(winners.fastest, ElementsAre(1));
}

TEST_F(CompareFormats, FormatsThatAreEquallyFastShareThePlace) {
    const auto winners = winnersAtEqualAccuracy(comparisonOf(
        {format("slow", 180, 3, 3, 3), format("a", 180, 1, 2, 2), format("b", 180, 2, 1, 2)}));
    EXPECT_THAT(winners.lowestEnergy, ElementsAre(1));
    EXPECT_THAT(winners.smallestArea, ElementsAre(2));
    EXPECT_THAT(winners.fastest, ElementsAre(1, 2));
}

TEST_F(CompareFormats, WithoutLabelsNobodyWins) {
    Comparison comparison = comparisonOf({format("a", 0, 1, 1, 1), format("b", 0, 1, 1, 1)});
    comparison.formats[1].figures.correct.reset();
    EXPECT_THAT(winnersAtEqualAccuracy(comparison).candidates, IsEmpty());
    EXPECT_THAT(comparisonTable(comparison), HasSubstr("\nNo labels, no top-1: "));
}

TEST_F(CompareFormats, AnUnknownFormatIsAnErrorOfTheUserInTheWordsOfTheRun) {
    const CommandOutcome outcome =
        systole("compare " + inputs() + " --formats int8,e9m9 --images 1");
    EXPECT_EQ(outcome.exitCode, 2);
    const CommandOutcome run = systole("run " + inputs() + " --set datapath=e9m9");
    EXPECT_EQ(outcome.text, run.text);
}

TEST_F(CompareFormats, AMistakeThatAllFormatsShareIsSaidOnce) {
    EXPECT_EQ(breakdownOf("echo edge.yaml:1:1: wrong >&2; exit 2\n"),
              "user error: edge.yaml:1:1: wrong");
}

TEST_F(CompareFormats, ACrashOfARunNamesTheFormatAndTheSignal) {
    EXPECT_EQ(breakdownOf("kill -ABRT $$\n"),
              "the run of int8: killed by SIGABRT (Aborted)\n"
              "the run of e4m3: killed by SIGABRT (Aborted)");
}

TEST_F(CompareFormats, TheSameFormatTwiceIsRefused) {
    EXPECT_EQ(messageOf([] {
                  compareFormats({}, {}, {"int8", "int8"});
              }),
              "--formats: int8 is there twice, expected every format once");
}

TEST_F(CompareFormats, AnOverrideOfTheWholeDatapathIsRefused) {
    RunRequest request;
    request.overrides = {"array.rows=8", "datapath=int4"};
    EXPECT_EQ(messageOf([&] { compareFormats({}, request, {"int8"}); }),
              "--set datapath=int4: --formats chooses the datapath, expected only keys within it, "
              "such as datapath.accumulator");
}

TEST_F(CompareFormats, HelpTeachesWithAnExample) {
    const CommandOutcome help = systole("compare --help");
    EXPECT_EQ(help.exitCode, 0);
    EXPECT_THAT(help.text, HasSubstr("--formats int8,e4m3,int4 --images 256"));
}

}  // namespace
}  // namespace systole::sim
