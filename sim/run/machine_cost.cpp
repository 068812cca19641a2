// SPDX-License-Identifier: Apache-2.0
#include "sim/run/machine_cost.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/cost/element_waveforms.hpp"
#include "sim/config/machine_description.hpp"
#include "sim/config_error.hpp"
#include "sim/run/text.hpp"

namespace systole::sim {
namespace {

numeric::ProductClass multiplierOf(const arch::DatapathConfig& datapath) {
    return datapath.multiplier.value_or(
        numeric::defaultProductClass(datapath.activation, datapath.weight));
}

/// The first so many steps.
cost::OperandTrace beginningOf(const cost::OperandTrace& trace, std::size_t steps) {
    cost::OperandTrace begin = trace;
    const std::size_t kept = std::min(steps, trace.steps());
    begin.activations.resize(kept);
    begin.weights.resize(kept);
    begin.sums.resize(kept * trace.sumWords);
    return begin;
}

}  // namespace

void checkTechnology(const RunConfig& config) {
    const arch::DatapathConfig& datapath = config.machine.datapath;
    const numeric::ProductClass multiplier = multiplierOf(datapath);
    if (config.technology.isFree ||
        cost::hasCircuit(multiplier, datapath.activation, datapath.weight)) {
        return;
    }
    throw ConfigError(fmt::format(
        "{}: technology: there is no circuit of a {} multiplier for {} x {} to be priced, expected "
        "another datapath.multiplier, or technology: none to leave costs out",
        config.machine.name, numeric::nameOf(multiplier), numeric::nameOf(datapath.activation),
        numeric::nameOf(datapath.weight)));
}

ProductEnergy::ProductEnergy(const RunConfig& config)
    : options_(config.energy), isFree_(config.technology.isFree) {
    if (!isFree_) element_.emplace(config.technology.logic, describeMachine(config).element);
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
        activity += element_->activityOf(beginningOf(trace, each), options_.zeroGating
                                                                       ? cost::ZeroGating::On
                                                                       : cost::ZeroGating::Off);
    }
    return activity.products == 0 ? drawn() : element_->energyOf(activity);
}

cost::ByElementPart ProductEnergy::drawn() const {
    const cost::OperandTrace trace =
        cost::drawnTrace(element_->description(), cost::Stimulus::Gaussian, kMostSimulatedSteps);
    return element_->energyOf(element_->activityOf(trace));
}

std::string clockWarning(const RunConfig& config) {
    const cost::ClockLimits limits = cost::clockLimits(config.technology, describeMachine(config));
    const double clock = config.machine.clockHertz;
    std::string text;
    const auto reaches = [&](double nanoseconds) { return nanoseconds * clock <= 1e9; };
    if (!reaches(limits.elementNanoseconds)) {
        text += fmt::format(
            "Warning: the processing element, synthesised for area, reaches {}{}, "
            "not {}.\n",
            withPrefix(1e9 / limits.elementNanoseconds, "Hz"),
            limits.fastNanoseconds > 0
                ? fmt::format(" (for speed {})", withPrefix(1e9 / limits.fastNanoseconds, "Hz"))
                : "",
            withPrefix(clock, "Hz"));
    }
    if (!reaches(limits.scratchpadNanoseconds)) {
        text += fmt::format("Warning: the slowest on-chip memory reaches {}, not {}.\n",
                            withPrefix(1e9 / limits.scratchpadNanoseconds, "Hz"),
                            withPrefix(clock, "Hz"));
    }
    return text;
}

}  // namespace systole::sim
