// SPDX-License-Identifier: Apache-2.0
#include "arch/fold/fold_schedule.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch {

FoldTimes FoldSchedule::add(std::uint64_t steps, Cycle earliest) {
    SYSTOLE_CHECK(steps > 0, "a fold without steps");
    const bool stationaryOutputs = array_.dataflow == Dataflow::OutputStationary;
    last_ = {steps, stationaryOutputs ? addOutputStationary(steps, earliest)
                                      : addStationary(steps, earliest)};
    return last_->times;
}

Cycle FoldSchedule::nextBegin() const {
    if (!last_) {
        return 0;
    }
    if (array_.dataflow == Dataflow::OutputStationary) {
        return nextOutputStationary(array_.rows);
    }
    return array_.overlapFolds ? last_->times.firstStep : last_->times.end;
}

void FoldSchedule::appendState(Cycle now, std::vector<std::uint64_t>& state) const {
    const Fold last = last_.value_or(Fold{0, {now, now, now, now}});
    state.push_back(last.steps);
    state.push_back(last.times.firstStep - now);  // wraps where it is before
    state.push_back(last.times.end - now);
}

FoldTimes FoldSchedule::addStationary(std::uint64_t steps, Cycle earliest) const {
    FoldTimes times;
    times.load = std::max(earliest, nextBegin());
    times.firstStep = times.load + array_.rows;
    if (last_ && array_.overlapFolds) {
        times.firstStep =
            std::max(times.firstStep, last_->times.firstStep + array_.cyclesPerStep * last_->steps);
    }
    times.firstOutput =
        times.firstStep + array_.rows + array_.cyclesPerStep + array_.pipelineDepth - 2;
    times.end = times.firstStep + array_.cyclesPerStep * steps + drainCycles(array_);
    return times;
}

Cycle FoldSchedule::nextOutputStationary(std::uint64_t steps) const {
    if (!last_) {
        return 0;
    }
    const Cycle stepsEnd = last_->times.firstStep + array_.cyclesPerStep * last_->steps;
    if (!array_.overlapFolds) {
        const Cycle hidden = array_.drain == Drain::Shadow ? array_.rows : 0;
        return last_->times.end - hidden;
    }
    switch (array_.drain) {
        case Drain::Serial:
            return stepsEnd + array_.rows;
        case Drain::Shadow: {
            // The sums of the fold before must have left the second registers.
            const Cycle own = array_.cyclesPerStep * steps;
            return stepsEnd + (array_.rows > own ? array_.rows - own : 0);
        }
        case Drain::Direct:
            return stepsEnd;
    }
    SYSTOLE_CHECK(false, "no such drain");
}

FoldTimes FoldSchedule::addOutputStationary(std::uint64_t steps, Cycle earliest) const {
    FoldTimes times;
    times.firstStep = std::max(earliest, nextOutputStationary(steps));
    times.load = times.firstStep;
    const Cycle stepsEnd = times.firstStep + array_.cyclesPerStep * steps;
    const Cycle skew = array_.drain == Drain::Direct ? 1 : array_.rows;
    times.firstOutput = stepsEnd + skew + array_.pipelineDepth - 2;
    times.end = stepsEnd + drainCycles(array_);
    return times;
}

Cycle sumAppears(const ArrayConfig& array, const FoldTimes& times, std::uint64_t index,
                 std::uint64_t column) {
    const Cycle atColumn = times.firstOutput + column;
    if (array.dataflow != Dataflow::OutputStationary) {
        return atColumn + array.cyclesPerStep * index;
    }
    return atColumn + (array.drain == Drain::Direct ? index : array.rows - 1 - index);
}

ArrayConfig assumedArray(ArrayConfig array) {
    if (array.convention != CycleConvention::Hardware) {
        array.overlapFolds = false;
        array.drain = Drain::Direct;
    }
    return array;
}

Cycle isolatedFoldCycles(const ArrayConfig& array, std::uint64_t steps) {
    return FoldSchedule(array).add(steps).end;
}

Cycle foldPeriod(const ArrayConfig& array, std::uint64_t steps) {
    FoldSchedule schedule(array);
    schedule.add(steps);
    const Cycle second = schedule.add(steps).firstStep;
    return schedule.add(steps).firstStep - second;
}

}  // namespace systole::arch
