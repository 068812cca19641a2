// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/key_path.hpp"

#include <gmock/gmock.h>

#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using yaml::endOfPath;
using yaml::joinPath;
using yaml::splitPath;

TEST(KeyPath, AKeyInQuotesMayHaveDotsBracketsAndEqualsSigns) {
    EXPECT_THAT(splitPath("a.b[2].c"), ElementsAre("a", "b", "[2]", "c"));
    EXPECT_THAT(splitPath(R"(layers."stem.conv".tile)"),
                ElementsAre("layers", "stem.conv", "tile"));
    EXPECT_THAT(splitPath("layers.'a=b[0] + c'.tile"), ElementsAre("layers", "a=b[0] + c", "tile"));
    EXPECT_THAT(splitPath(R"("it's".'say "x"')"), ElementsAre("it's", "say \"x\""));
}

TEST(KeyPath, WhatIsNoPathIsEmpty) {
    for (const char* text :
         {"", ".", "a.", ".a", "a..b", "a.\"b", "a.\"b\"c", "a.\"\"", "a b", "a'b'", "a.'b' .c"}) {
        EXPECT_THAT(splitPath(text), IsEmpty()) << text;
    }
}

TEST(KeyPath, ReadsWhatItWrites) {
    for (const yaml::KeyPath& path :
         {yaml::KeyPath{"a", "b", "[12]", "c"}, {"a", "b.c", "d"}, {"x = y", "'"}, {"\"", "[x]"}}) {
        EXPECT_EQ(splitPath(joinPath(path)), path) << joinPath(path);
    }
    EXPECT_EQ(joinPath({"layers", "stem.conv", "channels"}), "layers.\"stem.conv\".channels");
}

TEST(KeyPath, EndsAtTheFirstEqualsSignOutsideOfQuotes) {
    EXPECT_EQ(endOfPath("a.b=c=d"), 3U);
    EXPECT_EQ(endOfPath("a.\"b=c\".d=e"), 9U);
    EXPECT_EQ(endOfPath("a.b"), std::string_view::npos);
    EXPECT_EQ(endOfPath(""), std::string_view::npos);
    EXPECT_EQ(endOfPath("a.\"b=c"), std::string_view::npos);
    EXPECT_EQ(endOfPath("=c"), 0U);
}

/// `layers: {NAME: {size: N}}`
class NamedKeysTest : public ConfigTest {
protected:
    std::string read(const std::string& text, const Overrides& overrides) const {
        std::string seen;
        const std::string problems = complaint(
            text,
            [&](const Section& root) {
                const Section layers = root.at("layers", Default::section()).section();
                for (const auto& [name, value] : layers.entries()) {
                    const auto size = value.section().at("size").integer({1, 99});
                    seen += fmt::format("{}={} ", name, size);
                }
            },
            overrides);
        return problems == "no error" ? seen : problems;
    }
};

TEST_F(NamedKeysTest, OverridesReachNamesWithDots) {
    EXPECT_EQ(read("layers: {stem.conv: {size: 3}}\n", {"layers.\"stem.conv\".size=7"}),
              "stem.conv=7 ");
    EXPECT_EQ(read("layers: {}\n", {"layers.'a.b + c.d'.size=7", "layers.e.size=8"}),
              "a.b + c.d=7 e=8 ");
}

TEST_F(NamedKeysTest, WithoutQuotesTheMessageShowsThem) {
    EXPECT_THAT(read("layers: {stem.conv: {size: 3}}\n", {"layers.stem.conv.size=7"}),
                HasSubstr("layers.stem: unknown key 'conv' (a name with a dot stands in quotes: "
                          "layers.\"stem.conv\".size)"));
    EXPECT_THAT(read("layers: {}\n", {"layers.a.b.c.size=7"}), HasSubstr("layers.\"a.b.c\".size)"));
    EXPECT_THAT(read("layers: {}\n", {"layers={a: {b: {size: 7}}}"}), HasSubstr("unknown key 'b'"));
}

TEST_F(NamedKeysTest, TheListOfProblemsEnds) {
    std::string keys;
    for (int i = 0; i < 300; ++i) keys += fmt::format("stranger{}: 1\n", i);
    const std::string text = read(keys, {});
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 20);
    EXPECT_THAT(text, testing::EndsWith(": and 280 more problems"));
}

}  // namespace
}  // namespace systole::sim
