// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "sim/study/sweep.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;

class SweepFile : public ConfigTest {
protected:
    SweepFile() {
        write("edge.yaml", "");
        write("net/workload.yaml", "");
    }

    Sweep load(const std::string& text) const { return loadSweep(write("sweeps/s.yaml", text)); }

    /// What is wrong with the file `head` + `rest`, a line a problem.
    std::string complaintAbout(const std::string& rest) const {
        return messageOf([&] { load(kHead + rest); });
    }

    static constexpr const char* kHeadText =
        "name: s\nconfig: ../edge.yaml\nworkload: ../net/workload.yaml\n";
    const std::string kHead = kHeadText;
};

TEST_F(SweepFile, KeysAxesAndFilesAreRead) {
    const Sweep sweep = load(kHead +
                             "images: 8\n"
                             "set: [clock=1GHz, dma.bytes_per_cycle=16]\n"
                             "grid:\n"
                             "  - {keys: [array.rows, array.columns], values: [8, 16]}\n"
                             "  - {key: datapath, values: [int8, e4m3]}\n");
    EXPECT_EQ(sweep.name, "s");
    EXPECT_TRUE(std::filesystem::equivalent(sweep.base.config, folder_ / "edge.yaml"));
    EXPECT_TRUE(std::filesystem::equivalent(sweep.base.workload, folder_ / "net/workload.yaml"));
    EXPECT_EQ(sweep.base.images, 8U);
    EXPECT_FALSE(sweep.base.timingOnly);
    EXPECT_THAT(sweep.base.overrides, ElementsAre("clock=1GHz", "dma.bytes_per_cycle=16"));
    ASSERT_EQ(sweep.axes.size(), 2U);
    EXPECT_THAT(sweep.axes[0].keys, ElementsAre("array.rows", "array.columns"));
    EXPECT_THAT(sweep.axes[0].values, ElementsAre("8", "16"));
    EXPECT_THAT(sweep.axes[1].keys, ElementsAre("datapath"));
    EXPECT_THAT(sweep.axes[1].values, ElementsAre("int8", "e4m3"));
}

TEST_F(SweepFile, WithoutImagesAllOfTheWorkloadAreMeant) {
    EXPECT_EQ(load(kHead + "grid: [{key: datapath, values: [int8]}]\n").base.images, std::nullopt);
}

TEST_F(SweepFile, AnUnknownKeyIsNamedWithItsPlace) {
    EXPECT_EQ(complaintAbout("grid: [{key: datapath, values: [int8], step: 2}]\n"),
              "sweeps/s.yaml:4:40: grid[0]: unknown key 'step', expected one of key, keys, "
              "values");
}

TEST_F(SweepFile, AnEmptyAxisIsRefused) {
    EXPECT_EQ(complaintAbout("grid:\n  - {key: datapath, values: []}\n"),
              "sweeps/s.yaml:5:29: grid[0].values: found 0 values, expected a list of 1 to "
              "10000 values");
}

TEST_F(SweepFile, AnEmptyGridIsRefused) {
    EXPECT_EQ(complaintAbout("grid: []\n"),
              "sweeps/s.yaml:4:7: grid: found 0 values, expected a list of 1 to 16 values");
}

TEST_F(SweepFile, AnAxisHasEitherOneKeyOrSeveral) {
    EXPECT_EQ(complaintAbout("grid:\n  - {key: a, keys: [b], values: [1]}\n  - {values: [1]}\n"),
              "sweeps/s.yaml:5:5: grid[0]: expected either key, a path, or keys, a list of paths "
              "that share a value\n"
              "sweeps/s.yaml:6:5: grid[1]: expected either key, a path, or keys, a list of paths "
              "that share a value");
}

TEST_F(SweepFile, AKeyOfTwoAxesIsRefused) {
    EXPECT_EQ(complaintAbout("grid:\n  - {key: clock, values: [1GHz]}\n"
                             "  - {keys: [dram, clock], values: [ideal]}\n"),
              "sweeps/s.yaml:6:19: grid[1].keys[1]: 'clock' is there twice, first at "
              "sweeps/s.yaml:5:11, expected every one once");
}

TEST_F(SweepFile, AValueThatIsThereTwiceIsRefused) {
    EXPECT_EQ(complaintAbout("grid: [{key: clock, values: [1GHz, 1GHz]}]\n"),
              "sweeps/s.yaml:4:36: grid[0].values[1]: '1GHz' is there twice, first at "
              "sweeps/s.yaml:4:30, expected every one once");
}

TEST_F(SweepFile, AKeyThatIsNoPathIsRefused) {
    EXPECT_EQ(complaintAbout("grid: [{key: clock=1GHz, values: [1]}]\n"),
              "sweeps/s.yaml:4:14: grid[0].key: 'clock=1GHz' is not a path of keys, expected one "
              "such as array.rows");
}

TEST_F(SweepFile, AnOverrideWithoutAValueIsRefused) {
    EXPECT_EQ(complaintAbout("set: [clock]\ngrid: [{key: datapath, values: [int8]}]\n"),
              "sweeps/s.yaml:4:7: set[0]: 'clock' is not an override, expected key.path=value");
}

TEST_F(SweepFile, ImagesAndTimingOnlyExcludeEachOther) {
    EXPECT_EQ(complaintAbout("images: 2\ntiming_only: true\n"
                             "grid: [{key: datapath, values: [int8]}]\n"),
              "sweeps/s.yaml:4:9: images: has no effect with timing_only: true, expected one of "
              "the two");
}

TEST_F(SweepFile, AGridBeyondTheLimitIsRefused) {
    std::string values = "0";
    for (int i = 1; i < 101; ++i) {
        values += fmt::format(", {}", i);
    }
    EXPECT_EQ(complaintAbout(fmt::format(
                  "grid: [{{key: a, values: [{0}]}}, {{key: b, values: [{0}]}}]\n", values)),
              "sweeps/s.yaml:4:7: grid: more than 10000 points, expected at most 10000");
}

TEST_F(SweepFile, AllProblemsAreReportedTogether) {
    EXPECT_EQ(
        messageOf([&] { load("name: s\nconfig: no.yaml\nimages: 0\n"); }),
        "sweeps/s.yaml:1:1: workload: missing key, expected the name of a file, or of a "
        "shipped one\n"
        "sweeps/s.yaml:1:1: grid: missing key, expected a list of 1 to 16 values\n"
        "sweeps/s.yaml:2:9: config: no such file 'sweeps/no.yaml', expected a file, or a name "
        "that `systole list accelerators` lists\n"
        "sweeps/s.yaml:3:9: images: '0' is out of range, expected an integer from 1 to "
        "4294967296");
}

TEST_F(SweepFile, ShippedFilesAreKnownByTheirNames) {
    const Sweep sweep = loadSweep(write("s.yaml",
                                        "name: s\nconfig: edge-16x16\nworkload: resnet8_fmnist\n"
                                        "grid: [{key: array.rows, values: [8, 16]}]\n"));
    EXPECT_EQ(std::filesystem::path(sweep.base.config).filename(), "edge-16x16.yaml");
    EXPECT_EQ(std::filesystem::path(sweep.base.workload).parent_path().filename(),
              "resnet8_fmnist");
}

TEST_F(SweepFile, TheShippedSweepLoads) {
    const Sweep sweep = loadSweep(std::filesystem::path(SYSTOLE_SOURCE_DIR) /
                                  "configs/sweeps/array_by_format.yaml");
    EXPECT_EQ(sweep.axes.size(), 2U);
}

}  // namespace
}  // namespace systole::sim
