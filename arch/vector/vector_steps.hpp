// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arch/memory/scratchpad_ports.hpp"
#include "arch/program/command.hpp"

namespace systole::arch {

/// What a command of the vector unit reads and writes, cycle by cycle. Every cycle takes in a group
/// of elements, as many as there are lanes, and their results are written `pipelineDepth` cycles
/// later. VectorUnit posts the steps to the ports.
struct VectorSteps {
    memory::AccessStream stream;
    Cycle cycles = 0;                   ///< if no port makes it wait
    std::uint64_t operations = 0;       ///< elements that pass a lane
    std::uint64_t activationReads = 0;  ///< words; so are the next two
    std::uint64_t activationWrites = 0;
    std::uint64_t weightReads = 0;
    std::uint64_t accumulatorReads = 0;  ///< sums
};

/// The steps of a command. Unlimited lanes take no time: then the stream is empty, and a group is
/// all that lies along a row.
VectorSteps vectorSteps(const VectorUnitConfig& config, const ScratchpadPorts& ports,
                        const Operation& operation, std::uint32_t accumulatorRows,
                        std::uint32_t parameterBytes);

}  // namespace systole::arch
