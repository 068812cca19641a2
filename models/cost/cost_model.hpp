// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "models/cost/counters.hpp"
#include "models/cost/machine_description.hpp"
#include "models/cost/technology.hpp"

/// Area and energy of a machine: counters and sizes times the coefficients of a technology. Wires,
/// clock tree, the registers of vector lanes and their leakage, DMA engine and sequencer are not
/// modelled.
namespace systole::cost {

/// Which end of the memories' error band to assume.
enum class SramCorner { Nominal, Low, High };

struct EnergyBreakdown {
    double arrayMacJoules = 0;
    double arrayClockJoules = 0;  ///< clocking processing elements that had no MAC
    double activationScratchpadJoules = 0;
    double weightScratchpadJoules = 0;
    double accumulatorBufferJoules = 0;
    double vectorUnitJoules = 0;
    double leakageJoules = 0;
    double dramJoules = 0;
    double dramIoJoules = 0;

    double totalJoules() const;
};

struct EnergyComponent {
    std::string_view name;  ///< snake_case, as results call it
    std::string_view description;
    double EnergyBreakdown::*joules;
};

inline constexpr std::array kEnergyComponents{
    EnergyComponent{"array_mac", "multiply-accumulates", &EnergyBreakdown::arrayMacJoules},
    EnergyComponent{"array_clock", "clock of processing elements without a MAC",
                    &EnergyBreakdown::arrayClockJoules},
    EnergyComponent{"activation_scratchpad", "reads and writes",
                    &EnergyBreakdown::activationScratchpadJoules},
    EnergyComponent{"weight_scratchpad", "reads and writes",
                    &EnergyBreakdown::weightScratchpadJoules},
    EnergyComponent{"accumulator_buffer", "reads and writes",
                    &EnergyBreakdown::accumulatorBufferJoules},
    EnergyComponent{"vector_unit", "operations", &EnergyBreakdown::vectorUnitJoules},
    EnergyComponent{"leakage", "array and memories, over the whole time",
                    &EnergyBreakdown::leakageJoules},
    EnergyComponent{"dram", "commands, refresh and background", &EnergyBreakdown::dramJoules},
    EnergyComponent{"dram_io", "drivers and termination of the pins",
                    &EnergyBreakdown::dramIoJoules},
};

struct ComponentArea {
    double squareMicrons = 0;
    double lowSquareMicrons = 0;  ///< error band
    double highSquareMicrons = 0;
    bool isFree = false;  ///< an unlimited resource: contributes nothing
    std::string source;
};

struct AreaBreakdown {
    ComponentArea array;
    ComponentArea activationScratchpad;
    ComponentArea weightScratchpad;
    ComponentArea accumulatorBuffer;
    ComponentArea vectorUnit;

    ComponentArea total() const;  ///< isFree if any component is
};

struct AreaComponent {
    std::string_view name;
    ComponentArea AreaBreakdown::*area;
};

inline constexpr std::array kAreaComponents{
    AreaComponent{"array", &AreaBreakdown::array},
    AreaComponent{"activation_scratchpad", &AreaBreakdown::activationScratchpad},
    AreaComponent{"weight_scratchpad", &AreaBreakdown::weightScratchpad},
    AreaComponent{"accumulator_buffer", &AreaBreakdown::accumulatorBuffer},
    AreaComponent{"vector_unit", &AreaBreakdown::vectorUnit},
};

/// Throws MissingCoefficient from the constructor where the technology does not cover the machine.
class EnergyModel {
public:
    EnergyModel(const Technology& technology, const MachineDescription& machine,
                SramCorner corner = SramCorner::Nominal);

    /// Energy of what `counters` say happened within `seconds`.
    EnergyBreakdown energyOf(const Counters& counters, double seconds, double dramJoules,
                             double dramIoJoules) const;

    double leakageWatts() const { return leakageWatts_; }

private:
    ProcessingElement element_;
    /// Of a word; zero where free.
    struct AccessJoules {
        double read = 0;
        double write = 0;
    };

    AccessJoules activationScratchpad_;
    AccessJoules weightScratchpad_;
    AccessJoules accumulatorBuffer_;
    double vectorOperationJoules_ = 0;
    double leakageWatts_ = 0;
};

class AreaModel {
public:
    AreaModel(const Technology& technology, const MachineDescription& machine);

    const AreaBreakdown& area() const { return area_; }

    /// Whether a multiply-accumulate fits in a clock cycle: synthesised for area, for speed.
    bool meetsClock() const { return meetsClock_; }
    bool meetsClockSynthesisedForSpeed() const { return meetsClockFast_; }

private:
    AreaBreakdown area_;
    bool meetsClock_ = false;
    bool meetsClockFast_ = false;
};

}  // namespace systole::cost
