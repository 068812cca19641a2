// SPDX-License-Identifier: Apache-2.0
// What the stages of a lane of the vector unit cost.
#include <gtest/gtest.h>

#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

TEST(VectorLane, HasARegisterForEveryStage) {
    MachineDescription machine = roundMachine();
    const auto areaWith = [&](std::uint32_t stages) {
        machine.vectorPipelineDepth = stages;
        return areaOf(roundTechnology(), machine).find("vector_unit")->squareMicrons;
    };
    // Two lanes; a bit takes 5 um2.
    EXPECT_DOUBLE_EQ(areaWith(64) - areaWith(4), 2 * 60 * 32 * 5);
    EXPECT_DOUBLE_EQ(areaWith(1000) - areaWith(999), 2 * 32 * 5);
    EXPECT_EQ(areaWith(0), areaWith(1));  // the result's
}

TEST(VectorLane, ClocksEveryStage) {
    MachineDescription machine = roundMachine();
    const auto joules = [&](std::uint32_t stages, std::uint64_t operations) {
        machine.vectorPipelineDepth = stages;
        Counters counters;
        counters.vectorOperations = operations;
        return EnergyModel(roundTechnology(), machine)
            .energyOf({.counters = counters, .seconds = 1000 / machine.clockHertz})
            .vectorUnitJoules;
    };
    // 60 stages more of 32 bits in two lanes: 1 fJ a bit and cycle, and a change of 2 fJ for half
    // of the bits that an operation passes.
    EXPECT_NEAR(joules(64, 0) - joules(4, 0), 1000 * 2 * 60 * 32 * 1e-15, 1e-20);
    EXPECT_NEAR((joules(64, 10) - joules(64, 0)) - (joules(4, 10) - joules(4, 0)),
                10 * 60 * 32 * 1e-15, 1e-20);
    EXPECT_EQ(joules(0, 10), joules(1, 10));
}

}  // namespace
}  // namespace systole::cost
