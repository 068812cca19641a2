// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/graph/graph.hpp"

namespace systole::graph {

/// Elements from an index of axes that lie one after another to the next; 0 where there is only one
/// index.
std::int64_t strideOf(const Tensor& tensor, const Axes& axes);

/// The same for each group of axes of an image.
struct ImageStrides {
    std::int64_t batch = 0;
    std::int64_t y = 0;
    std::int64_t x = 0;
    std::int64_t channel = 0;

    std::int64_t at(std::int64_t b, std::int64_t row, std::int64_t column, std::int64_t c) const {
        return b * batch + row * y + column * x + c * channel;
    }
};

/// w[batch, k, n]: of constants k counts all taps, else channels of one.
struct WeightStrides {
    std::int64_t batch = 0;
    std::int64_t k = 0;
    std::int64_t output = 0;
};

/// Where the operands of matrix work lie in its tensors.
struct MatrixLayout {
    MatrixLayout(const Graph& graph, const Node& node, const MatrixWork& work);

    MatrixExtents extents;
    std::size_t reduction;      ///< products of one sum
    std::size_t weightBatches;  ///< 1: all batches have the same weights
    ImageStrides image;
    WeightStrides weights;
    ImageStrides result;
};

}  // namespace systole::graph
