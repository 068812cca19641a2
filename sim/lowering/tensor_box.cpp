// SPDX-License-Identifier: Apache-2.0
// The boxes of tensors that loads and stores move; layer_context.hpp describes them. The input of a
// tile comes from arch::tileExtent, which the search uses as well, so that the search counts the
// bytes that the program moves.
#include <algorithm>
#include <vector>

#include "arch/mapping/tile_extents.hpp"
#include "models/check.hpp"
#include "sim/lowering/layer_context.hpp"
#include "sim/network/window.hpp"

namespace systole::sim {

arch::DramBox dramBox(const TensorBox& box, const Shape& shape, std::uint64_t base,
                      std::uint32_t elementBytes) {
    SYSTOLE_CHECK(box.y + box.height <= shape.height && box.x + box.width <= shape.width &&
                      box.channel + box.channels <= shape.channels && box.elements() > 0,
                  "box outside of its tensor");
    const std::uint64_t pixel = std::uint64_t{shape.channels} * elementBytes;
    const std::uint64_t row = pixel * shape.width;
    arch::DramBox runs;
    runs.address = base + box.y * row + box.x * pixel + std::uint64_t{box.channel} * elementBytes;
    const bool wholePixels = box.channels == shape.channels;
    const bool wholeRows = wholePixels && box.width == shape.width;
    if (wholeRows) {
        runs.runBytes = static_cast<std::uint32_t>(row * box.height);
    } else if (wholePixels) {
        runs.runBytes = static_cast<std::uint32_t>(pixel * box.width);
        runs.counts = {box.height, 1};
        runs.strides = {row, 0};
    } else {
        runs.runBytes = box.channels * elementBytes;
        runs.counts = {box.height, box.width};
        runs.strides = {row, pixel};
    }
    return runs;
}

Access dramAccess(const arch::DramBox& box, bool isWrite) {
    const std::uint64_t last =
        (box.counts[0] - 1) * box.strides[0] + (box.counts[1] - 1) * box.strides[1];
    return {Memory::Dram, box.address, box.address + last + box.runBytes, isWrite};
}

void emitLoad(LoweringContext& context, const TensorView& tensor, const TensorBox& box,
              std::uint32_t address, std::uint32_t bufferBytes, std::uint64_t haloElements) {
    const arch::DramBox source = dramBox(box, tensor.shape, context.addressOf(tensor.tensor),
                                         context.datapath.activationBytes);
    context.builder.emit(
        arch::LoadTile{source, address,
                       static_cast<std::uint32_t>(haloElements * context.datapath.activationBytes)},
        {dramAccess(source, false), {Memory::Activation, address, address + bufferBytes, true}});
}

namespace {

/// Whether a command may wait for the tensor to be stored.
bool isRead(const QuantizedNetwork& network, TensorId tensor) {
    return std::any_of(network.nodes.begin(), network.nodes.end(), [&](const QuantizedNode& node) {
        return std::find(node.inputs.begin(), node.inputs.end(), tensor) != node.inputs.end();
    });
}

}  // namespace

void emitStore(LoweringContext& context, TensorId tensor, const TensorBox& box,
               std::uint32_t address, std::uint32_t bufferBytes) {
    const arch::DramBox destination =
        dramBox(box, context.lowered.tensors[tensor].shape, context.addressOf(tensor),
                context.datapath.activationBytes);
    std::vector<Access> accesses{{Memory::Activation, address, address + bufferBytes, false}};
    if (isRead(context.network, tensor)) {
        accesses.push_back(dramAccess(destination, true));
    }
    context.builder.emit(arch::StoreTile{address, destination}, accesses);
}

namespace {

arch::TileExtent extentOf(const WindowAxis& axis, std::uint32_t firstOutput, std::uint32_t outputs,
                          std::uint32_t size) {
    return arch::tileExtent({.kernel = axis.kernel,
                             .stride = axis.stride,
                             .padBefore = axis.padBefore,
                             .dilation = axis.dilation,
                             .upsample = axis.upsample,
                             .inputs = size},
                            firstOutput, outputs);
}

}  // namespace

InputTile inputTile(const Window& window, const Shape& input, const TensorBox& outputs,
                    std::uint32_t channel, std::uint32_t channels) {
    const arch::TileExtent rows =
        extentOf(verticalAxis(window), outputs.y, outputs.height, input.height);
    const arch::TileExtent columns =
        extentOf(horizontalAxis(window), outputs.x, outputs.width, input.width);
    InputTile tile;
    tile.box = {rows.begin, columns.begin, channel, rows.length, columns.length, channels};
    tile.originY = rows.origin;
    tile.originX = columns.origin;
    const std::uint64_t firstSeen =
        std::uint64_t{rows.length - rows.halo} * (columns.length - columns.halo) * channels;
    tile.haloElements = tile.box.elements() - firstSeen;
    return tile;
}

arch::TileWindow tileWindow(const Window& window, const InputTile& tile, const TensorBox& outputs,
                            std::uint32_t address, std::uint32_t elementBytes) {
    arch::TileWindow result;
    result.address = address;
    result.elementBytes = elementBytes;
    result.height = tile.box.height;
    result.width = tile.box.width;
    result.channels = tile.box.channels;
    result.originY = tile.originY;
    result.originX = tile.originX;
    result.strideY = window.strideHeight;
    result.strideX = window.strideWidth;
    result.dilationY = window.dilationHeight;
    result.dilationX = window.dilationWidth;
    result.upsampleY = window.upsampleHeight;
    result.upsampleX = window.upsampleWidth;
    result.kernelHeight = window.kernelHeight;
    result.kernelWidth = window.kernelWidth;
    result.outputHeight = outputs.height;
    result.outputWidth = outputs.width;
    result.channelBegin = 0;
    result.channelCount = tile.box.channels;
    return result;
}

}  // namespace systole::sim
