// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/lowering.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "arch/vector/vector_steps.hpp"
#include "models/check.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/progress.hpp"
#include "sim/lowering/layer_context.hpp"
#include "sim/lowering/vector_commands.hpp"

namespace systole::sim {
namespace {

/// Plans the lowering of one graph, in the order of `plan`: all but the commands.
class Lowering {
public:
    Lowering(const graph::Graph& graph, const arch::MachineConfig& machine,
             const LoweringOptions& options)
        : graph_(graph),
          options_(options),
          views_(viewsOf(machine)),
          fusions_(findFusions(graph)),
          isFusedAway_(graph.nodes.size(), false),
          context_{graph, machine, views_, builder_, lowered_} {
        for (const std::optional<std::size_t>& behind : fusions_) {
            if (behind) isFusedAway_[*behind] = true;
        }
    }
    Lowering(const Lowering&) = delete;
    Lowering& operator=(const Lowering&) = delete;

    void plan() {
        lowered_.tensors = placesWithTypes(graph_, context_.machine, lowered_.program.types);
        findMatrixLayers();
        placeTensors();
        checkCapacity(leastBytes(), "at least ");
        chooseMappings();
        sizeHalves(context_);
        checkCapacity(allBytes(), "");
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            if (!isFusedAway_[i]) planNode(i);
        }
        builder_.program().types = lowered_.program.types;
        lowered_.program = std::move(builder_.program());
        checkActivations();
    }

    LoweredNetwork& lowered() { return lowered_; }
    const graph::Graph& graph() const { return graph_; }
    /// A copy as the first layer finds it, for another builder. It refers to this plan.
    LoweringContext contextFor(ProgramBuilder& builder) {
        LoweringContext context{graph_, context_.machine, views_, builder, lowered_};
        context.weightHalfBytes = context_.weightHalfBytes;
        context.accumulatorHalfRows = context_.accumulatorHalfRows;
        context.mappings = context_.mappings;
        context.cuts = context_.cuts;
        return context;
    }

    /// What writes the commands of a node; null for one that is fused with another.
    std::unique_ptr<LayerEmitter> emitterOf(std::size_t index, LoweringContext& context) const {
        if (isFusedAway_[index]) return nullptr;
        const auto matrix = layers_.find(index);
        const graph::Node& node = graph_.nodes[index];
        if (matrix == layers_.end()) {
            return emitPieces(context, piecesOf(context, node), context.cuts.at(&node));
        }
        return emitMatrixLayer(context, matrix->second, places_.at(index),
                               {.batches = matrix->second.batches});
    }

private:
    void findMatrixLayers() {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            const graph::Node& node = graph_.nodes[i];
            if (!std::holds_alternative<graph::MatrixWork>(node.work)) continue;
            const std::optional<std::size_t>& behind = fusions_[i];
            MatrixLayer layer =
                matrixLayer(graph_, node, behind ? &graph_.nodes[*behind] : nullptr);
            layer.datapath = datapathOf(node);
            if (layer.weights) checkRoom(layer);
            layers_.emplace(i, std::move(layer));
        }
    }

    /// Of an operand of matrix work.
    const numeric::Format& formatOf(const graph::Node& node, std::size_t input) const {
        const auto& quantizer = graph_.quantizerOf(node.inputs.at(input));
        if (quantizer) return quantizer->format;
        throw ConfigError(fmt::format("{}: {} '{}' of '{}' has '{}' in binary32, expected codes",
                                      context_.machine.name, node.kind, node.name, graph_.name,
                                      graph_.tensors.at(node.inputs[input]).name));
    }

    /// The datapath that multiplies what the node multiplies.
    arch::DatapathId datapathOf(const graph::Node& node) const {
        const numeric::Format& activation = formatOf(node, 0);
        const numeric::Format& weight = formatOf(node, 1);
        std::vector<std::string> known;
        for (const MachineView& view : views_) {
            if (arch::multiplies(view.machine.datapath, activation, weight)) {
                return static_cast<arch::DatapathId>(known.size());
            }
            known.push_back(arch::operandNames(view.machine.datapath));
        }
        throw ConfigError(fmt::format(
            "{}: {} '{}' of '{}' multiplies {} by {}, expected {}, as the array does",
            context_.machine.name, node.kind, node.name, graph_.name, numeric::nameOf(activation),
            numeric::nameOf(weight), fmt::join(known, " or ")));
    }

    /// The elements of a second operand go to the weight scratchpad as they lie in DRAM.
    void checkRoom(const MatrixLayer& layer) const {
        const graph::Node& node = *layer.node;
        const MachineView& view = context_.viewOf(layer);
        const arch::ElementType& type = context_.placeOf(node.inputs.at(1)).element;
        if (type.room.imageBytes == view.datapath.weightBytes) return;
        throw ConfigError(fmt::format(
            "{}: {} '{}' of '{}' multiplies two tensors, and one of {} among activations of {} "
            "does not lie like weights, expected formats of the same number of bytes",
            view.machine.name, node.kind, node.name, graph_.name,
            numeric::nameOf(view.machine.datapath.weight),
            numeric::nameOf(view.machine.datapath.activation)));
    }

    /// Gives a place in DRAM to every tensor that a command reads or writes: not to those between
    /// fused nodes, nor to weights that are packed.
    void placeTensors() {
        std::vector<bool> isPlaced(graph_.tensors.size(), false);
        isPlaced[graph_.rootOf(graph_.input)] = true;
        isPlaced[graph_.rootOf(graph_.output)] = true;
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            const graph::Node& node = graph_.nodes[i];
            const auto matrix = layers_.find(i);
            const bool isPacked = matrix != layers_.end() && !matrix->second.weights;
            for (std::size_t input = 0; input < node.inputs.size(); ++input) {
                if (!isPacked || input != 1) isPlaced[graph_.rootOf(node.inputs[input])] = true;
            }
            isPlaced[graph_.rootOf(node.output)] = true;
        }
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            if (fusions_[i]) isPlaced[graph_.nodes[i].output] = false;
        }
        for (graph::TensorId i = 0; i < graph_.tensors.size(); ++i) {
            if (isPlaced[i]) placeWithData(i);
        }
        for (graph::TensorId i = 0; i < graph_.tensors.size(); ++i) {
            lowered_.tensors[i].address = lowered_.tensors[graph_.rootOf(i)].address;
        }
    }

    void placeWithData(graph::TensorId id) {
        placeTensor(context_, id);
        const graph::Tensor& tensor = graph_.tensors[id];
        if (tensor.origin != graph::Origin::Constant || !options_.values) return;
        const TensorPlace& place = lowered_.tensors[id];
        lowered_.constants.push_back({place.address.value(), bytesOf(tensor, place.element)});
    }

    /// Whether the lanes can do what every node asks of them.
    void checkCircuits() const {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            const graph::Node& node = graph_.nodes[i];
            if (isFusedAway_[i] || std::holds_alternative<graph::MoveWork>(node.work)) continue;
            const auto matrix = layers_.find(i);
            const LayerProgram program = matrix == layers_.end()
                                             ? programOf(context_, node)
                                             : programOf(context_, matrix->second);
            const char* missing = missingCircuit(*program.program, context_.machine.vectorUnit);
            if (missing == nullptr) continue;
            throw ConfigError(fmt::format(
                "{}: layer '{}' of '{}' needs a circuit of the class {} in a vector lane, expected "
                "vector_unit.operations.{}.circuits of at least 1",
                context_.machine.name, node.name, graph_.name, missing, missing));
        }
    }

    void findIntervals() {
        for (auto& [index, layer] : layers_) {
            layer.shape.vectorInterval =
                arch::intervalOf(context_.machine.vectorUnit, *programOf(context_, layer).program);
        }
    }

    /// What the user has fixed, of all layers before the first of them is tried.
    void checkMappings() const {
        checkMappedLayers(graph_, context_.machine.mapping);
        for (const auto& [index, layer] : layers_) {
            checkMapping(context_, layer);
        }
    }

    /// Chooses the mappings in the order of the layers, because the first weights of a layer are
    /// loaded while the layer before it ends: the tail of one is the prefetch of the next.
    void chooseMappings() {
        checkCircuits();
        findIntervals();
        checkMappings();
        Progress progress("Mapping", graph_.nodes.size());
        Cycle prefetch = 0;
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            progress.advanceTo(i);
            if (isFusedAway_[i]) continue;
            const auto matrix = layers_.find(i);
            if (matrix == layers_.end()) {
                const graph::Node& node = graph_.nodes[i];
                context_.cuts.emplace(
                    &node, chooseCuts(context_, node, weightsAfter(i), options_, memory_));
                prefetch = 0;
                continue;
            }
            LayerMapping mapping =
                chooseMapping(context_, matrix->second, prefetch, options_, memory_);
            prefetch = mapping.search.best.estimate.tail;
            context_.mappings.emplace(&graph_.nodes[i], std::move(mapping));
        }
    }

    /// Cycles that the first weights of the next node take, at most.
    double weightsAfter(std::size_t index) const {
        while (++index < graph_.nodes.size() && isFusedAway_[index]) continue;
        const auto next = layers_.find(index);
        if (next == layers_.end() || next->second.weights) return 0;
        const arch::Datapath& datapath = context_.viewOf(next->second).datapath;
        const std::uint64_t all =
            graph_.tensors[graph_.nodes[index].inputs[1]].elements() * datapath.weightBytes;
        const Limit whole = arch::weightLayout(context_.machine).capacityBytes();
        const std::uint64_t first = whole ? std::min(all, *whole / 2) : all;
        return arch::TransferCosts(context_.machine)
            .loadWeights(datapath.weightRoom().memoryBytes(first))
            .cycles;
    }

    void planNode(std::size_t index) {
        const graph::Node& node = graph_.nodes[index];
        LoweredLayer lowered;
        lowered.name = node.name;
        lowered.kind = node.kind;
        if (fusions_[index]) lowered.name += " + " + graph_.nodes[*fusions_[index]].name;
        if (const auto matrix = layers_.find(index); matrix != layers_.end()) {
            const MatrixLayer& layer = matrix->second;
            lowered.macs = layer.macs();
            lowered.datapath = layer.datapath;
            lowered.clippedBiases = layer.work().clippedBiases;
            lowered.mapping = context_.mappings.at(&node);
            const FoldCounts counts = countFolds(context_, layer);
            lowered.mapping->folds = counts.folds;
            lowered.mapping->steps = counts.steps;
            places_.emplace(
                index, placeWeights(context_, layer,
                                    options_.values ? WeightBytes::Packed : WeightBytes::LeftOut));
        } else {
            emitPieces(context_, piecesOf(context_, node), context_.cuts.at(&node));
        }
        builder_.beginLayer(lowered.name);
        lowered_.layers.push_back(std::move(lowered));
    }

    /// Tensors and weights, without what cutting the weights adds. It is known before the search,
    /// which may have too many candidates for the memory of the host.
    std::uint64_t leastBytes() {
        std::uint64_t bytes = builder_.program().dram.memoryBytes();
        for (const auto& [index, layer] : layers_) {
            if (layer.weights) continue;
            const std::uint64_t weights = graph_.tensors[graph_.nodes[index].inputs[1]].elements();
            const arch::Datapath& datapath = context_.viewOf(layer).datapath;
            bytes += datapath.weightRoom().memoryBytes(weights * datapath.weightBytes);
        }
        return bytes;
    }

    std::uint64_t allBytes() {
        std::uint64_t bytes = builder_.program().dram.memoryBytes();
        for (const auto& [index, layer] : layers_) bytes += weightRoom(context_, layer);
        return bytes;
    }

    void checkCapacity(std::uint64_t bytes, const char* bound) const {
        const arch::MachineConfig& machine = context_.machine;
        if (bytes > machine.dram.capacityBytes()) {
            throw ConfigError(fmt::format("{}: '{}' needs {}{} bytes of DRAM, '{}' has {}",
                                          machine.name, graph_.name, bound, bytes,
                                          machine.dram.name, machine.dram.capacityBytes()));
        }
    }

    void checkActivations() const {
        const Limit capacity = arch::activationLayout(context_.machine).capacityBytes();
        SYSTOLE_CHECK(lowered_.program.activationBytes <= capacity.value_or(~std::uint64_t{0}),
                      "program uses {} bytes of the activation scratchpad",
                      lowered_.program.activationBytes);
    }

    const graph::Graph& graph_;
    LoweringOptions options_;
    ReplayMemory memory_;
    std::vector<MachineView> views_;
    std::vector<std::optional<std::size_t>> fusions_;
    std::vector<bool> isFusedAway_;
    std::map<std::size_t, MatrixLayer> layers_;  ///< by node
    ProgramBuilder builder_;
    LoweredNetwork lowered_;
    LoweringContext context_;
    std::map<std::size_t, WeightPlaces> places_;
};

/// Writes the commands of a planned graph, layer by layer.
class LoweredCommands final : public arch::CommandSource {
public:
    explicit LoweredCommands(std::shared_ptr<Lowering> plan)
        : plan_(std::move(plan)), context_(plan_->contextFor(builder_)) {}

    bool next(std::vector<arch::Command>& commands) override {
        while (commands.empty()) {
            if (!emitter_ && !nextLayer()) {
                return false;
            }
            if (!emitter_->emitNext()) {
                emitter_.reset();
            }
            commands = builder_.takeCommands();
        }
        return true;
    }

private:
    bool nextLayer() {
        while (!emitter_ && node_ < plan_->graph().nodes.size()) {
            emitter_ = plan_->emitterOf(node_++, context_);
        }
        if (emitter_) {
            builder_.beginLayer(plan_->lowered().layers.at(layer_++).name);
        }
        return emitter_ != nullptr;
    }

    std::shared_ptr<Lowering> plan_;
    ProgramBuilder builder_;
    LoweringContext context_;
    std::unique_ptr<LayerEmitter> emitter_;
    std::size_t node_ = 0;
    std::size_t layer_ = 0;
};

}  // namespace

void sizeHalves(LoweringContext& context) {
    std::uint64_t weightBytes = 0;
    std::uint64_t accumulatorRows = 0;
    for (const auto& [node, mapping] : context.mappings) {
        const arch::ConvolutionTiling& tiling = mapping.search.best.tiling;
        weightBytes = std::max<std::uint64_t>(weightBytes, tiling.weightBufferBytes);
        accumulatorRows = std::max<std::uint64_t>(accumulatorRows, tiling.accumulatorRows);
    }
    const auto half = [](const Limit& whole, std::uint64_t needed) {
        return whole ? *whole / 2 : needed;
    };
    const arch::MachineConfig& machine = context.machine;
    context.weightHalfBytes = half(arch::weightLayout(machine).capacityBytes(), weightBytes);
    context.accumulatorHalfRows = half(machine.accumulatorBuffer.rows, accumulatorRows);
    arch::Program& program = context.builder.program();
    program.weightBytes = static_cast<std::uint32_t>(2 * context.weightHalfBytes);
    program.accumulatorRows = static_cast<std::uint32_t>(2 * context.accumulatorHalfRows);
    program.arithmetic = context.arithmetic();
}

LoweredNetwork lower(const graph::Graph& graph, const arch::MachineConfig& machine,
                     const LoweringOptions& options) {
    const auto plan = std::make_shared<Lowering>(graph, machine, options);
    plan->plan();
    std::vector<ConstantData> constants = std::exchange(plan->lowered().constants, {});
    LoweredNetwork lowered = plan->lowered();
    lowered.constants = std::move(constants);
    if (!options.values) {
        lowered.program.source = [plan] { return std::make_unique<LoweredCommands>(plan); };
        return lowered;
    }
    LoweredCommands source(plan);
    for (std::vector<arch::Command> piece; source.next(piece); piece.clear()) {
        std::move(piece.begin(), piece.end(), std::back_inserter(lowered.program.commands));
    }
    return lowered;
}

}  // namespace systole::sim
