// SPDX-License-Identifier: Apache-2.0
#include "sim/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace systole::sim {
namespace {

const std::string kWord(30, 'a');

TEST(WrappedText, LeavesLinesOfAHundredColumns) {
    const std::string line(100, 'x');
    EXPECT_EQ(wrapped(line + "\n" + line + "\n"), line + "\n" + line + "\n");
}

TEST(WrappedText, GoesOnInTheNextLineAtTheLastSpaceThatFits) {
    const std::string three = kWord + " " + kWord + " " + kWord;  // 92 columns
    EXPECT_EQ(wrapped(three + " 1234567 8\n"), three + " 1234567\n8\n");
    EXPECT_EQ(wrapped(three + " 12345678 8\n"), three + "\n12345678 8\n");
    EXPECT_EQ(wrapped(three + " " + three), three + "\n" + three);
}

TEST(WrappedText, LeavesAWordWholeThatIsLongerThanALine) {
    const std::string word(120, 'x');
    EXPECT_EQ(wrapped(word + " next"), word + "\nnext");
    EXPECT_EQ(wrapped("a " + word + "\nb c"), "a\n" + word + "\nb c");
    EXPECT_EQ(wrapped(word), word);
}

TEST(WrappedText, GoesOnBelowItsIndentation) {
    const std::string three = kWord + " " + kWord + " " + kWord;
    EXPECT_EQ(wrapped(three + " 12345678 8\nnext", 2), three + "\n  12345678 8\nnext");
    EXPECT_EQ(labelledLines({{"label", three + " and"}}, 8),
              "label   " + three + "\n        and\n");
}

TEST(PrintableText, EscapesWhatSteersATerminal) {
    EXPECT_EQ(printable("\x1b[31mred\x07\r\n\t\x7f"), "\\x1b[31mred\\x07\\x0d\\n\\t\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");  // CSI as one character
    EXPECT_EQ(printable("a\xe2\x80\xae"
                        "b"),
              "a\\u202e"
              "b");                                    // right to left
    EXPECT_EQ(printable("\xff\xc3("), "\\xff\\xc3(");  // no UTF-8
    EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
}

TEST(PrintableText, LeavesWhatPeopleWrite) {
    const std::string text = "C:\\n 'stage1.conv' \xc3\xa9\xe5\x90\x8d\xf0\x9f\x98\x80";
    EXPECT_EQ(printable(text), text);
}

TEST(ShortenedText, LosesItsMiddle) {
    EXPECT_EQ(shortened("abcdefghij", 10), "abcdefghij");
    EXPECT_EQ(shortened("abcdefghij", 9), "abcd..hij");
    EXPECT_EQ(shortened("abcdefghij", 5), "ab..j");
    const std::string wide = "\xe5\x90\x8d\xe5\x90\x8d\xe5\x90\x8d\xe5\x90\x8d";  // 8 columns
    EXPECT_EQ(displayWidth(wide), 8U);
    EXPECT_EQ(shortened(wide, 6), "\xe5\x90\x8d..\xe5\x90\x8d");
}

std::size_t widest(const std::string& text) {
    std::istringstream lines(text);
    std::size_t width = 0;
    for (std::string line; std::getline(lines, line);) width = std::max(width, displayWidth(line));
    return width;
}

TEST(AlignedTable, ShortensNamesWhereThatIsEnough) {
    const std::string table =
        alignedTable({{"layer", "cycles"}, {}, {std::string(60, 'a') + std::string(60, 'b'), "7"}});
    EXPECT_EQ(widest(table), kTextColumns);
    EXPECT_THAT(table, testing::HasSubstr("aa..bb"));
    EXPECT_THAT(table, testing::HasSubstr("b       7\n"));
}

TEST(AlignedTable, GoesOnBelowWithTheNames) {
    TableRows rows{{"layer"}, {}, {"conv"}};
    for (int i = 0; i < 12; ++i) {
        rows[0].push_back("column " + std::to_string(i));
        rows[2].push_back("12345678901");
    }
    const std::string table = alignedTable(rows);
    EXPECT_LE(widest(table), kTextColumns);
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 3 + 1 + 3);
    EXPECT_THAT(table, testing::HasSubstr("\n\nlayer"));
    EXPECT_THAT(table, testing::HasSubstr("column 11\n"));
}

TEST(AlignedTable, FitsWhateverStandsInIt) {
    for (std::size_t columns = 1; columns < 30; ++columns) {
        for (const std::size_t names : {1, 2, 5}) {
            const std::vector<std::string> row(columns, std::string(columns * 9, 'x'));
            EXPECT_LE(widest(alignedTable({row, {}, row, {"short"}}, names)), kTextColumns)
                << columns << " columns, " << names << " names";
        }
    }
}

TEST(AlignedTable, ShowsNoControlCharacters) {
    EXPECT_EQ(alignedTable({{"a\nb", "\x1b[2J"}}), "a\\nb  \\x1b[2J\n");
}

TEST(ColumnsOfZeros, AreLeftOut) {
    EXPECT_EQ(withoutZeroColumns({{"layer", "busy", "idle"}, {}, {"a", "0.1 %", "0.0 %"}}),
              (TableRows{{"layer", "busy"}, {}, {"a", "0.1 %"}}));
    EXPECT_EQ(withoutZeroColumns({{"layer", "loop order"}, {}, {"0", "none"}}),
              (TableRows{{"layer", "loop order"}, {}, {"0", "none"}}));
}

TEST(DoubtText, SaysTimesWhereNothingWouldBeLeftBelow) {
    EXPECT_EQ(doubtText(0), "+-0 %");
    EXPECT_EQ(doubtText(0.072), "+-7 %");
    EXPECT_EQ(doubtText(0.97), "+-97 %");
    EXPECT_EQ(doubtText(1), "up to 2.0 times");
    EXPECT_EQ(doubtText(1.67), "up to 2.7 times");
    EXPECT_EQ(doubtText(9.4), "up to 10 times");
}

TEST(SplitLists, CommasWithinBracketsAndQuotesDoNotPartItems) {
    using Items = std::vector<std::string>;
    EXPECT_EQ(splitLists({"int8,e4m3"}), (Items{"int8", "e4m3"}));
    EXPECT_EQ(splitLists({"int8, {a: b, c: [d, e]} ,./x.yaml"}),
              (Items{"int8", "{a: b, c: [d, e]}", "./x.yaml"}));
    EXPECT_EQ(splitLists({"{a: 'x,}', b: \"]\"},y"}), (Items{"{a: 'x,}', b: \"]\"}", "y"}));
    EXPECT_EQ(splitLists({"a", "b,c"}), (Items{"a", "b", "c"}));
    EXPECT_EQ(splitLists({"a,,b"}), (Items{"a", "", "b"}));
}

}  // namespace
}  // namespace systole::sim
