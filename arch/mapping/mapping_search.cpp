// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_search.hpp"

#include <optional>
#include <vector>

#include "arch/mapping/candidate_pool.hpp"
#include "arch/mapping/candidate_trial.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

MappingChoice choiceOf(const Found& found) { return {found.candidate.tiling, found.estimate}; }

std::optional<MappingChoice> choiceOf(const std::optional<Found>& found) {
    return found ? std::optional(choiceOf(*found)) : std::nullopt;
}

auto isOther(const Found& best) {
    return [&best](const Found& found) { return found.place != best.place; };
}

/// The best one of those after the first.
Found secondOf(MappingObjective objective, const std::vector<Found>& found) {
    std::vector<MappingScore> scores;
    for (std::size_t i = 1; i < found.size(); ++i) {
        scores.push_back(scoreOf(objective, found[i].estimate, found[i].newFolds));
    }
    return found[bestOf(scores, kNearlyEqualReplays, 0) + 1];
}

}  // namespace

bool orderIsFree(const numeric::AccumulatorFormat& accumulator) {
    if (accumulator.chunk) {
        return false;
    }
    if (const auto* integer = std::get_if<numeric::IntegerRegister>(&accumulator.sum)) {
        return integer->overflow == numeric::Overflow::Wrap;
    }
    return std::holds_alternative<numeric::ExactRegister>(accumulator.sum);
}

std::variant<MappingResult, DoesNotFit> searchMapping(const MachineConfig& machine,
                                                      const Datapath& datapath,
                                                      const MappingTask& task) {
    const MappingObjective objective = machine.mapping.objective;
    SYSTOLE_CHECK(!needsEnergies(objective) || task.energies != nullptr,
                  "objective {} without energies",
                  kObjectiveNames.at(static_cast<std::size_t>(objective)));
    const MappingSpace space(machine.array, task.shape, task.fixed);
    CandidatePool pool(machine, datapath, task, space, 1);
    if (pool.size() == 0) {
        const TileFit fit(machine, datapath, task.shape, task.arithmetic);
        return DoesNotFit{fit.problemOf(space.smallest().tiling).value_or("nothing fits")};
    }
    MappingResult result;
    result.candidates = pool.size();
    std::vector<Found> finalists;
    if (task.replay != nullptr && pool.size() > 1) {
        CandidateTrial trial(machine, datapath, task, space, pool);
        finalists = trial.run();
        result.estimated = trial.estimated();
        result.replayed = finalists.size();
    }
    const Found best = finalists.empty() ? pool.best(objective, kNearlyEqual) : finalists.front();
    result.best = choiceOf(best);
    result.runnerUp = finalists.empty()
                          ? choiceOf(pool.bestFound(objective, kNearlyEqual, isOther(best)))
                          : std::optional(choiceOf(secondOf(objective, finalists)));
    result.estimated += pool.estimated();
    return result;
}

}  // namespace systole::arch
