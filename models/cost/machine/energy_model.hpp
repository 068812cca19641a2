// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "models/cost/element/element_model.hpp"
#include "models/cost/machine/area_model.hpp"
#include "models/cost/machine/counters.hpp"
#include "models/cost/machine/machine_memories.hpp"

namespace systole::cost {

/// Which end of the memories' error band to assume.
enum class SramCorner : std::uint8_t { Nominal, Low, High };

struct EnergyBreakdown {
    double arrayMultiplierJoules = 0;
    double arrayAlignmentJoules = 0;
    double arrayAccumulatorJoules = 0;
    double arrayNormalisationJoules = 0;
    double arrayRoundingJoules = 0;
    double arrayRegistersJoules = 0;
    double arrayIdleJoules = 0;
    double arrayEdgeJoules = 0;
    double activationScratchpadJoules = 0;
    double weightScratchpadJoules = 0;
    double accumulatorBufferJoules = 0;
    double vectorUnitJoules = 0;
    double dmaJoules = 0;
    double leakageJoules = 0;
    double dramJoules = 0;
    double dramIoJoules = 0;

    double totalJoules() const;
};

/// What an energy is computed from, which says how far it may be off.
enum class EnergyBasis : std::uint8_t {
    Element,   ///< the circuit of a processing element
    Estimate,  ///< counts of registers and gates
    Memory,    ///< the model of memories; leakage, most of which is theirs
    Dram,      ///< commands and currents of the part
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
    EnergyComponent{"activation_scratchpad", EnergyBasis::Memory, "reads and writes of activations",
                    &EnergyBreakdown::activationScratchpadJoules},
    EnergyComponent{"weight_scratchpad", EnergyBasis::Memory, "reads and writes of weights",
                    &EnergyBreakdown::weightScratchpadJoules},
    EnergyComponent{"accumulator_buffer", EnergyBasis::Memory, "reads and writes of partial sums",
                    &EnergyBreakdown::accumulatorBufferJoules},
    EnergyComponent{"vector_unit", EnergyBasis::Estimate, "operations of the vector lanes",
                    &EnergyBreakdown::vectorUnitJoules},
    EnergyComponent{"dma", EnergyBasis::Estimate, "bytes through the buffers of the DMA engine",
                    &EnergyBreakdown::dmaJoules},
    EnergyComponent{"leakage", EnergyBasis::Memory,
                    "leakage of logic and memories, over the whole time",
                    &EnergyBreakdown::leakageJoules},
    EnergyComponent{"dram", EnergyBasis::Dram, "commands, refresh and background of the devices",
                    &EnergyBreakdown::dramJoules},
    EnergyComponent{"dram_io", EnergyBasis::Dram, "drivers and termination of the pins",
                    &EnergyBreakdown::dramIoJoules},
};

/// Leakage of every component of an area tree, at an end of the memories' band.
double leakageWattsOf(const AreaNode& area, const LogicTechnology& logic, double temperatureKelvin,
                      SramCorner corner = SramCorner::Nominal);

/// Energy of a machine: counters times the figures of a technology, and leakage times time. Wires
/// between components and the clock tree are not modelled.
class EnergyModel {
public:
    EnergyModel(const Technology& technology, const MachineDescription& machine,
                SramCorner corner = SramCorner::Nominal);

    /// Energy of what `counters` say happened within `seconds`, with products of `perMac` joules.
    EnergyBreakdown energyOf(const Counters& counters, double seconds, double dramJoules,
                             double dramIoJoules, const ByElementPart& perMac) const;

    double leakageWatts() const { return leakageWatts_; }

private:
    struct AccessJoules {
        double read = 0;
        double write = 0;
    };

    AccessJoules activationScratchpad_;
    AccessJoules weightScratchpad_;
    AccessJoules accumulatorBuffer_;
    double idleJoules_ = 0;    ///< of an element in a cycle
    double edgeJoules_ = 0;    ///< of all skew registers in a cycle
    double loadJoules_ = 0;    ///< of a stationary operand that moves on
    double toggleJoules_ = 0;  ///< of a register bit
    double vectorOperationJoules_ = 0;
    double dmaByteJoules_ = 0;
    double leakageWatts_ = 0;
};

}  // namespace systole::cost
