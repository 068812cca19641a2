// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <sstream>
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
                       {"scheme", "int8"},
                       {"technology", "t45"},
                       {"resolved",
                        {{"mapping", {{"objective", "cycles"}}},
                         {"scheme", {{"weight", {{"granularity", "per_channel"}}}}}}}}}};
    RunFigures& figures = format.figures;
    figures.cycles = 1000;
    figures.seconds = seconds;
    figures.inferencesPerSecond = 1 / seconds;
    figures.utilization = 0.5;
    figures.energyJoules = energyJoules;
    figures.averagePowerWatts = energyJoules / seconds;
    figures.inferencesPerSecondPerWatt = 1 / energyJoules;
    figures.energyLowJoules = energyJoules / 2;
    figures.energyHighJoules = energyJoules * 2;
    figures.energyDelayJouleSeconds = energyJoules * seconds;
    figures.joulesPerMac = energyJoules / 1e6;
    figures.arrayJoulesPerMac = energyJoules / 4e6;
    figures.areaMm2 = areaMm2;
    figures.arrayAreaMm2 = areaMm2 / 4;
    figures.dramBytes = 2048;
    figures.clockHertz = 5e8;
    figures.synthesis = "area";
    figures.pipelineDepth = 2;
    figures.elementClockHertz = 5.2e8;
    figures.fastestElementClockHertz = 9e8;
    figures.memoryClockHertz = 6.25e8;
    figures.slowestMemory = "weight_scratchpad";
    figures.images = 200;
    figures.correct = correct;
    figures.fp32Correct = 181;
    figures.sqnrDecibels = 30.0;
    return format;
}

/// The same where the hardware does not reach the clock.
void makeTooSlow(RunFigures& figures) {
    figures.hardware = Hardware::TooSlow;
    figures.clockHertz = 1e9;
    for (auto figure :
         {&RunFigures::seconds, &RunFigures::inferencesPerSecond, &RunFigures::energyJoules,
          &RunFigures::energyLowJoules, &RunFigures::energyHighJoules,
          &RunFigures::averagePowerWatts, &RunFigures::inferencesPerSecondPerWatt,
          &RunFigures::energyDelayJouleSeconds, &RunFigures::joulesPerMac,
          &RunFigures::arrayJoulesPerMac}) {
        (figures.*figure).reset();
    }
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
        systole("run " + inputs() + " --reach-clock --images 3 --set datapath=" + name +
                " --set scheme=per_channel" + " --set array.rows=8 --quiet --json " +
                file("run.json"));
        EXPECT_EQ(compare.at("result"), jsonOf(folder_ / "run.json"));
    }
}

TEST_F(CompareFormats, ACsvHasARowAFormatInFullPrecision) {
    ComparedFormat int8 = format("int8", 180, 0.1, 2, 0.001);
    int8.figures.weightGranularity = "per_channel";
    int8.figures.accumulatorHeadroom = 1.5;
    int8.figures.outOfRange = OutOfRange{.overflows = 7};
    EXPECT_EQ(comparisonCsv(comparisonOf({int8})),
              "format,cycles,seconds,inferences_per_second,utilization,energy_joules,"
              "average_power_watts,inferences_per_second_per_watt,energy_delay_joule_seconds,"
              "joules_per_mac,array_joules_per_mac,area_mm2,array_area_mm2,"
              "clock_hertz,highest_clock_hertz,synthesis,pipeline_depth,meets_clock,dram_bytes,"
              "images,top1,top1_low,top1_high,fp32_top1,sqnr_db,"
              "weight_granularity,accumulator_headroom,accumulator_overflows,"
              "accumulator_saturations,clipped_biases\n"
              "int8,1000,0.001,1000,0.5,0.1,100,10,0.0001,1.0000000000000001e-07,"
              "2.5000000000000002e-08,2,0.5,500000000,625000000,area,2,true,2048,200,0.9,"
              "0.8505941875672827,0.9343295513309041,0.905,30,per_channel,1.5,7,0,0\n");
}

TEST_F(CompareFormats, ACsvLeavesOutWhatTheClockWouldGiveWhereItIsNotReached) {
    ComparedFormat slow = format("e4m3", 180, 0.1, 2, 0.001);
    makeTooSlow(slow.figures);
    EXPECT_THAT(comparisonCsv(comparisonOf({slow})),
                HasSubstr("\ne4m3,1000,,,0.5,,,,,,,2,0.5,1000000000,625000000,area,2,false,2048,"));
}

TEST_F(CompareFormats, TheTableHasAColumnAFormatAndSaysWhoWins) {
    EXPECT_EQ(
        comparisonTable(comparisonOf(
            {format("int8", 180, 4e-6, 2, 0.001), format("e4m3", 181, 5e-6, 3, 0.0005)})),
        "net on edge: 16x8 weight stationary, t45, all mapped for least cycles, over 200 "
        "images\n"
        "\n"
        "                                  int8         e4m3\n"
        "---------------------------------------------------\n"
        "clock, MHz                       500.0        500.0\n"
        "highest clock, MHz               625.0        625.0\n"
        "synthesis for                     area         area\n"
        "pipeline stages                      2            2\n"
        "elements reach, MHz              520.0        520.0\n"
        "memories reach, MHz              625.0        625.0\n"
        "scheme                            int8         int8\n"
        "weight scales              per channel  per channel\n"
        "top-1, %                         90.00        90.50\n"
        "95 % interval of top-1, %  85.1 - 93.4  85.6 - 93.8\n"
        "top-1 of FP32, %                 90.50        90.50\n"
        "SQNR, dB                         30.00        30.00\n"
        "area, mm2                        2.000        3.000\n"
        "PE array area, mm2              0.5000       0.7500\n"
        "cycles                            1000         1000\n"
        "inferences/s                    1000.0       2000.0\n"
        "energy per inference, uJ         4.000        5.000\n"
        "its error band, uJ           2.0 - 8.0   2.5 - 10.0\n"
        "energy per MAC, pJ               4.000        5.000\n"
        "of that the PE array, pJ         1.000        1.250\n"
        "energy x delay (EDP), J s    4.000e-09    2.500e-09\n"
        "average power, mW                  4.0         10.0\n"
        "inferences/s/W                250000.0     200000.0\n"
        "DRAM traffic, KiB                  2.0          2.0\n"
        "utilization, %                    50.0         50.0\n"
        "\n"
        "e4m3 against int8: top-1 +0.50 points (not told apart by 200 images), area 1.50x, PE "
        "array 1.50x,\ninferences/s 2.00x, energy 1.25x, EDP 0.62x, inferences/s/W 0.80x, "
        "DRAM traffic 1.00x\n"
        "\n"
        "At equal accuracy (top-1 within 1 point of the best: int8 = e4m3): lowest energy "
        "int8, lowest EDP\ne4m3, smallest area int8, fastest e4m3.\n"
        "200 images cannot show a difference in top-1 between e4m3 and int8 (exact McNemar "
        "test, 5 %).\n");
}

TEST_F(CompareFormats, SaysOnceHowFarTheTechnologyMayBeOff) {
    Comparison comparison =
        comparisonOf({format("int8", 180, 4e-6, 2, 0.001), format("e4m3", 181, 5e-6, 3, 0.0005),
                      format("e5m2", 181, 5e-6, 3, 0.0005)});
    for (ComparedFormat& each : comparison.formats) {
        each.figures.technology = "t7";
        each.figures.technologyErrors = {.area = 0.4, .delay = std::nullopt, .energy = 2.7};
    }
    comparison.formats[2].figures.synthesis = "speed";
    const std::string table = comparisonTable(comparison);
    const std::string line =
        "Logic in t7, synthesised for area, may be off: area +-40 %, delay not known, energy up to";
    EXPECT_THAT(table, HasSubstr(line));
    EXPECT_EQ(table.find(line), table.rfind(line));
    EXPECT_THAT(table, ::testing::ContainsRegex("energy up to[ \n]3.7[ \n]times"));
    EXPECT_THAT(table, HasSubstr("Logic in t7, synthesised for speed, may be off: "));
}

TEST_F(CompareFormats, AClockThatIsNotReachedHasNoSpeedNoEnergyAndNoWinner) {
    Comparison comparison =
        comparisonOf({format("int8", 180, 4e-6, 2, 0.001), format("e4m3", 181, 1e-6, 1, 1e-5)});
    makeTooSlow(comparison.formats[1].figures);
    const std::string table = comparisonTable(comparison);
    for (const char* row :
         {"clock, MHz +500.0 +not reachable\n", "cycles +1000 +1000\n",
          "inferences/s +1000.0 +not reachable\n",
          "energy per inference, uJ +4.000 +not reachable\n",
          "energy per MAC, pJ +4.000 +not reachable\n", "J s +4.000e-09 +not reachable\n",
          "average power, mW +4.0 +not reachable\n", "inferences/s/W +250000.0 +not reachable\n"}) {
        EXPECT_THAT(table, testing::ContainsRegex(row));
    }
    EXPECT_THAT(table, HasSubstr("lowest energy int8, lowest EDP\nint8, smallest area int8, "
                                 "fastest int8."));
    EXPECT_THAT(table, HasSubstr("inferences/s -, energy -, EDP -, inferences/s/W -"));
    makeTooSlow(comparison.formats[0].figures);
    EXPECT_THAT(comparisonTable(comparison), HasSubstr("none of them reaches"));
}

TEST_F(CompareFormats, ManyFormatsStandInBlocksOfAHundredColumns) {
    std::vector<ComparedFormat> formats;
    for (int i = 0; i < 9; ++i) formats.push_back(format(fmt::format("f{}", i), 180, 1, 1, 1));
    const std::string table = comparisonTable(comparisonOf(formats));
    std::istringstream lines(table);
    std::size_t clocks = 0;
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 100U) << line;
        clocks += line.rfind("clock, MHz", 0) == 0 ? 1 : 0;
    }
    EXPECT_GE(clocks, 2U);
    EXPECT_THAT(table, HasSubstr("f8"));
}

TEST_F(CompareFormats, EventsOfTheAccumulatorAreSaidBelow) {
    Comparison comparison = comparisonOf({format("a", 180, 1, 1, 1), format("b", 180, 1, 1, 1)});
    EXPECT_THAT(comparisonTable(comparison), testing::Not(HasSubstr("accumulator:")));
    comparison.formats[0].figures.outOfRange = OutOfRange{.overflows = 186'253};
    comparison.formats[1].figures.outOfRange = OutOfRange{.saturations = 7, .clippedBiases = 1};
    const std::string table = comparisonTable(comparison);
    EXPECT_THAT(table,
                HasSubstr("a does not fit its accumulator: 186253 additions overflowed, over"));
    EXPECT_THAT(table,
                HasSubstr("b does not fit its accumulator: 7 additions saturated, 1 bias was"));
}

TEST_F(CompareFormats, TheTitleSaysTheDataflowOfTheRuns) {
    Comparison comparison = comparisonOf({format("int8", 180, 4e-6, 2, 0.001)});
    comparison.formats.front().result["config"]["dataflow"] = "output_stationary";
    EXPECT_THAT(comparisonTable(comparison), HasSubstr("net on edge: 16x8 output stationary, "));
}

TEST_F(CompareFormats, CountsOfImagesAreThoseOfTheRunAndNotRoundedShares) {
    nlohmann::ordered_json result{
        {"schema", "systole-result/1"},
        {"config",
         {{"weight_granularity", "per_channel"},
          {"accumulator_headroom", 1.5},
          {"clock_hertz", 1},
          {"synthesis", "area"},
          {"technology", "t45"},
          {"technology_error", {{"area", 0.1}, {"delay", nullptr}, {"energy", 2}}},
          {"pipeline_depth", 1}}},
        {"totals",
         {{"cycles", 1},
          {"seconds", 1},
          {"inferences_per_second", 1},
          {"utilization", 1},
          {"energy_joules", nullptr},
          {"element_clock_hertz", 1},
          {"fastest_element_clock_hertz", 1},
          {"memory_clock_hertz", nullptr},
          {"slowest_memory", nullptr},
          {"average_power_watts", 1},
          {"inferences_per_second_per_watt", 1},
          {"area_mm2", 1},
          {"area_by_component",
           {{"array",
             {{"silicon", {{"area_um2", 1}}},
              {"parts", {{"processing_elements", {{"area_um2", 1}}}}}}}}},
          {"dram_bytes", 1},
          {"meets_clock", true},
          {"energy_delay_joule_seconds", 1},
          {"joules_per_mac", nullptr},
          {"array_joules_per_mac", nullptr},
          {"out_of_range",
           {{"accumulator_overflows", 3}, {"accumulator_saturations", 0}, {"clipped_biases", 0}}},
          {"accuracy",
           {{"images", 8},
            {"correct", 7},
            {"top1", 0.1},
            {"fp32_correct", nullptr},
            {"fp32_top1", nullptr},
            {"correct_by_image", "11111110"},
            {"sqnr_db", 30.0}}}}}};
    const RunFigures figures = readRunFigures(result);
    EXPECT_EQ(figures.correct, 7U);
    EXPECT_EQ(figures.outOfRange->overflows, 3U);
    EXPECT_EQ(figures.fp32Correct, std::nullopt);
    EXPECT_EQ(figures.technologyErrors.energy, 2);
    EXPECT_EQ(figures.technologyErrors.delay, std::nullopt);
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
