// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "models/check.hpp"
#include "tests/sanitizers.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

using testing::HasSubstr;

constexpr UnitId kLoad{UnitKind::Load};
constexpr UnitId kArray{UnitKind::Array};

/// Ten cycles from a burst of 64 bytes to its data, 64 bytes a cycle; the DMA port takes 32.
MachineConfig slowMemory() {
    MachineConfig machine = arrayOnly(4, 4);
    machine.dma = {32, 2};
    machine.sequencer = {16, 1};
    machine.dram.ideal->latencyCycles = 10;
    machine.dram.ideal->bytesPerCycle = 64;
    return machine;
}

Program programOf(std::vector<Command> commands) {
    Program program;
    program.commands = std::move(commands);
    program.layerNames = {"layer"};
    program.activationBytes = 1024;
    program.weightBytes = 1024;
    program.accumulatorRows = 16;
    program.dramBytes = 1024;
    return program;
}

Command loadOf(std::uint64_t address, std::uint32_t bytes) {
    return {TransferCommand{.box = {.address = address, .runBytes = bytes}}, {}, 0};
}

Command storeOf(std::uint32_t bytes) {
    return {TransferCommand{.box = {.runBytes = bytes}, .direction = Direction::Store}, {}, 0};
}

Cycle in(const RunRecord& record, UnitId unit, UnitState state) {
    return record.states[kMachineUnits.numberOf(unit)].of(state);
}

RunRecord replay(const MachineConfig& machine, const Program& program) {
    const auto accelerator = buildAccelerator(machine);
    accelerator->load(program);
    return accelerator->replayTimed();
}

TEST(Replay, TimesALoadByIssueMemoryAndPort) {
    const RunRecord record = replay(slowMemory(), programOf({loadOf(0, 64)}));
    // Dispatched in cycle 1; data there 1 + 10 cycles later; two cycles through the port.
    EXPECT_EQ(record.cycles, 1U + 11 + 2);
    EXPECT_EQ(in(record, kLoad, UnitState::Idle), 1U);
    EXPECT_EQ(in(record, kLoad, UnitState::Busy), 2U);
    EXPECT_EQ(in(record, kLoad, UnitState::Memory), 11U);
    EXPECT_EQ(record.dramBytes, 64U);
}

TEST(Replay, AsksForNoMoreBurstsThanMayBeOutstanding) {
    const RunRecord record = replay(slowMemory(), programOf({loadOf(0, 256)}));
    // Requests in cycles 1 and 2; the port frees the first slot at 14, the second at 16; the last
    // burst's data are there 11 cycles after 16, and take two more.
    EXPECT_EQ(record.cycles, 16U + 11 + 2);
}

TEST(Replay, TimesAStoreByPortAndMemory) {
    const RunRecord record = replay(slowMemory(), programOf({storeOf(64)}));
    EXPECT_EQ(record.cycles, 1U + 2 + 11);
}

TEST(Replay, DispatchesOneCommandEveryIssueCycles) {
    MachineConfig machine = arrayOnly(4, 4);
    machine.sequencer = {16, 3};
    const Command stream{Stream{}, {}, 0};
    const RunRecord record = replay(machine, programOf({stream}));
    EXPECT_EQ(record.cycles, 3U + 11);  // R + 1 + R + C - 2
    EXPECT_EQ(in(record, kArray, UnitState::Idle), 3U);
}

TEST(Replay, CountsTheWaitForATokenAgainstTheUnitThatOwesIt) {
    Command stream{Stream{}, {}, 0};
    stream.after.require(kLoad, 1);
    const RunRecord record = replay(slowMemory(), programOf({loadOf(0, 64), stream}));
    EXPECT_EQ(record.cycles, 14U + 11);
    EXPECT_EQ(in(record, kArray, UnitState::Idle), 2U);
    EXPECT_EQ(in(record, kArray, waitFor(kLoad)), 12U);
    EXPECT_EQ(in(record, kArray, UnitState::Busy), 11U);
}

/// Activations 1 and 3 meet weights 1, 2 and 3, 4.
Program oneStep() {
    const TransferCommand weights{.box = {.address = 2, .runBytes = 4},
                                  .scratchpad = Scratchpad::Weight};
    Stream stream;
    stream.window.channels = stream.window.channelCount = stream.reduction = 2;
    stream.channels = 2;
    Command command{stream, {}, 0};
    command.after.require(kLoad, 2);
    return programOf({loadOf(0, 2), {weights, {}, 0}, command});
}

TEST(Replay, CountsTheBitsThatChangeInTheArraysRegisters) {
    const auto accelerator = buildAccelerator(arrayOnly(2, 2));
    const Program program = oneStep();
    accelerator->load(program);
    constexpr std::array<std::uint8_t, 6> kCodes{1, 3, 1, 2, 3, 4};
    std::copy(kCodes.begin(), kCodes.end(), accelerator->dram().begin());
    for (const bool values : {true, true, false}) {
        const cost::Counters counters = accelerator->replayTimed(values).counters;
        EXPECT_EQ(counters.operandRegisterWrites, 4U);
        EXPECT_EQ(counters.stationaryRegisterWrites, 2U * (1 + 2));
        EXPECT_EQ(counters.sumRegisterWrites, 4U);
        EXPECT_EQ(counters.operandRegisterToggles, values ? 2U * (1 + 2) : 0U);
        // Row 1: 0 -> 3, 0 -> 4; row 0: 0 -> 3 -> 1, 0 -> 4 -> 2.
        EXPECT_EQ(counters.stationaryRegisterToggles, values ? 2U + 1 + (2 + 1) + (1 + 2) : 0U);
    }
}

TEST(Replay, IsTheSameEveryTimeAndWithoutValues) {
    const auto accelerator = buildAccelerator(slowMemory());
    const Program program = programOf({loadOf(0, 200), storeOf(100), loadOf(3, 70)});
    accelerator->load(program);
    const RunRecord first = accelerator->replayTimed();
    const RunRecord second = accelerator->replayTimed();
    const RunRecord third = accelerator->replayTimed(false);
    for (const RunRecord& record : {second, third}) {
        EXPECT_EQ(record.cycles, first.cycles);
        EXPECT_EQ(record.states, first.states);
        EXPECT_EQ(record.counters.bytesLoaded, first.counters.bytesLoaded);
    }
}

TEST(Replay, TakesAnotherProgramWhenTheFirstIsDoneAndGone) {
    const auto accelerator = buildAccelerator(slowMemory());
    {
        const Program first = programOf({storeOf(64), storeOf(64), storeOf(64)});
        accelerator->load(first);
        accelerator->replayTimed();
    }
    const Program second = programOf({loadOf(0, 64)});
    accelerator->load(second);
    EXPECT_EQ(accelerator->replayTimed().cycles, 14U);
}

TEST(Replay, LeavesOtherMachinesOfTheProcessAlone) {
    const auto idle = buildAccelerator(slowMemory());
    const auto busy = buildAccelerator(slowMemory());
    const Program program = programOf({loadOf(0, 64)});
    busy->load(program);
    busy->replayTimed();
    idle->load(program);
    EXPECT_EQ(idle->replayTimed().cycles, 14U);
}

TEST(Replay, SaysWhoWaitsForWhatWhenNothingMoreHappens) {
    if (kSanitizesAddresses) GTEST_SKIP();
    Command stream{Stream{}, {}, 0};
    stream.after.require(kLoad, 2);
    const auto accelerator = buildAccelerator(slowMemory());
    const Program program = programOf({loadOf(0, 64), stream});
    accelerator->load(program);
    try {
        accelerator->replayTimed();
        FAIL() << "a token that never comes was not noticed";
    } catch (const InvariantError& error) {
        EXPECT_THAT(error.what(), HasSubstr("1 of 2 commands completed"));
        EXPECT_THAT(error.what(), HasSubstr("array waits for completion 2 of unit load"));
    }
}

TEST(Replay, NamesCycleAndUnitOfABrokenCommand) {
    if (kSanitizesAddresses) GTEST_SKIP();
    const auto accelerator = buildAccelerator(slowMemory());
    const Program program = programOf({loadOf(0, 2048)});
    accelerator->load(program);
    try {
        accelerator->replayTimed();
        FAIL() << "an access past the end of the scratchpad was not noticed";
    } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), HasSubstr("dma_load"));
        EXPECT_THAT(error.what(), HasSubstr("2048 bytes at 0 of a scratchpad of 1024 bytes"));
    }
}

}  // namespace
}  // namespace systole::arch
