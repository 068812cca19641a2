// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

TEST(ClockLimits, AreThoseOfElementsAndTheSlowestMemory) {
    MachineDescription machine = roundMachine();
    machine.accumulatorRows = 32;
    const ClockLimits limits = clockLimits(roundTechnology(), machine);
    const ElementModel element(roundLogic(), machine.element);
    EXPECT_DOUBLE_EQ(limits.elementNanoseconds, element.nanoseconds());
    EXPECT_EQ(limits.fastNanoseconds, 0);
    // Parts of 512 B and 64 bits have a cycle of 0.125 ns: no memory is said to be that fast.
    EXPECT_DOUBLE_EQ(limits.scratchpadNanoseconds, 1.0 / 6);
    EXPECT_DOUBLE_EQ(limits.reachableHertz(), 1e9 / element.nanoseconds());
    EXPECT_DOUBLE_EQ(
        (ClockLimits{.elementNanoseconds = 5, .scratchpadNanoseconds = 4}).reachableHertz(), 200e6);
    EXPECT_TRUE(std::isinf(ClockLimits{}.reachableHertz()));
}

TEST(ClockLimits, SayWhatASynthesisForSpeedReaches) {
    Technology technology = roundTechnology();
    technology.logic.speed = technology.logic.area;
    const ClockLimits limits = clockLimits(technology, roundMachine());
    const ElementModel fast(technology.logic, roundMachine().element, {Goal::Delay});
    EXPECT_DOUBLE_EQ(limits.fastNanoseconds, fast.nanoseconds());
    EXPECT_LT(limits.fastNanoseconds, limits.elementNanoseconds);
}

TEST(Pipelining, LowersTheDelayAndCostsRegisters) {
    MachineDescription machine = roundMachine();
    const AreaNode one = areaOf(roundTechnology(), machine);
    const double slow = clockLimits(roundTechnology(), machine).elementNanoseconds;
    machine.array.pipelineDepth = 3;
    const AreaNode three = areaOf(roundTechnology(), machine);
    const double fast = clockLimits(roundTechnology(), machine).elementNanoseconds;
    EXPECT_LT(fast, slow);
    EXPECT_DOUBLE_EQ(fast,
                     ElementModel(roundLogic(), machine.element, {Goal::Area, 3}).nanoseconds());
    // Two cuts of a product of 16 bits and a bit that it is one, in 32 elements of 5 um2 a bit.
    EXPECT_DOUBLE_EQ(three.squareMicrons - one.squareMicrons, 2.0 * 17 * 32 * 5);
}

}  // namespace
}  // namespace systole::cost
