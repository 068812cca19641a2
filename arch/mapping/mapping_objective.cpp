// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_objective.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>

#include "models/check.hpp"

namespace systole::arch {
namespace {

/// The best one of those that are wanted.
template <typename Wanted>
std::optional<std::size_t> bestWhere(const std::vector<MappingScore>& scores, double nearlyEqual,
                                     Wanted&& isWanted) {
    double least = std::numeric_limits<double>::infinity();
    for (const MappingScore& score : scores) {
        least = isWanted(score) ? std::min(least, score.first) : least;
    }
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (isWanted(scores[i]) && scores[i].first <= least * (1 + nearlyEqual) &&
            (!best || isBetterOfEquals(scores[i], scores[*best]))) {
            best = i;
        }
    }
    return best;
}

}  // namespace

MappingScore scoreOf(MappingObjective objective, double cycles, double dramBytes, double joules,
                     bool newFolds) {
    switch (objective) {
        case MappingObjective::Cycles:
            return {cycles, dramBytes, dramBytes, newFolds};
        case MappingObjective::DramBytes:
            return {dramBytes, cycles, dramBytes, newFolds};
        case MappingObjective::Energy:
            return {joules, cycles, dramBytes, newFolds};
        case MappingObjective::EnergyDelay:
            return {joules * cycles, dramBytes, dramBytes, newFolds};
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

std::size_t bestOf(const std::vector<MappingScore>& scores, double nearlyEqual,
                   double newFoldsGain) {
    SYSTOLE_CHECK(!scores.empty(), "no candidate to choose from");
    const std::size_t best = *bestWhere(scores, nearlyEqual, [](const auto&) { return true; });
    if (!scores[best].newFolds) {
        return best;
    }
    const auto other =
        bestWhere(scores, nearlyEqual, [](const auto& score) { return !score.newFolds; });
    const bool movesMore = other && scores[best].dramBytes > scores[*other].dramBytes;
    return movesMore && scores[best].first * (1 + newFoldsGain) > scores[*other].first ? *other
                                                                                       : best;
}

}  // namespace systole::arch
