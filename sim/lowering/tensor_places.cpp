// SPDX-License-Identifier: Apache-2.0
// Types and places of tensors, and the loads and stores of their parts; layer_context.hpp describes
// them.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "arch/memory/scratchpad_ports.hpp"
#include "models/check.hpp"
#include "sim/base/config_error.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

bool sameFormat(const std::optional<numeric::Format>& left,
                const std::optional<numeric::Format>& right) {
    if (!left || !right) return left.has_value() == right.has_value();
    return numeric::sameFormat(*left, *right);
}

/// The number of a type, which is added where it is new.
arch::TypeId numberOf(const std::optional<numeric::Format>& format,
                      const arch::MachineConfig& machine, std::vector<arch::ElementType>& types) {
    if (sameFormat(format, machine.datapath.activation)) return arch::kActivationType;
    const auto known = std::find_if(types.begin(), types.end(), [&](const arch::ElementType& type) {
        return sameFormat(type.format, format);
    });
    const auto number = static_cast<arch::TypeId>(known - types.begin()) + arch::kFirstListedType;
    if (known == types.end()) types.push_back(arch::elementType(format, arch::placesOf(machine)));
    return number;
}

}  // namespace

std::vector<MachineView> viewsOf(const arch::MachineConfig& machine) {
    std::vector<MachineView> views;
    for (arch::DatapathId i = 0; i < arch::datapathsOf(machine); ++i) {
        const arch::MachineConfig seen = arch::seenBy(machine, i);
        views.push_back({seen, arch::Datapath(seen)});
    }
    return views;
}

std::vector<TensorPlace> placesWithTypes(const graph::Graph& graph,
                                         const arch::MachineConfig& machine,
                                         std::vector<arch::ElementType>& types) {
    const arch::DatapathConfig elements = arch::placesOf(machine);
    std::vector<bool> isWeight(graph.tensors.size(), false);
    std::vector<TensorPlace> places(graph.tensors.size());
    for (const graph::Node& node : graph.nodes) {
        const auto* work = std::get_if<graph::MatrixWork>(&node.work);
        if (work != nullptr && !work->weights) isWeight[graph.rootOf(node.inputs.at(1))] = true;
    }
    for (graph::TensorId i = 0; i < places.size(); ++i) {
        const graph::Tensor& tensor = graph.tensors[graph.rootOf(i)];
        places[i].elements = tensor.elements();
        if (isWeight[graph.rootOf(i)]) continue;  // it is packed, and has no place of its own
        const std::optional<numeric::Format> format =
            tensor.quantizer ? std::optional(tensor.quantizer->format) : std::nullopt;
        places[i].type = numberOf(format, machine, types);
        places[i].element = arch::elementType(format, elements);
    }
    return places;
}

arch::TypeId typeOf(const LoweringContext& context, const numeric::Format& format) {
    std::vector<arch::ElementType> types = context.lowered.program.types;
    const std::size_t known = types.size();
    const arch::TypeId type = numberOf(format, context.machine, types);
    SYSTOLE_CHECK(types.size() == known, "no tensor has the format {}", numeric::nameOf(format));
    return type;
}

void placeTensor(LoweringContext& context, graph::TensorId tensor) {
    TensorPlace& place = context.lowered.tensors.at(context.graph.rootOf(tensor));
    if (place.address) return;
    place.address =
        context.builder.allocateDram(place.bytes(), context.dramAlignment(), place.element.room);
}

std::vector<std::uint8_t> bytesOf(const graph::Tensor& tensor, const arch::ElementType& type) {
    std::vector<std::uint8_t> bytes(tensor.elements() * type.room.imageBytes, 0);
    const bool isReal = !type.format;
    SYSTOLE_CHECK((isReal ? tensor.values.size() : tensor.codes.size()) == tensor.elements(),
                  "constant '{}' has no data", tensor.name);
    for (std::size_t i = 0; i < tensor.elements(); ++i) {
        const std::uint32_t bits =
            isReal ? std::bit_cast<std::uint32_t>(tensor.values[i]) : tensor.codes[i];
        for (std::uint32_t at = 0; at < type.codeBytes(); ++at) {
            bytes[i * type.room.imageBytes + at] = static_cast<std::uint8_t>(bits >> (8 * at));
        }
    }
    return bytes;
}

void emitLoad(LoweringContext& context, const TensorBox& box, const Buffer& buffer,
              std::uint64_t haloElements) {
    const TensorPlace& place = context.placeOf(box.tensor);
    const std::uint32_t bytes = place.element.room.imageBytes;
    auto halo = static_cast<std::uint32_t>(haloElements * bytes);
    forEachTransfer(box, place.address.value(), bytes,
                    [&](const arch::DramBox& source, std::uint32_t offset) {
                        context.builder.emit(
                            arch::TransferCommand{.box = source,
                                                  .address = buffer.address + offset,
                                                  .haloBytes = halo,
                                                  .type = place.type},
                            {dramAccess(source, false), buffer.access(Memory::Activation, true)});
                        halo = 0;
                    });
}

void emitStore(LoweringContext& context, const TensorBox& box, const Buffer& buffer) {
    const TensorPlace& place = context.placeOf(box.tensor);
    forEachTransfer(
        box, place.address.value(), place.element.room.imageBytes,
        [&](const arch::DramBox& destination, std::uint32_t offset) {
            context.builder.emit(
                arch::TransferCommand{.box = destination,
                                      .address = buffer.address + offset,
                                      .direction = arch::Direction::Store,
                                      .type = place.type},
                {buffer.access(Memory::Activation, false), dramAccess(destination, true)});
        });
}

std::uint64_t wholeWords(const LoweringContext& context, std::uint64_t bytes) {
    const std::uint64_t word = arch::activationLayout(context.machine).wordBytes();
    return ceilDivide(bytes, word) * word;
}

void needActivations(LoweringContext& context, std::uint64_t bytes) {
    arch::Program& program = context.builder.program();
    program.activationBytes = std::max(program.activationBytes, static_cast<std::uint32_t>(bytes));
}

}  // namespace systole::sim
