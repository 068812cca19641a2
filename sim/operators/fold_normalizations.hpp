// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sim/operators/build.hpp"

/// BatchNormalization: docs/arithmetic.md, section 2.
namespace systole::operators {

/// factor * x + shift, by channel: formed in binary64, each rounded once.
struct NormalizationLine {
    std::vector<float> factors;
    std::vector<float> shifts;

    bool isFinite() const;
};
NormalizationLine lineOf(const BatchNormalization& normalization);

inline constexpr const char* kNotFinite =
    "leads to weights that are not finite, expected a positive variance + epsilon";

/// Puts the normalizations that `build` has noted into the matrix work with constant weights whose
/// output they alone read. That work then writes their output. Notes an obstacle where weights
/// leave binary32. Nodes that the output does not need should be gone before: what reads is
/// counted.
graph::Graph foldNormalizations(graph::Graph graph, const Build& build, OnnxObstacles& obstacles);

}  // namespace systole::operators
