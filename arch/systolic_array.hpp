// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>

#include "arch/array_accesses.hpp"
#include "arch/command_unit.hpp"
#include "arch/fold_schedule.hpp"
#include "arch/operand_reads.hpp"

namespace systole::arch {

/// The array with its address generators. A fold's values are computed as a whole when it is over.
/// Its time is the closed form of docs/array.md where no port makes it wait; where one does, the
/// array stands as a whole. Folds may overlap: the next one begins when the array takes it.
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
    };
    /// Array time that was posted to the ports as one.
    struct Stretch {
        Cycle arrayEnd;
        memory::Ticket ticket;
    };

    void execute(const Command& command) override;
    void recordWait(Cycle begin, Cycle end, UnitState state) override;
    void retire();  ///< a process: ends folds in order
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
    sc_core::sc_event begun_;
    std::optional<std::uint32_t> layer_;
    Cycle retired_ = 0;  ///< when the last fold was over
    Cycle arrayRetired_ = 0;
};

}  // namespace systole::arch
