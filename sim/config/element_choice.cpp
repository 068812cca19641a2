// SPDX-License-Identifier: Apache-2.0
#include "sim/config/element_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "arch/datapath.hpp"
#include "models/cost/circuit/circuit_choice.hpp"
#include "models/cost/circuit/multiplier_circuit.hpp"
#include "models/cost/machine/area_model.hpp"
#include "sim/config/costed_machine.hpp"

namespace systole::sim {
namespace {

const std::vector<cost::Goal> kGoals{cost::Goal::Area, cost::Goal::Delay};
const std::vector<std::uint32_t> kStages{1, 2, 3, 4};

struct Candidate {
    ElementChoice choice;
    double squareMicrons = 0;
    double nanoseconds = 0;  ///< of the slowest

    auto cheapness() const { return std::tuple(squareMicrons, choice.stages, choice.goals); }
};

std::vector<cost::ElementDescription> elementsOf(const RunConfig& config) {
    const cost::MachineDescription machine = describeMachine(config);
    std::vector<cost::ElementDescription> elements{machine.element};
    for (const cost::IdleElement& idle : machine.idleElements) elements.push_back(idle.element);
    return elements;
}

/// Every candidate with one element more, made for each of the goals.
std::vector<Candidate> withElement(const std::vector<Candidate>& candidates,
                                   const cost::LogicTechnology& logic,
                                   const cost::ElementDescription& element,
                                   const std::vector<cost::Goal>& goals) {
    std::vector<Candidate> more;
    for (const cost::Goal goal : goals) {
        if (goal == cost::Goal::Delay && !logic.speed) continue;
        for (Candidate candidate : candidates) {
            const cost::ElementModel model(logic, element, {goal, candidate.choice.stages});
            candidate.choice.goals.push_back(goal);
            candidate.squareMicrons += model.squareMicrons().total();
            candidate.nanoseconds = std::max(candidate.nanoseconds, model.nanoseconds());
            more.push_back(std::move(candidate));
        }
    }
    return more;
}

/// `goals`: of each element.
std::vector<Candidate> candidatesOf(const RunConfig& config,
                                    const std::vector<std::vector<cost::Goal>>& goals,
                                    const std::vector<std::uint32_t>& stages) {
    std::vector<Candidate> candidates;
    for (const std::uint32_t depth : stages) candidates.push_back({.choice = {depth, {}}});
    const std::vector<cost::ElementDescription> elements = elementsOf(config);
    for (std::size_t i = 0; i < elements.size(); ++i) {
        candidates = withElement(candidates, config.technology.logic, elements[i], goals.at(i));
    }
    return candidates;
}

std::vector<Candidate> allCandidates(const RunConfig& config) {
    const std::vector goals(arch::datapathsOf(config.machine), kGoals);
    return candidatesOf(config, goals, kStages);
}

std::optional<ElementChoice> smallestOf(const std::vector<Candidate>& candidates,
                                        double nanoseconds) {
    const Candidate* best = nullptr;
    for (const Candidate& candidate : candidates) {
        const bool reaches = candidate.nanoseconds <= nanoseconds;
        if (reaches && (best == nullptr || candidate.cheapness() < best->cheapness())) {
            best = &candidate;
        }
    }
    return best == nullptr ? std::nullopt : std::optional(best->choice);
}

const Candidate& fastestOf(const std::vector<Candidate>& candidates) {
    return *std::min_element(candidates.begin(), candidates.end(),
                             [](const Candidate& a, const Candidate& b) {
                                 return std::tuple(a.nanoseconds, a.cheapness()) <
                                        std::tuple(b.nanoseconds, b.cheapness());
                             });
}

}  // namespace

const arch::DatapathConfig* datapathWithoutCircuit(const arch::MachineConfig& machine) {
    for (arch::DatapathId i = 0; i < arch::datapathsOf(machine); ++i) {
        const arch::DatapathConfig& datapath = arch::datapathAt(machine, i);
        if (!cost::hasCircuit(multiplierOf(datapath), datapath.activation, datapath.weight)) {
            return &datapath;
        }
    }
    return nullptr;
}

std::string namesOfCircuits(const numeric::Format& activation, const numeric::Format& weight) {
    std::vector<std::string> names;
    for (const numeric::ProductClass one : cost::classesWithCircuit(activation, weight)) {
        names.emplace_back(numeric::nameOf(one));
    }
    return fmt::format("{}", fmt::join(names, " or "));
}

std::optional<ElementChoice> smallestElement(const RunConfig& config, double nanoseconds) {
    return smallestOf(allCandidates(config), nanoseconds);
}

double fastestElementNanoseconds(const RunConfig& config) {
    return fastestOf(allCandidates(config)).nanoseconds;
}

std::uint32_t readPipelineDepth(const Section& array, ElementDefault otherwise) {
    const bool isOpen = otherwise == ElementDefault::ReachesClock;
    const Value depth = array.at("pipeline_depth", isOpen ? Default("auto") : Default(1));
    return depth.isWord("auto") ? 0 : depth.integer<std::uint32_t>({1, kMostPipelineStages});
}

std::vector<cost::Goal> readSynthesis(const Section& datapath, ElementDefault otherwise,
                                      const cost::Technology& technology) {
    const bool isOpen = otherwise == ElementDefault::ReachesClock;
    const Value synthesis = datapath.at("synthesis", isOpen ? "auto" : "area");
    const std::size_t chosen = synthesis.choose({kSynthesisNames[0], kSynthesisNames[1], "auto"});
    if (chosen == kSynthesisNames.size()) return kGoals;
    const auto goal = static_cast<cost::Goal>(chosen);
    if (goal == cost::Goal::Delay && !technology.isFree && !technology.logic.speed) {
        synthesis.fail(fmt::format(
            "technology {} has no figures of synthesis for speed (its section logic.speed), "
            "expected area",
            technology.name));
    }
    return {goal};
}

void chooseElement(RunConfig& config, const OpenChoices& open) {
    std::uint32_t& depth = config.machine.array.pipelineDepth;
    if (open.stages) depth = 1;
    if ((!open.synthesis && !open.stages) || config.technology.isFree ||
        datapathWithoutCircuit(config.machine) != nullptr) {
        return;
    }
    const double period =
        open.clock
            ? cost::clockLimits(config.technology, describeMachine(config)).scratchpadNanoseconds
            : 1e9 / config.machine.clockHertz;
    const std::vector<Candidate> candidates =
        candidatesOf(config, open.goals, open.stages ? kStages : std::vector{depth});
    ElementChoice choice = smallestOf(candidates, period).value_or(fastestOf(candidates).choice);
    depth = choice.stages;
    config.synthesis = choice.goals.front();
    config.furtherSynthesis.assign(choice.goals.begin() + 1, choice.goals.end());
}

void setFastestClock(const Value& clock, RunConfig& config) {
    config.machine.clockHertz = 1;
    if (!config.technology.isFree && datapathWithoutCircuit(config.machine) != nullptr) {
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
