// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <systemc>
#include <vector>

#include "arch/control/command_feed.hpp"
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
    explicit Replay(const MachineConfig& config, const UnitSet& units = kMachineUnits);

    ClockDomain clock;
    Scoreboard scoreboard;
    MachineState state;
    ScratchpadPorts ports;
    const Program* program = nullptr;
    CommandFeed feed;                            ///< of the program's commands
    std::function<void(const Command&)> onTake;  ///< is called for every command, in order
    std::function<void(UnitId)> onCompletion;    ///< is called after every completion, in its cycle
    bool computeValues = true;                   ///< if false, only time passes
    sc_core::sc_time start;                      ///< when the program began; cycles count from here
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
    sc_core::sc_fifo_in<const Command*> commands{"commands"};  ///< that the feed holds

    CommandUnit(const sc_core::sc_module_name& name, UnitId unit, Replay& replay);

    UnitId unit() const { return unit_; }
    const UnitTimeline& timeline() const { return timeline_; }
    UnitTimeline& timeline() { return timeline_; }
    virtual void reset();
    /// What the unit is doing, for the report of a deadlock.
    std::string activity() const;

    /// Appends all that the unit's further time depends on, besides the commands that are under
    /// way: numbers that are the same whenever it will do the same. Returns whether they say all;
    /// in the middle of a command they mostly do not.
    virtual bool appendState(std::vector<std::uint64_t>& state) const;
    /// Whether it waits for the completion of the other unit that has just been.
    bool isAboutToTake(UnitId other) const {
        return phase_ == Phase::AwaitsToken && awaited_ == other &&
               awaitedCount_ == replay_.scoreboard.completed(other);
    }

protected:
    /// Spends the time of the command until the next one may begin, counts what it does, and makes
    /// sure that `finish` is called when the command is over.
    virtual void execute(const Command& command) = 0;

    /// Lets the command take effect and hands out its token.
    void finish(const Command& command);
    /// Waits for a token of another unit.
    void awaitToken(const Token& token);
    bool isThere(const Token& token) const {
        return replay_.scoreboard.completed(token.unit) >= token.count;
    }
    /// Whether the unit waits for the tokens of such units itself, in `execute`.
    virtual bool seesTo(UnitKind /*other*/) const { return false; }
    /// Records time that was spent waiting for tokens.
    virtual void recordWait(Cycle begin, Cycle end, UnitState state) {
        timeline_.record(begin, end, state);
    }

    /// Whether it waits for a command or for a token.
    bool isBetweenCommands() const { return phase_ != Phase::Executes; }

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

    UnitId unit_;
    Replay& replay_;
    memory::PortCounters portsCounted_;
    UnitTimeline timeline_;
    enum class Phase : std::uint8_t { HasNone, AwaitsToken, Executes };
    Phase phase_ = Phase::HasNone;
    UnitId awaited_;                  ///< whose token it awaits
    std::uint64_t awaitedCount_ = 0;  ///< of completions
    Cycle awaitedSince_ = 0;
};

}  // namespace systole::arch
