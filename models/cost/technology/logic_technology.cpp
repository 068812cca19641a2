// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/logic_technology.hpp"

namespace systole::cost {
namespace {

std::optional<FitError> larger(const std::optional<FitError>& one,
                               const std::optional<FitError>& other) {
    if (!one || !other) return one ? one : other;
    return one->largest < other->largest ? other : one;
}

}  // namespace

FitError FitError::widened(double factor) const {
    return {.rms = rms + (1 + rms) * (factor - 1),
            .largest = largest + (1 + largest) * (factor - 1)};
}

double GateFigures::squareMicronsOf(const GateCounts& counts, Part part) const {
    const auto index = static_cast<std::size_t>(part);
    double area = counts.outputAnds[index] * outputAndSquareMicrons;
    for (std::size_t kind = 0; kind < kGateKindCount; ++kind) {
        area += counts.gates[index][kind] * squareMicrons[index][kind];
    }
    return area;
}

FitErrors LogicErrors::ofElements(Goal goal) const {
    const FitErrors& one = fit.elements.of(goal);
    const FitErrors& other = otherRecipe.elements.of(goal);
    return {.area = larger(one.area, other.area),
            .delay = larger(one.delay, other.delay),
            .energy = larger(one.energy, other.energy)};
}

}  // namespace systole::cost
