// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_objective.hpp"

#include <algorithm>
#include <tuple>

#include "models/check.hpp"

namespace systole::arch {

MappingScore scoreOf(MappingObjective objective, double cycles, double dramBytes, double joules,
                     bool newFolds) {
    switch (objective) {
        case MappingObjective::Cycles:
            return {cycles, dramBytes, newFolds};
        case MappingObjective::DramBytes:
            return {dramBytes, cycles, newFolds};
        case MappingObjective::Energy:
            return {joules, cycles, newFolds};
        case MappingObjective::EnergyDelay:
            return {joules * cycles, dramBytes, newFolds};
    }
    SYSTOLE_CHECK(false, "objective {}", static_cast<int>(objective));
}

MappingScore scoreOf(MappingObjective objective, const MappingEstimate& estimate, bool newFolds) {
    return scoreOf(objective, static_cast<double>(estimate.cycles),
                   static_cast<double>(estimate.dramBytes), estimate.energy.total(), newFolds);
}

bool needsEnergies(MappingObjective objective) {
    return objective == MappingObjective::Energy || objective == MappingObjective::EnergyDelay;
}

bool isBetterOfEquals(const MappingScore& left, const MappingScore& right) {
    return std::tuple(left.newFolds, left.second, left.first) <
           std::tuple(right.newFolds, right.second, right.first);
}

std::size_t bestOf(const std::vector<MappingScore>& scores, double nearlyEqual) {
    SYSTOLE_CHECK(!scores.empty(), "no candidate to choose from");
    double least = scores.front().first;
    for (const MappingScore& score : scores) {
        least = std::min(least, score.first);
    }
    std::size_t best = scores.size();
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (scores[i].first <= least * (1 + nearlyEqual) &&
            (best == scores.size() || isBetterOfEquals(scores[i], scores[best]))) {
            best = i;
        }
    }
    return best;
}

}  // namespace systole::arch
