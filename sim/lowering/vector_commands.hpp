// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arch/datapath.hpp"
#include "arch/program/command.hpp"
#include "sim/lowering/vector_programs.hpp"

/// Vector commands: a program of vector_programs.hpp over operands at their places.
namespace systole::sim {

/// Sums that become codes together. Addresses are bytes of the scratchpads.
struct RequantizedBlock {
    std::uint32_t outputs = 1;
    std::uint32_t channels = 1;
    /// Whether channels lie along the accumulator's rows and outputs along its columns, as an
    /// input-stationary array leaves them. Else outputs lie along the rows.
    bool channelsAlongRows = false;
    std::uint32_t accumulatorRow = 0;
    std::uint32_t parameters = 0;
    std::optional<std::uint32_t> skip{};  ///< laid out like the codes
    std::uint32_t destination = 0;        ///< element (output, channel) at destination +
    std::uint32_t pitch = 0;              ///< output * pitch + channel * element bytes
};
arch::VectorCommand requantizeCommand(const SharedProgram& program, const arch::Datapath& datapath,
                                      numeric::ScaleArithmetic arithmetic,
                                      const RequantizedBlock& block);

/// Every channel of the window by itself; the result is dense [output][channel].
arch::VectorCommand windowCommand(const SharedProgram& program, const arch::TileWindow& window,
                                  std::uint32_t destination);

struct ElementRun {
    std::uint32_t elements = 1;
    std::uint32_t bytes = 1;  ///< of an element
    bool reduced = false;     ///< whether the program reduces all of them
};
/// Element by element.
arch::VectorCommand elementsCommand(const SharedProgram& program,
                                    const std::vector<std::uint32_t>& sources,
                                    std::uint32_t destination, const ElementRun& run);

}  // namespace systole::sim
