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
