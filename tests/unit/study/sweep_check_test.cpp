// SPDX-License-Identifier: Apache-2.0
// What is refused before a sweep runs anything.
#include <gmock/gmock.h>

#include "sim/study/sweep.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SweepCheck : public WorkerTest {
protected:
    static constexpr const char* kHead = "name: s\nconfig: edge-16x16\nworkload: resnet8_fmnist\n";

    std::vector<std::string> failuresOf(const std::string& rest) const {
        return checkSweep(loadSweep(write("sweeps/s.yaml", kHead + rest)));
    }
    std::string complaintAbout(const std::string& rest) const {
        return messageOf([&] { failuresOf(rest); });
    }
};

TEST_F(SweepCheck, AMisspeltKeyIsRefusedOnceAtItsPlace) {
    EXPECT_EQ(complaintAbout("grid: [{key: array.rowz, values: [8, 16]}]\n"),
              "sweeps/s.yaml:4:14: array: unknown key 'rowz' (did you mean 'rows'?)");
    EXPECT_EQ(complaintAbout("grid:\n  - {keys: [array.rows, array.cols], values: [8, 16]}\n"),
              "sweeps/s.yaml:5:25: array: unknown key 'cols' (did you mean 'columns'?)");
    EXPECT_THAT(complaintAbout("grid: [{key: rows, values: [8, 16]}]\n"),
                HasSubstr("sweeps/s.yaml:4:14: unknown key 'rows' (did you mean 'array.rows', "
                          "'accumulator_buffer.rows' or 'dram.organization.rows'?)"));
}

TEST_F(SweepCheck, ABadValueIsRefusedAtItsPlaceAndTheGoodOnesAreNot) {
    EXPECT_EQ(complaintAbout("grid: [{key: array.rows, values: [8, 8x, 16]}]\n"),
              "sweeps/s.yaml:4:38: array.rows=8x: array.rows: '8x' is not an integer, expected an "
              "integer from 1 to 512");
    EXPECT_EQ(
        complaintAbout("grid:\n  - {key: array.rows, values: [8, 16]}\n"
                       "  - {key: array.dataflow, values: [weight_stationary, wss]}\n"),
        "sweeps/s.yaml:6:55: array.dataflow=wss: array.dataflow: unknown value 'wss', expected "
        "one of weight_stationary, output_stationary, input_stationary");
}

TEST_F(SweepCheck, AMissingFragmentIsRefused) {
    EXPECT_EQ(
        complaintAbout("grid: [{key: datapath, values: [int8, int88, ./lost.yaml]}]\n"),
        "sweeps/s.yaml:4:39: datapath=int88: datapath: unknown datapath 'int88', expected a "
        "section, a file, or one of e2m1, e3m2, e4m3, e4m3_bf16, e4m3_dlfloat16, e4m3_fp16, "
        "e4m3_fp32, e5m2, e5m2_fp16, int4, int8, int8_int4 (`systole list datapaths` describes "
        "them)\n"
        "sweeps/s.yaml:4:46: datapath=sweeps/lost.yaml: datapath: no such file "
        "'sweeps/lost.yaml', expected a section, a file, or a name that `systole list "
        "datapaths` lists");
}

TEST_F(SweepCheck, AllMistakesComeTogether) {
    const std::string message = complaintAbout(
        "set: [clokc=1GHz]\nimages: 999999\ngrid:\n"
        "  - {key: array.rowz, values: [8, 16]}\n"
        "  - {key: datapath, values: [int8, nosuch]}\n");
    EXPECT_THAT(message, HasSubstr("array: unknown key 'rowz'"));
    EXPECT_THAT(message,
                HasSubstr("sweeps/s.yaml:8:36: datapath=nosuch: datapath: unknown datapath"));
    EXPECT_THAT(message, HasSubstr("sweeps/s.yaml:4:7: --set clokc=1GHz: unknown key 'clokc'"));
    EXPECT_THAT(message, HasSubstr("999999 images are asked for"));
}

TEST_F(SweepCheck, ValuesThatDoNotFitTogetherFailTheirPointAlone) {
    const std::vector<std::string> failures = failuresOf(
        "grid:\n  - {keys: [array.rows, array.columns], values: [8, 512]}\n"
        "  - {key: weight_scratchpad.capacity, values: [64KiB, 1MiB]}\n");
    EXPECT_THAT(failures,
                ElementsAre(IsEmpty(), IsEmpty(), HasSubstr("cannot hold two folds"), IsEmpty()));
}

TEST_F(SweepCheck, PathsCountFromTheFileAndSectionsAreTaken) {
    write("sweeps/mine.yaml", "activation: int8\nweight: int5\naccumulator: int32\n");
    const Sweep sweep =
        loadSweep(write("sweeps/s.yaml",
                        std::string(kHead) +
                            "set: [scheme=auto, dram=./mem.yaml]\ngrid:\n"
                            "  - key: datapath\n"
                            "    values:\n"
                            "      - int8\n"
                            "      - ./mine.yaml\n"
                            "      - {activation: int8, weight: {bits: 3}, accumulator: int32}\n"));
    EXPECT_THAT(sweep.axes[0].values,
                ElementsAre("int8", (folder_ / "sweeps/mine.yaml").string(),
                            "{activation: int8, weight: {bits: 3}, accumulator: int32}"));
    EXPECT_THAT(sweep.base.overrides,
                ElementsAre("scheme=auto", "dram=" + (folder_ / "sweeps/mem.yaml").string()));
}

TEST_F(SweepCheck, WhatAnAxisReplacesHasNoEffect) {
    EXPECT_EQ(complaintAbout("set: [array.rows=4]\ngrid: [{key: array.rows, values: [8, 16]}]\n"),
              "sweeps/s.yaml:4:7: --set array.rows=4: has no effect, expected a key that the axis "
              "array.rows does not set");
}

TEST_F(SweepCheck, AKeyOfTheAcceleratorIsSentToItsPlace) {
    EXPECT_THAT(
        complaintAbout("scheme: int8\ngrid: [{key: array.rows, values: [8]}]\n"),
        HasSubstr("sweeps/s.yaml:4:9: scheme: is a key of the accelerator, expected it in a "
                  "list, as set: [scheme=..], or as an axis of the grid"));
}

TEST_F(SweepCheck, ABrokenConfigIsReportedOnce) {
    const std::string config = write("edge.yaml", "name: edge\narray: {rows: 4}\n").string();
    const std::string message = messageOf([&] {
        checkSweep(loadSweep(write("s.yaml",
                                   "name: s\nconfig: edge.yaml\nworkload: resnet8_fmnist\n"
                                   "grid: [{key: clock, values: [1GHz, 2GHz]}]\n")));
    });
    EXPECT_THAT(message, HasSubstr("edge.yaml:2:8: array.columns: missing key"));
    EXPECT_EQ(message.find("array.columns"), message.rfind("array.columns"));
}

/// Nothing is written, and no row is printed.
TEST_F(SweepCheck, TheCommandRefusesBeforeItRuns) {
    write("s.yaml", std::string(kHead) + "grid: [{key: array.rowz, values: [8, 16]}]\n");
    const CommandOutcome outcome = systole("sweep " + shellWord((folder_ / "s.yaml").string()) +
                                           " --csv " + shellWord((folder_ / "s.csv").string()));
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_THAT(outcome.text, HasSubstr("s.yaml:4:14: array: unknown key 'rowz'"));
    EXPECT_THAT(outcome.text, testing::Not(HasSubstr("failed")));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "s.csv"));
}

TEST_F(SweepCheck, ImagesTimingOnlyAndSetAreOptionsOfTheCommandToo) {
    write("s.yaml", std::string(kHead) + "images: 4\ngrid: [{key: array.rows, values: [8]}]\n");
    const std::string sweep = "sweep " + shellWord((folder_ / "s.yaml").string());
    EXPECT_THAT(systole(sweep + " --images 1").text, HasSubstr("1 of 1 points ok; 1 image each;"));
    const CommandOutcome timing = systole(sweep + " --timing-only --set dram=ideal");
    EXPECT_EQ(timing.exitCode, 0);
    EXPECT_THAT(timing.text, HasSubstr("1 of 1 points ok; timing only, no accuracy;"));
    EXPECT_THAT(systole(sweep + " --set array.rows=4").text,
                HasSubstr("--set array.rows=4: has no effect"));
    EXPECT_THAT(systole(sweep + " --explain").text,
                HasSubstr("--explain: unknown option of `systole sweep`, which `systole run`"));
}

}  // namespace
}  // namespace systole::sim
