// SPDX-License-Identifier: Apache-2.0
#include "models/cost/element/drawn_activity.hpp"

#include <algorithm>

namespace systole::cost {
namespace {

/// `apply(count of one, the same count of the other)` for all counts.
template <class Apply>
void forEachCount(ElementActivity& one, const ElementActivity& other, Apply apply) {
    const auto each = [&](auto& to, const auto& from) {
        for (std::size_t part = 0; part < to.size(); ++part) {
            for (std::size_t kind = 0; kind < to[part].size(); ++kind) {
                apply(to[part][kind], from[part][kind]);
            }
        }
    };
    each(one.gates.gates, other.gates.gates);
    each(one.gates.settled, other.gates.settled);
    apply(one.gates.cycles, other.gates.cycles);
    apply(one.gates.inputs, other.gates.inputs);
    apply(one.gates.outputs, other.gates.outputs);
    apply(one.products, other.products);
    apply(one.registerToggles, other.registerToggles);
    apply(one.clockedBits, other.clockedBits);
}

/// Each fold by itself: nothing of the change from one weight to the next.
ElementActivity withinFolds(const ElementModel& model, const OperandTrace& trace) {
    ElementActivity activity;
    for (std::size_t fold = 0; fold < trace.steps(); fold += kWeightSteps) {
        const std::size_t end = std::min<std::size_t>(fold + kWeightSteps, trace.steps());
        const auto part = [&](const auto& values, std::size_t words) {
            return std::decay_t<decltype(values)>(
                values.begin() + static_cast<std::ptrdiff_t>(fold * words),
                values.begin() + static_cast<std::ptrdiff_t>(end * words));
        };
        OperandTrace stretch;
        stretch.activations = part(trace.activations, 1);
        stretch.weights = part(trace.weights, 1);
        stretch.sums = part(trace.sums, trace.sumWords);
        stretch.sumWords = trace.sumWords;
        stretch.foldBegins = {0};
        activity += model.activityOf(stretch);
    }
    return activity;
}

}  // namespace

ElementActivity drawnActivity(const ElementModel& model, Stimulus stimulus, std::uint32_t steps,
                              std::uint32_t weightProducts) {
    const OperandTrace trace =
        drawnTrace(model.description(), stimulus, steps, std::min(weightProducts, kWeightSteps));
    ElementActivity activity = model.activityOf(trace);
    if (weightProducts <= kWeightSteps) return activity;
    // Of N products of a weight the first one follows another weight, N - 1 do not. The trace has
    // kWeightSteps - 1 of these: (kWeightSteps - 1) x first + (N - 1) x the others, in whole
    // counts.
    const std::uint64_t drawn = kWeightSteps - 1;
    const std::uint64_t wanted = weightProducts - 1;
    forEachCount(activity, withinFolds(model, trace),
                 [&](std::uint64_t& all, std::uint64_t within) {
                     // Registers of a pipeline begin every fold at zero: a few changes more.
                     const std::uint64_t first = all - std::min(all, within);
                     all = drawn * first + wanted * within;
                 });
    return activity;
}

}  // namespace systole::cost
