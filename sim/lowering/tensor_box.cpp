// SPDX-License-Identifier: Apache-2.0
// The input of a tile comes from arch::tileExtent, which the search uses as well, so that the
// search counts the bytes that the program moves.
#include "sim/lowering/tensor_box.hpp"

#include <algorithm>
#include <utility>

#include "arch/mapping/tile_extents.hpp"
#include "models/check.hpp"
#include "models/units.hpp"
#include "sim/graph/matrix_layout.hpp"

namespace systole::sim {

std::uint64_t TensorBox::elements() const {
    std::uint64_t elements = 1;
    for (const BoxAxis& axis : axes) elements *= axis.extent;
    return elements;
}

TensorBox boxOf(const graph::Tensor& tensor, graph::TensorId id, const graph::Extents& begin,
                const graph::Extents& extents) {
    const std::vector<std::int64_t> strides = tensor.strides();
    TensorBox box{.tensor = id, .origin = 0, .axes = {}};
    for (const std::uint8_t axis : tensor.order) {
        SYSTOLE_CHECK(begin.at(axis) + extents.at(axis) <= tensor.shape[axis],
                      "a box beyond axis {} of '{}'", axis, tensor.name);
        box.origin += begin[axis] * strides[axis];
        box.axes.push_back({extents[axis], strides[axis]});
    }
    return box;
}

namespace {

/// Without axes of one index, and with those as one that lie one after another.
std::vector<BoxAxis> merged(const std::vector<BoxAxis>& axes) {
    std::vector<BoxAxis> result;
    for (const BoxAxis& axis : axes) {
        if (axis.extent == 1) continue;
        if (!result.empty() && result.back().stride == axis.stride * axis.extent) {
            result.back() = {result.back().extent * axis.extent, axis.stride};
        } else {
            result.push_back(axis);
        }
    }
    return result;
}

/// Takes the runs and what two strides can say from the end of the axes.
arch::DramBox takeRuns(std::vector<BoxAxis>& axes, std::uint32_t elementBytes) {
    arch::DramBox runs;
    runs.runBytes = elementBytes;
    if (!axes.empty() && axes.back().stride == 1) {
        runs.runBytes *= axes.back().extent;
        axes.pop_back();
    }
    std::size_t count = 0;
    while (count < 2 && count < axes.size() && axes[axes.size() - 1 - count].stride >= 0) ++count;
    for (std::size_t i = 0; i < count; ++i) {
        const BoxAxis& axis = axes[axes.size() - count + i];
        runs.counts.at(i) = axis.extent;
        runs.strides.at(i) = static_cast<std::uint64_t>(axis.stride) * elementBytes;
    }
    axes.resize(axes.size() - count);
    return runs;
}

}  // namespace

void forEachTransfer(const TensorBox& box, std::uint64_t address, std::uint32_t elementBytes,
                     const std::function<void(const arch::DramBox&, std::uint32_t)>& visit) {
    SYSTOLE_CHECK(box.elements() > 0, "a box of tensor {} without elements", box.tensor);
    std::vector<BoxAxis> outer = merged(box.axes);
    arch::DramBox runs = takeRuns(outer, elementBytes);
    std::vector<std::uint32_t> index(outer.size(), 0);
    for (std::uint32_t offset = 0;; offset += static_cast<std::uint32_t>(runs.bytes())) {
        std::int64_t first = box.origin;
        for (std::size_t i = 0; i < outer.size(); ++i) first += index[i] * outer[i].stride;
        SYSTOLE_CHECK(first >= 0, "a box of tensor {} from element {} on", box.tensor, first);
        runs.address = address + static_cast<std::uint64_t>(first) * elementBytes;
        visit(runs, offset);
        std::size_t axis = outer.size();
        while (axis > 0 && ++index[axis - 1] == outer[axis - 1].extent) index[--axis] = 0;
        if (axis == 0) return;
    }
}

arch::Runs runsOf(const TensorBox& box, std::uint32_t bits) {
    std::vector<BoxAxis> outer = merged(box.axes);
    const arch::DramBox runs = takeRuns(outer, 1);
    const auto bytes = [&](std::uint64_t elements) { return ceilDivide(elements * bits, 8); };
    arch::Runs result{.rows = runs.counts[0],
                      .count = runs.counts[1],
                      .bytes = bytes(runs.runBytes),
                      .stride = bytes(runs.strides[1]),
                      .rowStride = bytes(runs.strides[0])};
    if (result.count == 1) {
        std::swap(result.rows, result.count);
        std::swap(result.rowStride, result.stride);
    }
    for (const BoxAxis& axis : outer) result.rows *= axis.extent;
    return result;
}

Access dramAccess(const arch::DramBox& box, bool isWrite) {
    const std::uint64_t last =
        (box.counts[0] - 1) * box.strides[0] + (box.counts[1] - 1) * box.strides[1];
    return {Memory::Dram, box.address, box.address + last + box.runBytes, isWrite};
}

bool ImageView::isDense() const {
    const auto follows = [](std::uint32_t extent, std::int64_t stride, std::int64_t expected) {
        return extent == 1 || stride == expected;
    };
    return follows(channels, channelStride, 1) && follows(width, columnStride, channels) &&
           follows(height, rowStride, std::int64_t{width} * channels);
}

ImageView imageView(const graph::Graph& graph, graph::TensorId tensor,
                    const graph::ImageAxes& axes) {
    const graph::Tensor& of = graph.tensors.at(tensor);
    const auto extent = [&](const graph::Axes& group) {
        std::uint32_t product = 1;
        for (const std::uint8_t axis : group) product *= of.shape.at(axis);
        return product;
    };
    return {.tensor = tensor,
            .height = extent(axes.y),
            .width = extent(axes.x),
            .channels = extent(axes.channel),
            .batchStride = graph::strideOf(of, axes.batch),
            .rowStride = graph::strideOf(of, axes.y),
            .columnStride = graph::strideOf(of, axes.x),
            .channelStride = graph::strideOf(of, axes.channel)};
}

TensorBox boxOf(const ImageView& image, std::uint32_t batch, const ImageBox& box) {
    SYSTOLE_CHECK(box.y + box.height <= image.height && box.x + box.width <= image.width &&
                      box.channel + box.channels <= image.channels,
                  "a box outside of its image");
    return {.tensor = image.tensor,
            .origin = batch * image.batchStride + box.y * image.rowStride +
                      box.x * image.columnStride + box.channel * image.channelStride,
            .axes = {{box.height, image.rowStride},
                     {box.width, image.columnStride},
                     {box.channels, image.channelStride}}};
}

InputTile inputTile(const arch::Window& window, const ImageView& input, const ImageBox& outputs,
                    std::uint32_t channel, std::uint32_t channels) {
    const arch::TileExtent rows =
        arch::tileExtent({.window = window.y, .inputs = input.height}, outputs.y, outputs.height);
    const arch::TileExtent columns =
        arch::tileExtent({.window = window.x, .inputs = input.width}, outputs.x, outputs.width);
    InputTile tile;
    tile.box = {rows.begin, columns.begin, channel, rows.length, columns.length, channels};
    tile.originY = rows.origin;
    tile.originX = columns.origin;
    const std::uint64_t firstSeen =
        std::uint64_t{rows.length - rows.halo} * (columns.length - columns.halo) * channels;
    tile.haloElements = tile.box.elements() - firstSeen;
    return tile;
}

arch::TileWindow tileWindow(const arch::Window& window, const InputTile& tile,
                            const ImageBox& outputs, std::uint32_t address,
                            std::uint32_t elementBytes) {
    arch::TileWindow result{.address = address,
                            .elementBytes = elementBytes,
                            .height = tile.box.height,
                            .width = tile.box.width,
                            .channels = tile.box.channels,
                            .axes = window,
                            .outputHeight = outputs.height,
                            .outputWidth = outputs.width,
                            .channelCount = tile.box.channels};
    result.axes.y.padBefore = -tile.originY;
    result.axes.x.padBefore = -tile.originX;
    result.axes.y.padAfter = result.axes.x.padAfter = 0;
    return result;
}

}  // namespace systole::sim
