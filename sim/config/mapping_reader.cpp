// SPDX-License-Identifier: Apache-2.0
#include "sim/config/mapping_reader.hpp"

#include <fmt/format.h>

namespace systole::sim {
namespace {

constexpr IntegerRange kSize{1, std::uint64_t{1} << 31};

std::optional<std::uint32_t> readSize(const Section& section, const char* key) {
    const auto value = section.find(key);
    return value ? std::optional(value->integer<std::uint32_t>(kSize)) : std::nullopt;
}

arch::MappingOverride readLayer(const Value& value) {
    arch::MappingOverride fixed;
    fixed.origin = fmt::format("{}: {}", value.place(), value.path());
    const Section section = value.section();
    if (const auto order = section.find("loop_order")) {
        fixed.weightsOuter = order->oneOf<bool>(
            {{arch::kLoopOrderNames[0], true}, {arch::kLoopOrderNames[1], false}});
    }
    if (const auto tile = section.find("tile")) {
        const Section sizes = tile->section();
        fixed.tileHeight = readSize(sizes, "height");
        fixed.tileWidth = readSize(sizes, "width");
    }
    fixed.channels = readSize(section, "channels");
    fixed.outputChannels = readSize(section, "output_channels");
    return fixed;
}

}  // namespace

arch::MappingConfig readMapping(const Section& section) {
    arch::MappingConfig mapping;
    const char* objective = arch::kObjectiveNames.at(static_cast<std::size_t>(mapping.objective));
    mapping.objective = static_cast<arch::MappingObjective>(
        section.at("objective", objective)
            .choose({arch::kObjectiveNames.begin(), arch::kObjectiveNames.end()}));
    for (const auto& [name, value] :
         section.at("layers", Default::section().described("none")).section().entries()) {
        mapping.layers[name] = readLayer(value);
    }
    return mapping;
}

}  // namespace systole::sim
