// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/image_batch.hpp"

#include <utility>

namespace systole::graph {
namespace {

/// The same axes of a tensor that has one more in front.
void moveBack(Axes& axes) {
    for (std::uint8_t& axis : axes) ++axis;
}

/// Gives tensors and works the axis of the images.
class ImageBatch {
public:
    ImageBatch(const Graph& graph, std::uint32_t images) : graph_(graph), images_(images) {}

    bool has(TensorId tensor) const {
        return graph_.tensors.at(graph_.rootOf(tensor)).origin != Origin::Constant;
    }

    void add(Tensor& tensor) const {
        tensor.shape.insert(tensor.shape.begin(), images_);
        moveBack(tensor.order);
        tensor.order.insert(tensor.order.begin(), 0);
        if (tensor.quantizer && tensor.quantizer->axis) ++*tensor.quantizer->axis;
    }

    void add(const Node& node, MatrixWork& work) const {
        add(work.image);
        add(work.result);
        if (!work.weights || !has(node.inputs.at(1))) return;
        moveBack(work.weights->channel);
        moveBack(work.weights->output);
        addTo(work.weights->batch);
    }

    void add(const Node& node, VectorWork& work) const {
        work.space.extents.insert(work.space.extents.begin(), images_);
        work.space.reduced.insert(work.space.reduced.begin(), false);
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            add(work.operands.at(i), has(node.inputs[i]), work.space.extents.size());
        }
        add(work.operands.back(), true, work.space.extents.size());
    }

    void add(const Node& node, MoveWork& work) const {
        for (Copy& copy : work.copies) {
            copy.space.insert(copy.space.begin(), images_);
            add(copy.source, has(node.inputs.at(copy.input)), copy.space.size());
            add(copy.target, true, copy.space.size());
        }
    }

private:
    static void addTo(Axes& batch) {
        moveBack(batch);
        batch.insert(batch.begin(), 0);
    }

    static void add(ImageAxes& axes) {
        addTo(axes.batch);
        moveBack(axes.y);
        moveBack(axes.x);
        moveBack(axes.channel);
    }

    /// The space has the axis; a constant is the same along it.
    static void add(OperandMap& map, bool hasImages, std::size_t spaceAxes) {
        for (AxisMap& axis : map.axes) axis.coefficients.insert(axis.coefficients.begin(), 0);
        if (!hasImages) return;
        AxisMap images{std::vector<std::int64_t>(spaceAxes, 0), 0, {}};
        images.coefficients.front() = 1;
        map.axes.insert(map.axes.begin(), std::move(images));
    }

    const Graph& graph_;
    std::uint32_t images_;
};

}  // namespace

Graph withImages(Graph graph, std::uint32_t images) {
    if (images == 1) return graph;
    const ImageBatch batch(graph, images);
    for (Node& node : graph.nodes) {
        std::visit([&](auto& work) { batch.add(node, work); }, node.work);
    }
    for (TensorId i = 0; i < graph.tensors.size(); ++i) {
        if (batch.has(i)) batch.add(graph.tensors[i]);
    }
    return graph;
}

}  // namespace systole::graph
