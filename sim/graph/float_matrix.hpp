// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "sim/graph/matrix_layout.hpp"

namespace systole::graph {

/// The sums of matrix work in binary32 (docs/arithmetic.md, section 2), before the epilogue. The
/// node's work must outlive it.
class FloatMatrix {
public:
    FloatMatrix(const Graph& graph, const Node& node);

    /// Weights, in the order of their tensor, as run() reads them.
    std::vector<float> packed(std::span<const float> weights) const;

    /// Tensors in the order of memory; no `bias` is a bias of zeros. `output` is written whole.
    void run(std::span<const float> input, std::span<const float> packedWeights,
             std::span<const float> bias, std::span<float> output) const;

    const MatrixLayout& layout() const { return layout_; }

private:
    bool isDepthwise() const;

    const MatrixWork& work_;
    MatrixLayout layout_;
};

}  // namespace systole::graph
