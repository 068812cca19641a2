// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

/// `dram: <name>` with a fragment that holds a section and a fragment of its own.
class ConfigFragmentsTest : public ConfigTest {
protected:
    ConfigFragmentsTest() {
        write("dram/slow.yaml", "timing: {CL: 17}\npower: low\n");
        write("dram/fast.yaml", "timing: {CL: 22}\npower: {idd: 9}\n");
        write("power/low.yaml", "idd: 5\n");
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
    const std::string message = read("dram: slwo\n");
    EXPECT_EQ(message.substr(0, message.find("expected")),
              "t.yaml:1:7: dram: unknown fragment 'slwo' (did you mean 'slow'?), ");
    EXPECT_NE(message.find("fast"), std::string::npos);
    EXPECT_EQ(message.find('\n'), std::string::npos);
    EXPECT_EQ(read("dram: ../t\n").substr(0, 44), "t.yaml:1:7: dram: unknown fragment '../t', e");
}

TEST_F(ConfigFragmentsTest, FragmentsMustBeMaps) {
    write("dram/slow.yaml", "- 1\n");
    EXPECT_EQ(read("dram: slow\n"),
              "dram/slow.yaml:1:1: dram: no keys found, expected a map of keys and values");
    write("dram/slow.yaml", "");
    EXPECT_EQ(read("dram: slow\n"), "dram/slow.yaml:1:1: dram: empty, expected a YAML document");
    EXPECT_EQ(read("dram: [slow]\n"),
              "t.yaml:1:7: dram: found a list, expected a section of keys and values, or the name "
              "of a file in dram/");
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
              "--set dram.timing.CL.x=8: dram.timing.CL.x: unknown key path, expected a key of the "
              "configuration");
    EXPECT_EQ(message("dram.timing.CL="),
              "--set dram.timing.CL=: dram.timing.CL: no value, expected an integer from 1 to 99");
    EXPECT_EQ(message("dram.timing.CL"), "--set dram.timing.CL: expected key.path=value");
    EXPECT_EQ(message("dram..CL=3"), "--set dram..CL=3: expected key.path=value");
    EXPECT_EQ(message("dram.timing=a: b: c"),
              "--set dram.timing=a: b: c: dram.timing: YAML syntax: illegal map value");
}

}  // namespace
}  // namespace systole::sim
