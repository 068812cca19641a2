// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_objective.hpp"

#include <algorithm>
#include <tuple>

#include "models/check.hpp"

namespace systole::arch {

MappingScore scoreOf(MappingObjective objective, double cycles, double dramBytes, double joules) {
    switch (objective) {
        case MappingObjective::Cycles:
            return {cycles, dramBytes};
        case MappingObjective::DramBytes:
            return {dramBytes, cycles};
        case MappingObjective::Energy:
            return {joules, cycles};
        case MappingObjective::EnergyDelay:
            return {joules * cycles, dramBytes};
    }
    SYSTOLE_CHECK(false, "objective {}", static_cast<int>(objective));
}

MappingScore scoreOf(MappingObjective objective, const MappingEstimate& estimate, bool newFolds) {
    const double cycles = static_cast<double>(estimate.cycles) * (newFolds ? 1 + kNewFolds : 1);
    return scoreOf(objective, cycles, static_cast<double>(estimate.dramBytes), estimate.joules);
}

bool needsEnergies(MappingObjective objective) {
    return objective == MappingObjective::Energy || objective == MappingObjective::EnergyDelay;
}

std::size_t bestOf(const std::vector<MappingScore>& scores, double nearlyEqual) {
    SYSTOLE_CHECK(!scores.empty(), "no candidate to choose from");
    double least = scores.front().first;
    for (const MappingScore& score : scores) {
        least = std::min(least, score.first);
    }
    std::size_t best = scores.size();
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const auto rank = [&](std::size_t place) {
            return std::tuple(scores[place].second, scores[place].first);
        };
        if (scores[i].first <= least * (1 + nearlyEqual) &&
            (best == scores.size() || rank(i) < rank(best))) {
            best = i;
        }
    }
    return best;
}

}  // namespace systole::arch
