// SPDX-License-Identifier: Apache-2.0
#include "sim/config/element_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "models/cost/circuit/circuit_choice.hpp"
#include "models/cost/circuit/multiplier_circuit.hpp"
#include "models/cost/machine/area_model.hpp"
#include "sim/config/costed_machine.hpp"

namespace systole::sim {
namespace {

const std::vector<cost::Goal> kGoals{cost::Goal::Area, cost::Goal::Delay};
const std::vector<std::uint32_t> kStages{1, 2, 3, 4};

struct Candidate {
    cost::ElementMake make;
    double squareMicrons = 0;
    double nanoseconds = 0;

    auto cheapness() const { return std::tuple(squareMicrons, make.stages, make.goal); }
};

std::vector<Candidate> candidatesOf(const RunConfig& config, const std::vector<cost::Goal>& goals,
                                    const std::vector<std::uint32_t>& stages) {
    const cost::LogicTechnology& logic = config.technology.logic;
    const cost::MachineDescription machine = describeMachine(config);
    std::vector<Candidate> candidates;
    for (const cost::Goal goal : goals) {
        if (goal == cost::Goal::Delay && !logic.speed) continue;
        for (const std::uint32_t depth : stages) {
            const cost::ElementMake make{goal, depth};
            const cost::ElementModel model(logic, machine.element, make);
            candidates.push_back({make, model.squareMicrons().total(), model.nanoseconds()});
        }
    }
    return candidates;
}

std::optional<cost::ElementMake> smallestOf(const std::vector<Candidate>& candidates,
                                            double nanoseconds) {
    const Candidate* best = nullptr;
    for (const Candidate& candidate : candidates) {
        const bool reaches = candidate.nanoseconds <= nanoseconds;
        if (reaches && (best == nullptr || candidate.cheapness() < best->cheapness())) {
            best = &candidate;
        }
    }
    return best == nullptr ? std::nullopt : std::optional(best->make);
}

const Candidate& fastestOf(const std::vector<Candidate>& candidates) {
    return *std::min_element(candidates.begin(), candidates.end(),
                             [](const Candidate& a, const Candidate& b) {
                                 return std::tuple(a.nanoseconds, a.cheapness()) <
                                        std::tuple(b.nanoseconds, b.cheapness());
                             });
}

}  // namespace

bool hasElementCircuit(const RunConfig& config) {
    const arch::DatapathConfig& datapath = config.machine.datapath;
    return cost::hasCircuit(multiplierOf(datapath), datapath.activation, datapath.weight);
}

std::string namesOfCircuits(const numeric::Format& activation, const numeric::Format& weight) {
    std::vector<std::string> names;
    for (const numeric::ProductClass one : cost::classesWithCircuit(activation, weight)) {
        names.emplace_back(numeric::nameOf(one));
    }
    return fmt::format("{}", fmt::join(names, " or "));
}

std::optional<cost::ElementMake> smallestElement(const RunConfig& config,
                                                 const std::vector<cost::Goal>& goals,
                                                 const std::vector<std::uint32_t>& stages,
                                                 double nanoseconds) {
    return smallestOf(candidatesOf(config, goals, stages), nanoseconds);
}

std::optional<cost::ElementMake> smallestElement(const RunConfig& config, double nanoseconds) {
    return smallestElement(config, kGoals, kStages, nanoseconds);
}

double fastestElementNanoseconds(const RunConfig& config) {
    return fastestOf(candidatesOf(config, kGoals, kStages)).nanoseconds;
}

std::uint32_t readPipelineDepth(const Section& array, ElementDefault otherwise) {
    const bool isOpen = otherwise == ElementDefault::ReachesClock;
    const Value depth = array.at("pipeline_depth", isOpen ? Default("auto") : Default(1));
    return depth.isWord("auto") ? 0 : depth.integer<std::uint32_t>({1, kMostPipelineStages});
}

std::optional<cost::Goal> readSynthesis(const Section& datapath, ElementDefault otherwise,
                                        const cost::Technology& technology) {
    const bool isOpen = otherwise == ElementDefault::ReachesClock;
    const Value synthesis = datapath.at("synthesis", isOpen ? "auto" : "area");
    const std::size_t chosen = synthesis.choose({kSynthesisNames[0], kSynthesisNames[1], "auto"});
    if (chosen == kSynthesisNames.size()) return std::nullopt;
    const auto goal = static_cast<cost::Goal>(chosen);
    if (goal == cost::Goal::Delay && !technology.isFree && !technology.logic.speed) {
        synthesis.fail(fmt::format(
            "technology {} has no figures of synthesis for speed (its section logic.speed), "
            "expected area",
            technology.name));
    }
    return goal;
}

void chooseElement(RunConfig& config, const OpenChoices& open) {
    std::uint32_t& depth = config.machine.array.pipelineDepth;
    if (open.stages) depth = 1;
    if ((!open.synthesis && !open.stages) || config.technology.isFree ||
        !hasElementCircuit(config)) {
        return;
    }
    const double period =
        open.clock
            ? cost::clockLimits(config.technology, describeMachine(config)).scratchpadNanoseconds
            : 1e9 / config.machine.clockHertz;
    const std::vector<Candidate> candidates =
        candidatesOf(config, open.synthesis ? kGoals : std::vector{config.synthesis},
                     open.stages ? kStages : std::vector{depth});
    const cost::ElementMake make =
        smallestOf(candidates, period).value_or(fastestOf(candidates).make);
    config.synthesis = make.goal;
    depth = make.stages;
}

void setFastestClock(const Value& clock, RunConfig& config) {
    config.machine.clockHertz = 1;
    if (!config.technology.isFree && !hasElementCircuit(config)) {
        clock.fail(
            "max needs a circuit of the multiplier, which these formats have none of, expected a "
            "frequency as 500MHz");
        return;
    }
    const double hertz = fastestClock(config);
    if (!std::isfinite(hertz)) {
        clock.fail("max without a technology has no limit, expected a frequency as 500MHz");
        return;
    }
    config.machine.clockHertz = hertz;
}

}  // namespace systole::sim
