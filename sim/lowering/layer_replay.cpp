// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/layer_replay.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "models/memory/dram/dram_energy.hpp"
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

/// A layer placed in an empty DRAM, and its commands, which are written while they are replayed.
class LayerCommands final : public arch::CommandSource {
public:
    LayerCommands(const arch::MachineConfig& machine, const Scheme& scheme,
                  const arch::ConvolutionShape& shape, const arch::ConvolutionTiling& tiling,
                  std::uint64_t steps)
        : network_(networkOf(scheme, shape)),
          datapath_(machine.datapath),
          context_{network_, machine, datapath_, builder_, lowered_} {
        for (const QuantizedTensor& tensor : network_.tensors) {
            lowered_.tensors.push_back(
                {builder_.allocateDram(tensor.shape.elements() * datapath_.activationBytes,
                                       context_.dramAlignment(), datapath_.activationRoom()),
                 tensor.shape});
        }
        const QuantizedNode& layer = network_.nodes.front();
        LayerMapping& mapping = context_.mappings[&layer];
        mapping.shape = shape;
        mapping.search.best.tiling = tiling;
        sizeHalves(context_);
        places_ = placeWeights(context_, layer, WeightBytes::LeftOut);
        builder_.beginLayer(layer.name);
        emitter_ = emitConvolution(
            context_, layer, shape.hasSkip ? &network_.nodes.back() : nullptr, places_, steps);
    }

    /// All but the commands.
    const arch::Program& program() { return builder_.program(); }

    bool next(std::vector<arch::Command>& commands) override {
        while (commands.empty() && emitter_->emitNext()) {
            commands = builder_.takeCommands();
        }
        return !commands.empty();
    }

private:
    QuantizedNetwork network_;
    arch::Datapath datapath_;
    ProgramBuilder builder_;
    LoweredNetwork lowered_;
    LoweringContext context_;
    WeightPlaces places_;
    std::unique_ptr<LayerEmitter> emitter_;
};

}  // namespace

arch::MappingEnergy LayerReplay::energyOf(const arch::RunRecord& record) const {
    if (energies_ == nullptr) {
        return {};
    }
    arch::MappingEnergy energy{.chip = arch::chipJoules(*energies_, record.counters),
                               .idle = static_cast<double>(record.cycles) * energies_->cycle};
    arch::DramActions actions;
    for (const arch::LayerRecord& layer : record.layers) {
        actions.reads += static_cast<double>(layer.dram.reads);
        actions.writes += static_cast<double>(layer.dram.writes);
        actions.activates += static_cast<double>(layer.dram.activates);
    }
    energy.chip += actions.chipJoules(*energies_);
    for (const memory::DramCounters& channel : record.dramChannels) {
        const memory::DramEnergy dram = memory::dramEnergy(*machine_.dram.ddr, channel);
        const double idle = dram.refreshJoules + dram.backgroundJoules;
        energy.dram += dram.totalJoules() - idle;
        energy.idle += idle;
    }
    return energy;
}

arch::CandidateReplay::Costs LayerReplay::replay(const arch::ConvolutionTiling& tiling,
                                                 std::uint64_t steps) {
    const auto [known, isNew] = memory_.try_emplace(keyOf(shape_, tiling, steps));
    if (isNew) {
        auto commands = std::make_unique<LayerCommands>(machine_, scheme_, shape_, tiling, steps);
        arch::Program program = commands->program();
        program.source = [&commands] { return std::move(commands); };  // it is replayed once
        accelerator_.load(program);
        const arch::RunRecord record = accelerator_.replayTimed(false);
        known->second = {record.cycles, record.dramBytes / record.burstBytes, record.counters.macs,
                         energyOf(record)};
    }
    return known->second;
}

}  // namespace systole::sim
