// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "arch/config.hpp"
#include "arch/structural/wires.hpp"

namespace systole::arch::structural {

/// Begins folds and steps at the cycles of docs/array.md, by counting down. Outputs are registers:
/// they depend on nothing that happens in their cycle.
///
/// A fold that has been taken is *pending* until its first step. Output stationary, shadow,
/// overlapped: the next fold is taken in the last cycle of a fold's steps, and then waits as long
/// as its own length demands.
class FoldSequencer final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_in<bool> enable{"enable"};
    sc_core::sc_in<bool> foldValid{"foldValid"};
    sc_core::sc_in<std::uint32_t> foldSteps{"foldSteps"};  ///< T, at least 1
    sc_core::sc_out<bool> takesFold{"takesFold"};
    sc_core::sc_out<bool> wantsStationary{"wantsStationary"};
    sc_core::sc_out<RowWire> step{"step"};       ///< tags of the step that is wanted
    Outputs<bool> shift;                         ///< of every row's left edge
    sc_core::sc_out<bool> showsRow{"showsRow"};  ///< a drained row stands at the end of column 0

    FoldSequencer(const sc_core::sc_module_name& name, const ArrayConfig& config);

private:
    void tick();
    void publish();
    void take();
    void countDown();
    void beginPending();
    void tickDrain(bool lastStep);
    bool willTake() const;
    std::uint64_t cyclesToNextFold(std::uint64_t stepCycles) const;
    bool outputStationary() const { return config_.dataflow == Dataflow::OutputStationary; }
    bool waitsByLength() const {
        return outputStationary() && config_.drain == Drain::Shadow && config_.overlapFolds;
    }

    ArrayConfig config_;
    bool pending_ = false;
    std::uint64_t pendingCycles_ = 0;  ///< S T of the pending fold
    std::uint64_t loadLeft_ = 0;       ///< stationary vectors of the pending fold, or its wait
    std::uint64_t streamCycles_ = 0;   ///< S T of the fold that streams
    std::uint64_t streamLeft_ = 0;     ///< its cycles left, this one included
    std::uint64_t busyLeft_ = 0;       ///< cycles left, this one included, before another may begin
    std::uint64_t sinceStream_;        ///< cycles after the last stream's end, up to R
    std::vector<bool> lastSteps_;      ///< from the last step of a fold to its drain
    std::uint32_t drainLeft_ = 0;
};

}  // namespace systole::arch::structural
