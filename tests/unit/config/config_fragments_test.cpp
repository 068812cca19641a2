// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using testing::EndsWith;
using testing::StartsWith;

/// `dram: <name>` with a fragment that holds a section and a fragment of its own.
class ConfigFragmentsTest : public ConfigTest {
protected:
    ConfigFragmentsTest() {
        write("dram/slow.yaml", "timing: {CL: 17}\npower: low\n");
        write("dram/fast.yaml", "timing: {CL: 22}\npower: {idd: 9}\n");
        write("power/low.yaml", "idd: 5\n");
    }

    std::string relativeToHere(const std::string& file) const {
        return std::filesystem::relative(folder_ / file).string();
    }

    /// "CL idd", or the complaint.
    std::string read(const std::string& text, const Overrides& overrides = {}) const {
        std::string seen;
        const std::string problems = complaint(
            text,
            [&](const Section& root) {
                const Section dram = root.at("dram").fragment("dram");
                const auto cl = dram.at("timing").section().at("CL").integer({1, 99});
                const auto idd = dram.at("power").fragment("power").at("idd").integer({1, 99});
                seen = fmt::format("{} {}", cl, idd);
                if (const auto noise = root.find("noise")) {
                    seen += fmt::format(" {}", noise->section().at("level").integer());
                }
            },
            overrides);
        return problems == "no error" ? seen : problems;
    }
};

TEST_F(ConfigFragmentsTest, ANameOpensAFileAndAMapIsTakenAsItIs) {
    EXPECT_EQ(read("dram: slow\n"), "17 5");
    EXPECT_EQ(read("dram: {timing: {CL: 3}, power: low}\n"), "3 5");
}

TEST_F(ConfigFragmentsTest, AFileBesideTheFolderFindsItToo) {
    write("accelerators/a.yaml", "dram: slow\n");
    readConfig(folder_ / "accelerators/a.yaml", {}, [](const Section& root) {
        const Section dram = root.at("dram").fragment("dram");
        EXPECT_EQ(dram.fragmentName(), "slow");
        dram.entries();
        return 0;
    });
}

TEST_F(ConfigFragmentsTest, TheEnvironmentNamesAFurtherFolder) {
    write("elsewhere/dram/own.yaml", "timing: {CL: 1}\npower: {idd: 2}\n");
    ::setenv("SYSTOLE_CONFIGS", (folder_ / "elsewhere").c_str(), 1);
    EXPECT_EQ(read("dram: own\n"), "1 2");
    ::unsetenv("SYSTOLE_CONFIGS");
}

TEST_F(ConfigFragmentsTest, ProblemsInAFragmentHaveItsPlaceAndTheWholePath) {
    write("dram/slow.yaml", "timing:\n  CL: 170\n  CI: 3\npower: low\n");
    write("power/low.yaml", "idd: 5\nidd: 6\n");
    EXPECT_EQ(read("dram: slow\n"),
              "dram/slow.yaml:2:7: dram.timing.CL: '170' is out of range, expected an integer from "
              "1 to 99\n"
              "dram/slow.yaml:3:3: dram.timing: unknown key 'CI' (did you mean 'CL'?)\n"
              "power/low.yaml:2:1: dram.power.idd: duplicate key, first given in line 1");
}

TEST_F(ConfigFragmentsTest, AnUnknownFragmentListsThoseThatExist) {
    EXPECT_EQ(
        read("dram: slwo\n"),
        "t.yaml:1:7: dram: unknown memory 'slwo' (did you mean 'slow'?), expected a section, a "
        "file, or a name that `systole list dram` lists");
    const std::string message = read("dram: other\n");
    EXPECT_THAT(message,
                StartsWith("t.yaml:1:7: dram: unknown memory 'other', expected a section, a "
                           "file, or one of ddr3_1600, "));
    EXPECT_NE(message.find(", fast, "), std::string::npos);
    EXPECT_NE(message.find(", slow"), std::string::npos);
    EXPECT_THAT(message, EndsWith(" (`systole list dram` describes them)"));
    EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST_F(ConfigFragmentsTest, APathOpensAFileThatCountsFromWhereItIsWritten) {
    write("parts/mine.yaml", "timing: {CL: 5}\npower: ./weak.yaml\n");
    write("parts/weak.yaml", "idd: 6\n");
    EXPECT_EQ(read("dram: parts/mine.yaml\n"), "5 6");
    EXPECT_EQ(read("dram: ./parts/../parts/mine.yaml\n"), "5 6");
    EXPECT_EQ(read("dram: " + (folder_ / "parts/mine.yaml").string() + "\n"), "5 6");
    EXPECT_EQ(read("dram: {timing: {CL: 3}, power: parts/weak.yaml}\n"), "3 6");
    // That of the command line counts from the working directory.
    EXPECT_EQ(read("dram: slow\n", {"dram=" + relativeToHere("parts/mine.yaml")}), "5 6");
    EXPECT_EQ(read("dram: slow\n", {"dram.power=" + relativeToHere("parts/weak.yaml")}), "17 6");
    EXPECT_EQ(
        read("dram: slow\n", {"dram.power=power/low.yaml"}),
        "--set dram.power=power/low.yaml: dram.power: no such file 'power/low.yaml', expected "
        "a section, a file, or a name");
}

TEST_F(ConfigFragmentsTest, APathWithoutAFileIsNamedAsItIsLookedFor) {
    EXPECT_THAT(read("dram: ./lost/t.yaml\n"),
                StartsWith("t.yaml:1:7: dram: no such file 'lost/t.yaml', expected a section, "));
    EXPECT_EQ(
        read("dram: ./dram\n"),
        "t.yaml:1:7: dram: './dram' is a directory, expected a section, a file, or a name that "
        "`systole list dram` lists");
    EXPECT_THAT(read("dram: ''\n"), StartsWith("t.yaml:1:7: dram: an empty name, expected a s"));
}

TEST_F(ConfigFragmentsTest, AFileOfAnotherKindIsRefusedByWhatItIs) {
    write("dram/process.yaml", "name: p\nnode: n\nlogic: {}\nsram: {}\n");
    EXPECT_EQ(read("dram: process\n"),
              "t.yaml:1:7: dram: 'dram/process.yaml' is a technology, expected a memory");
    write("int8.yaml", "activation: int8\nweight: int8\naccumulator: int32\n");
    EXPECT_EQ(read("dram: int8.yaml\n"),
              "t.yaml:1:7: dram: 'int8.yaml' is a datapath, expected a memory");
    write("model.onnx", "\x08\x07");
    EXPECT_EQ(read("dram: model.onnx\n"),
              "t.yaml:1:7: dram: 'model.onnx' is an ONNX model, expected a memory");
    EXPECT_THAT(read("dram: int8\n"),
                StartsWith("t.yaml:1:7: dram: 'int8' is the name of a datapath, expected a memory: "
                           "a section, a file, or a name that `systole list dram` lists"));
}

TEST_F(ConfigFragmentsTest, FragmentsMustBeMaps) {
    write("dram/slow.yaml", "- 1\n");
    EXPECT_EQ(read("dram: slow\n"),
              "dram/slow.yaml:1:1: dram: no keys found, expected a map of keys and values");
    write("dram/slow.yaml", "");
    EXPECT_EQ(read("dram: slow\n"), "dram/slow.yaml:1:1: dram: empty, expected a YAML document");
    EXPECT_EQ(read("dram: [slow]\n"),
              "t.yaml:1:7: dram: found a list, expected a section of keys and values, a file, or "
              "the name of one in dram/");
}

TEST_F(ConfigFragmentsTest, AnOverrideReplacesAValueASectionOrAFragment) {
    EXPECT_EQ(read("dram: slow\n", {"dram=fast"}), "22 9");
    EXPECT_EQ(read("dram: slow\n", {"dram.timing.CL=20"}), "20 5");
    EXPECT_EQ(read("dram: slow\n", {"dram.timing={CL: 21}"}), "21 5");
    EXPECT_EQ(read("dram: slow\n", {"dram.power.idd=8"}), "17 8");
    EXPECT_EQ(read("dram: slow\n", {"dram.power={idd: 7}", "dram.power.idd=6"}), "17 6");
    EXPECT_EQ(read("{}\n", {"dram=fast"}), "22 9");
}

TEST_F(ConfigFragmentsTest, TheLastOverrideWins) {
    EXPECT_EQ(read("dram: slow\n", {"dram.timing.CL=20", "dram.timing.CL=30"}), "30 5");
    EXPECT_EQ(read("dram: slow\n", {"dram=fast", "dram.timing.CL=30"}), "30 9");
    EXPECT_EQ(read("dram: slow\n", {"dram.timing.CL=30", "dram=fast"}), "22 9");
}

TEST_F(ConfigFragmentsTest, AnOverrideMayBringASectionThatTheFileLacks) {
    EXPECT_EQ(read("dram: slow\n", {"noise.level=4"}), "17 5 4");
}

TEST_F(ConfigFragmentsTest, AWrongOverrideIsItsOwnPlace) {
    const auto message = [&](const std::string& text) { return read("dram: slow\n", {text}); };
    EXPECT_EQ(message("dram.timing.CL=8x"),
              "--set dram.timing.CL=8x: dram.timing.CL: '8x' is not an integer, expected an "
              "integer from 1 to 99");
    EXPECT_EQ(message("dram.timing.CR=8"),
              "--set dram.timing.CR=8: dram.timing: unknown key 'CR' (did you mean 'CL'?)");
    EXPECT_EQ(message("drum.timing.CL=8"),
              "--set drum.timing.CL=8: unknown key 'drum' (did you mean 'dram'?)");
    EXPECT_EQ(message("dram.timing.CL.x=8"),
              "--set dram.timing.CL.x=8: dram.timing.CL.x: no such key is read, expected a key of "
              "t.yaml");
    EXPECT_EQ(message("dram.timing.CL="),
              "--set dram.timing.CL=: dram.timing.CL: no value, expected an integer from 1 to 99");
    EXPECT_EQ(message("dram.timing.CL"), "--set dram.timing.CL: expected key.path=value");
    EXPECT_EQ(message("dram..CL=3"), "--set dram..CL=3: expected key.path=value");
    EXPECT_EQ(message("dram.timing=a: b: c"),
              "--set dram.timing=a: b: c: dram.timing: YAML syntax: illegal map value");
}

TEST_F(ConfigFragmentsTest, AnOverrideThatLacksASectionOrHasOneTooManyGetsTheRightPath) {
    const auto message = [&](const std::string& text) { return read("dram: slow\n", {text}); };
    EXPECT_EQ(
        message("timing.CL=8"),
        "--set timing.CL=8: unknown key 'timing' (did you mean 'dram.timing.CL'?), expected a "
        "key of t.yaml");
    EXPECT_EQ(message("idd=8"),
              "--set idd=8: unknown key 'idd' (did you mean 'dram.power.idd'?), expected a key of "
              "t.yaml");
    EXPECT_EQ(
        message("memory.dram.timing.CL=8"),
        "--set memory.dram.timing.CL=8: unknown key 'memory' (did you mean 'dram.timing.CL'?), "
        "expected a key of t.yaml");
    EXPECT_EQ(
        message("lanes=8"),
        "--set lanes=8: unknown key 'lanes', expected one of the keys of t.yaml: dram, noise");
}

}  // namespace
}  // namespace systole::sim
