// SPDX-License-Identifier: Apache-2.0
// The mapping of a layer: what the user fixed in `mapping.layers`, checked against the layer, then
// arch::searchMapping for the rest (docs/mapping.md).
//
// A layer of 100 output rows shows the two ways to fix a size. `gemm: {tile: {height: 101}}` names
// the layer, so it is an error: "101 is more than the layer's 100 output rows, expected 1..100".
// `"*": {tile: {height: 900}}` is for all layers, so it is cut down to 100 for this one.
#include <fmt/format.h>

#include <algorithm>

#include "arch/mapping/column_plan.hpp"
#include "sim/base/config_error.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

using Fixed = std::optional<std::uint32_t>;

/// What the user has fixed of a layer. Its own entry is checked against the layer, and a value that
/// the layer does not have is a ConfigError. What the entry leaves open comes from "*".
class FixedMapping {
public:
    FixedMapping(const arch::MachineConfig& machine, const std::string& layer,
                 const arch::ConvolutionShape& shape)
        : machine_(machine), shape_(shape) {
        const auto& layers = machine.mapping.layers;
        if (const auto named = layers.find(layer); named != layers.end()) {
            fixed_ = named->second;
            check();
        }
        if (const auto all = layers.find("*"); all != layers.end()) {
            fillIn(all->second);
        }
    }

    const arch::MappingOverride& fixed() const { return fixed_; }

private:
    void check() const {
        checkMost(fixed_.tileHeight, "tile.height", shape_.outputHeight, "output rows");
        checkMost(fixed_.tileWidth, "tile.width", shape_.outputWidth, "output columns");
        checkMost(fixed_.channels, "channels", shape_.inputChannels, "input channels");
        checkMost(fixed_.outputChannels, "output_channels", shape_.outputChannels,
                  "output channels");
        if (shape_.groups > 1 &&
            fixed_.channels.value_or(shape_.inputChannels) != shape_.inputChannels) {
            throw ConfigError(fmt::format(
                "{}.channels: {} splits the reduction of a layer of {} groups, expected {}",
                fixed_.origin, *fixed_.channels, shape_.groups, shape_.inputChannels));
        }
        checkOutputChannels(fixed_.outputChannels.value_or(shape_.outputChannels));
    }

    /// A column chunk has whole column blocks.
    void checkOutputChannels(std::uint32_t outputs) const {
        const arch::ColumnCut cut =
            arch::columnCut(machine_.array, shape_, arch::groupsPerFold(machine_.array, shape_));
        if (outputs == shape_.outputChannels || outputs % cut.width == 0) {
            return;
        }
        throw ConfigError(fmt::format(
            "{}.output_channels: {} is no multiple of the {}, expected one, or all {}",
            fixed_.origin, outputs,
            cut.width == machine_.array.columns
                ? fmt::format("array's {} columns", cut.width)
                : fmt::format("{} channels of a column block, which ends with its groups",
                              cut.width),
            shape_.outputChannels));
    }

    void checkMost(const Fixed& value, const char* key, std::uint32_t most,
                   const char* what) const {
        if (value && *value > most) {
            throw ConfigError(
                fmt::format("{}.{}: {} is more than the layer's {} {}, expected 1..{}",
                            fixed_.origin, key, *value, most, what, most));
        }
    }

    /// Takes what is open from the entry for all layers, cut down to what this layer has.
    void fillIn(const arch::MappingOverride& all) {
        const auto fill = [](Fixed& value, const Fixed& other, std::uint32_t most) {
            if (!value && other) {
                value = std::min(*other, most);
            }
        };
        fixed_.weightsOuter = fixed_.weightsOuter ? fixed_.weightsOuter : all.weightsOuter;
        fill(fixed_.tileHeight, all.tileHeight, shape_.outputHeight);
        fill(fixed_.tileWidth, all.tileWidth, shape_.outputWidth);
        if (shape_.groups == 1) {
            fill(fixed_.channels, all.channels, shape_.inputChannels);
        }
        fill(fixed_.outputChannels, all.outputChannels, shape_.outputChannels);
        fixed_.origin = fixed_.origin.empty() ? all.origin : fixed_.origin;
    }

    const arch::MachineConfig& machine_;
    const arch::ConvolutionShape& shape_;
    arch::MappingOverride fixed_;
};

}  // namespace

void checkMapping(const LoweringContext& context, const MatrixLayer& layer) {
    FixedMapping{context.viewOf(layer).machine, layer.node->name, layer.shape};
}

LayerMapping chooseMapping(const LoweringContext& context, const MatrixLayer& layer, Cycle prefetch,
                           const LoweringOptions& options, ReplayMemory& memory) {
    const MachineView& view = context.viewOf(layer);
    const FixedMapping user(view.machine, layer.node->name, layer.shape);
    const arch::ActionEnergies* energies =
        options.energies.empty() ? nullptr : &options.energies[layer.datapath];
    arch::Datapath datapath = view.datapath;
    datapath.output = context.placeOf(layer.output.tensor).element.room;
    if (layer.skip) datapath.skip = context.placeOf(layer.skip->tensor).element.room;
    std::optional<LayerReplay> replay;
    if (options.accelerator != nullptr) {
        replay.emplace(
            ReplayMachine{context.machine, context.graph, energies, *options.accelerator, memory},
            layer);
    }
    const auto result = arch::searchMapping(view.machine, datapath,
                                            {layer.shape, context.arithmetic(), user.fixed(),
                                             prefetch, energies, replay ? &*replay : nullptr});
    if (const auto* failure = std::get_if<arch::DoesNotFit>(&result)) {
        const std::string& origin = user.fixed().origin;
        throw ConfigError(fmt::format("{}: layer '{}' of '{}' does not fit the machine{}: {}",
                                      context.machine.name, layer.node->name, context.graph.name,
                                      origin.empty() ? "" : fmt::format(" as {} maps it", origin),
                                      failure->reason));
    }
    return {.shape = layer.shape,
            .search = std::get<arch::MappingResult>(result),
            .batches = layer.batches};
}

void checkMappedLayers(const graph::Graph& graph, const arch::MappingConfig& mapping) {
    std::vector<std::string> names;
    for (const graph::Node& node : graph.nodes) {
        if (std::holds_alternative<graph::MatrixWork>(node.work)) {
            names.push_back(fmt::format("'{}'", node.name));
        }
    }
    for (const auto& [layer, fixed] : mapping.layers) {
        const bool known =
            std::find(names.begin(), names.end(), fmt::format("'{}'", layer)) != names.end();
        if (layer != "*" && !known) {
            throw ConfigError(
                fmt::format("{}: '{}' has no layer '{}' for the array, expected '*' or one of {}",
                            fixed.origin, graph.name, layer, fmt::join(names, ", ")));
        }
    }
}

}  // namespace systole::sim
