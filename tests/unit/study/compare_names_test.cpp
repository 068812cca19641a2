// SPDX-License-Identifier: Apache-2.0
// `systole compare`: names of formats, and formats that are one under several names.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "sim/base/text.hpp"
#include "sim/study/table_names.hpp"
#include "tests/unit/study/table_text.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Comparison named(const std::vector<std::string>& names) {
    Comparison comparison;
    for (const std::string& name : names) comparison.formats.push_back({name, {}, {}});
    return comparison;
}

TEST(CompareNames, AreShortInColumnsAndWholeInALegend) {
    const Comparison comparison =
        named({"int8", "{activation: int8, weight: int4, accumulator: int32}", "e4m3_dlfloat16",
               "/home/me/datapaths/mine.yaml", "two words", "#2"});
    EXPECT_THAT(columnNames(comparison),
                ElementsAre("int8", "#2", "e4m3_dlfloat16", "#4", "#5", "#6"));
    EXPECT_EQ(namesLegend(comparison),
              "#2: {activation: int8, weight: int4, accumulator: int32}\n"
              "#4: /home/me/datapaths/mine.yaml\n"
              "#5: two words\n"
              "#6: #2\n");
    EXPECT_EQ(namesLegend(named({"int8", "e4m3"})), "");
}

TEST(CompareNames, OfControlCharactersDoNotReachTheTerminal) {
    EXPECT_EQ(namesLegend(named({"a\x1b[31m"})), "#1: a\\x1b[31m\n");
}

TEST(SweepNames, KeysAreCutToWhatTellsThemApart) {
    EXPECT_THAT(shortKeys({"array.rows", "array.columns", "datapath"}),
                ElementsAre("rows", "columns", "datapath"));
    EXPECT_THAT(shortKeys({"array.rows", "accumulator_buffer.rows", "rows"}),
                ElementsAre("array.rows", "accumulator_buffer.rows", "rows"));
    EXPECT_THAT(shortKeys({"a.b.c", "d.b.c", "a.b.c"}), ElementsAre("a.b.c", "d.b.c", "a.b.c"));
}

class CompareAliases : public WorkerTest {
protected:
    std::string file(const std::string& name) const { return (folder_ / name).string(); }
    /// Compares these formats, which are one, and expects equal columns and rows.
    void expectEqual(const std::vector<std::string>& formats, const std::string& options) {
        SCOPED_TRACE(formats.back() + options);
        std::string list;
        for (const std::string& format : formats) list += (list.empty() ? "" : ",") + format;
        const CommandOutcome outcome = systole(
            "compare " + shellWord(machine_) + " " + source("traces/resnet8_fmnist/workload.yaml") +
            " --images 1 --formats " + shellWord(list) + options + " --csv " + file("c.csv"));
        ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
        expectEqualCells(outcome.text);
        if (outcome.text.find("not reachable") == std::string::npos) {
            expectSharedPlaces(outcome.text, formats.size());
        }
        expectEqualRows(formats.size());
        std::istringstream lines(outcome.text);
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(displayWidth(line), kTextColumns) << line;
        }
    }
    std::string machine_ = sourceFile("configs/accelerators/edge-16x16.yaml");

private:
    /// Below the rule every row of the table says the same of all.
    static void expectEqualCells(const std::string& text) {
        std::istringstream lines(text);
        std::string line;
        while (std::getline(lines, line) && line.rfind("---", 0) != 0) {
        }
        std::size_t rows = 0;
        for (; std::getline(lines, line) && !line.empty(); ++rows) {
            const std::vector<std::string> all = cellsOf(line.substr(26));
            const std::set<std::string> cells(all.begin(), all.end());
            EXPECT_EQ(cells.size(), 1U) << line;
        }
        EXPECT_GT(rows, 20U) << text;
    }
    static void expectSharedPlaces(const std::string& text, std::size_t formats) {
        const std::string sentence = unwrapped(text);
        const std::size_t begin = sentence.find("fastest ");
        ASSERT_NE(begin, std::string::npos);
        const std::string names = sentence.substr(begin, sentence.find('.', begin) - begin);
        EXPECT_EQ(std::count(names.begin(), names.end(), '='), formats - 1) << names;
    }
    void expectEqualRows(std::size_t formats) const {
        std::istringstream rows(contentOf(folder_ / "c.csv"));
        std::string row;
        std::getline(rows, row);
        std::set<std::string> values;
        std::size_t count = 0;
        for (; std::getline(rows, row); ++count) {
            const bool isQuoted = row.front() == '"';
            values.insert(row.substr(isQuoted ? row.find("\",") + 2 : row.find(',') + 1));
        }
        EXPECT_EQ(count, formats);
        EXPECT_EQ(values.size(), 1U);
    }
};

TEST_F(CompareAliases, AFileOfTheSameContentIsEqualAtEveryClock) {
    write("edge.yaml", contentOf(machine_));
    write("datapaths/copy.yaml", contentOf(sourceFile("configs/datapaths/e4m3_fp16.yaml")));
    machine_ = file("edge.yaml");
    for (const char* clock : {"", " --clock max", " --clock 450MHz", " --clock 2GHz"}) {
        expectEqual({"e4m3_fp16", "copy", file("datapaths/copy.yaml")}, clock);
    }
}

TEST_F(CompareAliases, AFormatAndItsParametersAreEqual) {
    const std::string e4m3 = "{exponent: 4, mantissa: 3, bias: 7, specials: nan_only}";
    for (const char* clock : {"", " --clock max"}) {
        expectEqual({"int8", "{activation: int8, weight: int8, accumulator: int32}",
                     "{activation: {bits: 8}, weight: {bits: 8, signed: true}, accumulator: "
                     "{integer: 32}}"},
                    clock);
        expectEqual(
            {"e4m3", "{activation: e4m3b7_nan_only, weight: " + e4m3 + ", accumulator: exact}"},
            clock);
    }
}

TEST_F(CompareAliases, TheSameWithAnotherSchemeObjectiveAndTechnology) {
    for (const char* options : {" --scheme per_tensor", " --set mapping.objective=energy_delay",
                                " --set technology=none"}) {
        expectEqual({"int4", "{activation: int4, weight: int4, accumulator: int32}"}, options);
    }
}

}  // namespace
}  // namespace systole::sim
