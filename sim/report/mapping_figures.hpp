// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sim/run/result.hpp"

/// What `--explain` tells of a layer, once for JSON and for the terminal.
namespace systole::sim {

/// A name with its unit, as JSON has it, and the value.
struct MappingFigure {
    const char* name;
    std::variant<std::uint64_t, double, std::string> value;
};

/// Loop order, tile and chunks of a choice, and what it was estimated to cost.
std::vector<MappingFigure> choiceFigures(const arch::MappingChoice& choice,
                                         const arch::ConvolutionShape& shape,
                                         const arch::ArrayConfig& array);

/// All of a layer that has a mapping, but for the runner-up.
std::vector<MappingFigure> mappingFigures(const LayerResult& layer, const arch::ArrayConfig& array);

/// Output channels whose weights are loaded together, and input channels of a load, at most.
std::uint64_t outputChannelsOf(const arch::ConvolutionTiling& tiling,
                               const arch::ConvolutionShape& shape, const arch::ArrayConfig& array);
std::uint64_t channelsOf(const arch::ConvolutionTiling& tiling, const arch::ConvolutionShape& shape,
                         const arch::ArrayConfig& array);

}  // namespace systole::sim
