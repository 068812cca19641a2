// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/ideal_parts.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

/// Each of these makes one part ideal, whatever the rest of the part is.
TEST(IdealParts, AreThoseOfWhichAnythingHasNoLimit) {
    using Change = std::function<void(MachineDescription&)>;
    const std::vector<std::pair<MachinePart, Change>> changes{
        {MachinePart::ActivationScratchpad,
         [](auto& machine) { machine.activationScratchpad.capacityBytes.reset(); }},
        {MachinePart::WeightScratchpad,
         [](auto& machine) { machine.weightScratchpad.banks.reset(); }},
        {MachinePart::AccumulatorBuffer, [](auto& machine) { machine.accumulatorRows.reset(); }},
        {MachinePart::VectorUnit, [](auto& machine) { machine.vectorLanes.reset(); }},
        {MachinePart::Dma, [](auto& machine) { machine.control.dmaBytesPerCycle.reset(); }},
        {MachinePart::Dma, [](auto& machine) { machine.control.dmaOutstandingBursts.reset(); }},
        {MachinePart::Sequencer, [](auto& machine) { machine.control.commandQueueDepth.reset(); }},
        {MachinePart::Sequencer, [](auto& machine) { machine.control.issuesInNoTime = true; }},
        {MachinePart::MemoryController, [](auto& machine) { machine.control.dramChannels = 0; }}};
    for (const auto& [ideal, change] : changes) {
        MachineDescription machine = roundMachine();
        change(machine);
        const AreaNode tree = areaOf(roundTechnology(), machine);
        for (const MachinePart part : kMachineParts) {
            EXPECT_EQ(tree.find(nameOf(part))->isFree(), part == ideal) << nameOf(part);
            EXPECT_EQ(tree.find(nameOf(part))->squareMicrons == 0, part == ideal) << nameOf(part);
        }
    }
}

/// A number is a limit: large queues cost what they say.
TEST(IdealParts, AreNotThoseThatAreMerelyLarge) {
    MachineDescription machine = roundMachine();
    machine.control.commandQueueDepth = 4096;
    machine.control.dmaOutstandingBursts = 65'536;
    const AreaNode tree = areaOf(roundTechnology(), machine);
    EXPECT_FALSE(tree.isFree());
    // Four queues of 128 bits, 5 um2 a flip-flop.
    EXPECT_GT(tree.find("sequencer")->squareMicrons, 4.0 * 4096 * 128 * 5);
    EXPECT_GT(tree.find("dma")->squareMicrons, 2.0 * 65'536 * 56 * 5);
}

}  // namespace
}  // namespace systole::cost
