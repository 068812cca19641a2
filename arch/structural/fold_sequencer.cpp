// SPDX-License-Identifier: Apache-2.0
#include "arch/structural/fold_sequencer.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch::structural {
namespace {

void countDownTo0(std::uint64_t& counter) {
    if (counter > 0) --counter;
}

}  // namespace

FoldSequencer::FoldSequencer(const sc_core::sc_module_name& name, const ArrayConfig& config)
    : sc_module(name),
      shift("shift", config.rows),
      config_(config),
      sinceStream_(config.rows),
      lastSteps_(config.cyclesPerStep + config.rows + config.pipelineDepth - 2) {
    SC_HAS_PROCESS(FoldSequencer);
    SC_METHOD(tick);
    sensitive << clock.pos();
}

void FoldSequencer::tick() {
    if (!clock.posedge()) publish();  // at the start: what the reset state shows
    if (!clock.posedge() || !enable.read()) return;
    const bool takes = willTake() && foldValid.read();
    const bool lastStep = step.read().valid && step.read().last;
    countDown();
    beginPending();
    if (takes) {
        take();
        beginPending();  // output stationary: nothing has to be loaded before
    }
    tickDrain(lastStep);
    publish();
}

void FoldSequencer::countDown() {
    countDownTo0(loadLeft_);
    countDownTo0(busyLeft_);
    if (streamLeft_ == 0) {
        sinceStream_ = std::min<std::uint64_t>(sinceStream_ + 1, config_.rows);
    } else if (--streamLeft_ == 0) {
        sinceStream_ = 0;
    }
}

void FoldSequencer::take() {
    SYSTOLE_CHECK(foldSteps.read() > 0, "{}: a fold without steps", name());
    pending_ = true;
    pendingCycles_ = std::uint64_t{config_.cyclesPerStep} * foldSteps.read();
    loadLeft_ = outputStationary() ? 0 : config_.rows;
    if (waitsByLength()) {
        const std::uint64_t ready = pendingCycles_ + sinceStream_;
        loadLeft_ = ready < config_.rows ? config_.rows - ready : 0;
    }
}

void FoldSequencer::beginPending() {
    if (!pending_ || loadLeft_ > 0 || streamLeft_ > 0) return;
    pending_ = false;
    streamCycles_ = pendingCycles_;
    streamLeft_ = streamCycles_;
    busyLeft_ = cyclesToNextFold(streamCycles_);
}

/// From the first step of a fold to the cycle in which the next one's begins (output stationary) or
/// in which its load begins (isolated folds of the others).
std::uint64_t FoldSequencer::cyclesToNextFold(std::uint64_t stepCycles) const {
    const std::uint64_t rows = config_.rows;
    const bool drainsFirst = outputStationary() && config_.drain == Drain::Serial;
    if (!config_.overlapFolds) {
        return stepCycles + rows + config_.columns + config_.pipelineDepth - 3 +
               (drainsFirst ? rows : 0);
    }
    return stepCycles + (drainsFirst ? rows : 0);
}

/// The last cycle in which a descriptor comes in time.
bool FoldSequencer::willTake() const {
    if (outputStationary() || !config_.overlapFolds) return !pending_ && busyLeft_ <= 1;
    return !pending_ || (loadLeft_ <= 1 && streamLeft_ <= 1);
}

/// `lastStep`: one was wanted in the cycle that ends. The drain begins S + R + D - 2 cycles later.
void FoldSequencer::tickDrain(bool lastStep) {
    if (drainLeft_ > 0) --drainLeft_;
    if (!outputStationary() || config_.drain == Drain::Direct) return;
    std::move_backward(lastSteps_.begin(), lastSteps_.end() - 1, lastSteps_.end());
    lastSteps_.front() = lastStep;
    if (!lastSteps_.back()) return;
    SYSTOLE_CHECK(drainLeft_ == 0, "{}: a drain begins within another", name());
    drainLeft_ = config_.rows;
}

void FoldSequencer::publish() {
    const bool begins =
        streamLeft_ > 0 && (streamCycles_ - streamLeft_) % config_.cyclesPerStep == 0;
    step.write({.valid = begins,
                .first = begins && streamLeft_ == streamCycles_,
                .last = begins && streamLeft_ == config_.cyclesPerStep});
    const bool loads = !outputStationary() && loadLeft_ > 0;
    wantsStationary.write(loads);
    takesFold.write(willTake());
    showsRow.write(drainLeft_ > 0);
    const std::uint64_t window = config_.rows - (outputStationary() ? drainLeft_ : loadLeft_);
    for (std::uint32_t row = 0; row < config_.rows; ++row) {
        // The first rows take all vectors of a load; the last rows all shifts of a drain.
        shift[row].write(outputStationary() ? drainLeft_ > 0 && window < row
                                            : loads && window >= row);
    }
}

}  // namespace systole::arch::structural
