// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/lowering.hpp"

#include <algorithm>
#include <map>

#include "arch/fold/fold.hpp"
#include "arch/memory/scratchpad_ports.hpp"
#include "models/check.hpp"
#include "sim/base/config_error.hpp"
#include "sim/lowering/layer_context.hpp"
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

std::uint64_t macsOf(const QuantizedConvolution& convolution, const Shape& input,
                     const Shape& output) {
    const std::uint64_t perGroup = input.channels / convolution.groups;
    if (!convolution.transposed) {
        return output.elements() * kernelArea(convolution.window) * perGroup;
    }
    return tapsOnElements(convolution.window, input) * perGroup * output.channels;
}

/// Lowers one network, in the order of `run`.
class Lowering {
public:
    Lowering(const QuantizedNetwork& network, const arch::MachineConfig& machine,
             const LoweringOptions& options)
        : network_(network),
          options_(options),
          datapath_(machine.datapath),
          fusions_(findFusions(network)),
          context_{network, machine, datapath_, builder_, lowered_} {
        context_.weightBytes = options.values ? WeightBytes::Packed : WeightBytes::LeftOut;
    }

    LoweredNetwork run() {
        placeTensors();
        chooseMappings();
        sizeHalves(context_);
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            if (!isFusedAway(i)) {
                lowerNode(i);
            }
        }
        lowered_.program = std::move(builder_.program());
        countFolds();
        checkCapacity();
        return std::move(lowered_);
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

    /// Chooses the mappings in the order of the layers, because the first weights of a layer are
    /// loaded while the layer before it ends: the tail of one is the prefetch of the next.
    void chooseMappings() {
        checkMappedLayers(network_, context_.machine.mapping);
        Cycle prefetch = 0;
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            if (isFusedAway(i)) {
                continue;
            }
            const QuantizedNode& node = network_.nodes[i];
            const auto* convolution = std::get_if<QuantizedConvolution>(&node.operation);
            if (convolution == nullptr) {
                prefetch = 0;
                continue;
            }
            const arch::ConvolutionShape shape =
                convolutionShape(*convolution, network_.tensors[node.inputs[0]].shape,
                                 network_.tensors[node.output].shape, additionBehind(i) != nullptr);
            LayerMapping mapping =
                chooseMapping(context_, node.name, shape, prefetch, options_, memory_);
            prefetch = mapping.search.best.estimate.tail;
            context_.mappings.emplace(&node, std::move(mapping));
        }
    }

    void lowerNode(std::size_t index) {
        const QuantizedNode& node = network_.nodes[index];
        const QuantizedNode* addition = additionBehind(index);
        LoweredLayer layer;
        layer.name = node.name;
        layer.kind = kindOf(node);
        if (addition != nullptr) {
            layer.name += " + " + addition->name;
        }
        const auto* convolution = std::get_if<QuantizedConvolution>(&node.operation);
        if (convolution != nullptr) {
            layer.macs = macsOf(*convolution, network_.tensors[node.inputs[0]].shape,
                                network_.tensors[node.output].shape);
            layer.clippedBiases = convolution->clippedBiases;
        }
        if (const auto mapping = context_.mappings.find(&node);
            mapping != context_.mappings.end()) {
            layer.mapping = mapping->second;
        }
        builder_.beginLayer(layer.name);
        lowered_.layers.push_back(std::move(layer));
        if (convolution != nullptr) {
            lowerConvolution(context_, node, addition);
        } else {
            lowerVectorLayer(context_, node);
        }
    }

    /// Counts the folds of the program rather than computing them from the mapping, so that the
    /// report shows what runs.
    void countFolds() {
        for (const arch::Command& command : lowered_.program.commands) {
            const auto* stream = std::get_if<arch::Stream>(&command.operation);
            if (stream != nullptr) {
                LayerMapping& mapping = *lowered_.layers[command.layer].mapping;
                ++mapping.folds;
                mapping.steps += arch::foldSteps(
                    context_.machine.array,
                    {.outputs = stream->outputs, .reduction = stream->reduction}, stream->channels);
            }
        }
    }

    void checkCapacity() const {
        const arch::MachineConfig& machine = context_.machine;
        if (lowered_.program.dram.memoryBytes() > machine.dram.capacityBytes()) {
            throw ConfigError(fmt::format("{}: '{}' needs {} bytes of DRAM, '{}' has {}",
                                          machine.name, network_.name,
                                          lowered_.program.dram.memoryBytes(), machine.dram.name,
                                          machine.dram.capacityBytes()));
        }
        const Limit capacity = arch::activationLayout(machine).capacityBytes();
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
    return Lowering(network, machine, options).run();
}

}  // namespace systole::sim
