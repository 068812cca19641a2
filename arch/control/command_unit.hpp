// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <systemc>

#include "arch/control/scoreboard.hpp"
#include "arch/control/timeline.hpp"
#include "arch/memory/clock_domain.hpp"
#include "arch/memory/scratchpad_ports.hpp"
#include "arch/program/command.hpp"
#include "arch/values/machine_state.hpp"
#include "models/cost/machine/counters.hpp"

namespace systole::arch {

/// What all units of one machine share. It replays one program at a time.
struct Replay {
    Replay(const MachineConfig& config);

    ClockDomain clock;
    Scoreboard scoreboard;
    MachineState state;
    ScratchpadPorts ports;
    const Program* program = nullptr;
    bool computeValues = true;  ///< if false, only time passes
    sc_core::sc_time start;     ///< when the program began; cycles count from here
    std::vector<cost::Counters> layerCounters;
    std::vector<Cycle> layerEnds;  ///< last completion of each layer so far

    /// The half of the accumulator buffer that a row of it lies in.
    std::uint64_t accumulatorHalf(std::uint32_t row) const {
        return ScratchpadPorts::halfOf(row, program->accumulatorRows);
    }

    Cycle cycle() const { return clock.cycleAt(sc_core::sc_time_stamp() - start); }
};

/// A unit with a command queue (docs/machine.md). It takes a command, waits for its tokens, spends
/// its time, lets it take effect and hands out its own token. Commands finish in order, but a unit
/// may begin a command before the last one has finished.
class CommandUnit : public sc_core::sc_module {
public:
    sc_core::sc_fifo_in<std::uint32_t> commands{"commands"};  ///< indices into the program

    CommandUnit(const sc_core::sc_module_name& name, Unit unit, Replay& replay);

    const UnitTimeline& timeline() const { return timeline_; }
    virtual void reset();
    /// What the unit is doing, for the report of a deadlock.
    std::string activity() const;

protected:
    /// Spends the time of the command until the next one may begin, counts what it does, and makes
    /// sure that `finish` is called when the command is over.
    virtual void execute(const Command& command) = 0;

    /// Lets the command take effect and hands out its token.
    void finish(const Command& command);
    /// Waits for the command's token of another unit.
    void awaitToken(const Command& command, Unit other);
    bool hasToken(const Command& command, Unit other) const;
    /// Whether the unit waits for tokens of the other one itself, in `execute`.
    virtual bool seesTo(Unit /*other*/) const { return false; }
    /// Records time that was spent waiting for tokens.
    virtual void recordWait(Cycle begin, Cycle end, UnitState state) {
        timeline_.record(begin, end, state);
    }

    void waitUntil(Cycle cycle);
    /// Posts steps for the unit's ports, from the present cycle on.
    memory::Ticket post(memory::AccessStream stream);
    /// Waits until the posted steps are over.
    void awaitPorts(const memory::Ticket& ticket);
    memory::PortArbiter& arbiter() { return replay_.ports.arbiter(); }
    /// Counts what the ports have cost the unit since the last call, and returns those cycles.
    Cycle countPorts(const Command& command);
    Cycle cycle() const { return replay_.cycle(); }
    void record(Cycle begin, Cycle end, UnitState state) { timeline_.record(begin, end, state); }
    cost::Counters& counters(const Command& command) {
        return replay_.layerCounters.at(command.layer);
    }
    sc_core::sc_time timeOf(Cycle cycle) const { return replay_.start + replay_.clock.edge(cycle); }
    Replay& replay() { return replay_; }
    const Replay& replay() const { return replay_; }

private:
    void run();
    void awaitTokens(const Command& command);
    void takeEffect(const Command& command);

    Unit unit_;
    Replay& replay_;
    memory::PortCounters portsCounted_;
    UnitTimeline timeline_;
    std::string activity_ = "has no command";
};

}  // namespace systole::arch
