// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "arch/control/scoreboard.hpp"
#include "arch/program/command.hpp"

namespace systole::arch {

/// The commands of a program on their way through the machine. The sequencer takes them one after
/// the other, and a command stays in its place until it is over. Of a program that is written while
/// it runs no more is held than that, and what somebody has looked ahead at.
///
/// Commands may be passed over (RepeatFinder): they count as completed, and the tokens of what
/// follows count without them.
class CommandFeed {
public:
    using Counts = Scoreboard::Counts;

    /// From the first command on. The program must outlive the replay. A command of a unit that is
    /// not among these is an InvariantError, and so is a token of one.
    void begin(const Program& program, const UnitSet& units = kMachineUnits);

    /// The next command, or null after the last.
    const Command* take();
    /// The command that `take` will return after `ahead` others, with the program's own tokens;
    /// null after the last one.
    const Command* peek(std::size_t ahead = 0);
    /// Passes over the next commands. There must be so many.
    void skip(std::uint64_t commands);
    /// Forgets the commands that are over: so many of each unit are completed.
    void forget(const Counts& completed);

    /// Commands that were taken, and all before the next one: also those that were passed over.
    std::uint64_t taken() const { return taken_; }
    std::uint64_t position() const { return position_; }
    std::uint64_t takenOf(UnitId unit) const { return ofUnit_[units_.numberOf(unit)]; }
    bool isOver() const { return isOver_; }  ///< `take` has found none
    std::uint64_t skippedOf(UnitId unit) const { return skipped_[units_.numberOf(unit)]; }
    /// Commands that are taken and not over, or younger than such a one: the oldest one first.
    const std::deque<Command>& underWay() const { return underWay_; }

    /// Commands of `unit` before command `number` of `other`, which must be under way.
    std::uint64_t commandsBefore(UnitId unit, std::uint64_t number, UnitId other) const;

private:
    bool fetch();

    const Program* program_ = nullptr;
    UnitSet units_;
    std::unique_ptr<CommandSource> source_;
    std::vector<Command> piece_;
    std::size_t listed_ = 0;  ///< of the listed commands, those that were fetched
    std::deque<Command> ahead_;
    std::deque<Command> underWay_;
    std::deque<std::uint64_t> numbers_;  ///< of those under way, among the commands of their units
    std::uint64_t taken_ = 0;
    std::uint64_t position_ = 0;
    bool isOver_ = false;
    Counts ofUnit_{};   ///< taken
    Counts skipped_{};  ///< passed over
};

}  // namespace systole::arch
