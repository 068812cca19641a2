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
    Sum,           ///< of its parts
    Logic,         ///< gates and flip-flops: leaks by its area
    Memory,        ///< macros: leak as their model says
    RegisterFile,  ///< a memory of gates and flip-flops: placed as logic, leaks as its model says
    Room,          ///< silicon without a circuit: leaks nothing
    Free,          ///< an ideal part (ideal_parts.hpp): contributes nothing
};

/// A component and what it is made of.
struct AreaNode {
    std::string name;  ///< snake_case, as results call it
    AreaBasis basis = AreaBasis::Sum;
    double squareMicrons = 0;
    double lowSquareMicrons = 0;  ///< error band
    double highSquareMicrons = 0;
    std::string source{};
    Estimate memoryLeakageWatts{};     ///< of a memory
    double registerSquareMicrons = 0;  ///< of that: flip-flops, which a clock tree must reach
    /// Of a component with its buffers, clock tree and room (machine/silicon.hpp); its cells again
    /// where there is no layout. 0 of what is in the silicon of the components.
    Estimate siliconSquareMicrons{};
    /// What a reader of the figure should know, such as that a fit was used outside of its range.
    std::vector<std::string> notes{};
    std::vector<AreaNode> parts{};  ///< sum up to it

    /// Its cells and macros with their band.
    Estimate cells() const { return {squareMicrons, lowSquareMicrons, highSquareMicrons}; }
    /// Whether it, or a part of it, is ideal.
    bool isFree() const;
    /// The part of that name.
    const AreaNode* find(const std::string& part) const;
};

/// From cells to silicon; null: the technology does not say, or the machine leaves it out.
const LayoutTechnology* layoutOf(const Technology& technology, const MachineDescription& machine);

/// A node of these parts.
AreaNode sumOf(std::string name, std::vector<AreaNode> parts);

/// The machine as a tree: `array` (its elements by part, edge), scratchpads, accumulator buffer,
/// vector unit, DMA engine, sequencer, memory controller, each with the area of its cells and
/// macros as synthesis and CACTI count them; and `layout`, what silicon has on top, if the
/// technology says so and the machine does not leave it out. Pads and the DRAM's PHY are not in it.
AreaNode areaOf(const Technology& technology, const MachineDescription& machine);

/// Square microns of a machine without its layout: of the cells and the macros.
double cellsOf(const AreaNode& machine);

/// How fast the machine can be clocked.
struct ClockLimits {
    double elementNanoseconds = 0;     ///< of the slowest processing element, as it is made
    double fastNanoseconds = 0;        ///< for the least delay; 0: the technology does not say
    double scratchpadNanoseconds = 0;  ///< of the slowest memory, built for a fast clock

    /// That elements and memories allow; infinite where nothing limits it.
    double reachableHertz() const;
    bool reach(double hertz) const { return hertz <= reachableHertz(); }
};
ClockLimits clockLimits(const Technology& technology, const MachineDescription& machine);

}  // namespace systole::cost
