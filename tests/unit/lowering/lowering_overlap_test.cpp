// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "sim/base/config_error.hpp"
#include "sim/run/gemm_workload.hpp"
#include "tests/unit/lowering/lowering_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// One ReLU over 8 rows of 16 codes.
graph::Graph relu() { return reluGraph({1, 16, 8, 1}); }

TEST(Lowering, GivesThePiecesOfAVectorLayerTwoBuffersInTurn) {
    arch::MachineConfig machine = arrayOnly(4, 4);
    machine.activationScratchpad = {128, kFree, 16};  // two rows at a time, twice in and twice out
    const LoweredNetwork lowered = lower(relu(), machine);
    std::vector<std::int64_t> sources;
    std::vector<std::int64_t> destinations;
    for (const auto& relu : operationsOf<arch::VectorCommand>(lowered.program)) {
        EXPECT_EQ(relu.space.elements(), 32U);
        sources.push_back(relu.operands.at(0).view.origin);
        destinations.push_back(relu.operands.at(1).view.origin);
    }
    EXPECT_THAT(sources, ElementsAre(0, 32, 0, 32));
    EXPECT_THAT(destinations, ElementsAre(64, 96, 64, 96));
}

TEST(Lowering, EstimatesTheVectorUnitByItsScarcestCircuits) {
    arch::MachineConfig machine = arrayOnly(4, 4);
    machine.vectorUnit.lanes = 4;
    const auto estimated = [&] {
        const LoweredNetwork lowered = lower(gemmNetwork(int8Scheme(), 3, 4, 8, 1), machine);
        return lowered.layers.at(0).mapping->search.best.estimate.vectorCycles;
    };
    const Cycle each = machine.vectorUnit.pipelineDepth;
    const Cycle before = estimated();
    // Two conversions: of the sum to a real, and of that to a code.
    machine.vectorUnit.operations[static_cast<std::size_t>(numeric::FunctionClass::Convert)] = {1,
                                                                                                3};
    const Cycle after = estimated();
    EXPECT_GT(before, each);
    // Two blocks of four columns.
    EXPECT_EQ(after - 2 * each, 6 * (before - 2 * each));
}

TEST(Lowering, LoadsTheNextWeightsBeforeItComputesWithThePresentOnes) {
    arch::MachineConfig machine = arrayOnly(4, 4);
    machine.weightScratchpad.capacityBytes = 128;  // a half for one block of 4 x 4 and its records
    const LoweredNetwork lowered = lower(gemmNetwork(int8Scheme(), 3, 4, 8, 1), machine);
    const auto loads = weightLoadsOf(lowered.program);
    ASSERT_EQ(loads.size(), 2U);
    EXPECT_EQ(loads[0].address, 0U);
    EXPECT_EQ(loads[1].address, 64U);
    const auto& commands = lowered.program.commands;
    EXPECT_EQ(std::get<arch::TransferCommand>(commands[2].operation), loads[1]);
    EXPECT_TRUE(std::holds_alternative<arch::Stream>(commands[3].operation));
    // The first fold waits for the first weights and the tile, not for the second weights.
    EXPECT_EQ(commands[3].after.of({arch::UnitKind::Load}), 2U);
}

TEST(Lowering, NamesTheLayerThatDoesNotFit) {
    arch::MachineConfig machine = arrayOnly(4, 4);
    machine.name = "tiny";
    machine.activationScratchpad = {3, kFree, 1};
    try {
        lower(relu(), machine);
        FAIL() << "a layer fits into nothing";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("tiny: layer 'layer' of 'one layer' does not fit"));
        EXPECT_THAT(error.what(), HasSubstr("needs 4 bytes, the activation scratchpad has 3"));
    }
}

TEST(Lowering, RefusesANetworkThatDramCannotHold) {
    arch::MachineConfig machine = arrayOnly(4, 4);
    machine.dram.ideal->capacityBytes = 100;
    EXPECT_THROW(lower(relu(), machine), ConfigError);
}

}  // namespace
}  // namespace systole::sim
