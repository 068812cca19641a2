// SPDX-License-Identifier: Apache-2.0
// The largest changes of a golden check: which come first.
#include "sim/study/golden_difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::IsEmpty;

Json document(const Json& result) {
    const Json output{
        {"tensor", "y"}, {"shape", {1, 1, 1, 1}}, {"element_bytes", 1}, {"codes", {"00"}}};
    return {{"config", Json::object()},
            {"tensors_sha256", Json::object()},
            {"output", output},
            {"result", result}};
}

std::vector<std::string> largest(const Json& before, const Json& now) {
    return differencesBetween(document(before), document(now)).largest;
}

TEST(LargestChanges, ASmallCountHidesNoLargeOne) {
    const Json before{{"totals", {{"overflows", 1}, {"cycles", 50'000}, {"macs", 7}}}};
    const Json now{{"totals", {{"overflows", 2}, {"cycles", 61'000}, {"macs", 7}}}};
    EXPECT_THAT(largest(before, now),
                ElementsAre("largest change: /totals/cycles: +22 %, from 50000 to 61000",
                            "largest change: /totals/overflows: +100 %, from 1 to 2"));
}

TEST(LargestChanges, ACountThatWasZeroHasItsPlace) {
    const Json before{{"totals", {{"few", 0}, {"cycles", 50'000}, {"many", 0}, {"energy", 0.0}}}};
    const Json now{{"totals", {{"few", 8}, {"cycles", 61'000}, {"many", 5'000}, {"energy", 1e-9}}}};
    EXPECT_THAT(largest(before, now),
                ElementsAre("largest change: /totals/energy: from 0.0 to 1e-09",
                            "largest change: /totals/many: from 0 to 5000",
                            "largest change: /totals/cycles: +22 %, from 50000 to 61000",
                            "largest change: /totals/few: from 0 to 8"));
}

TEST(LargestChanges, FiguresOfTheRunComeBeforePartsAndLayers) {
    const Json before{
        {"totals", {{"cycles", 1'000}, {"area", 2.0}, {"counters", {{"reads", 10}}}}},
        {"layers",
         {{"a", {{"cycles", 500}, {"counters", {{"reads", 1'000}}}}}, {"b", {{"cycles", 500}}}}}};
    const Json now{
        {"totals", {{"cycles", 1'010}, {"area", 3.0}, {"counters", {{"reads", 1'000}}}}},
        {"layers",
         {{"a", {{"cycles", 505}, {"counters", {{"reads", 9'000}}}}}, {"b", {{"cycles", 600}}}}}};
    EXPECT_THAT(largest(before, now),
                ElementsAre("largest change: /totals/area: +50 %, from 2.0 to 3.0",
                            "largest change: /totals/cycles: +1 %, from 1000 to 1010",
                            "largest change: /totals/counters/reads: +9900 %, from 10 to 1000",
                            "largest change: /layers/b/cycles: +20 %, from 500 to 600",
                            "largest change: /layers/a/cycles: +1 %, from 500 to 505"));
}

TEST(LargestChanges, EitherTakesThePlacesThatTheOtherLeaves) {
    Json before{{"totals", Json::object()}, {"layers", {{"a", Json::object()}}}};
    Json now = before;
    for (int i = 0; i < 9; ++i) {
        before["layers"]["a"]["figure" + std::to_string(i)] = 1'000;
        now["layers"]["a"]["figure" + std::to_string(i)] = 1'100 + i;
    }
    EXPECT_EQ(largest(before, now).size(), 5U);
    EXPECT_EQ(largest(before, now)[0],
              "largest change: /layers/a/figure8: +10.8 %, from 1000 to 1108");
    EXPECT_THAT(largest(now, now), IsEmpty());
    before["totals"]["cycles"] = 1;
    now["totals"]["cycles"] = 2;
    EXPECT_EQ(largest(before, now)[0], "largest change: /totals/cycles: +100 %, from 1 to 2");
    EXPECT_EQ(largest(before, now).size(), 5U);
}

}  // namespace
}  // namespace systole::sim
