// SPDX-License-Identifier: Apache-2.0
// The commands that bring the weights of a step; layer_context.hpp describes them.
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

arch::TransferCommand weightLoad(const MatrixLayer& layer, const arch::DramBox& source,
                                 std::uint32_t address) {
    return {.box = source,
            .address = address,
            .scratchpad = arch::Scratchpad::Weight,
            .datapath = layer.datapath};
}

/// A segment as Stream wants it, [reduction][channels].
void gatherSegment(LoweringContext& context, const MatrixLayer& layer, std::uint32_t batch,
                   const Segment& segment, const Buffer& buffer) {
    const WeightView& view = *layer.weights;
    const TensorBox box{.tensor = view.tensor,
                        .origin = batch % view.batches * view.batchStride +
                                  segment.inputs.begin * view.channelStride +
                                  segment.outputs.begin * view.outputStride,
                        .axes = {{segment.inputs.size(), view.channelStride},
                                 {segment.outputs.size(), view.outputStride}}};
    const TensorPlace& place = context.placeOf(view.tensor);
    const std::uint32_t destination = buffer.address + segment.weightOffset;
    forEachTransfer(box, place.address.value(), place.element.room.imageBytes,
                    [&](const arch::DramBox& source, std::uint32_t offset) {
                        context.builder.emit(
                            weightLoad(layer, source, destination + offset),
                            {dramAccess(source, false), buffer.access(Memory::Weight, true)});
                    });
}

}  // namespace

void emitWeightLoads(LoweringContext& context, const MatrixLayer& layer, const WeightPlaces& places,
                     const WeightsOfStep& weights, const Buffer& buffer) {
    const auto load = [&](std::uint64_t source, std::uint64_t bytes, std::uint32_t offset) {
        context.builder.emit(
            weightLoad(layer, {source, static_cast<std::uint32_t>(bytes)}, buffer.address + offset),
            {buffer.access(Memory::Weight, true)});
    };
    if (!layer.weights) {
        load(places.columns.at(weights.column).of(weights.part), weights.chunk.size, 0);
        return;
    }
    const std::uint64_t record =
        arch::parameterBytes(context.viewOf(layer).datapath, context.arithmetic());
    for (const ColumnBlock& block : weights.chunk.blocks) {
        for (const Segment& segment : block.segments) {
            gatherSegment(context, layer, weights.batch, segment, buffer);
        }
        load(places.records + block.outputs.begin * record, block.outputs.size() * record,
             block.parameterOffset);
    }
}

}  // namespace systole::sim
