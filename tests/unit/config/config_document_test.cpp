// SPDX-License-Identifier: Apache-2.0
#include "sim/base/spelling.hpp"
#include "sim/reader/scalars.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

class ConfigDocumentTest : public ConfigTest {
protected:
    std::string read(const std::string& text) const {
        return complaint(text, [](const Section& root) { root.entries(); });
    }
};

TEST_F(ConfigDocumentTest, ASecondDocumentIsAnError) {
    const std::string problem =
        ": a second document starts here, expected one (is the indentation right?)";
    EXPECT_EQ(read("a: 1\n---\nb: 2\n"), "t.yaml:2:1" + problem);
    EXPECT_EQ(read("{a: 1}\n{b: 2}\n"), "t.yaml:2:1" + problem);
    EXPECT_EQ(read("---\na: 1\n...\n"), "no error");
}

TEST_F(ConfigDocumentTest, AnEmptyFileIsAnError) {
    EXPECT_EQ(read(""), "t.yaml:1:1: empty, expected a YAML document");
    EXPECT_EQ(read("# nothing\n"), "t.yaml:1:1: empty, expected a YAML document");
    EXPECT_EQ(read("---\n"), "t.yaml:2:1: no value, expected a section of keys and values");
}

TEST_F(ConfigDocumentTest, ARootOfAnotherKindIsAnError) {
    EXPECT_EQ(read("- a\n"), "t.yaml:1:1: found a list, expected a section of keys and values");
    EXPECT_EQ(read("word\n"), "t.yaml:1:1: found 'word', expected a section of keys and values");
}

TEST_F(ConfigDocumentTest, SyntaxErrorsHaveTheirPlace) {
    EXPECT_EQ(read("a: [1, 2\nb: 3\n"), "t.yaml:2:2: YAML syntax: end of sequence flow not found");
    EXPECT_EQ(read("a: b: c\n"), "t.yaml:1:5: YAML syntax: illegal map value");
    // yaml-cpp takes the end of the file for the end of the text.
    EXPECT_EQ(read("a: \"x\\\"\n"), "t.yaml:1:4: YAML syntax: no closing \" found");
    EXPECT_EQ(read("a: 'it''s\n"), "t.yaml:1:4: YAML syntax: no closing ' found");
    EXPECT_EQ(read("\xef\xbb\xbf"
                   "a: 'it''s'\nb: \"\\\"\"\n"),
              "no error");
}

TEST_F(ConfigDocumentTest, WhatAConfigDoesNotNeedIsRefused) {
    EXPECT_EQ(read("a: &x 1\nb: *x\n"),
              "t.yaml:1:4: YAML anchors are not supported, expected each value in its place");
    EXPECT_EQ(read("a: !!int 1\n"),
              "t.yaml:1:4: YAML tag 'tag:yaml.org,2002:int' is not supported");
    EXPECT_EQ(read("? [1]\n: 2\n"),
              "t.yaml:1:3: a map or list as a key, expected a name (is every bracket closed?)");
    EXPECT_EQ(read("a: 1\n%b: 2\n"), "t.yaml:2:1: YAML directives are not supported");
    EXPECT_EQ(read("~: 2\n"), "t.yaml:1:1: empty key, expected a name");
}

TEST_F(ConfigDocumentTest, OnlyPrintableUtf8IsText) {
    // yaml-cpp takes 0x04 for the end of the file: the key after it would vanish.
    EXPECT_EQ(read("a: 1\n\x04\nb: 2\n"), "t.yaml:2:1: bad byte 0x04, expected text in UTF-8");
    EXPECT_EQ(read("a: 1\rb: 2\n"), "t.yaml:1:5: bad byte 0x0d, expected text in UTF-8");
    EXPECT_EQ(read("a: \xff\n"), "t.yaml:1:4: bad byte 0xff, expected text in UTF-8");
    EXPECT_EQ(read("a: \xc3\xa4 # \xe2\x82\xac\r\n"), "no error");
}

TEST_F(ConfigDocumentTest, FilesThatCannotBeReadAreErrors) {
    const auto readFile = [](const std::filesystem::path& file) {
        readConfig(file, {}, [](const Section& root) { return root.clean(); });
    };
    EXPECT_EQ(messageOf([&] { readFile(folder_ / "gone.yaml"); }),
              "gone.yaml: no such file 'gone.yaml', expected a YAML file");
    std::filesystem::create_directories(folder_ / "dir.yaml");
    EXPECT_EQ(messageOf([&] { readFile(folder_ / "dir.yaml"); }),
              "dir.yaml: 'dir.yaml' is a directory, expected a YAML file");
}

TEST_F(ConfigDocumentTest, DeepNestingIsAnErrorAndNoCrash) {
    EXPECT_EQ(read("a: " + std::string(5000, '[')).substr(0, 7), "t.yaml:");
}

TEST(ConfigScalars, NumbersAreDecimalTokens) {
    EXPECT_EQ(parseInteger("010").value, 10U);
    EXPECT_EQ(parseInteger("18446744073709551615").value, UINT64_MAX);
    EXPECT_TRUE(parseInteger("18446744073709551616").wellFormed);
    EXPECT_FALSE(parseInteger("18446744073709551616").value);
    for (const char* text : {"", " 1", "1 ", "+1", "1.0", "1e3", "0x10", "1_000", "-"}) {
        EXPECT_FALSE(parseInteger(text).wellFormed) << text;
    }
    for (const char* text : {"", "-", ".5", "+1", "1e", "inf", "nan", "1,5"}) {
        EXPECT_FALSE(parseReal(text).wellFormed) << text;
    }
}

TEST(ConfigScalars, UnitsAreExact) {
    EXPECT_EQ(parseHertz("1.6GHz").value, 1.6e9);
    EXPECT_EQ(parseHertz("32kHz").value, 32000.0);
    EXPECT_EQ(parseSeconds("7.8us").value, 7.8e-6);
    EXPECT_EQ(parseBytes("2GiB").value, std::uint64_t{1} << 31U);
    for (const char* text : {"1.2", "GHz", "1.2ghz", "1e9Hz", "-1Hz", "1 GHz"}) {
        EXPECT_FALSE(parseHertz(text).wellFormed) << text;
    }
    EXPECT_EQ(showBytes(65536), "64KiB");
    EXPECT_EQ(showBytes(65537), "65537B");
    EXPECT_EQ(showBytes(0), "0B");
    EXPECT_EQ(showHertz(1.2e9), "1.2GHz");
    EXPECT_EQ(showSeconds(1e-8), "10ns");
}

TEST(ConfigSpelling, CountsTypingSlips) {
    EXPECT_EQ(editDistance("rows", "rows"), 0U);
    EXPECT_EQ(editDistance("rosw", "rows"), 1U);
    EXPECT_EQ(editDistance("", "rows"), 4U);
    EXPECT_EQ(editDistance("kitten", "sitting"), 3U);
    EXPECT_EQ(suggestion("colums", {"rows", "columns"}), " (did you mean 'columns'?)");
    EXPECT_EQ(suggestion("depth", {"rows", "columns"}), "");
    EXPECT_EQ(suggestion("x", {"y"}), "");
}

}  // namespace
}  // namespace systole::sim
