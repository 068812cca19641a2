// SPDX-License-Identifier: Apache-2.0
#include "sim/study/json_for_diffs.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonForDiffs, NumbersThatFollowEachOtherShareALineAndATextHasOne) {
    const Json document{{"name", "stem"}, {"cycles", 7},     {"macs", 9.5},
                        {"clean", true},  {"kind", "array"}, {"nothing", nullptr}};
    EXPECT_EQ(jsonForDiffs(document),
              "{\n"
              " \"name\": \"stem\",\n"
              " \"cycles\": 7, \"macs\": 9.5, \"clean\": true,\n"
              " \"kind\": \"array\",\n"
              " \"nothing\": null\n"
              "}\n");
}

TEST(JsonForDiffs, WhatHoldsNumbersOnlyIsOneLine) {
    const Json document{{"busy", {{"load", {{"idle", 1}, {"wait", 2}}}, {"array", {{"idle", 3}}}}},
                        {"codes", {"f8", "13"}},
                        {"shape", {8, 1}},
                        {"none", Json::array()}};
    EXPECT_EQ(jsonForDiffs(document),
              "{\n"
              " \"busy\": {\"load\": {\"idle\": 1, \"wait\": 2}, \"array\": {\"idle\": 3}},\n"
              " \"codes\": [\n"
              "  \"f8\",\n"
              "  \"13\"\n"
              " ],\n"
              " \"shape\": [8, 1],\n"
              " \"none\": []\n"
              "}\n");
}

TEST(JsonForDiffs, ReadsBackAsWhatWasWritten) {
    const Json document{{"a \"b\"", {{"x", 0.1}, {"y", {{"z", "line\n"}}}}},
                        {"list", {1, "two", {{"three", 3}}, Json::object()}}};
    EXPECT_EQ(Json::parse(jsonForDiffs(document)), document);
}

}  // namespace
}  // namespace systole::sim
