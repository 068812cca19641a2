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

/// What the bursts of an image depend on besides its size.
std::string placesOf(const graph::Graph& graph, const ImageView& image) {
    return fmt::format("{} {}/{}/{}/{}",
                       numeric::spelledName(graph.quantizerOf(image.tensor).value().format),
                       image.batchStride, image.rowStride, image.columnStride, image.channelStride);
}

/// Everything that the time of a layer depends on besides the machine.
std::string keyOf(const graph::Graph& graph, const MatrixLayer& layer,
                  const arch::ConvolutionTiling& tiling, std::uint64_t steps) {
    const arch::ConvolutionShape& shape = layer.shape;
    const std::string skip = layer.skip ? placesOf(graph, *layer.skip) : "";
    const std::string weights = layer.weights ? fmt::format("{}/{}", layer.weights->channelStride,
                                                            layer.weights->outputStride)
                                              : "";
    return fmt::format(
        "{} {} {} {} {}|{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}|{} {} {} {} {} "
        "{}|{}",
        layer.datapath, placesOf(graph, layer.input), placesOf(graph, layer.output), skip, weights,
        shape.inputHeight, shape.inputWidth, shape.inputChannels, shape.outputHeight,
        shape.outputWidth, shape.outputChannels, shape.kernelHeight, shape.kernelWidth,
        shape.strideY, shape.strideX, shape.dilationY, shape.dilationX, shape.upsampleY,
        shape.upsampleX, shape.padTop, shape.padLeft, shape.groups, shape.images, shape.hasSkip,
        shape.vectorInterval, tiling.tileHeight, tiling.tileWidth, tiling.channelChunk,
        tiling.blocksPerChunk, tiling.groupsTogether, tiling.weightsOuter, steps);
}

/// A layer placed in an empty DRAM, and the commands of its first batch, which are written while
/// they are replayed.
class LayerCommands final : public arch::CommandSource {
public:
    LayerCommands(const arch::MachineConfig& machine, const graph::Graph& graph,
                  const MatrixLayer& layer, const arch::ConvolutionTiling& tiling,
                  std::uint64_t steps)
        : views_(viewsOf(machine)), context_{graph, machine, views_, builder_, lowered_} {
        lowered_.tensors = placesWithTypes(graph, machine, lowered_.program.types);
        builder_.program().types = lowered_.program.types;
        placeTensors(layer);
        LayerMapping& mapping = context_.mappings[layer.node];
        mapping.shape = layer.shape;
        mapping.search.best.tiling = tiling;
        sizeHalves(context_);
        places_ = placeWeights(context_, layer, WeightBytes::LeftOut);
        builder_.beginLayer(layer.node->name);
        emitter_ = emitMatrixLayer(context_, layer, places_, {.batches = 1, .steps = steps});
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
    void placeTensors(const MatrixLayer& layer) {
        placeTensor(context_, layer.input.tensor);
        placeTensor(context_, layer.node->output);
        if (layer.weights) placeTensor(context_, layer.weights->tensor);
        if (layer.skip) placeTensor(context_, layer.skip->tensor);
        placeTensor(context_, layer.output.tensor);
    }

    std::vector<MachineView> views_;
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
    energy.dram += actions.chipJoules(*energies_);  // they go with bursts, wherever they are
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
    const auto [known, isNew] = memory_.try_emplace(keyOf(graph_, layer_, tiling, steps));
    if (isNew) {
        auto commands = std::make_unique<LayerCommands>(machine_, graph_, layer_, tiling, steps);
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
