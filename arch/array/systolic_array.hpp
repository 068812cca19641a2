// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "arch/array/array_accesses.hpp"
#include "arch/array/operand_reads.hpp"
#include "arch/control/command_unit.hpp"
#include "arch/fold/fold_schedule.hpp"
#include "arch/memory/form_cache.hpp"
#include "arch/memory/timing_form.hpp"

namespace systole::arch {

/// The array with its address generators. A fold's values are computed as a whole when the fold is
/// over. Its time is the closed form of docs/array.md. When a port makes the array wait, the array
/// stands as a whole; *array time* counts only the cycles in which it advances. Folds may overlap:
/// the next one begins as soon as the array can take it. The rows of the accumulator buffer that it
/// writes need not be free before its first sum appears.
///
/// All elements change their datapath together: a fold of another one than the last fold's begins
/// when the array is empty and has stood for MachineConfig::datapathSwitchCycles.
class SystolicArray final : public CommandUnit {
public:
    SystolicArray(const sc_core::sc_module_name& name, const MachineConfig& config, Replay& replay);

    void reset() override;
    /// Says all where no fold is under way, or only one that has begun in this cycle.
    bool appendState(std::vector<std::uint64_t>& state) const override;

private:
    /// A fold under way.
    struct Flight {
        const Command* command;
        Cycle begin;       ///< the first cycle in which it can begin
        Cycle arrayBegin;  ///< array time at `begin`
        Cycle arrayEnd;    ///< array time at which it is over
        Cycle fill;
        std::uint64_t number;  ///< of the command among those of the array
    };
    /// A fold whose sums must not appear before the vector unit has read what they overwrite.
    struct Entry {
        const Command* command;
        Cycle firstOutput;  ///< array time that must not begin before that
    };
    /// A stretch of array time that was posted to the ports in one piece.
    struct Stretch {
        Cycle arrayEnd;
        memory::Ticket ticket;
    };

    void execute(const Command& command) override;
    bool seesTo(UnitKind other) const override;
    void recordWait(Cycle begin, Cycle end, UnitState state) override;
    void retire();  ///< a process that ends folds in order
    void admit();   ///< a process that lets sums appear
    bool mayEnterEarly(const Command& command) const;
    void useDatapathOf(const Command& command);
    /// The token of the vector unit that is not there, or null.
    const Token* missingToken(const Command& command) const;
    void begin(const Command& command);
    void beginAssumed(const Command& command);
    Cycle assumedCycles(const Stream& stream, bool isFirstOfLayer) const;
    const FoldReads& readsOf(const Stream& stream);
    void passStretches();
    Cycle interrupt();
    void postFrom(Cycle arrayTime);
    void awaitArrayTime(Cycle arrayTime);
    void countReads(const Command& command, const FoldReads& reads);
    void countFold(const Flight& flight);

    MachineConfig config_;
    std::vector<ArrayConfig> arrays_;     ///< by datapath
    std::optional<DatapathId> datapath_;  ///< of the last fold
    ArrayConfig array_;                   ///< as it makes it
    FoldSchedule schedule_;
    ArrayAccesses accesses_;
    Cycle arrayTime_ = 0;  ///< array time after the last stretch that is over
    Cycle stepsEnd_ = 0;   ///< array time after the last fold's steps
    std::deque<Stretch> stretches_;
    std::deque<Flight> flights_;
    std::deque<Entry> entries_;  ///< array time may go no further than the first one
    sc_core::sc_event begun_;
    sc_core::sc_event admitted_;
    sc_core::sc_event emptied_;
    Cycle heldCycles_ = 0;  ///< cycles of waiting that no fold has counted yet
    std::uint64_t begunFolds_ = 0;
    std::optional<TimingForms> forms_;
    FormCache<Stream, FoldReads> reads_;
    std::optional<std::uint32_t> layer_;
    Cycle retired_ = 0;  ///< when the last fold was over
    Cycle arrayRetired_ = 0;
};

}  // namespace systole::arch
