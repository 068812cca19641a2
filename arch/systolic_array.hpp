// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>

#include "arch/command_unit.hpp"
#include "arch/fold_schedule.hpp"
#include "arch/operand_reads.hpp"

namespace systole::arch {

/// The array with its address generators. A fold's values are computed as a whole when it is over;
/// its time is the closed form of docs/array.md plus the cycles lost to scratchpad conflicts. Folds
/// may overlap: the next one begins when the array takes it.
class SystolicArray final : public CommandUnit {
public:
    SystolicArray(const sc_core::sc_module_name& name, const MachineConfig& config, Replay& replay);

    void reset() override;

private:
    struct Flight {
        const Command* command;
        Cycle begin;
        Cycle end;
        Cycle conflicts;
        Cycle fill;
    };

    void execute(const Command& command) override;
    void recordWait(Cycle begin, Cycle end, UnitState state) override;
    void retire();  ///< a process: ends folds in order
    Flight planned(const Command& command, const FoldReads& reads);
    Flight assumed(const Command& command);
    Cycle assumedCycles(const Stream& stream, bool isFirstOfLayer) const;
    void countReads(const Command& command, const FoldReads& reads);
    void countFold(const Flight& flight);

    MachineConfig config_;
    FoldSchedule schedule_;
    Cycle offset_ = 0;     ///< cycles that array time is behind: idle or stalled
    Cycle stepsEnd_ = 0;   ///< array time behind the last fold's steps
    Cycle nextBegin_ = 0;  ///< earliest begin of the next fold
    Cycle lastEnd_ = 0;    ///< of the folds that began so far
    std::optional<std::uint32_t> layer_;
    std::deque<Flight> flights_;
    sc_core::sc_event begun_;
    Cycle retired_ = 0;  ///< end of the last fold that is over
};

}  // namespace systole::arch
