// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/machine/machine_description.hpp"
#include "models/cost/technology/logic_technology.hpp"

/// Logic that was not synthesised with the processing elements: counts of register bits and gates
/// that its function needs, with the technology's figures. Estimates; kEstimateError is how far
/// they may be off.
namespace systole::cost {

/// As a share of 1, up and down.
inline constexpr double kEstimateError = 0.5;
inline constexpr const char* kEstimateSource = "estimate from counts of registers and gates";

/// A block of logic.
struct LogicEstimate {
    double registerBits = 0;
    double gateSquareMicrons = 0;
    double joulesPerUse = 0;  ///< of an operation, without clocks

    double squareMicrons(const LogicTechnology& technology) const {
        return registerBits * technology.flipFlop.squareMicrons + gateSquareMicrons;
    }
};

/// So many of them; a use is one of one.
inline LogicEstimate operator*(double count, LogicEstimate each) {
    each.registerBits *= count;
    each.gateSquareMicrons *= count;
    return each;
}

/// One lane of the vector unit: an INT32 addition (bias), an FP32 multiplication (scale), an FP32
/// addition (residual, rounding), and a register behind each. A use is an element that passes all.
LogicEstimate vectorLane(const LogicTechnology& technology);

/// Everything in the array but its elements' circuits, of one element: control bits that travel
/// with the operands and the products of a pipeline, second registers, the multiplexers of bypass
/// and drain, and the zero gate.
LogicEstimate elementControl(const LogicTechnology& technology, const MachineDescription& machine);
/// Skew registers at the edges and the fold sequencer's counters.
LogicEstimate arrayEdge(const LogicTechnology& technology, const MachineDescription& machine);

/// Of parts that are built: none of their sizes is without limit (ideal_parts.hpp).
///
/// Address generators, a queue of outstanding bursts and a buffer of one burst a direction.
LogicEstimate dmaEngine(const LogicTechnology& technology, const ControlDescription& control);
/// Command queues and their dispatch.
LogicEstimate sequencer(const LogicTechnology& technology, const ControlDescription& control);
/// Request queues with the comparison of their rows, write data, the state and the timers of every
/// bank. Without the PHY.
LogicEstimate memoryController(const LogicTechnology& technology,
                               const ControlDescription& control);

}  // namespace systole::cost
