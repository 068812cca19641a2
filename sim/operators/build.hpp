// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/graph/graph_builder.hpp"
#include "sim/operators/onnx_node.hpp"

namespace systole::operators {

using graph::Axes;
using graph::Extents;
using graph::Tensor;
using graph::TensorId;

/// y = (x - mean) / sqrt(variance + epsilon) * scale + shift; one value a channel.
struct BatchNormalization {
    std::vector<float> scale;
    std::vector<float> shift;
    std::vector<float> mean;
    std::vector<float> variance;
    float epsilon = 1e-5F;
};

/// The graph that a model becomes. Operators add their work to it.
class Build {
public:
    explicit Build(const std::string& name);

    graph::GraphBuilder& graph() { return graph_; }
    const Tensor& operator[](TensorId tensor) const { return graph_[tensor]; }

    /// An input, or what stands for a value behind an obstacle.
    OnnxValue input(const std::string& name, const Extents& shape, const Axes& order);

    /// A constant input of a node as a tensor.
    OnnxValue constant(const OnnxNode& node, int index);

    /// The tensor of a value in its own shape. Reshapes are made where something reads them, and
    /// once.
    TensorId tensorOf(const OnnxValue& value);
    /// The same with its elements in this order.
    TensorId inOrder(const OnnxValue& value, const Axes& order);
    TensorId natural(const OnnxValue& value);
    /// The order of images, channels last.
    TensorId image(const OnnxValue& value);

    /// The value with its axes in another order, axis i being `axes[i]` of before. Its elements
    /// stay where they are; whoever reads it asks for the order of them.
    OnnxValue transposed(const OnnxValue& value, const Axes& axes);
    /// The value repeated along axes of one element, and along new first ones. Constants are
    /// repeated here, other values by a move.
    OnnxValue expanded(const OnnxNode& node, const OnnxValue& value, const Extents& shape);

    /// Work of a node, whose output gets this shape and order. Obstacle: a result too large.
    using MakeWork =
        std::function<graph::Work(const std::vector<const Tensor*>& inputs, const Tensor& output)>;
    OnnxValue add(const OnnxNode& node, const std::string& kind, std::vector<TensorId> inputs,
                  const Extents& shape, const Axes& order, const MakeWork& makeWork);

    /// The node's normalization, of the vector work that it added last, which may still become part
    /// of a convolution.
    void noteNormalization(const OnnxNode& node, BatchNormalization normalization);
    struct NotedNormalization {
        BatchNormalization parameters;
        std::string node;
        std::string operatorName;
    };
    /// By name of the graph's node.
    const std::map<std::string, NotedNormalization>& normalizations() const {
        return normalizations_;
    }

private:
    graph::GraphBuilder graph_;
    std::map<std::pair<TensorId, Extents>, TensorId> views_;
    std::map<std::pair<TensorId, Axes>, TensorId> copies_;
    std::map<std::string, NotedNormalization> normalizations_;
};

}  // namespace systole::operators
