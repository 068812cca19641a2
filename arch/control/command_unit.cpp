// SPDX-License-Identifier: Apache-2.0
#include "arch/control/command_unit.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch {

Replay::Replay(const MachineConfig& config, const UnitSet& units)
    : clock(config.clockHertz), scoreboard(units), state(config), ports(config) {}

CommandUnit::CommandUnit(const sc_core::sc_module_name& name, UnitId unit, Replay& replay)
    : sc_module(name), unit_(unit), replay_(replay) {
    SC_HAS_PROCESS(CommandUnit);
    SC_THREAD(run);
}

void CommandUnit::waitUntil(Cycle cycle) {
    const sc_core::sc_time target = timeOf(cycle);
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    if (target > now) {
        wait(target - now);
    }
}

void CommandUnit::reset() {
    timeline_.clear();
    portsCounted_ = {};
}

memory::Ticket CommandUnit::post(memory::AccessStream stream) {
    return arbiter().post(ScratchpadPorts::clientOf(unit_.kind), std::move(stream), cycle());
}

void CommandUnit::awaitPorts(const memory::Ticket& ticket) {
    for (;;) {
        arbiter().advance(cycle());
        const Cycle next = arbiter().completesNoSoonerThan(ticket);
        if (next <= cycle()) {
            return;
        }
        waitUntil(next);
    }
}

Cycle CommandUnit::countPorts(const Command& command) {
    const memory::PortCounters& now = arbiter().counters(ScratchpadPorts::clientOf(unit_.kind));
    const Cycle waited = now.waitCycles - portsCounted_.waitCycles;
    const Cycle conflicts = now.bankConflictCycles - portsCounted_.bankConflictCycles;
    cost::Counters& count = counters(command);
    count.portWaitCycles += waited;
    count.bankConflictCycles += conflicts;
    portsCounted_ = now;
    return waited + conflicts;
}

std::string CommandUnit::activity() const {
    switch (phase_) {
        case Phase::HasNone:
            return fmt::format("{} has no command", name());
        case Phase::AwaitsToken:
            return fmt::format("{} waits for completion {} of unit {}", name(), awaitedCount_,
                               replay_.scoreboard.units().nameOf(awaited_));
        case Phase::Executes:
            return fmt::format("{} executes a command", name());
    }
    return {};
}

bool CommandUnit::appendState(std::vector<std::uint64_t>& state) const {
    const bool awaits = phase_ == Phase::AwaitsToken;
    state.push_back(static_cast<std::uint64_t>(phase_));
    state.push_back(awaits ? replay_.scoreboard.units().numberOf(awaited_) : 0);
    state.push_back(awaits ? awaitedCount_ - replay_.scoreboard.completed(awaited_) : 0);
    state.push_back(awaits ? cycle() - awaitedSince_ : 0);
    return isBetweenCommands();
}

void CommandUnit::awaitToken(const Token& token) {
    const Cycle begin = cycle();
    while (!isThere(token)) {
        phase_ = Phase::AwaitsToken;
        awaited_ = token.unit;
        awaitedCount_ = token.count;
        awaitedSince_ = begin;
        wait(replay_.scoreboard.event(token.unit));
    }
    phase_ = Phase::Executes;
    recordWait(begin, cycle(), waitFor(token.unit, replay_.scoreboard.units()));
}

void CommandUnit::awaitTokens(const Command& command) {
    for (const Token& token : command.after) {
        if (!seesTo(token.unit.kind)) {
            awaitToken(token);
        }
    }
}

void CommandUnit::takeEffect(const Command& command) {
    const numeric::AccumulatorEvents before = replay_.state.accumulatorEvents();
    const Activity operandsBefore = replay_.state.operandActivity();
    try {
        replay_.state.execute(command.operation);
    } catch (const InvariantError& error) {
        throw InvariantError(fmt::format("cycle {}: {}: {}", cycle(), name(), error.what()));
    }
    const numeric::AccumulatorEvents events = replay_.state.accumulatorEvents() - before;
    const Activity operands = replay_.state.operandActivity();
    cost::Counters& count = counters(command);
    count.accumulatorOverflows += events.overflows;
    count.accumulatorSaturations += events.saturations;
    count.operandRegisterToggles +=
        operands.rowRegisterToggles - operandsBefore.rowRegisterToggles +
        operands.columnRegisterToggles - operandsBefore.columnRegisterToggles;
    count.stationaryRegisterToggles += operands.loadRegisterToggles -
                                       operandsBefore.loadRegisterToggles + operands.switchToggles -
                                       operandsBefore.switchToggles;
}

void CommandUnit::run() {
    for (;;) {
        const Command& command = *commands.read();  // blocks; the program may change meanwhile
        awaitTokens(command);
        phase_ = Phase::Executes;
        execute(command);
        phase_ = Phase::HasNone;
    }
}

void CommandUnit::finish(const Command& command) {
    if (replay_.computeValues) {
        takeEffect(command);
    }
    Cycle& end = replay_.layerEnds.at(command.layer);
    end = std::max(end, cycle());
    replay_.scoreboard.complete(unit_);
    if (replay_.onCompletion) {
        replay_.onCompletion(unit_);  // the command may be gone after this
    }
}

}  // namespace systole::arch
