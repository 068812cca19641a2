// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arch/mapping/tiling.hpp"
#include "sim/graph/graph.hpp"
#include "sim/lowering/tensor_box.hpp"

namespace systole::sim {

/// Weights that are no constant. Strides count elements. Batch b has weights b % `batches`.
struct WeightView {
    graph::TensorId tensor = 0;
    std::uint32_t batches = 1;
    std::int64_t batchStride = 0;
    std::int64_t channelStride = 1;
    std::int64_t outputStride = 1;
};

/// Matrix work as the array and the loads around it see it. Images share their weights, batches
/// have weights of their own; image i of batch b is number b * images + i of the tensors. Images
/// whose rows lie one after another, under a window of one tap, are one image of all their rows:
/// a fully connected layer of 8 images is a product of 8 rows.
struct MatrixLayer {
    const graph::Node* node = nullptr;
    const graph::Node* behind = nullptr;  ///< vector work that is fused with it, or null
    arch::DatapathId datapath = 0;        ///< that it runs on
    std::uint32_t batches = 1;
    arch::ConvolutionShape shape;  ///< of one batch, with its images
    ImageView input;
    ImageView output;  ///< of the node that runs last
    std::optional<ImageView> skip{};
    std::optional<WeightView> weights{};

    const graph::MatrixWork& work() const { return std::get<graph::MatrixWork>(node->work); }
    std::uint64_t macs() const;
};

/// A convolution that covers its whole image is a product of a vector where the image lies densely
/// (arch::asVector).
MatrixLayer matrixLayer(const graph::Graph& graph, const graph::Node& node,
                        const graph::Node* behind);

/// The window of a shape. Padding behind the image is left out, because it decides nothing once the
/// sizes of the outputs are known.
arch::Window windowOf(const arch::ConvolutionShape& shape);

/// By index of a node with matrix work: the index of the vector work that the vector unit does on
/// the sums as they leave the array, or none. That vector work goes element by element over the
/// output of the matrix work, is its only reader, and reads at most one other tensor, of the same
/// shape, which an earlier node has written.
std::vector<std::optional<std::size_t>> findFusions(const graph::Graph& graph);

}  // namespace systole::sim
