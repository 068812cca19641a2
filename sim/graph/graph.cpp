// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/graph.hpp"

#include <algorithm>
#include <numeric>

#include "models/check.hpp"
#include "sim/graph/copies.hpp"

namespace systole::graph {

namespace {

std::uint32_t extentOf(const Tensor& tensor, const Axes& axes) {
    std::uint64_t extent = 1;
    for (const std::uint8_t axis : axes) extent *= tensor.shape.at(axis);
    return static_cast<std::uint32_t>(extent);
}

/// Strides of elements that lie densely.
std::vector<std::int64_t> denseStrides(const Extents& extents, const Axes& order) {
    std::vector<std::int64_t> strides(extents.size(), 1);
    std::int64_t stride = 1;
    for (std::size_t i = order.size(); i-- > 0;) {
        strides.at(order[i]) = stride;
        stride *= extents.at(order[i]);
    }
    return strides;
}

/// The least and the largest coordinate over the whole space.
std::pair<std::int64_t, std::int64_t> rangeOf(const AxisMap& map,
                                              const numeric::VectorSpace& space) {
    std::int64_t least = map.offset;
    std::int64_t most = map.offset;
    for (std::size_t i = 0; i < map.coefficients.size(); ++i) {
        const std::int64_t span = map.coefficients[i] * (std::int64_t{space.extents[i]} - 1);
        (span < 0 ? least : most) += span;
    }
    return {least, most};
}

}  // namespace

std::uint64_t elementsOf(const Extents& extents) {
    std::uint64_t elements = 1;
    for (const std::uint32_t extent : extents) elements *= extent;
    return elements;
}

std::uint64_t Tensor::elements() const { return elementsOf(shape); }

std::vector<std::int64_t> Tensor::strides() const { return denseStrides(shape, order); }

std::vector<std::size_t> Tensor::places(const Axes& counted) const {
    const std::vector<std::int64_t> strides = this->strides();
    Extents extents;
    for (const std::uint8_t axis : counted) extents.push_back(shape.at(axis));
    std::vector<std::size_t> places;
    places.reserve(elements());
    forEachIndex(extents, [&](const Extents& index) {
        std::int64_t place = 0;
        for (std::size_t i = 0; i < index.size(); ++i) place += index[i] * strides[counted[i]];
        places.push_back(static_cast<std::size_t>(place));
    });
    return places;
}

Axes naturalOrder(std::size_t rank) {
    Axes order(rank);
    std::iota(order.begin(), order.end(), std::uint8_t{0});
    return order;
}

Axes channelsLast(std::size_t rank) {
    Axes order = naturalOrder(rank);
    if (rank > 2) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
    return order;
}

std::int64_t AxisMap::at(std::span<const std::uint32_t> index) const {
    std::int64_t place = offset;
    for (std::size_t i = 0; i < coefficients.size(); ++i) place += coefficients[i] * index[i];
    return table.empty() ? place : table.at(static_cast<std::size_t>(place));
}

const numeric::AccumulatorFormat& Graph::accumulatorOf(const MatrixWork& work) const {
    return work.accumulator ? *work.accumulator : arithmetic.value().accumulator;
}

std::vector<std::size_t> Graph::readerCounts() const {
    std::vector<std::size_t> readers(tensors.size(), 0);
    for (const Node& node : nodes) {
        for (const TensorId read : node.inputs) ++readers.at(rootOf(read));
    }
    ++readers.at(rootOf(output));
    for (TensorId i = 0; i < tensors.size(); ++i) readers[i] = readers[rootOf(i)];
    return readers;
}

std::vector<std::optional<std::size_t>> Graph::writers() const {
    std::vector<std::optional<std::size_t>> writers(tensors.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) writers.at(nodes[i].output) = i;
    for (TensorId i = 0; i < tensors.size(); ++i) writers[i] = writers[rootOf(i)];
    return writers;
}

MatrixExtents extentsOf(const Graph& graph, const Node& node, const MatrixWork& work) {
    const Tensor& input = graph.tensors.at(node.inputs.at(0));
    const Tensor& output = graph.tensors.at(node.output);
    return {.batches = extentOf(input, work.image.batch),
            .inputHeight = extentOf(input, work.image.y),
            .inputWidth = extentOf(input, work.image.x),
            .inputChannels = extentOf(input, work.image.channel),
            .outputHeight = extentOf(output, work.result.y),
            .outputWidth = extentOf(output, work.result.x),
            .outputChannels = extentOf(output, work.result.channel)};
}

numeric::OperandView viewOf(const OperandMap& map, const Tensor& tensor,
                            const numeric::VectorSpace& space) {
    return viewOf(map, tensor, space, Extents(tensor.shape.size(), 0), tensor.shape);
}

numeric::OperandView viewOf(const OperandMap& map, const Tensor& tensor,
                            const numeric::VectorSpace& space, const Extents& begin,
                            const Extents& extents) {
    const std::vector<std::int64_t> pitches = denseStrides(extents, tensor.order);
    numeric::OperandView view{0, std::vector<std::int64_t>(space.extents.size(), 0), {}};
    for (std::size_t axis = 0; axis < map.axes.size(); ++axis) {
        const AxisMap& coordinate = map.axes[axis];
        SYSTOLE_CHECK(coordinate.table.empty(), "a vector program reads through a table");
        const auto [least, most] = rangeOf(coordinate, space);
        const std::int64_t origin = coordinate.offset - begin.at(axis);
        if (least < begin[axis] || most >= std::int64_t{begin[axis]} + extents.at(axis)) {
            std::vector<std::int64_t> strides = coordinate.coefficients;
            strides.resize(space.extents.size(), 0);
            view.bounded.push_back({origin, std::move(strides), extents[axis], pitches[axis]});
            continue;
        }
        view.origin += origin * pitches[axis];
        for (std::size_t i = 0; i < coordinate.coefficients.size(); ++i) {
            view.strides[i] += coordinate.coefficients[i] * pitches[axis];
        }
    }
    return view;
}

}  // namespace systole::graph
