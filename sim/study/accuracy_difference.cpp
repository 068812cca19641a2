// SPDX-License-Identifier: Apache-2.0
#include "sim/study/accuracy_difference.hpp"

namespace systole::sim {

std::optional<AccuracyDifference> accuracyDifference(const RunFigures& first,
                                                     const RunFigures& second) {
    const auto a = top1Interval(first);
    const auto b = top1Interval(second);
    if (!a || !b) return std::nullopt;
    AccuracyDifference difference;
    const std::string& firstImages = first.correctByImage;
    const std::string& secondImages = second.correctByImage;
    if (firstImages.empty() || firstImages.size() != secondImages.size()) {
        difference.isToldApart = a->high < b->low || b->high < a->low;
        return difference;
    }
    for (std::size_t i = 0; i < firstImages.size(); ++i) {
        difference.onlyFirst += firstImages[i] > secondImages[i] ? 1 : 0;
        difference.onlySecond += firstImages[i] < secondImages[i] ? 1 : 0;
    }
    difference.probability = mcNemarProbability(difference.onlyFirst, difference.onlySecond);
    difference.isToldApart = *difference.probability < kSignificance;
    return difference;
}

}  // namespace systole::sim
