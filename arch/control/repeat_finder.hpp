// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "arch/control/command_feed.hpp"
#include "arch/control/timeline.hpp"
#include "arch/memory/timing_form.hpp"
#include "models/cost/machine/counters.hpp"

namespace systole::arch {

/// What a stretch of a layer took and counted.
struct LayerTally {
    Cycle cycles = 0;
    cost::Counters counters;
    std::uint64_t reads = 0;  ///< bursts
    std::uint64_t writes = 0;
    UnitStates states{};

    /// Adds `times` the tally.
    void add(const LayerTally& more, std::uint64_t times);
    LayerTally operator-(const LayerTally& earlier) const;
};

/// Finds what a replay need not simulate again (docs/machine.md, "Repeats"). Time does not depend
/// on values. So if the machine is in one state twice, and the commands between the two are
/// followed by commands of the same forms, it will do the same in the same time, and end in that
/// state again. These commands are compared one by one, not simulated, and what the first ones took
/// is added.
///
/// An example: 100 blocks of 32 folds. After the first fold of block 3 the machine stands as after
/// that of block 2, and the commands up to the first fold of block 99 are as long, read the same
/// banks and wait for the same tokens: 96 periods are added to those simulated.
class RepeatFinder {
public:
    /// A moment at which the machine's state can be said in numbers.
    struct Moment {
        std::vector<std::uint64_t> state;  ///< equal numbers: the same state, but for the commands
        std::uint32_t layer = 0;           ///< of all commands under way
        CommandFeed::Counts completed{};   ///< with those passed over
        LayerTally tally;                  ///< of the layer so far, with what was added
    };
    struct Repeat {
        std::uint64_t times = 0;
        LayerTally period;
    };

    RepeatFinder(const ScratchpadPorts& ports, const Program& program, std::uint32_t burstBytes);

    /// A command was taken; in order, none is left out.
    void take(const Command& command, const CommandFeed& feed);

    /// Passes over the commands of the feed that repeat those before this moment. `onPeriod` is
    /// called after each period.
    std::optional<Repeat> find(const Moment& now, CommandFeed& feed,
                               const std::function<void(std::uint64_t times)>& onPeriod);

private:
    struct Form {
        Operation operation;
        Tokens after{};  ///< counted from the beginning of the program
        std::uint32_t layer = 0;
        UnitId unit{};
    };
    struct Seen {
        std::uint64_t oldest = 0;    ///< of the commands under way, its place in the program
        std::uint64_t position = 0;  ///< of the next command to be taken
        Moment moment;
    };

    Form formOf(const Command& command) const;
    const Form& at(std::uint64_t position) const { return forms_[position - first_]; }
    bool holds(std::uint64_t position) const { return position >= first_; }
    bool same(const Form& form, const CommandFeed::Counts& base, const Form& earlier,
              const CommandFeed::Counts& earlierBase) const;
    bool begins(const Seen& seen, const Seen& now) const;
    bool passOver(const Seen& seen, const Seen& now, CommandFeed& feed);
    Repeat repeatsOf(Seen seen, Seen& now, CommandFeed& feed,
                     const std::function<void(std::uint64_t times)>& onPeriod);
    void remember(const Seen& now);
    void push(Form form);

    UnitSet units_ = kMachineUnits;
    TimingForms timing_;
    std::deque<Form> forms_;   ///< of the last commands that were taken or passed over
    std::uint64_t first_ = 0;  ///< place of the first of them in the program
    std::uint64_t kept_ = kLeast;
    std::map<std::vector<std::uint64_t>, std::deque<Seen>> seen_;  ///< by state, the last few
    std::size_t seenMoments_ = 0;

    static constexpr std::uint64_t kLeast = 1 << 17;
    static constexpr std::size_t kMostSeen = 1024;
    static constexpr std::size_t kMostOfState = 16;  ///< with more, repeats in 16 turns are missed
};

}  // namespace systole::arch
