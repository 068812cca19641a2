// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/graph/graph.hpp"

namespace systole::graph {

enum class KeepTensors { OutputOnly, All };

struct FloatResult {
    /// By TensorId, in the order of memory; of views that of their tensor. Of constants, and what
    /// was not to be kept, nothing.
    std::vector<std::vector<float>> tensors;
    /// By TensorId: the largest magnitude, NaN where a tensor holds one; of views too.
    std::vector<float> amax;
    /// By TensorId: the least value.
    std::vector<float> least;
};

/// The FP32 reference of docs/arithmetic.md: the same bits on every machine. It does not look at
/// quantizers. Made once for a graph, which must outlive it; run() may be called from several
/// threads.
class FloatReference {
public:
    explicit FloatReference(const Graph& graph);

    /// `image` is the input in the order of memory.
    FloatResult run(std::span<const float> image, KeepTensors keep) const;

private:
    std::vector<float> computed(std::size_t node, const FloatResult& result) const;
    std::vector<float> product(std::size_t node, const MatrixWork& work,
                               const FloatResult& result) const;
    std::span<const float> valuesOf(TensorId tensor, const FloatResult& result) const;
    void completeViews(FloatResult& result, KeepTensors keep) const;

    const Graph& graph_;
    /// By node; empty where the weights are no constant.
    std::vector<std::vector<float>> packedWeights_;
    std::vector<std::size_t> lastReader_;  ///< by TensorId: index of a node
    FloatResult constants_;                ///< what is known of them
};

/// One image through the graph; all tensors.
FloatResult runFloat(const Graph& graph, std::span<const float> image);

/// The least value; 0 of nothing.
float leastValue(std::span<const float> values);

/// The largest magnitude; NaN where there is one, 0 of nothing.
float largestMagnitude(std::span<const float> values);

}  // namespace systole::graph
