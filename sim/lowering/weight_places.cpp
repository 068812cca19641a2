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
#include "sim/graph/code_program.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

/// Tells the layout of the DRAM where parameter records lie among the weights.
void placeRecords(LoweringContext& context, std::uint64_t address, const WeightPacking& packing,
                  const WeightChunk& chunk) {
    for (const ColumnBlock& block : chunk.blocks) {
        context.builder.program().dram.addRecords(address + block.parameterOffset,
                                                  packing.recordBytes(), block.outputs.size());
    }
}

ColumnPlaces placeColumn(LoweringContext& context, const MatrixLayer& layer,
                         const WeightPacking& packing, std::uint32_t column) {
    const auto allocate = [&](std::uint32_t count, std::uint32_t part) {
        const std::uint64_t size = packing.bytes(column, part);
        SYSTOLE_CHECK(size <= context.weightHalfBytes, "weight chunk of {} bytes for a half of {}",
                      size, context.weightHalfBytes);
        return context.builder.allocateSeries(count, size, context.dramAlignment(),
                                              context.viewOf(layer).datapath.weightRoom());
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

LayerConstants constantsOf(const LoweringContext& context, const MatrixLayer& layer) {
    LayerConstants constants;
    if (!layer.weights) constants.weights = context.graph.tensors.at(layer.node->inputs[1]).codes;
    constants.biases = layer.work().terms;
    constants.rescales = graph::rescalesOf(context.graph, *layer.node);
    const std::vector<graph::CodeOperand> operands =
        graph::codeProgramOf(context.graph, *layer.node).operands;
    const bool isFixedPoint =
        std::any_of(operands.begin(), operands.end(), [](const graph::CodeOperand& operand) {
            return operand.source == graph::CodeOperand::Source::Mantissa;
        });
    if (isFixedPoint) constants.held = numeric::ScaleArithmetic::FixedPoint;
    return constants;
}

void placeColumns(LoweringContext& context, const MatrixLayer& layer, WeightBytes bytes,
                  WeightPlaces& places) {
    const WeightPacking packing = packingOf(context, layer);
    const LayerConstants constants =
        bytes == WeightBytes::Packed ? constantsOf(context, layer) : LayerConstants{};
    for (std::uint32_t column = 0; column < packing.columnChunks(); ++column) {
        places.columns.push_back(placeColumn(context, layer, packing, column));
        for (std::uint32_t part = 0;
             bytes == WeightBytes::Packed && part < packing.channelChunks(column); ++part) {
            const WeightChunk chunk = packing.chunk(column, part);
            const std::uint64_t address = places.columns.back().of(part);
            placeRecords(context, address, packing, chunk);
            context.lowered.constants.push_back({address, packing.pack(chunk, constants)});
        }
    }
}

/// Where weights are a tensor, the records of all outputs lie together.
void placeRecordsAlone(LoweringContext& context, const MatrixLayer& layer, WeightBytes bytes,
                       WeightPlaces& places) {
    const WeightPacking packing = packingOf(context, layer);
    const std::uint32_t outputs = layer.shape.outputChannels;
    places.records = context.builder.allocateDram(std::uint64_t{outputs} * packing.recordBytes(),
                                                  context.dramAlignment(),
                                                  context.viewOf(layer).datapath.weightRoom());
    if (bytes == WeightBytes::LeftOut) return;
    context.builder.program().dram.addRecords(places.records, packing.recordBytes(), outputs);
    ConstantData records{places.records, {}};
    packing.appendRecords({0, outputs}, constantsOf(context, layer), records.bytes);
    context.lowered.constants.push_back(std::move(records));
}

}  // namespace

WeightPacking packingOf(const LoweringContext& context, const MatrixLayer& layer) {
    const LayerMapping& mapping = context.mappings.at(layer.node);
    return {mapping.shape, mapping.search.best.tiling, context.viewOf(layer).machine.array,
            context.viewOf(layer).datapath, context.arithmetic()};
}

std::uint64_t weightRoom(const LoweringContext& context, const MatrixLayer& layer) {
    const WeightPacking packing = packingOf(context, layer);
    const auto roomOf = [&](std::uint64_t bytes) {
        return arch::DramLayout::strideOf(
            context.viewOf(layer).datapath.weightRoom().memoryBytes(bytes),
            context.dramAlignment());
    };
    if (layer.weights) {
        return roomOf(std::uint64_t{layer.shape.outputChannels} * packing.recordBytes());
    }
    std::uint64_t room = 0;
    for (std::uint32_t column = 0; column < packing.columnChunks(); ++column) {
        const std::uint32_t parts = packing.channelChunks(column);
        room += (parts - 1) * roomOf(packing.bytes(column, 0)) +
                roomOf(packing.bytes(column, parts - 1));
    }
    return room;
}

WeightPlaces placeWeights(LoweringContext& context, const MatrixLayer& layer, WeightBytes bytes) {
    WeightPlaces places;
    if (layer.weights) {
        placeRecordsAlone(context, layer, bytes, places);
    } else {
        placeColumns(context, layer, bytes, places);
    }
    needActivations(context, context.mappings.at(layer.node).search.best.tiling.buffers.total());
    return places;
}

}  // namespace systole::sim
