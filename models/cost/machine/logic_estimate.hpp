// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "models/cost/machine/machine_description.hpp"
#include "models/cost/technology/logic_technology.hpp"

/// Logic that was not synthesised with the processing elements: counts of register bits and gates
/// that its function needs, with the technology's figures. Estimates; estimateDoubt says how far
/// they may be off.
namespace systole::cost {

/// Of the counts, as a share of 1, up and down.
inline constexpr double kEstimateError = 0.5;
/// That, and the error of the technology's figures, by which the counts are multiplied.
double estimateDoubt(const std::optional<FitError>& figures);
inline constexpr const char* kEstimateSource = "estimate from counts of registers and gates";

/// A block of logic.
struct LogicEstimate {
    double registerBits = 0;
    /// Of these, those that a clock reaches in every cycle. The others are places of queues and
    /// buffers, which are clocked when they are written: every synthesis gates them.
    double clockedBits = 0;
    double gateSquareMicrons = 0;
    std::string note{};  ///< what a reader of its area should know; may be empty

    double squareMicrons(const LogicTechnology& technology) const {
        return registerBits * technology.flipFlop.squareMicrons + gateSquareMicrons;
    }
};

/// So many of them.
inline LogicEstimate operator*(double count, LogicEstimate each) {
    each.registerBits *= count;
    each.clockedBits *= count;
    each.gateSquareMicrons *= count;
    return each;
}

/// What an action of a block switches: random bits, half of which change.
struct ActionEstimate {
    double gateJoules = 0;
    double storedBits = 0;   ///< places of queues and buffers that it writes
    double clockedBits = 0;  ///< registers of every cycle that it changes
};

/// One lane of the vector unit: an INT32 addition (biases), its circuits, and a register of 32 bits
/// for each of its stages; one at least, for the result. Counted gate by gate, for binary32 with
/// subnormals and infinities: additions, multiplications (of a code as narrow as the activations'
/// format lets them be), and conversions (of a 32-bit integer; the way back shifts and rounds too).
/// The others are multiples of these, divided by the cycles that they take for an element:
/// - A comparison is the INT32 addition.
/// - A division or a root has a row of subtractions and choices for each bit: two multiplications.
/// - A transcendental function is a polynomial of second degree, whose coefficients a table gives:
///   two multiplications and two additions (Pineiro et al., High-speed function approximation using
///   a minimax quadratic interpolator, IEEE Transactions on Computers 54(3), 2005).
LogicEstimate vectorLane(const LogicTechnology& technology, const MachineDescription& machine);

/// What an element does in a lane, with what the lane has: `pass` in each case, and gates on top.
struct VectorActions {
    ActionEstimate pass;  ///< an element that goes through
    ActionEstimate bias;  ///< its addition
    numeric::ByFunctionClass<ActionEstimate> functions;
};
VectorActions vectorActions(const LogicTechnology& technology, const MachineDescription& machine);

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
ActionEstimate dmaByte(const LogicTechnology& technology);
/// A step of an address generator, and a place of the queue.
ActionEstimate dmaBurst(const LogicTechnology& technology, const ControlDescription& control);

/// Command queues and their dispatch.
LogicEstimate sequencer(const LogicTechnology& technology, const ControlDescription& control);
/// A command that is queued and read.
ActionEstimate sequencerCommand(const LogicTechnology& technology,
                                const ControlDescription& control);

/// Request queues with the comparison of their rows, write data, the state and the timers of every
/// bank. Without the PHY.
LogicEstimate memoryController(const LogicTechnology& technology,
                               const ControlDescription& control);
/// A burst: its place in a queue, and its data on their way.
ActionEstimate memoryRequest(const LogicTechnology& technology, const ControlDescription& control);
/// A command to the DRAM: the choice among all entries, and the timers of its bank.
ActionEstimate memoryCommand(const LogicTechnology& technology, const ControlDescription& control);

}  // namespace systole::cost
