// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/layer_replay.hpp"

#include <fmt/format.h>

#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

/// The network of a layer by itself, without weights: tensor 0 is the input, 1 the sums' codes, 2
/// the residual operand and 3 what it is added to.
QuantizedNetwork networkOf(const Scheme& scheme, const arch::ConvolutionShape& shape) {
    QuantizedConvolution convolution;
    convolution.window = windowOf(shape);
    convolution.groups = shape.groups;
    convolution.outputChannels = shape.outputChannels;
    const Shape output{shape.outputHeight, shape.outputWidth, shape.outputChannels};
    QuantizedNetwork network;
    network.scheme = scheme;
    network.tensors = {{"x", {shape.inputHeight, shape.inputWidth, shape.inputChannels}},
                       {"y", output}};
    network.nodes.push_back({"layer", std::move(convolution), {0}, 1});
    if (shape.hasSkip) {
        network.tensors.push_back({"skip", output});
        network.tensors.push_back({"sum", output});
        network.nodes.push_back({"addition", QuantizedAddition{}, {1, 2}, 3});
    }
    return network;
}

/// Everything that the time of a layer depends on besides the machine.
std::string keyOf(const arch::ConvolutionShape& shape, const arch::ConvolutionTiling& tiling,
                  std::uint64_t steps) {
    return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}|{} {} {} {} {} {}|{}",
                       shape.inputHeight, shape.inputWidth, shape.inputChannels, shape.outputHeight,
                       shape.outputWidth, shape.outputChannels, shape.kernelHeight,
                       shape.kernelWidth, shape.strideY, shape.strideX, shape.dilationY,
                       shape.dilationX, shape.upsampleY, shape.upsampleX, shape.padTop,
                       shape.padLeft, shape.groups, shape.hasSkip, tiling.tileHeight,
                       tiling.tileWidth, tiling.channelChunk, tiling.blocksPerChunk,
                       tiling.groupsTogether, tiling.weightsOuter, steps);
}

}  // namespace

arch::Program LayerReplay::programOf(const arch::ConvolutionTiling& tiling,
                                     std::uint64_t steps) const {
    const QuantizedNetwork network = networkOf(scheme_, shape_);
    const arch::Datapath datapath(machine_.datapath);
    ProgramBuilder builder;
    LoweredNetwork lowered;
    LoweringContext context{network, machine_, datapath, builder, lowered};
    context.weightBytes = WeightBytes::LeftOut;
    for (const QuantizedTensor& tensor : network.tensors) {
        lowered.tensors.push_back(
            {builder.allocateDram(tensor.shape.elements() * datapath.activationBytes,
                                  context.dramAlignment(), datapath.activationRoom()),
             tensor.shape});
    }
    const QuantizedNode& layer = network.nodes.front();
    LayerMapping& mapping = context.mappings[&layer];
    mapping.shape = shape_;
    mapping.search.best.tiling = tiling;
    sizeHalves(context);
    builder.beginLayer(layer.name);
    lowerConvolution(context, layer, shape_.hasSkip ? &network.nodes.back() : nullptr, steps);
    return std::move(builder.program());
}

arch::CandidateReplay::Costs LayerReplay::replay(const arch::ConvolutionTiling& tiling,
                                                 std::uint64_t steps) {
    const auto [known, isNew] = memory_.try_emplace(keyOf(shape_, tiling, steps));
    if (isNew) {
        const arch::Program program = programOf(tiling, steps);
        accelerator_.load(program);
        const arch::RunRecord record = accelerator_.replayTimed(false);
        known->second = {record.cycles, record.dramBytes / record.burstBytes};
    }
    return known->second;
}

}  // namespace systole::sim
