// SPDX-License-Identifier: Apache-2.0
// Sums that left the accumulator, and biases that do not fit it: each counted in its layer.
#include <gtest/gtest.h>

#include "sim/run/result.hpp"

namespace systole::sim {
namespace {

TEST(OutOfRangeCounts, AreThoseOfTheLayersAndTheirSum) {
    LoweredNetwork network;
    network.layers.resize(3);
    network.layers[0].clippedBiases = 2;
    network.layers[2].clippedBiases = 5;
    std::vector<numeric::AccumulatorEvents> events(3);
    events[0].overflows = 7;
    events[1].saturations = 11;
    events[2].saturations = 13;
    Result result;
    for (const char* name : {"first", "second", "third"}) {
        result.layers.push_back({.name = name, .kind = "conv", .figures = {}, .mapping = {}});
    }

    addOutOfRange(result, network, events);

    const auto expectCounts = [](const std::optional<OutOfRange>& counts, std::uint64_t overflows,
                                 std::uint64_t saturations, std::uint64_t clipped) {
        ASSERT_TRUE(counts);
        EXPECT_EQ(counts->overflows, overflows);
        EXPECT_EQ(counts->saturations, saturations);
        EXPECT_EQ(counts->clippedBiases, clipped);
        EXPECT_EQ(counts->any(), overflows + saturations + clipped > 0);
    };
    expectCounts(result.layers[0].outOfRange, 7, 0, 2);
    expectCounts(result.layers[1].outOfRange, 0, 11, 0);
    expectCounts(result.layers[2].outOfRange, 0, 13, 5);
    expectCounts(result.outOfRange, 7, 24, 7);
}

}  // namespace
}  // namespace systole::sim
