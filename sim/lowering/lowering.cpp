// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/lowering.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "arch/fold/fold.hpp"
#include "arch/memory/scratchpad_ports.hpp"
#include "arch/vector/vector_steps.hpp"
#include "models/check.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/progress.hpp"
#include "sim/lowering/layer_context.hpp"
#include "sim/lowering/vector_programs.hpp"
#include "sim/network/window.hpp"

namespace systole::sim {
namespace {

/// Which nodes run together: from the index of a convolution to the index of the addition that the
/// vector unit makes on the way out.
using Fusions = std::map<std::size_t, std::size_t>;

/// How many nodes read each tensor. The network's output counts as read once more.
std::vector<std::size_t> readerCounts(const QuantizedNetwork& network) {
    std::vector<std::size_t> readers(network.tensors.size(), 0);
    for (const QuantizedNode& node : network.nodes) {
        for (const TensorId input : node.inputs) {
            ++readers[input];
        }
    }
    ++readers[network.output];
    return readers;
}

/// An addition is fused with a convolution if the convolution writes one of its operands, is the
/// later one of the two writers, and no other node reads what it writes. It must be the later one
/// because the other operand has to be in DRAM when the convolution runs.
Fusions findFusions(const QuantizedNetwork& network) {
    const std::vector<std::size_t> readers = readerCounts(network);
    std::map<TensorId, std::size_t> writers;
    Fusions fusions;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const QuantizedNode& node = network.nodes[i];
        writers[node.output] = i;
        if (!std::holds_alternative<QuantizedAddition>(node.operation) ||
            node.inputs[0] == node.inputs[1]) {
            continue;
        }
        std::optional<std::size_t> last;
        for (const TensorId input : node.inputs) {
            const auto writer = writers.find(input);
            if (writer != writers.end()) {
                last = std::max(last.value_or(0), writer->second);
            }
        }
        if (last && std::holds_alternative<QuantizedConvolution>(network.nodes[*last].operation) &&
            readers[network.nodes[*last].output] == 1) {
            fusions[*last] = i;
        }
    }
    return fusions;
}

const char* kindOf(const QuantizedNode& node) {
    struct Kind {
        const char* operator()(const QuantizedConvolution&) const { return "convolution"; }
        const char* operator()(const QuantizedPooling&) const { return "pooling"; }
        const char* operator()(const QuantizedAddition&) const { return "addition"; }
        const char* operator()(const QuantizedRelu&) const { return "relu"; }
        const char* operator()(const QuantizedSoftmax&) const { return "softmax"; }
    };
    return std::visit(Kind{}, node.operation);
}

/// Products of one output element.
std::uint64_t reductionOf(const QuantizedConvolution& convolution, const Shape& input) {
    return kernelArea(convolution.window) * (input.channels / convolution.groups);
}

std::uint64_t macsOf(const QuantizedConvolution& convolution, const Shape& input,
                     const Shape& output) {
    if (!convolution.transposed) {
        return output.elements() * reductionOf(convolution, input);
    }
    const std::uint64_t perGroup = input.channels / convolution.groups;
    return tapsOnElements(convolution.window, input) * perGroup * output.channels;
}

/// Plans the lowering of one network, in the order of `plan`: all but the commands.
class Lowering {
public:
    Lowering(const QuantizedNetwork& network, const arch::MachineConfig& machine,
             const LoweringOptions& options)
        : network_(network),
          options_(options),
          datapath_(machine.datapath),
          fusions_(findFusions(network)),
          context_{network, machine, datapath_, builder_, lowered_} {}
    Lowering(const Lowering&) = delete;
    Lowering& operator=(const Lowering&) = delete;

    void plan() {
        placeTensors();
        checkCapacity(leastBytes(), "at least ");
        chooseMappings();
        sizeHalves(context_);
        checkCapacity(allBytes(), "");
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            if (!isFusedAway(i)) {
                planNode(i);
            }
        }
        lowered_.program = std::move(builder_.program());
        checkActivations();
    }

    LoweredNetwork& lowered() { return lowered_; }
    const QuantizedNetwork& network() const { return network_; }
    /// A copy as the first layer finds it, for another builder. It refers to this plan.
    LoweringContext contextFor(ProgramBuilder& builder) {
        LoweringContext context{network_, context_.machine, datapath_, builder, lowered_};
        context.weightHalfBytes = context_.weightHalfBytes;
        context.accumulatorHalfRows = context_.accumulatorHalfRows;
        context.mappings = context_.mappings;
        return context;
    }

    /// What writes the commands of a node; null for one that is fused with another.
    std::unique_ptr<LayerEmitter> emitterOf(std::size_t index, LoweringContext& context) const {
        if (isFusedAway(index)) {
            return nullptr;
        }
        const QuantizedNode& node = network_.nodes[index];
        const auto places = places_.find(&node);
        return places == places_.end()
                   ? emitVectorLayer(context, node)
                   : emitConvolution(context, node, additionBehind(index), places->second);
    }

private:
    bool isFusedAway(std::size_t node) const {
        return std::any_of(fusions_.begin(), fusions_.end(),
                           [&](const auto& fusion) { return fusion.second == node; });
    }

    /// The addition that is fused with this node, or null.
    const QuantizedNode* additionBehind(std::size_t node) const {
        const auto fusion = fusions_.find(node);
        return fusion == fusions_.end() ? nullptr : &network_.nodes[fusion->second];
    }

    /// Gives every tensor a place in DRAM, except for those between fused nodes.
    void placeTensors() {
        std::vector<bool> stays(network_.tensors.size(), false);
        for (const auto& [convolution, addition] : fusions_) {
            stays[network_.nodes[convolution].output] = true;
        }
        for (std::size_t i = 0; i < network_.tensors.size(); ++i) {
            TensorPlace place{std::nullopt, network_.tensors[i].shape};
            if (!stays[i]) {
                place.address =
                    builder_.allocateDram(place.shape.elements() * datapath_.activationBytes,
                                          context_.dramAlignment(), datapath_.activationRoom());
            }
            lowered_.tensors.push_back(place);
        }
    }

    std::optional<arch::ConvolutionShape> arrayShape(std::size_t index) const {
        const QuantizedNode& node = network_.nodes[index];
        const auto* convolution = std::get_if<QuantizedConvolution>(&node.operation);
        if (convolution == nullptr) return std::nullopt;
        arch::ConvolutionShape shape =
            convolutionShape(*convolution, network_.tensors[node.inputs[0]].shape,
                             network_.tensors[node.output].shape, additionBehind(index) != nullptr);
        shape.vectorInterval = arch::intervalOf(context_.machine.vectorUnit, *programOf(index));
        return shape;
    }

    SharedProgram programOf(std::size_t index) const {
        return sim::programOf(network_.nodes[index], additionBehind(index), datapath_,
                              network_.scheme.requantization);
    }

    /// Whether the lanes can do what every layer asks of them.
    void checkCircuits() const {
        const arch::MachineConfig& machine = context_.machine;
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            if (isFusedAway(i)) continue;
            const QuantizedNode& node = network_.nodes[i];
            if (const char* missing = missingCircuit(*programOf(i), machine.vectorUnit)) {
                throw ConfigError(fmt::format(
                    "{}: layer '{}' of '{}' needs a circuit of the class {} in a vector lane, "
                    "expected vector_unit.operations.{}.circuits of at least 1",
                    machine.name, node.name, network_.name, missing, missing));
            }
        }
    }

    /// What the user has fixed, of all layers before the first of them is tried.
    void checkMappings() const {
        checkMappedLayers(network_, context_.machine.mapping);
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            if (const auto shape = arrayShape(i)) {
                checkMapping(context_, network_.nodes[i].name, *shape);
            }
        }
    }

    /// Chooses the mappings in the order of the layers, because the first weights of a layer are
    /// loaded while the layer before it ends: the tail of one is the prefetch of the next.
    void chooseMappings() {
        checkCircuits();
        checkMappings();
        Progress progress("Mapping", network_.nodes.size());
        Cycle prefetch = 0;
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            progress.advanceTo(i);
            if (isFusedAway(i)) {
                continue;
            }
            const auto shape = arrayShape(i);
            if (!shape) {
                prefetch = 0;
                continue;
            }
            const QuantizedNode& node = network_.nodes[i];
            LayerMapping mapping =
                chooseMapping(context_, node.name, *shape, prefetch, options_, memory_);
            prefetch = mapping.search.best.estimate.tail;
            context_.mappings.emplace(&node, std::move(mapping));
        }
    }

    void planNode(std::size_t index) {
        const QuantizedNode& node = network_.nodes[index];
        const QuantizedNode* addition = additionBehind(index);
        LoweredLayer layer;
        layer.name = node.name;
        layer.kind = kindOf(node);
        if (addition != nullptr) {
            layer.name += " + " + addition->name;
        }
        if (const auto* convolution = std::get_if<QuantizedConvolution>(&node.operation)) {
            layer.macs = macsOf(*convolution, network_.tensors[node.inputs[0]].shape,
                                network_.tensors[node.output].shape);
            layer.clippedBiases = convolution->clippedBiases;
            layer.mapping = context_.mappings.at(&node);
            const FoldCounts counts = countFolds(context_, node);
            layer.mapping->folds = counts.folds;
            layer.mapping->steps = counts.steps;
            places_.emplace(
                &node, placeWeights(context_, node,
                                    options_.values ? WeightBytes::Packed : WeightBytes::LeftOut));
        } else {
            planVectorLayer(context_, node);
        }
        builder_.beginLayer(layer.name);
        lowered_.layers.push_back(std::move(layer));
    }

    /// Tensors and weights, without what cutting the weights adds. It is known before the search,
    /// which may have too many candidates for the memory of the host.
    std::uint64_t leastBytes() {
        std::uint64_t bytes = builder_.program().dram.memoryBytes();
        for (const QuantizedNode& node : network_.nodes) {
            if (const auto* convolution = std::get_if<QuantizedConvolution>(&node.operation)) {
                const Shape& input = network_.tensors[node.inputs[0]].shape;
                const std::uint64_t weights =
                    reductionOf(*convolution, input) * convolution->outputChannels;
                bytes += datapath_.weightRoom().memoryBytes(weights * datapath_.weightBytes);
            }
        }
        return bytes;
    }

    std::uint64_t allBytes() {
        std::uint64_t bytes = builder_.program().dram.memoryBytes();
        for (const auto& [node, mapping] : context_.mappings) {
            bytes += weightRoom(context_, *node);
        }
        return bytes;
    }

    void checkCapacity(std::uint64_t bytes, const char* bound) const {
        const arch::MachineConfig& machine = context_.machine;
        if (bytes > machine.dram.capacityBytes()) {
            throw ConfigError(fmt::format("{}: '{}' needs {}{} bytes of DRAM, '{}' has {}",
                                          machine.name, network_.name, bound, bytes,
                                          machine.dram.name, machine.dram.capacityBytes()));
        }
    }

    void checkActivations() const {
        const Limit capacity = arch::activationLayout(context_.machine).capacityBytes();
        SYSTOLE_CHECK(lowered_.program.activationBytes <= capacity.value_or(~std::uint64_t{0}),
                      "program uses {} bytes of the activation scratchpad",
                      lowered_.program.activationBytes);
    }

    const QuantizedNetwork& network_;
    LoweringOptions options_;
    ReplayMemory memory_;
    arch::Datapath datapath_;
    Fusions fusions_;
    ProgramBuilder builder_;
    LoweredNetwork lowered_;
    LoweringContext context_;
    std::map<const QuantizedNode*, WeightPlaces> places_;
};

/// Writes the commands of a planned network, layer by layer.
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
        while (!emitter_ && node_ < plan_->network().nodes.size()) {
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
    program.arithmetic = context.network.scheme.requantization;
}

LoweredNetwork lower(const QuantizedNetwork& network, const arch::MachineConfig& machine,
                     const LoweringOptions& options) {
    const auto plan = std::make_shared<Lowering>(network, machine, options);
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
