// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/cost/circuit/element_circuit.hpp"
#include "models/cost/element/operand_trace.hpp"
#include "models/cost/netlist/circuit_activity.hpp"
#include "models/cost/netlist/gate_counts.hpp"
#include "models/cost/technology/logic_technology.hpp"

namespace systole::cost {

/// What the reports take a processing element (PE) apart into.
enum class ElementPart : std::uint8_t {
    Multiplier,  ///< decoders and exponent adder included
    Alignment,
    Accumulator,
    Normalisation,
    Rounding,
    Registers,
};
inline constexpr std::array kElementParts{ElementPart::Multiplier,  ElementPart::Alignment,
                                          ElementPart::Accumulator, ElementPart::Normalisation,
                                          ElementPart::Rounding,    ElementPart::Registers};
inline constexpr std::size_t kElementPartCount = kElementParts.size();

/// `multiplier`, `alignment`, `accumulator`, `normalisation`, `rounding`, `registers`.
const char* nameOf(ElementPart part);

/// A figure for each part of a PE.
struct ByElementPart {
    std::array<double, kElementPartCount> values{};

    double& operator[](ElementPart part) { return values[static_cast<std::size_t>(part)]; }
    double operator[](ElementPart part) const { return values[static_cast<std::size_t>(part)]; }
    double total() const;
};

/// How often gates and registers of a PE changed over some products.
struct ElementActivity {
    Toggles gates;
    std::uint64_t products = 0;
    std::uint64_t registerToggles = 0;
    std::uint64_t clockedBits = 0;  ///< register bits times the cycles in which they were clocked

    ElementActivity& operator+=(const ElementActivity& more);
};

/// Whether products with a zero leave multiplier and adder at rest: their registers keep what they
/// hold, and the sum passes by.
enum class ZeroGating : std::uint8_t { Off, On };

/// How a PE is made: what its synthesis aims at, and into how many stages it is pipelined.
struct ElementMake {
    Goal goal = Goal::Area;
    std::uint32_t stages = 1;

    bool operator==(const ElementMake&) const = default;
};

/// How far an energy may be off, as shares of it.
struct EnergyDoubt {
    double down = 0;
    double up = 0;
    bool isMeasured = true;      ///< else energies of this goal of synthesis were never measured
    std::string outsideOfFit{};  ///< why the band is wider (FitWidening); empty: it is not
};

/// Where a circuit lies outside of those that were synthesised for the fit, and what the errors of
/// its figures are widened by.
struct FitWidening {
    double area = 1;
    double delay = 1;
    double energy = 1;
    std::vector<std::string> reasons{};  ///< empty: it lies inside

    /// `outside of the fit (posit operands): bands are wider, by estimate`; empty: it lies inside.
    std::string note() const;
};

/// Area, delay and energy of a PE: its circuit (circuit/element_circuit.hpp) with the figures of a
/// technology. No wires between PEs, no clock tree.
class ElementModel {
public:
    ElementModel(const LogicTechnology& technology, const ElementDescription& element,
                 ElementMake make = {});
    /// Of a multiplier by itself, without registers.
    static ElementModel ofMultiplier(const LogicTechnology& technology,
                                     const ElementDescription& element, Goal goal = Goal::Area);

    ByElementPart squareMicrons() const;
    double leakageWatts() const;
    std::size_t flipFlops() const;
    /// From register to register: the shortest clock period. Pipelined, of the longest stage.
    double nanoseconds() const { return delay_; }
    /// Area of the gates, over that of the same gates in a synthesis for the least area: how much
    /// larger they are, and so how much more they may switch than `energyOf` says.
    double gateSize() const;

    /// What a trace of operands does to the circuit, from its second step on.
    ElementActivity activityOf(const OperandTrace& trace,
                               ZeroGating gating = ZeroGating::Off) const;
    /// Joules per product. Empty activity: none.
    ByElementPart energyOf(const ElementActivity& activity) const;
    /// Of that, wires into the circuit: of `multiplier` if that is alone, else of `registers`.
    double inputJoules(const ElementActivity& activity) const;
    /// The error of energies of PEs. Where none of synthesis for speed was measured, the
    /// coefficients are those of the least area: an energy may be larger by as much as the gates
    /// are.
    EnergyDoubt energyDoubt() const;
    /// Stages beyond those of the fit widen an error half of the way, in logarithms, to the figure
    /// of the same element with as many stages as the fit has. All else: distanceFrom.
    FitWidening fitWidening() const;
    /// What `fitted` of a technology is made of.
    CircuitShape shape() const;
    /// Joules per product if every gate and register bit toggles `rate` times in a cycle, without
    /// glitches.
    ByElementPart flatEnergy(double rate) const;
    /// A clocked cycle in which nothing changes.
    double idleJoules() const;

    const ElementDescription& description() const { return element_; }
    const ElementCircuit& circuit() const { return circuit_; }
    const CriticalPath& path() const { return path_; }
    const GateCounts& gates() const { return gates_; }

private:
    ElementModel(const LogicTechnology& technology, const ElementDescription& element, Goal goal,
                 std::uint32_t stages, ElementCircuit circuit, bool hasRegisters);
    void widenByStages(FitWidening& widening) const;

    LogicTechnology technology_;
    ElementDescription element_;
    Goal goal_;
    std::uint32_t stages_;
    ElementCircuit circuit_;
    bool hasRegisters_;
    GateCounts gates_;
    CriticalPath path_;
    double delay_ = 0;
};

}  // namespace systole::cost
