// SPDX-License-Identifier: Apache-2.0
// Machines with several units of one kind, as far as the control of commands goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "arch/control/sequencer.hpp"
#include "models/check.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr UnitSet kUnits{{2, 1, 1, 1}};
constexpr UnitId kLoad0{UnitKind::Load, 0};
constexpr UnitId kLoad1{UnitKind::Load, 1};
constexpr UnitId kStore{UnitKind::Store};

TEST(Units, AreNumberedByKindAndIndex) {
    EXPECT_EQ(kUnits.size(), 5U);
    EXPECT_EQ(kUnits.numberOf(kLoad1), 1U);
    EXPECT_EQ(kUnits.numberOf({UnitKind::Array}), 3U);
    for (std::size_t number = 0; number < kUnits.size(); ++number) {
        EXPECT_EQ(kUnits.numberOf(kUnits.at(number)), number);
    }
    EXPECT_THROW(static_cast<void>(kUnits.numberOf({UnitKind::Vector, 1})), InvariantError);
}

TEST(Units, HaveANumberInTheirNamesOnlyWhereTheyAreSeveral) {
    EXPECT_EQ(kMachineUnits.nameOf(kLoad0), "load");
    EXPECT_EQ(kUnits.nameOf(kLoad1), "load1");
    EXPECT_EQ(kUnits.nameOf(kStore), "store");
    std::vector<std::string> names;
    for (const auto& [state, name] : namedStates(kUnits)) names.push_back(name);
    EXPECT_THAT(names, ElementsAre("busy", "wait_load0", "wait_load1", "wait_store", "wait_array",
                                   "wait_vector", "scratchpad_conflict", "memory", "idle"));
}

TEST(Tokens, KeepTheHighestCountOfEachUnitInOrder) {
    Tokens tokens;
    tokens.require(kStore, 3);
    tokens.require(kLoad1, 7);
    tokens.require(kLoad1, 5);
    tokens.require({UnitKind::Vector}, std::uint64_t{1} << 40);
    EXPECT_EQ(tokens.of(kLoad0), 0U);
    EXPECT_EQ(tokens.of({UnitKind::Vector}), std::uint64_t{1} << 40);
    EXPECT_EQ(std::vector<Token>(tokens.begin(), tokens.end()),
              (std::vector<Token>{tokenOf(kLoad1, 7), tokenOf(kStore, 3),
                                  tokenOf({UnitKind::Vector}, std::uint64_t{1} << 40)}));
}

Command commandOf(UnitId unit, const std::vector<Token>& after = {}) {
    Command command;
    command.operation = TransferCommand{
        .box = {.runBytes = 1},
        .direction = unit.kind == UnitKind::Load ? Direction::Load : Direction::Store};
    command.index = unit.index;
    for (const Token& token : after) command.after.require(token.unit, token.count);
    return command;
}

Program programOf(std::vector<Command> commands) {
    Program program;
    program.commands = std::move(commands);
    program.layerNames = {"layer"};
    program.activationBytes = program.dramBytes = 64;
    return program;
}

class OneCommand final : public CommandSource {
public:
    bool next(std::vector<Command>& commands) override {
        if (isOver_) return false;
        commands.push_back(commandOf(kLoad1));
        return isOver_ = true;
    }

private:
    bool isOver_ = false;
};

TEST(Units, AProgramForOneThatTheMachineLacksIsRefused) {
    const auto accelerator = buildAccelerator(arrayOnly(4, 4));
    try {
        accelerator->load(programOf({commandOf(kLoad1)}));
        FAIL() << "a machine of one load unit takes a command of a second one";
    } catch (const InvariantError& error) {
        EXPECT_THAT(error.what(), HasSubstr("a program for load 1, and the machine has 1 of them"));
    }
    Program written = programOf({});
    written.source = [] { return std::make_unique<OneCommand>(); };
    CommandFeed feed;
    feed.begin(written);
    EXPECT_THROW(static_cast<void>(feed.take()), InvariantError);
    const Program waits = programOf({commandOf(kStore, {tokenOf(kLoad1, 1)})});
    feed.begin(waits);
    EXPECT_THROW(static_cast<void>(feed.take()), InvariantError);
}

TEST(CommandFeed, CountsTheCommandsOfAUnitBeforeOneOfAnother) {
    const Program program = programOf({commandOf(kLoad0), commandOf(kLoad1), commandOf(kStore),
                                       commandOf(kLoad1), commandOf(kStore)});
    CommandFeed feed;
    feed.begin(program, kUnits);
    while (feed.take() != nullptr) {
    }
    EXPECT_EQ(feed.commandsBefore(kLoad1, 0, kStore), 1U);
    EXPECT_EQ(feed.commandsBefore(kLoad1, 1, kStore), 2U) << "there is none after it";
    EXPECT_EQ(feed.commandsBefore(kLoad0, 1, kLoad1), 1U);
    EXPECT_EQ(feed.takenOf(kLoad1), 2U);
    EXPECT_THROW(static_cast<void>(feed.commandsBefore(kLoad0, 2, kStore)), InvariantError);
}

/// A unit that needs 10 cycles for every command.
class Worker final : public CommandUnit {
public:
    using CommandUnit::CommandUnit;

private:
    void execute(const Command& command) override {
        const Cycle begin = cycle();
        waitUntil(begin + 10);
        record(begin, cycle(), UnitState::Busy);
        finish(command);
    }
};

/// The sequencer with two load units and a store unit.
struct Workers {
    Replay replay{arrayOnly(4, 4), kUnits};
    Sequencer sequencer{"sequencer", {16, 1}, replay};
    Worker load0{"load0", kLoad0, replay};
    Worker load1{"load1", kLoad1, replay};
    Worker store{"store", kStore, replay};
    std::vector<std::unique_ptr<sc_core::sc_fifo<const Command*>>> fifos;

    Workers() {
        for (std::size_t number = 0; number < kUnits.size(); ++number) {
            fifos.push_back(std::make_unique<sc_core::sc_fifo<const Command*>>(16));
            sequencer.queues[number](*fifos.back());
        }
        for (Worker* worker : {&load0, &load1, &store}) {
            worker->commands(*fifos[kUnits.numberOf(worker->unit())]);
        }
    }
};

TEST(Units, OfOneKindWorkSideBySideAndAreWaitedForByName) {
    useFemtoseconds();
    Workers workers;
    // Both loads run at once; the store waits for the second command of the second one.
    const Program program =
        programOf({commandOf(kLoad0), commandOf(kLoad1), commandOf(kLoad1),
                   commandOf(kStore, {tokenOf(kLoad0, 1), tokenOf(kLoad1, 2)})});
    Replay& replay = workers.replay;
    replay.program = &program;
    replay.computeValues = false;
    replay.layerCounters.resize(1);
    replay.layerEnds.resize(1);
    replay.feed.begin(program, kUnits);
    workers.sequencer.start();
    sc_core::sc_start();
    // Issued in cycles 1, 2, 3 and 4: the loads are over at 11, 12 and 22, the store at 32.
    EXPECT_EQ(replay.layerEnds[0], 32U);
    const StateCycles store = workers.store.timeline().between(0, 32);
    EXPECT_EQ(store.of(waitFor(kLoad0, kUnits)), 11U - 4);
    EXPECT_EQ(store.of(waitFor(kLoad1, kUnits)), 22U - 11);
    EXPECT_EQ(store.of(UnitState::Busy), 10U);
    EXPECT_EQ(store.of(UnitState::Idle), 4U);
    EXPECT_EQ(replay.scoreboard.completed(kLoad1), 2U);
}

}  // namespace
}  // namespace systole::arch
