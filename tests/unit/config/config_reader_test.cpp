// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>

#include "sim/config/format_reader.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigReaderTest : public ConfigTest {};

const auto kReadRows = [](const Section& root) {
    root.at("array").section().at("rows").integer<std::uint32_t>({1, 512});
};

TEST_F(ConfigReaderTest, ReadsEveryTypeOfValue) {
    const std::string text =
        "flag: true\ncount: 16\nreal: -1.5e-3\nsize: 64KiB\nplain: 512\nclock: 1.2GHz\n"
        "delay: 0.833ns\nfree: unlimited\nlimited: 7\nfreeBytes: unlimited\nname: 'true'\n"
        "format: e4m3\naccumulator: int32\nkind: max\nlist: [1, 2]\n";
    EXPECT_EQ(complaint(text,
                        [](const Section& root) {
                            EXPECT_TRUE(root.at("flag").boolean());
                            EXPECT_EQ(root.at("count").integer(), 16U);
                            EXPECT_EQ(root.at("real").real({-1, 1}), -1.5e-3);
                            EXPECT_EQ(root.at("size").bytes({}), 65536U);
                            EXPECT_EQ(root.at("plain").bytes({}), 512U);
                            EXPECT_EQ(root.at("clock").hertz({1, 1e10}), 1.2e9);
                            EXPECT_EQ(root.at("delay").seconds({0, 1}), 0.833e-9);
                            EXPECT_EQ(root.at("free").limit({1, 8}), Limit{});
                            EXPECT_EQ(root.at("limited").limit({1, 8}), Limit{7});
                            EXPECT_EQ(root.at("freeBytes").byteLimit({}), Limit{});
                            EXPECT_EQ(root.at("name").text(), "true");
                            EXPECT_EQ(numeric::nameOf(readFormat(root.at("format"))), "e4m3");
                            EXPECT_EQ(readAccumulator(root.at("accumulator")).name, "int32");
                            EXPECT_EQ(root.at("kind").oneOf<int>({{"average", 1}, {"max", 2}}), 2);
                            std::vector<std::uint64_t> list;
                            for (const Value& item : root.at("list").list()) {
                                list.push_back(item.integer());
                            }
                            EXPECT_THAT(list, ElementsAre(1, 2));
                        }),
              "no error");
}

TEST_F(ConfigReaderTest, ALeadingZeroIsNoOctal) {
    EXPECT_EQ(complaint("rows: 010\n",
                        [](const Section& root) { EXPECT_EQ(root.at("rows").integer(), 10U); }),
              "no error");
}

TEST_F(ConfigReaderTest, ANumberIsTheWholeToken) {
    EXPECT_EQ(complaint("array: {rows: 8x}\n", kReadRows),
              "t.yaml:1:15: array.rows: '8x' is not an integer, expected an integer from 1 to 512");
    EXPECT_EQ(complaint("array: {rows: 0x10}\n", kReadRows),
              "t.yaml:1:15: array.rows: '0x10' is not an integer, expected an integer from 1 to "
              "512");
    EXPECT_EQ(complaint("array: {rows: \"16\"}\n", kReadRows),
              "t.yaml:1:15: array.rows: '16' is quoted text, expected an integer from 1 to 512");
}

TEST_F(ConfigReaderTest, IntegersOutsideTheirRangeAreNamed) {
    for (const std::string number : {"0", "513", "-1", "99999999999999999999999"}) {
        EXPECT_EQ(complaint("array:\n  rows: " + number + "\n", kReadRows),
                  "t.yaml:2:9: array.rows: '" + number +
                      "' is out of range, expected an integer from 1 to 512");
    }
}

TEST_F(ConfigReaderTest, OtherKindsOfNodesAreNamed) {
    const std::string expectation = ", expected an integer from 1 to 512";
    EXPECT_EQ(complaint("array: {rows: {a: 1}}\n", kReadRows),
              "t.yaml:1:15: array.rows: found a section" + expectation);
    EXPECT_EQ(complaint("array: {rows: [1]}\n", kReadRows),
              "t.yaml:1:15: array.rows: found a list" + expectation);
    EXPECT_EQ(complaint("array: {rows: }\n", kReadRows),
              "t.yaml:1:15: array.rows: no value" + expectation);
    EXPECT_EQ(complaint("array: 3\n", kReadRows),
              "t.yaml:1:8: array: found '3', expected a section of keys and values");
    EXPECT_EQ(complaint("array: [1]\n", kReadRows),
              "t.yaml:1:8: array: found a list, expected a section of keys and values");
}

TEST_F(ConfigReaderTest, MissingKeysAreReportedAtTheirSection) {
    EXPECT_EQ(complaint("array: {}\n", kReadRows),
              "t.yaml:1:8: array.rows: missing key, expected an integer from 1 to 512");
    EXPECT_EQ(complaint("{}\n", kReadRows),
              "t.yaml:1:1: array: missing key, expected a section of keys and values");
}

TEST_F(ConfigReaderTest, AnUnknownKeyGetsTheClosestName) {
    EXPECT_EQ(complaint("array: {rows: 4, rosw: 5}\n", kReadRows),
              "t.yaml:1:18: array: unknown key 'rosw' (did you mean 'rows'?)");
    EXPECT_EQ(complaint("array: {rows: 4, depth: 5}\n", kReadRows),
              "t.yaml:1:18: array: unknown key 'depth', expected rows");
    EXPECT_EQ(complaint("array: {rows: 4}\naray: 3\n", kReadRows),
              "t.yaml:2:1: unknown key 'aray' (did you mean 'array'?)");
}

TEST_F(ConfigReaderTest, ADuplicateKeyIsAnErrorAnywhere) {
    EXPECT_EQ(complaint("array:\n  rows: 4\n  rows: 5\n", kReadRows),
              "t.yaml:3:3: array.rows: duplicate key, first given in line 2");
    EXPECT_EQ(complaint("array: {rows: 4}\narray: {rows: 4}\n", kReadRows),
              "t.yaml:2:1: array: duplicate key, first given in line 1");
}

TEST_F(ConfigReaderTest, AllProblemsComeTogetherInTheOrderOfTheFile) {
    EXPECT_EQ(complaint("zeta: 1\narray: {rows: 8x, rows: 3, colz: 1}\n",
                        [](const Section& root) {
                            const Section array = root.at("array").section();
                            root.at("name").text();
                            array.at("columns").integer({1, 512});
                            array.at("rows").integer({1, 512});
                        }),
              "t.yaml:1:1: name: missing key, expected text\n"
              "t.yaml:1:1: unknown key 'zeta', expected one of array, name\n"
              "t.yaml:2:8: array.columns: missing key, expected an integer from 1 to 512\n"
              "t.yaml:2:15: array.rows: '8x' is not an integer, expected an integer from 1 to 512\n"
              "t.yaml:2:19: array.rows: duplicate key, first given in line 2\n"
              "t.yaml:2:28: array: unknown key 'colz', expected one of columns, rows");
}

TEST_F(ConfigReaderTest, BooleansAreTrueOrFalse) {
    EXPECT_EQ(complaint("flag: yes\n", [](const Section& root) { root.at("flag").boolean(); }),
              "t.yaml:1:7: flag: 'yes' is not a boolean, expected true or false");
}

TEST_F(ConfigReaderTest, ByteSizesNeedABinaryUnit) {
    const auto read = [](const Section& root) { root.at("size").bytes({1, 1024}); };
    const std::string expectation = "expected a byte size such as 64KiB, from 1B to 1KiB";
    EXPECT_EQ(complaint("size: 1KB\n", read),
              "t.yaml:1:7: size: '1KB' is not a byte size, " + expectation);
    EXPECT_EQ(complaint("size: 2KiB\n", read),
              "t.yaml:1:7: size: '2KiB' is out of range, " + expectation);
    EXPECT_EQ(complaint("size: 99999999999TiB\n", read),
              "t.yaml:1:7: size: '99999999999TiB' is out of range, " + expectation);
}

TEST_F(ConfigReaderTest, FrequenciesAndTimesNeedAUnit) {
    EXPECT_EQ(complaint("clock: 500\n",
                        [](const Section& root) {
                            root.at("clock").hertz({1e6, 1e10});
                        }),
              "t.yaml:1:8: clock: '500' is not a frequency, expected a frequency such as 500MHz, "
              "from 1MHz to 10GHz");
    EXPECT_EQ(complaint("delay: 10\n",
                        [](const Section& root) {
                            root.at("delay").seconds({1e-9, 1e-3});
                        }),
              "t.yaml:1:8: delay: '10' is not a time, expected a time such as 10ns, "
              "from 1ns to 1ms");
}

TEST_F(ConfigReaderTest, RealsAreFinite) {
    const auto read = [](const Section& root) { root.at("x").real({0, 10}); };
    for (const std::string text : {"inf", "nan", ".inf", "1.5x", "0x1p3"}) {
        EXPECT_EQ(complaint("x: " + text + "\n", read),
                  "t.yaml:1:4: x: '" + text + "' is not a number, expected a number from 0 to 10");
    }
    EXPECT_EQ(complaint("x: 1e999\n", read),
              "t.yaml:1:4: x: '1e999' is out of range, expected a number from 0 to 10");
}

TEST_F(ConfigReaderTest, LimitsSayThatTheyMayBeUnlimited) {
    EXPECT_EQ(complaint("lanes: many\n",
                        [](const Section& root) {
                            root.at("lanes").limit({1, 8});
                        }),
              "t.yaml:1:8: lanes: 'many' is not an integer, expected an integer from 1 to 8, or "
              "unlimited");
}

TEST_F(ConfigReaderTest, EnumerationsListTheirNames) {
    const auto read = [](const Section& root) {
        root.at("kind").oneOf<int>({{"max", 0}, {"average", 1}});
    };
    EXPECT_EQ(complaint("kind: avarage\n", read),
              "t.yaml:1:7: kind: unknown value 'avarage' (did you mean 'average'?), expected one "
              "of max, average");
    EXPECT_EQ(complaint("kind: sum\n", read),
              "t.yaml:1:7: kind: unknown value 'sum', expected one of max, average");
}

TEST_F(ConfigReaderTest, ListsCountTheirElementsAndNameThem) {
    const auto read = [](const Section& root) {
        for (const Value& item : root.at("layers").list({2, 3})) {
            item.section().at("k").integer({1, 9});
        }
    };
    EXPECT_EQ(complaint("layers: [{k: 1}, {k: 0}]\n", read),
              "t.yaml:1:22: layers[1].k: '0' is out of range, expected an integer from 1 to 9");
    EXPECT_EQ(complaint("layers: [{k: 1}]\n", read),
              "t.yaml:1:9: layers: found 1 values, expected a list of 2 to 3 values");
    EXPECT_EQ(complaint("layers: [{k: 1}, {k: 2, j: 1}]\n", read),
              "t.yaml:1:25: layers[1]: unknown key 'j', expected k");
}

TEST_F(ConfigReaderTest, EntriesTakeKeysOfAnyName) {
    EXPECT_EQ(complaint("a: 1\nb: 2\n",
                        [](const Section& root) {
                            std::string names;
                            for (const auto& [name, value] : root.entries()) {
                                names += name + std::to_string(value.integer());
                            }
                            EXPECT_EQ(names, "a1b2");
                        }),
              "no error");
}

TEST_F(ConfigReaderTest, FilesCountFromTheFileThatNamesThem) {
    write("data/x.bin", "x");
    const auto read = [this](const Section& root) {
        const auto file = root.at("file").file();
        EXPECT_TRUE(file.empty() || std::filesystem::equivalent(file, folder_ / "data/x.bin"));
    };
    EXPECT_EQ(complaint("file: data/x.bin\n", read), "no error");
    EXPECT_EQ(complaint("file: data/y.bin\n", read),
              "t.yaml:1:7: file: no such file 'data/y.bin', expected the name of a file");
}

TEST_F(ConfigReaderTest, CrossChecksReportAtTheValue) {
    EXPECT_EQ(complaint("rows: 6\n",
                        [](const Section& root) {
                            const Value rows = root.at("rows");
                            if (rows.integer() % 4 != 0) {
                                rows.fail("6 is no multiple of four, expected one");
                            }
                            EXPECT_FALSE(root.clean());
                        }),
              "t.yaml:1:7: rows: 6 is no multiple of four, expected one");
}

TEST_F(ConfigReaderTest, WhatLiesBelowAReportedSectionIsSilent) {
    EXPECT_EQ(complaint("array: 3\n",
                        [](const Section& root) {
                            const Section array = root.at("array").section();
                            EXPECT_FALSE(array.clean());
                            EXPECT_EQ(array.at("rows").integer({3, 9}), 3U);
                            array.at("sub").section().at("x").text();
                        }),
              "t.yaml:1:8: array: found '3', expected a section of keys and values");
}

TEST_F(ConfigReaderTest, ARootMayBeAList) {
    const auto file = write("t.yaml", "- 1\n- x\n");
    EXPECT_EQ(messageOf([&] {
                  ConfigReader reader(file);
                  for (const Value& item : reader.value().list()) {
                      item.integer();
                  }
                  reader.finish();
              }),
              "t.yaml:2:3: [1]: 'x' is not an integer, expected an integer from 0 to "
              "18446744073709551615");
}

}  // namespace
}  // namespace systole::sim
