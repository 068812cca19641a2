// SPDX-License-Identifier: Apache-2.0
#include "sim/run/machine_cost.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/check.hpp"
#include "models/cost/circuit/circuit_choice.hpp"
#include "sim/base/config_error.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/element_choice.hpp"

namespace systole::sim {
namespace {

void appendSteps(cost::OperandTrace& to, const cost::OperandTrace& from, std::size_t begin,
                 std::size_t end) {
    const auto copy = [&](auto& sink, const auto& source, std::size_t words) {
        sink.insert(sink.end(), source.begin() + static_cast<std::ptrdiff_t>(begin * words),
                    source.begin() + static_cast<std::ptrdiff_t>(end * words));
    };
    copy(to.activations, from.activations, 1);
    copy(to.weights, from.weights, 1);
    copy(to.sums, from.sums, from.sumWords);
}

/// About so many steps, a stretch of each fold: early in the first one, late in the last one.
cost::OperandTrace stretchesOf(const cost::OperandTrace& trace, std::size_t steps) {
    cost::OperandTrace result;
    result.sumWords = trace.sumWords;
    const std::size_t folds = std::max<std::size_t>(trace.foldBegins.size(), 1);
    const std::size_t each = std::max<std::size_t>(steps / folds, 2);
    for (std::size_t fold = 0; fold < folds; ++fold) {
        const std::size_t first = trace.foldBegins.empty() ? 0 : trace.foldBegins[fold];
        const std::size_t end =
            fold + 1 < trace.foldBegins.size() ? trace.foldBegins[fold + 1] : trace.steps();
        const std::size_t length = std::min(each, end - first);
        const std::size_t begin = first + (end - first - length) * (2 * fold + 1) / (2 * folds);
        appendSteps(result, trace, begin, begin + length);
    }
    return result;
}

cost::Stationary stationaryOf(arch::Dataflow dataflow) {
    switch (dataflow) {
        case arch::Dataflow::WeightStationary:
            return cost::Stationary::Weight;
        case arch::Dataflow::InputStationary:
            return cost::Stationary::Activation;
        case arch::Dataflow::OutputStationary:
            return cost::Stationary::Sum;
    }
    SYSTOLE_CHECK(false, "no such dataflow");
}

}  // namespace

void checkTechnology(const RunConfig& config) {
    const arch::DatapathConfig* without = datapathWithoutCircuit(config.machine);
    if (config.technology.isFree || without == nullptr) return;
    const arch::DatapathConfig& datapath = *without;
    throw ConfigError(fmt::format(
        "{}: technology: {}, expected datapath.multiplier {}, or --set technology=none to leave "
        "costs out",
        config.machine.name,
        *cost::circuitProblem(multiplierOf(datapath), datapath.activation, datapath.weight),
        namesOfCircuits(datapath.activation, datapath.weight)));
}

ProductEnergy::ProductEnergy(const RunConfig& config, cost::Stimulus draw,
                             arch::DatapathId datapath)
    : options_(config.energy),
      draw_(config.energy.activity == cost::ActivitySource::Random ? cost::Stimulus::Uniform
                                                                   : draw),
      stationary_(stationaryOf(config.machine.array.dataflow)),
      isFree_(config.technology.isFree) {
    if (isFree_) return;
    const cost::MachineDescription machine = describeMachine(config, datapath);
    element_.emplace(config.technology.logic, machine.element, machine.make());
}

cost::EnergyDoubt ProductEnergy::doubt() const {
    return isFree_ ? cost::EnergyDoubt{} : element_->energyDoubt();
}

cost::ByElementPart ProductEnergy::of(const std::vector<cost::OperandTrace>& traces) const {
    if (isFree_) return {};
    if (options_.activity == cost::ActivitySource::Flat) {
        return element_->flatEnergy(options_.flatToggleRate);
    }
    if (traces.empty()) return drawn();
    const std::size_t each = std::max<std::size_t>(kMostSimulatedSteps / traces.size(), 2);
    cost::ElementActivity activity;
    for (const cost::OperandTrace& trace : traces) {
        activity += element_->activityOf(stretchesOf(trace, each), options_.zeroGating
                                                                       ? cost::ZeroGating::On
                                                                       : cost::ZeroGating::Off);
    }
    return activity.products == 0 ? drawn() : element_->energyOf(activity);
}

const cost::ByElementPart& ProductEnergy::drawn() const {
    if (!drawn_) {
        const cost::OperandTrace trace =
            cost::drawnTrace(element_->description(), draw_, kDrawnSteps, kDrawnFold, stationary_);
        drawn_ = element_->energyOf(element_->activityOf(
            trace, options_.zeroGating ? cost::ZeroGating::On : cost::ZeroGating::Off));
    }
    return *drawn_;
}

}  // namespace systole::sim
