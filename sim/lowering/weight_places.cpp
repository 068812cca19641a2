// SPDX-License-Identifier: Apache-2.0
// Gives the chunks of a layer's weights their places in DRAM. lowering.cpp calls it before any
// command is written, from sizes alone.
//
// An example: two column chunks of three channel chunks each, of 9472, 9472 and 5000 bytes. With
// bursts of 64 bytes they lie 0, 9472 and 18944 bytes after the first one, and the second column
// chunk begins after 23,944 bytes, rounded up to 24,000.
#include <algorithm>
#include <utility>

#include "models/check.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

/// Tells the layout of the DRAM where parameter records lie among the weights.
void placeRecords(LoweringContext& context, std::uint64_t address, const WeightChunk& chunk) {
    const std::uint32_t record =
        arch::parameterBytes(context.datapath, context.network.scheme.requantization);
    for (const ColumnBlock& block : chunk.blocks) {
        context.builder.program().dram.addRecords(address + block.parameterOffset, record,
                                                  block.outputs.size());
    }
}

ColumnPlaces placeColumn(LoweringContext& context, const WeightPacking& packing,
                         std::uint32_t column) {
    const auto allocate = [&](std::uint32_t count, std::uint32_t part) {
        const std::uint64_t size = packing.bytes(column, part);
        SYSTOLE_CHECK(size <= context.weightHalfBytes, "weight chunk of {} bytes for a half of {}",
                      size, context.weightHalfBytes);
        return context.builder.allocateSeries(count, size, context.dramAlignment(),
                                              context.datapath.weightRoom());
    };
    ColumnPlaces places;
    places.chunks = packing.channelChunks(column);
    if (places.chunks > 1) {
        places.first = allocate(places.chunks - 1, 0);
        places.stride =
            arch::DramLayout::strideOf(packing.bytes(column, 0), context.dramAlignment());
    }
    places.last = allocate(1, places.chunks - 1);
    return places;
}

}  // namespace

WeightPacking packingOf(const LoweringContext& context, const QuantizedNode& node) {
    const LayerMapping& mapping = context.mappings.at(&node);
    return {std::get<QuantizedConvolution>(node.operation),
            mapping.shape,
            mapping.search.best.tiling,
            context.machine.array,
            context.datapath,
            context.network.scheme.requantization};
}

std::uint64_t weightRoom(const LoweringContext& context, const QuantizedNode& node) {
    const WeightPacking packing = packingOf(context, node);
    const auto roomOf = [&](std::uint32_t column, std::uint32_t part) {
        return arch::DramLayout::strideOf(
            context.datapath.weightRoom().memoryBytes(packing.bytes(column, part)),
            context.dramAlignment());
    };
    std::uint64_t room = 0;
    for (std::uint32_t column = 0; column < packing.columnChunks(); ++column) {
        const std::uint32_t parts = packing.channelChunks(column);
        room += (parts - 1) * roomOf(column, 0) + roomOf(column, parts - 1);
    }
    return room;
}

WeightPlaces placeWeights(LoweringContext& context, const QuantizedNode& node, WeightBytes bytes) {
    WeightPlaces places;
    const WeightPacking packing = packingOf(context, node);
    for (std::uint32_t column = 0; column < packing.columnChunks(); ++column) {
        places.push_back(placeColumn(context, packing, column));
        for (std::uint32_t part = 0;
             bytes == WeightBytes::Packed && part < packing.channelChunks(column); ++part) {
            WeightChunk chunk = packing.chunk(column, part, bytes);
            placeRecords(context, places.back().of(part), chunk);
            context.lowered.constants.push_back({places.back().of(part), std::move(chunk.bytes)});
        }
    }
    const arch::ActivationBuffers& buffers = context.mappings.at(&node).search.best.tiling.buffers;
    arch::Program& program = context.builder.program();
    program.activationBytes =
        std::max(program.activationBytes, static_cast<std::uint32_t>(buffers.total()));
    return places;
}

}  // namespace systole::sim
