// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/cost/circuit/element_circuit.hpp"
#include "models/cost/element/element_model.hpp"
#include "models/cost/machine/energy_options.hpp"
#include "models/numeric/functions/functions.hpp"
#include "models/units.hpp"

namespace systole::cost {

/// A banked scratchpad: one macro a bank. Unlimited capacity or banks: it costs nothing.
struct ScratchpadDescription {
    Limit capacityBytes;
    Limit banks;
    std::uint32_t wordBits = 0;
    std::uint32_t ports = 1;

    bool isFree() const { return !capacityBytes || !banks; }
};

/// What a systolic array is made of besides the elements' circuits.
struct ArrayDescription {
    std::uint32_t rows = 0;  ///< physical elements
    std::uint32_t columns = 0;
    bool isOutputStationary = false;
    bool isInputStationary = false;
    bool overlapsFolds = false;      ///< second registers of stationary operands
    bool hasDrainRegisters = false;  ///< second registers of sums
    std::uint32_t pipelineDepth = 1;
};

/// Queues and data paths of the controllers around the array. Which of them cost nothing because
/// they have no limit, ideal_parts.hpp says.
struct ControlDescription {
    Limit commandQueueDepth;         ///< of each unit
    bool issuesInNoTime = false;     ///< any number of commands in a cycle
    Limit dmaOutstandingBursts;      ///< of each direction
    Limit dmaBytesPerCycle;          ///< likewise
    std::uint32_t dramChannels = 0;  ///< none where DRAM is ideal
    std::uint32_t dramQueueEntries = 0;
    std::uint32_t dramWriteEntries = 0;
    std::uint32_t dramBanks = 0;
    std::uint32_t dramBurstBytes = 0;
    double dramClockHertz = 0;  ///< that the memory controller runs at
};

/// Circuits of one class of functions in a lane of the vector unit.
struct FunctionUnits {
    double circuits = 1;
    double cycles = 1;  ///< from one element to the next: a circuit that takes n is 1/n as large
};
using LaneUnits = numeric::ByFunctionClass<FunctionUnits>;

/// An element beside the one that works in every processing element. It has area, and leaks; its
/// clock is off.
struct IdleElement {
    ElementDescription element;
    Goal synthesis = Goal::Area;
};

/// The numbers of a machine that area and energy depend on.
struct MachineDescription {
    ArrayDescription array;
    ElementDescription element;
    Goal synthesis = Goal::Area;  ///< what that of the elements aims at
    std::vector<IdleElement> idleElements{};
    double clockHertz = 0;
    ScratchpadDescription activationScratchpad;
    ScratchpadDescription weightScratchpad;
    /// One macro of this many accumulators for each array column. Unlimited: it costs nothing.
    Limit accumulatorRows;
    std::uint32_t accumulatorBits = 0;
    Limit vectorLanes;                      ///< unlimited: the vector unit costs nothing
    std::uint32_t vectorPipelineDepth = 0;  ///< ranks of registers of a lane; 0: one cycle
    LaneUnits vectorUnits{};                ///< circuits of a lane
    ControlDescription control;
    bool cellsOnly = false;  ///< costs are those of cells, as synthesis prints them
    EnergyOptions energy;

    ElementMake make() const { return {synthesis, array.pipelineDepth}; }
    /// The same machine while one of its idle elements works, and `element` is idle.
    MachineDescription with(std::size_t idle) const;
};

}  // namespace systole::cost
