// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/memory/scratchpad_ports.hpp"
#include "arch/program/command.hpp"

namespace systole::arch {

/// What a command of the vector unit reads and writes, cycle by cycle. A pass of its program takes
/// in a group of elements every cycle, as many as there are lanes; what it writes leaves
/// `pipelineDepth` cycles later. VectorUnit posts the steps to the ports.
///
/// A group takes `intervalOf` cycles. The nest: every index of the axes that are kept, groups of
/// lanes along the last axis; for each, the passes; in a pass every index of the reduced axes.
struct VectorSteps {
    memory::AccessStream stream;
    Cycle cycles = 0;                   ///< if no port makes it wait
    std::uint64_t operations = 0;       ///< elements that pass a lane
    std::uint64_t activationReads = 0;  ///< words; so are the next two
    std::uint64_t activationWrites = 0;
    std::uint64_t weightReads = 0;
    std::uint64_t accumulatorReads = 0;  ///< sums
    std::uint64_t biases = 0;            ///< that were added to sums
    /// Uses of circuits, by class.
    numeric::ByFunctionClass<std::uint64_t> functions{};
};

/// Cycles from one group of elements to the next: what the scarcest circuits of a lane need for the
/// work of one element. Classes without circuits but with work are an InvariantError: the lowering
/// refuses such programs.
std::uint32_t intervalOf(const VectorUnitConfig& config,
                         const numeric::ByFunctionClass<std::uint32_t>& work);

/// The same for all passes of a program together: cycles from one group of elements to the next
/// where nothing is reduced.
std::uint32_t intervalOf(const VectorUnitConfig& config, const numeric::VectorProgram& program);

/// Cycles of a command over a space if no port makes it wait: the closed form of
/// docs/vector_unit.md.
Cycle vectorCycles(const VectorUnitConfig& config, const numeric::VectorProgram& program,
                   const numeric::VectorSpace& space);

/// What the steps depend on besides the command.
struct MemorySizes {
    std::uint32_t accumulatorRows = 0;  ///< of both halves
    std::uint32_t recordBytes = 0;      ///< of a parameter record
    /// Program::types.
    std::span<const ElementType> types{};
};

/// The steps of a command. Unlimited lanes take no time: then the stream is empty, and a group is
/// all that lies along the last axis.
VectorSteps vectorSteps(const VectorUnitConfig& config, const ScratchpadPorts& ports,
                        const VectorCommand& command, const MemorySizes& sizes);

}  // namespace systole::arch
