// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "models/cost/element/element_model.hpp"
#include "models/cost/machine/machine_description.hpp"
#include "models/cost/machine/machine_memories.hpp"
#include "models/cost/technology/technology.hpp"

namespace systole::cost {

/// What a component is built of, from which its leakage follows.
enum class AreaBasis : std::uint8_t {
    Sum,     ///< of its parts
    Logic,   ///< gates and flip-flops: leaks by its area
    Memory,  ///< macros: leak as their model says
    Free,    ///< an unlimited resource: contributes nothing
};

/// A component and what it is made of.
struct AreaNode {
    std::string name;  ///< snake_case, as results call it
    AreaBasis basis = AreaBasis::Sum;
    double squareMicrons = 0;
    double lowSquareMicrons = 0;  ///< error band
    double highSquareMicrons = 0;
    std::string source{};
    Estimate memoryLeakageWatts{};  ///< of a memory
    std::vector<AreaNode> parts{};  ///< sum up to it

    /// Whether it, or a part of it, is an unlimited resource.
    bool isFree() const;
    /// The part of that name.
    const AreaNode* find(const std::string& part) const;
};

/// The machine as a tree: `array` (its elements by part, edge), scratchpads, accumulator buffer,
/// vector unit, DMA engine, sequencer, memory controller. Wires between components, clock tree,
/// pads and the DRAM's PHY are not in it.
AreaNode areaOf(const Technology& technology, const MachineDescription& machine);

/// How fast the machine can be clocked.
struct ClockLimits {
    double elementNanoseconds = 0;     ///< of a processing element, as it is made
    double fastNanoseconds = 0;        ///< for the least delay; 0: the technology does not say
    double scratchpadNanoseconds = 0;  ///< the cycle of the slowest memory

    /// That elements and memories allow; infinite where nothing limits it.
    double reachableHertz() const;
    bool reach(double hertz) const { return hertz <= reachableHertz(); }
};
ClockLimits clockLimits(const Technology& technology, const MachineDescription& machine);

}  // namespace systole::cost
