// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>

#include "arch/array/array_accesses.hpp"
#include "arch/array/operand_reads.hpp"
#include "arch/control/command_unit.hpp"
#include "arch/fold/fold_schedule.hpp"

namespace systole::arch {

/// The array with its address generators. A fold's values are computed as a whole when it is over.
/// Its time is the closed form of docs/array.md where no port makes it wait; where one does, the
/// array stands as a whole. Folds may overlap: the next one begins when the array takes it, and
/// the rows of the accumulator buffer that it writes may be free as late as its first sum appears.
class SystolicArray final : public CommandUnit {
public:
    SystolicArray(const sc_core::sc_module_name& name, const MachineConfig& config, Replay& replay);

    void reset() override;

private:
    /// A fold under way.
    struct Flight {
        const Command* command;
        Cycle begin;       ///< not before this cycle
        Cycle arrayBegin;  ///< array time at `begin`
        Cycle arrayEnd;    ///< array time at which it is over
        Cycle fill;
        std::uint32_t number;  ///< of the command among those of the array
    };
    /// A fold whose sums must not appear before the vector unit has read what they overwrite.
    struct Entry {
        const Command* command;
        Cycle firstOutput;  ///< array time that must not begin before
    };
    /// Array time that was posted to the ports as one.
    struct Stretch {
        Cycle arrayEnd;
        memory::Ticket ticket;
    };

    void execute(const Command& command) override;
    bool seesTo(Unit other) const override;
    void recordWait(Cycle begin, Cycle end, UnitState state) override;
    void retire();  ///< a process: ends folds in order
    void admit();   ///< a process: lets sums appear
    bool mayEnterEarly(const Command& command) const;
    void begin(const Command& command);
    void beginAssumed(const Command& command);
    Cycle assumedCycles(const Stream& stream, bool isFirstOfLayer) const;
    void passStretches();
    Cycle interrupt();
    void postFrom(Cycle arrayTime);
    void awaitArrayTime(Cycle arrayTime);
    void countReads(const Command& command, const FoldReads& reads);
    void countFold(const Flight& flight);

    MachineConfig config_;
    FoldSchedule schedule_;
    ArrayAccesses accesses_;
    Cycle arrayTime_ = 0;  ///< behind the last stretch that is over
    Cycle stepsEnd_ = 0;   ///< array time behind the last fold's steps
    std::deque<Stretch> stretches_;
    std::deque<Flight> flights_;
    std::deque<Entry> entries_;  ///< the first one is as far as array time may go
    sc_core::sc_event begun_;
    sc_core::sc_event admitted_;
    Cycle heldCycles_ = 0;  ///< that no fold has counted yet
    std::uint32_t begunFolds_ = 0;
    std::vector<std::uint32_t>
        foldsBefore_;  ///< commands of the array before each of the vector unit
    std::optional<std::uint32_t> layer_;
    Cycle retired_ = 0;  ///< when the last fold was over
    Cycle arrayRetired_ = 0;
};

}  // namespace systole::arch
