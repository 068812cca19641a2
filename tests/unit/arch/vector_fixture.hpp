// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "sim/lowering/vector_commands.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

/// Vector commands as the lowering writes them, of INT8 with a 32-bit accumulator and binary32
/// multipliers.
namespace systole {

inline constexpr auto kBinary32 = numeric::ScaleArithmetic::Fp32Multiplier;

inline arch::VectorCommand requantizationOf(
    const sim::RequantizedBlock& block,
    const std::optional<sim::QuantizedAddition>& addition = std::nullopt) {
    const arch::Datapath datapath(int8Datapath());
    return sim::requantizeCommand(sim::requantizeProgram(datapath, kBinary32, false, addition),
                                  datapath, kBinary32, block);
}

inline arch::VectorCommand poolingOf(const sim::QuantizedPooling& pooling,
                                     const arch::TileWindow& window, std::uint32_t destination) {
    return sim::windowCommand(sim::poolingProgram(pooling, kBinary32), window, destination);
}

inline arch::VectorCommand reluOf(std::uint32_t source, std::uint32_t elements,
                                  std::uint32_t destination) {
    return sim::elementsCommand(sim::reluProgram(), {source}, destination, {elements, 1, false});
}

inline arch::VectorCommand additionOf(const std::vector<std::uint32_t>& sources,
                                      std::uint32_t elements, std::uint32_t destination) {
    return sim::elementsCommand(sim::additionProgram({}, kBinary32), sources, destination,
                                {elements, 1, false});
}

inline arch::VectorCommand softmaxOf(std::uint32_t source, std::uint32_t elements,
                                     std::uint32_t destination) {
    return sim::elementsCommand(sim::softmaxProgram({}), {source}, destination,
                                {elements, 1, true});
}

}  // namespace systole
