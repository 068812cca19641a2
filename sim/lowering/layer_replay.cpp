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

std::string keyOf(const arch::WindowAxis& axis) {
    return fmt::format("{}/{}/{}/{}/{}", axis.kernel, axis.stride, axis.padBefore, axis.dilation,
                       axis.upsample);
}

/// Everything that the time of a layer depends on besides the machine.
std::string keyOf(const graph::Graph& graph, const MatrixLayer& layer,
                  const arch::ConvolutionTiling& tiling, std::uint64_t steps) {
    const arch::ConvolutionShape& shape = layer.shape;
    const std::string skip = layer.skip ? placesOf(graph, *layer.skip) : "";
    const std::string weights = layer.weights ? fmt::format("{}/{}", layer.weights->channelStride,
                                                            layer.weights->outputStride)
                                              : "";
    return fmt::format("{} {} {} {} {}|{} {} {} {} {} {} {} {} {} {} {} {}|{} {} {} {} {} {}|{}",
                       layer.datapath, placesOf(graph, layer.input), placesOf(graph, layer.output),
                       skip, weights, shape.inputHeight, shape.inputWidth, shape.inputChannels,
                       shape.outputHeight, shape.outputWidth, shape.outputChannels,
                       keyOf(shape.window.y), keyOf(shape.window.x), shape.groups, shape.images,
                       shape.hasSkip, shape.vectorInterval, tiling.tileHeight, tiling.tileWidth,
                       tiling.channelChunk, tiling.blocksPerChunk, tiling.groupsTogether,
                       tiling.weightsOuter, steps);
}

/// The commands of a layer, which are written while they are replayed.
class LayerCommands final : public arch::CommandSource {
public:
    LayerCommands(const ReplayMachine& replay,
                  const std::function<std::unique_ptr<LayerEmitter>(LoweringContext&)>& begin)
        : views_(viewsOf(replay.machine)),
          context_{replay.graph, replay.machine, views_, builder_, lowered_} {
        lowered_.tensors = placesWithTypes(replay.graph, replay.machine, lowered_.program.types);
        builder_.program().types = lowered_.program.types;
        builder_.beginLayer("replay");
        emitter_ = begin(context_);
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
    std::vector<MachineView> views_;
    ProgramBuilder builder_;
    LoweredNetwork lowered_;
    LoweringContext context_;
    std::unique_ptr<LayerEmitter> emitter_;
};

void placeTensors(LoweringContext& context, const MatrixLayer& layer) {
    placeTensor(context, layer.input.tensor);
    placeTensor(context, layer.node->output);
    if (layer.weights) placeTensor(context, layer.weights->tensor);
    if (layer.skip) placeTensor(context, layer.skip->tensor);
    placeTensor(context, layer.output.tensor);
}

arch::MappingEnergy energyOf(const ReplayMachine& replay, const arch::RunRecord& record) {
    const arch::ActionEnergies* energies = replay.energies;
    if (energies == nullptr) {
        return {};
    }
    arch::MappingEnergy energy{.chip = arch::chipJoules(*energies, record.counters),
                               .idle = static_cast<double>(record.cycles) * energies->cycle};
    arch::DramActions actions;
    for (const arch::LayerRecord& layer : record.layers) {
        actions.reads += static_cast<double>(layer.dram.reads);
        actions.writes += static_cast<double>(layer.dram.writes);
        actions.activates += static_cast<double>(layer.dram.activates);
    }
    energy.dram += actions.chipJoules(*energies);  // they go with bursts, wherever they are
    for (const memory::DramCounters& channel : record.dramChannels) {
        const memory::DramEnergy dram = memory::dramEnergy(*replay.machine.dram.ddr, channel);
        const double idle = dram.refreshJoules + dram.backgroundJoules;
        energy.dram += dram.totalJoules() - idle;
        energy.idle += idle;
    }
    return energy;
}

}  // namespace

arch::CandidateReplay::Costs replayAlone(
    const ReplayMachine& replay, const std::string& key,
    const std::function<std::unique_ptr<LayerEmitter>(LoweringContext&)>& begin) {
    const auto [known, isNew] = replay.memory.try_emplace(key);
    if (isNew) {
        auto commands = std::make_unique<LayerCommands>(replay, begin);
        arch::Program program = commands->program();
        program.source = [&commands] { return std::move(commands); };  // it is replayed once
        replay.accelerator.load(program);
        const arch::RunRecord record = replay.accelerator.replayTimed(false);
        known->second = {record.cycles, record.dramBytes / record.burstBytes, record.counters.macs,
                         energyOf(replay, record)};
    }
    return known->second;
}

arch::CandidateReplay::Costs LayerReplay::replay(const arch::ConvolutionTiling& tiling,
                                                 std::uint64_t steps) {
    WeightPlaces places;
    return replayAlone(
        replay_, keyOf(replay_.graph, layer_, tiling, steps), [&](LoweringContext& context) {
            placeTensors(context, layer_);
            LayerMapping& mapping = context.mappings[layer_.node];
            mapping.shape = layer_.shape;
            mapping.search.best.tiling = tiling;
            sizeHalves(context);
            places = placeWeights(context, layer_, WeightBytes::LeftOut);
            return emitMatrixLayer(context, layer_, places, {.batches = 1, .steps = steps});
        });
}

}  // namespace systole::sim
