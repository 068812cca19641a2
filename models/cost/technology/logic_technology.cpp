// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/logic_technology.hpp"

namespace systole::cost {

double GateFigures::squareMicronsOf(const GateCounts& counts, Part part) const {
    const auto index = static_cast<std::size_t>(part);
    double area = counts.outputAnds[index] * outputAndSquareMicrons;
    for (std::size_t kind = 0; kind < kGateKindCount; ++kind) {
        area += counts.gates[index][kind] * squareMicrons[index][kind];
    }
    return area;
}

}  // namespace systole::cost
