// SPDX-License-Identifier: Apache-2.0
#include "arch/systolic_array.hpp"

#include <algorithm>

#include "arch/fold.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

const Stream& streamOf(const Command& command) { return std::get<Stream>(command.operation); }

std::uint32_t stepsOf(const ArrayConfig& array, const Stream& stream) {
    return foldSteps(array, {.outputs = stream.outputs, .reduction = stream.reduction},
                     stream.channels);
}

}  // namespace

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const MachineConfig& config,
                             Replay& replay)
    : CommandUnit(name, Unit::Array, replay), config_(config), schedule_(config.array) {
    SC_HAS_PROCESS(SystolicArray);
    SC_THREAD(retire);
}

void SystolicArray::reset() {
    CommandUnit::reset();
    schedule_ = FoldSchedule(config_.array);
    offset_ = stepsEnd_ = nextBegin_ = lastEnd_ = retired_ = 0;
    layer_.reset();
}

/// Waiting while folds are under way is no time of its own.
void SystolicArray::recordWait(Cycle begin, Cycle end, UnitState state) {
    if (end > lastEnd_) {
        record(std::max(begin, lastEnd_), end, state);
    }
}

SystolicArray::Flight SystolicArray::planned(const Command& command, const FoldReads& reads) {
    const Cycle conflicts = conflictCycles(config_.activationScratchpad, reads.activationLoads) +
                            conflictCycles(config_.activationScratchpad, reads.activationSteps) +
                            conflictCycles(config_.weightScratchpad, reads.weightLoads) +
                            conflictCycles(config_.weightScratchpad, reads.weightSteps);
    const std::uint32_t steps = stepsOf(config_.array, streamOf(command));
    const FoldTimes times = schedule_.add(steps, cycle() - offset_);
    const Cycle idleUntil = std::max(times.load, stepsEnd_);
    Flight flight{&command, times.load + offset_, 0, conflicts,
                  times.firstStep > idleUntil ? times.firstStep - idleUntil : 0};
    stepsEnd_ = times.firstStep + Cycle{config_.array.cyclesPerStep} * steps;
    offset_ += conflicts;
    flight.end = times.end + offset_;
    nextBegin_ = schedule_.nextBegin() + offset_;
    return flight;
}

Cycle SystolicArray::assumedCycles(const Stream& stream, bool isFirstOfLayer) const {
    ArrayConfig array = config_.array;
    array.overlapFolds = false;
    array.drain = Drain::Direct;
    const Cycle isolated = isolatedFoldCycles(array, stepsOf(array, stream));
    switch (array.convention) {
        case CycleConvention::ScaleSim:
            return isolated - (isFirstOfLayer ? 1 : 0);
        case CycleConvention::Stonne:
            return isolated + 5;
        case CycleConvention::Ideal:
            return ceilDivide(stream.macs() * array.cyclesPerStep, array.processingElements());
        case CycleConvention::Hardware:
            break;
    }
    SYSTOLE_CHECK(false, "no convention of others");
}

SystolicArray::Flight SystolicArray::assumed(const Command& command) {
    const Cycle begin = std::max(cycle(), lastEnd_);
    const Cycle cycles = assumedCycles(streamOf(command), layer_ != command.layer);
    nextBegin_ = begin + cycles;
    return {&command, begin, begin + cycles, 0, 0};
}

void SystolicArray::countReads(const Command& command, const FoldReads& reads) {
    const Stream& stream = streamOf(command);
    cost::Counters& count = counters(command);
    count.macs += stream.macs();
    count.activationScratchpadReads +=
        reads.activationLoads.words() + reads.activationSteps.words();
    count.weightScratchpadReads += reads.weightLoads.words() + reads.weightSteps.words();
    count.activationOperands += reads.activationOperands;
    count.weightOperands += reads.weightOperands;
    count.accumulatorReads += stream.accumulate ? stream.sums() : 0;
    count.accumulatorWrites += stream.sums();
}

void SystolicArray::execute(const Command& command) {
    const FoldReads reads =
        foldReads(config_, streamOf(command), replay().state.datapath().weightBytes);
    countReads(command, reads);
    const bool ours = config_.array.convention == CycleConvention::Hardware;
    const Flight flight = ours ? planned(command, reads) : assumed(command);
    layer_ = command.layer;
    lastEnd_ = flight.end;
    flights_.push_back(flight);
    begun_.notify(sc_core::SC_ZERO_TIME);
    waitUntil(nextBegin_);
}

void SystolicArray::countFold(const Flight& flight) {
    const Cycle begin = std::max(flight.begin, retired_);
    const Cycle conflictsBegin = std::max(begin, flight.end - flight.conflicts);
    record(begin, conflictsBegin, UnitState::Busy);
    record(conflictsBegin, flight.end, UnitState::ScratchpadConflict);

    const Stream& stream = streamOf(*flight.command);
    const Cycle busy = conflictsBegin - begin;
    const Cycle macCycles = stream.macs() * config_.array.cyclesPerStep;
    const Cycle steps =
        std::min(busy, Cycle{config_.array.cyclesPerStep} * stepsOf(config_.array, stream));
    const Cycle fill = std::min(flight.fill, busy - steps);
    const Cycle slots = busy * config_.array.processingElements();
    cost::Counters& count = counters(*flight.command);
    count.arrayStepCycles += steps;
    count.arrayFillCycles += fill;
    count.arrayDrainCycles += busy - steps - fill;
    count.idlePeCycles += slots - std::min(slots, macCycles);
}

void SystolicArray::retire() {
    for (;;) {
        while (flights_.empty()) {
            wait(begun_);
        }
        const Flight flight = flights_.front();
        waitUntil(flight.end);
        countFold(flight);
        retired_ = flight.end;
        flights_.pop_front();
        finish(*flight.command);
    }
}

}  // namespace systole::arch
