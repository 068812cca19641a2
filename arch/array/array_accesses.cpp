// SPDX-License-Identifier: Apache-2.0
#include "arch/array/array_accesses.hpp"

#include <algorithm>

namespace systole::arch {

void ArrayAccesses::add(const FoldTimes& times, const Stream& stream, const FoldReads& reads,
                        std::uint64_t accumulatorHalf) {
    // The rows are loaded from below. Those that the fold does not use come first, and no operand
    // is read for them.
    const Cycle load = times.load + array_.rows;
    addReads(load - reads.activationLoads.steps(), 1, reads.activationLoads, ports_.activations());
    addReads(load - reads.weightLoads.steps(), 1, reads.weightLoads, ports_.weights());
    const Cycle stride = array_.cyclesPerStep;
    addReads(times.firstStep, stride, reads.activationSteps, ports_.activations());
    addReads(times.firstStep, stride, reads.weightSteps, ports_.weights());
    addSums(times, stream, accumulatorHalf);
}

void ArrayAccesses::addReads(Cycle first, Cycle stride, const WordSteps& steps,
                             const memory::PortMap& ports) {
    if (ports.isFree()) {
        return;
    }
    for (std::size_t i = 0; i < steps.steps(); ++i) {
        for (const std::uint64_t word : steps.of(i)) {
            if (const auto port = ports.readPort(word)) {
                cycles_[first + i * stride].push_back({*port});
            }
        }
    }
}

/// Every column has a port of its own, and one sum at a time comes down a column. So all columns of
/// a half together take as long as one of them, whatever folds the sums belong to: one access for a
/// write, two for a read and a write.
void ArrayAccesses::addSum(Cycle cycle, const Stream& stream, std::uint64_t half) {
    std::vector<memory::Access>& accesses = cycles_[cycle];
    const memory::ResourceId port = *ports_.accumulators().writePort(half);
    const auto there =
        std::count_if(accesses.begin(), accesses.end(),
                      [&](const memory::Access& access) { return access.resource == port; });
    for (auto i = there; i < (stream.accumulate ? 2 : 1); ++i) {
        accesses.push_back({port});
    }
}

void ArrayAccesses::addSums(const FoldTimes& times, const Stream& stream, std::uint64_t half) {
    if (!ports_.accumulators().readPort(half)) {
        return;
    }
    const bool inputs = array_.dataflow == Dataflow::InputStationary;
    const Cycle lanes = inputs ? stream.outputs : Cycle{stream.channels} * stream.groupCount;
    if (array_.dataflow == Dataflow::OutputStationary) {
        const std::uint32_t row = array_.drain == Drain::Direct ? 0 : stream.outputs - 1;
        const Cycle first = sumAppears(array_, times, row, 0);
        for (Cycle i = 0; i < stream.outputs + lanes - 1; ++i) {
            addSum(first + i, stream, half);
        }
        return;
    }
    const Cycle steps = inputs ? stream.channels : stream.outputs;
    Cycle done = times.firstOutput;  // the cycle after the last one
    for (Cycle step = 0; step < steps; ++step) {
        const Cycle first = sumAppears(array_, times, step, 0);
        for (Cycle cycle = std::max(first, done); cycle < first + lanes; ++cycle) {
            addSum(cycle, stream, half);
        }
        done = first + lanes;
    }
}

memory::AccessStream ArrayAccesses::steps(Cycle begin, Cycle end) const {
    std::vector<memory::AccessStep> steps;
    const auto pauseUntil = [&](Cycle cycle) {
        if (cycle > begin) {
            steps.push_back(pauseOf(cycle - begin));
        }
    };
    for (auto at = cycles_.lower_bound(begin); at != cycles_.end() && at->first < end; ++at) {
        pauseUntil(at->first);
        steps.push_back({.accesses = at->second});
        begin = at->first + 1;
    }
    pauseUntil(end);
    return memory::streamOf(std::move(steps));
}

}  // namespace systole::arch
