// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "models/cost/element/element_model.hpp"
#include "models/cost/machine/area_model.hpp"
#include "models/cost/machine/counters.hpp"
#include "models/cost/machine/machine_memories.hpp"
#include "models/cost/technology/corner.hpp"

namespace systole::cost {

struct EnergyBreakdown {
    double arrayMultiplierJoules = 0;
    double arrayAlignmentJoules = 0;
    double arrayAccumulatorJoules = 0;
    double arrayNormalisationJoules = 0;
    double arrayRoundingJoules = 0;
    double arrayRegistersJoules = 0;
    double arrayIdleJoules = 0;
    double arrayEdgeJoules = 0;
    double arrayControlJoules = 0;
    double activationScratchpadJoules = 0;
    double weightScratchpadJoules = 0;
    double accumulatorBufferJoules = 0;
    double vectorUnitJoules = 0;
    double dmaJoules = 0;
    double sequencerJoules = 0;
    double memoryControllerJoules = 0;
    double wiresJoules = 0;
    double clockTreeJoules = 0;
    double leakageJoules = 0;
    double dramJoules = 0;
    double dramIoJoules = 0;

    double totalJoules() const;
};

/// What an energy is computed from, which says how far it may be off.
enum class EnergyBasis : std::uint8_t {
    Element,    ///< the circuit of a processing element
    Estimate,   ///< counts of registers and gates
    Memory,     ///< the model of memories
    Wires,      ///< coefficients of the layout
    ClockTree,  ///< likewise
    Leakage,    ///< the areas of logic, and the model of memories
    Dram,       ///< commands and currents of the part
};

struct EnergyComponent {
    std::string_view name;  ///< snake_case, as results call it
    EnergyBasis basis;
    std::string_view description;
    double EnergyBreakdown::*joules;
};

inline constexpr std::array kEnergyComponents{
    EnergyComponent{"array_multiplier", EnergyBasis::Element, "products of the processing elements",
                    &EnergyBreakdown::arrayMultiplierJoules},
    EnergyComponent{"array_alignment", EnergyBasis::Element, "shifters of float products",
                    &EnergyBreakdown::arrayAlignmentJoules},
    EnergyComponent{"array_accumulator", EnergyBasis::Element,
                    "additions of the processing elements",
                    &EnergyBreakdown::arrayAccumulatorJoules},
    EnergyComponent{"array_normalisation", EnergyBasis::Element, "normalisation of float sums",
                    &EnergyBreakdown::arrayNormalisationJoules},
    EnergyComponent{"array_rounding", EnergyBasis::Element, "rounding of float sums",
                    &EnergyBreakdown::arrayRoundingJoules},
    EnergyComponent{"array_registers", EnergyBasis::Element,
                    "registers of operands and sums, clock included",
                    &EnergyBreakdown::arrayRegistersJoules},
    EnergyComponent{"array_idle", EnergyBasis::Element,
                    "clock of processing elements without a MAC",
                    &EnergyBreakdown::arrayIdleJoules},
    EnergyComponent{"array_edge", EnergyBasis::Estimate,
                    "skew registers, loads of stationary operands",
                    &EnergyBreakdown::arrayEdgeJoules},
    EnergyComponent{"array_control", EnergyBasis::Estimate,
                    "clock of control bits and second registers of the elements",
                    &EnergyBreakdown::arrayControlJoules},
    EnergyComponent{"activation_scratchpad", EnergyBasis::Memory, "reads and writes of activations",
                    &EnergyBreakdown::activationScratchpadJoules},
    EnergyComponent{"weight_scratchpad", EnergyBasis::Memory, "reads and writes of weights",
                    &EnergyBreakdown::weightScratchpadJoules},
    EnergyComponent{"accumulator_buffer", EnergyBasis::Memory, "reads and writes of partial sums",
                    &EnergyBreakdown::accumulatorBufferJoules},
    EnergyComponent{"vector_unit", EnergyBasis::Estimate,
                    "operations of the vector lanes by kind, and the clock of their registers",
                    &EnergyBreakdown::vectorUnitJoules},
    EnergyComponent{"dma", EnergyBasis::Estimate,
                    "bytes and bursts of the DMA engine, and the clock of its generators",
                    &EnergyBreakdown::dmaJoules},
    EnergyComponent{"sequencer", EnergyBasis::Estimate,
                    "commands that pass the queues, and the clock of its counters",
                    &EnergyBreakdown::sequencerJoules},
    EnergyComponent{"memory_controller", EnergyBasis::Estimate,
                    "bursts and DRAM commands that the controller handles, and its clock",
                    &EnergyBreakdown::memoryControllerJoules},
    EnergyComponent{"wires", EnergyBasis::Wires,
                    "wires in the blocks of logic, and between memories and array",
                    &EnergyBreakdown::wiresJoules},
    EnergyComponent{"clock_tree", EnergyBasis::ClockTree, "buffers and wires of the clock tree",
                    &EnergyBreakdown::clockTreeJoules},
    EnergyComponent{"leakage", EnergyBasis::Leakage,
                    "leakage of logic and memories, over the whole time",
                    &EnergyBreakdown::leakageJoules},
    EnergyComponent{"dram", EnergyBasis::Dram, "commands, refresh and background of the devices",
                    &EnergyBreakdown::dramJoules},
    EnergyComponent{"dram_io", EnergyBasis::Dram, "drivers and termination of the pins",
                    &EnergyBreakdown::dramIoJoules},
};

/// Leakage of every component of an area tree, at an end of its band.
double leakageWattsOf(const AreaNode& area, const LogicTechnology& logic, double temperatureKelvin,
                      Corner corner = Corner::Nominal);

/// What a machine did, and the DRAM beside it.
struct MachineActions {
    Counters counters{};
    double seconds = 0;
    double bursts = 0;     ///< that the DMA engine asked for
    double activates = 0;  ///< rows that the memory controller opened, and closed again
    double refreshes = 0;  ///< that it commanded, of all banks or of one
    double dramJoules = 0;
    double dramIoJoules = 0;
    ByElementPart perMac{};  ///< joules of a product
};

/// Energy of a machine: what it did times the figures of a technology, and leakage times time. At
/// an end of the bands all that it consists of is at that end: errors of one fit, of one estimate
/// or of one layout are off in the same direction everywhere.
///
/// It is linear: the energy of two stretches of a run is the sum of theirs.
class EnergyModel {
public:
    EnergyModel(const Technology& technology, const MachineDescription& machine,
                Corner corner = Corner::Nominal);

    EnergyBreakdown energyOf(const MachineActions& actions) const;

    double leakageWatts() const { return leakageWatts_; }

private:
    /// Joules, by what they are of: wires in blocks go with gates, the clock tree with clocks.
    struct Action {
        double gates = 0;
        double toggles = 0;  ///< of registers
        double clocks = 0;   ///< of registers

        double joules() const { return gates + toggles + clocks; }
    };
    /// What the layout's energies follow from.
    struct Switching {
        double gates = 0;
        double clocks = 0;

        /// Joules of so many actions, which are added to the above.
        double take(double times, const Action& action);
    };
    struct Access {
        double read = 0;
        double write = 0;
        double wires = 0;  ///< of the word on its way to or from the array
    };
    struct Lanes {
        Action cycle;
        Action pass;
        Action bias;
        numeric::ByFunctionClass<Action> functions;
    };
    struct Controllers {
        Action dmaCycle;
        Action dmaByte;
        Action dmaBurst;
        Action sequencerCycle;
        Action command;
        Action controllerSecond;
        Action memoryRequest;
        Action memoryCommand;
    };
    class Builder;

    void addArray(const MachineActions& actions, EnergyBreakdown& energy,
                  Switching& switching) const;
    void addMemories(const Counters& counters, EnergyBreakdown& energy) const;
    void addControllers(const MachineActions& actions, EnergyBreakdown& energy,
                        Switching& switching) const;

    Access activationScratchpad_;
    Access weightScratchpad_;
    Access accumulatorBuffer_;
    Action productClock_;  ///< of the element's registers in a product, which is part of perMac
    Action idle_;          ///< of an element in a cycle
    Action productControl_;
    Action idleControl_;
    Action edge_;              ///< of all skew registers in a cycle
    Action load_;              ///< of a stationary operand that moves on
    double toggleJoules_ = 0;  ///< of a register bit of those
    Lanes lanes_;
    Controllers controllers_;
    double clockHertz_ = 0;
    double elementFactor_ = 1;  ///< of the corner
    double wireShare_ = 0;
    double clockTreeShare_ = 0;
    double leakageWatts_ = 0;
};

}  // namespace systole::cost
