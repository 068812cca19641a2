// SPDX-License-Identifier: Apache-2.0
// Machines whose elements are synthesised for speed, or pipelined.
#include <gmock/gmock.h>

#include "models/cost/machine/energy_band.hpp"
#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

TEST(Pipelining, ClocksTheRegistersOfIdleElements) {
    MachineDescription machine = roundMachine();
    Counters counters;
    counters.idlePeCycles = 100;
    const auto idle = [&] {
        return EnergyModel(roundTechnology(), machine)
            .energyOf({.counters = counters})
            .arrayIdleJoules;
    };
    const double one = idle();
    machine.array.pipelineDepth = 3;
    EXPECT_NEAR(idle() - one, 100 * 2 * 16 * 1e-15, 1e-24);
}

TEST(Synthesis, ForSpeedIsTheMachinesWholeElement) {
    Technology technology = roundTechnology();
    technology.logic.speed = technology.logic.area;
    for (auto& row : technology.logic.speed->squareMicrons) row.fill(3);
    technology.logic.errors.fit.elements.speed.area = FitError{.rms = 0.2, .largest = 0.3};
    MachineDescription machine = roundMachine();
    const AreaNode small = areaOf(technology, machine);
    const ClockLimits slow = clockLimits(technology, machine);
    machine.synthesis = Goal::Delay;
    const AreaNode large = areaOf(technology, machine);
    const ClockLimits fast = clockLimits(technology, machine);
    const ElementModel element(technology.logic, machine.element, {Goal::Delay});
    const AreaNode* elements = large.find("array")->find("processing_elements");
    EXPECT_DOUBLE_EQ(elements->squareMicrons - elements->find("control")->squareMicrons,
                     32 * element.squareMicrons().total());
    EXPECT_GT(large.squareMicrons, small.squareMicrons);
    EXPECT_DOUBLE_EQ(fast.elementNanoseconds, slow.fastNanoseconds);
    EXPECT_LT(fast.elementNanoseconds, slow.elementNanoseconds);
    const AreaNode* part = elements->find("accumulator");
    EXPECT_DOUBLE_EQ(part->highSquareMicrons, 1.3 * part->squareMicrons);
    EXPECT_DOUBLE_EQ(element.gateSize(), 1.5);
}

TEST(Synthesis, ForSpeedWidensAnUnmeasuredBandByTheSizeOfTheGates) {
    LogicTechnology logic = roundLogic();
    logic.speed = logic.area;
    for (auto& row : logic.speed->squareMicrons) row.fill(3);
    logic.errors.fit.elements.area.energy = FitError{.rms = 0.05, .largest = 0.1};
    const auto doubt = [&](Goal goal) {
        return ElementModel(logic, roundMachine().element, {goal}).energyDoubt();
    };
    EXPECT_DOUBLE_EQ(doubt(Goal::Area).up, 0.1);
    EXPECT_TRUE(doubt(Goal::Area).isMeasured);
    EXPECT_DOUBLE_EQ(doubt(Goal::Delay).down, 0.1);
    EXPECT_DOUBLE_EQ(doubt(Goal::Delay).up, 1.1 * 1.5 - 1);
    EXPECT_FALSE(doubt(Goal::Delay).isMeasured);
    logic.errors.fit.elements.speed.energy = FitError{.rms = 0.2, .largest = 0.4};
    EXPECT_DOUBLE_EQ(doubt(Goal::Delay).up, 0.4);
    EXPECT_TRUE(doubt(Goal::Delay).isMeasured);
}

TEST(Synthesis, TheBandOfElementsIsThatOfTheirGoalAndSaysWhereItIsAnEstimate) {
    Technology technology = roundTechnology();
    technology.logic.errors.fit.elements.area.energy = FitError{.rms = 0.05, .largest = 0.1};
    technology.logic.speed = technology.logic.area;
    for (auto& row : technology.logic.speed->squareMicrons) row.fill(3);  // half as large again
    MachineDescription machine = roundMachine();
    MachineActions actions{.counters = {.macs = 1}};
    actions.perMac[ElementPart::Multiplier] = 2;
    const auto bandOf = [&](Goal goal) {
        machine.synthesis = goal;
        const auto at = [&](Corner corner) {
            return EnergyModel(technology, machine, corner).energyOf(actions);
        };
        return energyBand(technology, at(Corner::Low), at(Corner::Nominal), at(Corner::High),
                          ElementModel(technology.logic, machine.element, {goal}).energyDoubt());
    };
    const auto least = bandOf(Goal::Area);
    const auto fast = bandOf(Goal::Delay);
    EXPECT_DOUBLE_EQ(least[0].joules.nominal, 2);
    EXPECT_DOUBLE_EQ(least[0].joules.low, 2 / 1.1);
    EXPECT_DOUBLE_EQ(least[0].joules.high, 2 * 1.1);
    EXPECT_DOUBLE_EQ(fast[0].joules.low, 2 / 1.1);
    EXPECT_DOUBLE_EQ(fast[0].joules.high, 2 * 1.1 * 1.5);
    EXPECT_THAT(fast[0].source, ::testing::HasSubstr("estimate"));
    EXPECT_THAT(least[0].source, ::testing::Not(::testing::HasSubstr("estimate")));
}

}  // namespace
}  // namespace systole::cost
