// SPDX-License-Identifier: Apache-2.0
#include "sim/base/text.hpp"

#include <gtest/gtest.h>

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

TEST(TableInBlocks, RepeatsTheFirstColumnsWhereALineIsFull) {
    const std::vector<std::vector<std::string>> rows{
        {"", kWord, kWord, "c"}, {}, {"row", "1", "2", "3"}, {"failed"}};
    EXPECT_EQ(tableInBlocks(rows, 1), alignedTable(rows));
    const std::vector<std::vector<std::string>> wide{
        {"", kWord, kWord, kWord, kWord, "c"}, {}, {"row", "1", "2", "3", "4", "5"}};
    EXPECT_EQ(tableInBlocks(wide, 1),
              alignedTable({{"", kWord, kWord, kWord}, {}, {"row", "1", "2", "3"}}) + "\n" +
                  alignedTable({{"", kWord, "c"}, {}, {"row", "4", "5"}}));
}

}  // namespace
}  // namespace systole::sim
