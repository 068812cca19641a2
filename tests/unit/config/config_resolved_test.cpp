// SPDX-License-Identifier: Apache-2.0
// Defaults of keys that are missing, and what a reader says that it read.
#include <nlohmann/json.hpp>

#include "sim/reader/resolved_json.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

class ConfigResolvedTest : public ConfigTest {
protected:
    /// What `load` asks of `text`, as JSON in one line.
    std::string resolved(const std::string& text, const std::function<void(const Section&)>& load,
                         const Overrides& overrides = {}) const {
        return readConfig(write("t.yaml", text), overrides, [&](const Section& root) {
            load(root);
            return resolvedJson(root.resolved()).dump();
        });
    }
};

TEST_F(ConfigResolvedTest, ADefaultIsReadAsIfTheFileHadIt) {
    EXPECT_EQ(
        resolved(
            "{}",
            [](const Section& root) {
                EXPECT_EQ(root.at("depth", 3).integer<std::uint32_t>({1, 4}), 3U);
                EXPECT_TRUE(root.at("shadow", true).boolean());
                EXPECT_EQ(root.at("rate", 0.25).real({0, 1}), 0.25);
                EXPECT_EQ(root.at("word", "16B").bytes({1, 64}), 16U);
                const Section section = root.at("more", Default::section()).section();
                EXPECT_EQ(section.at("mode", "b").choose({"a", "b"}), 1U);
                EXPECT_EQ(
                    root.at("order", std::vector<std::string>{"x", "y"}).list({2, 2})[1].text(),
                    "y");
            }),
        R"({"depth":3,"shadow":true,"rate":0.25,"word":"16B","more":{"mode":"b"},)"
        R"("order":["x","y"]})");
}

TEST_F(ConfigResolvedTest, AValueOfTheFileCountsMoreThanTheDefault) {
    EXPECT_EQ(resolved("depth: 2",
                       [](const Section& root) {
                           EXPECT_EQ(root.at("depth", 3).integer<std::uint32_t>({1, 4}), 2U);
                       }),
              R"({"depth":2})");
}

TEST_F(ConfigResolvedTest, ADefaultOutOfRangeIsAnErrorAtItsSection) {
    EXPECT_EQ(complaint("a: {b: 1}",
                        [](const Section& root) {
                            const Section section = root.at("a").section();
                            section.at("b").integer();
                            section.at("depth", 9).integer<std::uint32_t>({1, 4});
                        }),
              "t.yaml:1:4: a.depth: '9' is out of range, expected an integer from 1 to 4");
}

TEST_F(ConfigResolvedTest, AnOverrideReachesIntoASectionThatIsMissing) {
    EXPECT_EQ(resolved("{}",
                       [](const Section& root) {
                           const Section section = root.at("more", Default::section()).section();
                           section.at("x", 1).integer();
                           section.at("y", 2).integer();
                       },
                       {"more.y=5"}),
              R"({"more":{"x":1,"y":5}})");
}

TEST_F(ConfigResolvedTest, AFragmentStandsInThePlaceOfItsName) {
    write("parts/fast.yaml", "speed: 7");
    EXPECT_EQ(resolved("part: fast",
                       [](const Section& root) {
                           root.at("part").fragment("parts").at("speed").integer();
                       },
                       {"part.speed=8"}),
              R"({"part":{"speed":8}})");
}

TEST_F(ConfigResolvedTest, AValueCanBeReplacedByAnother) {
    EXPECT_EQ(resolved("{a: 1, b: 2}",
                       [](const Section& root) {
                           root.at("a").integer();
                           root.at("b").integer();
                           root.at("b").replaceBy(root.at("a"));
                       }),
              R"({"a":1,"b":1})");
}

TEST_F(ConfigResolvedTest, NumbersKeepAllTheirDigits) {
    EXPECT_EQ(resolved("{seed: 18446744073709551615, low: -3, real: 0.1, text: '12'}",
                       [](const Section& root) {
                           root.at("seed").integer();
                           root.at("low").signedInteger({-5, 5});
                           root.at("real").real({0, 1});
                           root.at("text").text();
                       }),
              R"({"seed":18446744073709551615,"low":-3,"real":0.1,"text":"12"})");
}

TEST_F(ConfigResolvedTest, QuantitiesWithAUnitAndWordsMayBeQuotedAsJsonHasThem) {
    resolved(R"({"word": "64KiB", "clock": "500MHz", "lanes": "unlimited", "idle": "never"})",
             [](const Section& root) {
                 EXPECT_EQ(root.at("word").bytes({1, 1U << 20U}), 65536U);
                 EXPECT_EQ(root.at("clock").hertz({1, 1e10}), 500e6);
                 EXPECT_EQ(root.at("lanes").limit({1, 8}), std::nullopt);
                 EXPECT_EQ(root.at("idle").clocksOrNever({1, 8}), std::nullopt);
             });
}

}  // namespace
}  // namespace systole::sim
