// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/matrix_layer.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "sim/graph/code_program.hpp"
#include "sim/graph/graph_builder.hpp"
#include "sim/graph/matrix_layout.hpp"

namespace systole::sim {

std::uint64_t MatrixLayer::macs() const {
    if (!work().transposed) return batches * shape.macs();
    return std::uint64_t{batches} * shape.images *
           arch::tapsOnElements(work().window.y, shape.inputHeight) *
           arch::tapsOnElements(work().window.x, shape.inputWidth) *
           (shape.inputChannels / shape.groups) * shape.outputChannels;
}

namespace {

arch::ConvolutionShape shapeOf(const graph::MatrixWork& work, const graph::MatrixExtents& extents) {
    const arch::Window& window = work.window;
    return {.inputHeight = extents.inputHeight,
            .inputWidth = extents.inputWidth,
            .inputChannels = extents.inputChannels,
            .outputHeight = extents.outputHeight,
            .outputWidth = extents.outputWidth,
            .outputChannels = extents.outputChannels,
            .kernelHeight = window.y.kernel,
            .kernelWidth = window.x.kernel,
            .strideY = window.y.stride,
            .strideX = window.x.stride,
            .dilationY = window.y.dilation,
            .dilationX = window.x.dilation,
            .upsampleY = window.y.upsample,
            .upsampleX = window.x.upsample,
            .padTop = window.y.padBefore,
            .padLeft = window.x.padBefore,
            .groups = work.groups};
}

/// The image as one of 1 x 1 that has all elements as its channels.
ImageView asVector(const ImageView& image) {
    return {.tensor = image.tensor,
            .channels = image.height * image.width * image.channels,
            .batchStride = image.batchStride};
}

/// The tensor besides the sums that fused vector work reads.
std::optional<graph::TensorId> otherOperand(const graph::Node& matrix, const graph::Node& behind) {
    for (const graph::TensorId input : behind.inputs) {
        if (input != matrix.output) return input;
    }
    return std::nullopt;
}

WeightView weightView(const graph::Graph& graph, const graph::Node& node,
                      const graph::MatrixWork& work) {
    SYSTOLE_CHECK(work.groups == 1 && work.window.taps() == 1,
                  "'{}' has a window over weights that are a tensor", node.name);
    const graph::Tensor& weights = graph.tensors.at(node.inputs.at(1));
    WeightView view{.tensor = node.inputs[1],
                    .batchStride = graph::strideOf(weights, work.weights->batch),
                    .channelStride = graph::strideOf(weights, work.weights->channel),
                    .outputStride = graph::strideOf(weights, work.weights->output)};
    for (const std::uint8_t axis : work.weights->batch) view.batches *= weights.shape.at(axis);
    return view;
}

/// Puts the rows of all images into one image, where they lie one after another.
void joinImages(MatrixLayer& layer) {
    arch::ConvolutionShape& shape = layer.shape;
    const bool oneTap = shape.kernelHeight == 1 && shape.strideY == 1 && shape.upsampleY == 1 &&
                        shape.padTop == 0 && shape.inputHeight == shape.outputHeight;
    std::vector<ImageView*> views{&layer.input, &layer.output};
    if (layer.skip) views.push_back(&*layer.skip);
    const bool follow = std::all_of(views.begin(), views.end(), [](const ImageView* view) {
        return view->height == 1 || view->batchStride == view->height * view->rowStride;
    });
    if (shape.images == 1 || !oneTap || !follow) return;
    for (ImageView* view : views) {
        view->rowStride = view->height == 1 ? view->batchStride : view->rowStride;
        view->height *= shape.images;
        view->batchStride *= shape.images;
    }
    shape.inputHeight *= shape.images;
    shape.outputHeight *= shape.images;
    shape.images = 1;
}

}  // namespace

MatrixLayer matrixLayer(const graph::Graph& graph, const graph::Node& node,
                        const graph::Node* behind) {
    const auto& work = std::get<graph::MatrixWork>(node.work);
    const graph::MatrixExtents extents = extentsOf(graph, node, work);
    MatrixLayer layer{
        .node = &node,
        .behind = behind,
        .shape = shapeOf(work, extents),
        .input = imageView(graph, node.inputs.at(0), work.image),
        .output = imageView(graph, behind ? behind->output : node.output, work.result)};
    if (behind != nullptr) {
        if (const auto other = otherOperand(node, *behind)) {
            layer.skip = imageView(graph, *other, work.result);
            layer.shape.hasSkip = true;
        }
    }
    if (layer.input.isDense()) {
        const arch::ConvolutionShape vector = arch::asVector(layer.shape);
        if (vector.inputChannels != layer.shape.inputChannels) {
            layer.input = asVector(layer.input);
        }
        layer.shape = vector;
    }
    layer.shape.images = extents.batches;
    if (work.weights) {
        layer.weights = weightView(graph, node, work);
        // A constant has the same weights for every image; a tensor has those of each image.
        const bool isConstant =
            graph.tensors.at(graph.rootOf(node.inputs[1])).origin == graph::Origin::Constant;
        layer.batches =
            isConstant && layer.weights->batches > 1 ? extents.batches : layer.weights->batches;
        layer.shape.images /= layer.batches;
    }
    joinImages(layer);
    return layer;
}

arch::Window windowOf(const arch::ConvolutionShape& shape) {
    return {.y = {.kernel = shape.kernelHeight,
                  .stride = shape.strideY,
                  .padBefore = shape.padTop,
                  .dilation = shape.dilationY,
                  .upsample = shape.upsampleY},
            .x = {.kernel = shape.kernelWidth,
                  .stride = shape.strideX,
                  .padBefore = shape.padLeft,
                  .dilation = shape.dilationX,
                  .upsample = shape.upsampleX}};
}

namespace {

/// Whether every operand has the shape of the output, and the same element at every index.
bool goesElementByElement(const graph::Graph& graph, const graph::Node& node,
                          const graph::VectorWork& work) {
    const graph::Tensor& output = graph.tensors.at(node.output);
    const graph::OperandMap& map = work.operands.back();
    return work.space.elements() == output.elements() &&
           std::none_of(work.space.reduced.begin(), work.space.reduced.end(),
                        [](bool reduced) { return reduced; }) &&
           std::all_of(node.inputs.begin(), node.inputs.end(),
                       [&](graph::TensorId input) {
                           return graph.tensors.at(input).shape == output.shape;
                       }) &&
           std::all_of(work.operands.begin(), work.operands.end(),
                       [&](const graph::OperandMap& other) { return other == map; });
}

/// Whether two tensors of one shape lie in DRAM alike.
bool lieAlike(const graph::Graph& graph, graph::TensorId left, graph::TensorId right) {
    const graph::Tensor& a = graph.tensors.at(left);
    const graph::Tensor& b = graph.tensors.at(right);
    const auto& first = graph.tensors.at(graph.rootOf(left)).quantizer;
    const auto& second = graph.tensors.at(graph.rootOf(right)).quantizer;
    return first && second && graph::sameOrder(a.shape, a.order, b.order);
}

class FusionFinder {
public:
    explicit FusionFinder(const graph::Graph& graph)
        : graph_(graph), readers_(graph.readerCounts()), writers_(graph.writers()) {}

    /// The node whose sums vector work takes.
    std::optional<std::size_t> producerOf(const graph::Node& node) const {
        const auto* work = std::get_if<graph::VectorWork>(&node.work);
        if (work == nullptr || node.inputs.size() > 2 ||
            !goesElementByElement(graph_, node, *work)) {
            return std::nullopt;
        }
        std::optional<std::size_t> last;
        for (const graph::TensorId input : node.inputs) {
            if (writers_[input]) last = std::max(last.value_or(0), *writers_[input]);
        }
        if (!last || !mayFuse(graph_.nodes[*last], node)) return std::nullopt;
        return last;
    }

private:
    bool mayFuse(const graph::Node& producer, const graph::Node& node) const {
        if (!std::holds_alternative<graph::MatrixWork>(producer.work)) return false;
        // It reads the output under its own shape, once, and nobody else does.
        if (std::count(node.inputs.begin(), node.inputs.end(), producer.output) != 1 ||
            readers_[producer.output] != 1) {
            return false;
        }
        return fuse(graph_, producer, node) && lieAlike(graph_, node.output, producer.output) &&
               std::all_of(node.inputs.begin(), node.inputs.end(), [&](graph::TensorId input) {
                   return lieAlike(graph_, input, producer.output);
               });
    }

    const graph::Graph& graph_;
    std::vector<std::size_t> readers_;
    std::vector<std::optional<std::size_t>> writers_;
};

}  // namespace

std::vector<std::optional<std::size_t>> findFusions(const graph::Graph& graph) {
    const FusionFinder finder(graph);
    std::vector<std::optional<std::size_t>> fusions(graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (const auto producer = finder.producerOf(graph.nodes[i])) fusions[*producer] = i;
    }
    return fusions;
}

}  // namespace systole::sim
