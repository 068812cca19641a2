// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "sim/study/worker_run.hpp"

namespace systole::sim {

/// Whether two runs on the same images differ in top-1 by more than chance.
struct AccuracyDifference {
    std::uint64_t onlyFirst = 0;  ///< images that only the first has right
    std::uint64_t onlySecond = 0;
    /// McNemar's exact test (sim/base/statistics.hpp). Empty where it is not known which images
    /// were right; then the intervals decide.
    std::optional<double> probability;
    bool isToldApart = false;
};

/// Nothing without labels.
std::optional<AccuracyDifference> accuracyDifference(const RunFigures& first,
                                                     const RunFigures& second);

}  // namespace systole::sim
