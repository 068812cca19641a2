// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "models/cost/circuit/accumulator_circuit.hpp"
#include "models/cost/circuit/multiplier_circuit.hpp"
#include "models/cost/netlist/circuit_timing.hpp"

namespace systole::cost {

/// Formats of the scales that a block of elements shares (OCP MX 1.0, NVFP4).
struct BlockScales {
    numeric::Format activation;
    numeric::Format weight;
};

/// What a processing element (PE) computes.
struct ElementDescription {
    numeric::Format activation;
    numeric::Format weight;
    numeric::Register sum;
    int sumBits = 32;
    /// The exact and integer registers' unit is 2^sumExponent.
    int sumExponent = 0;
    numeric::ProductClass productClass = numeric::ProductClass::ParallelInteger;
    FloatAdder floatAdder = FloatAdder::Flush;
    /// With chunks, the register that the sums of chunks are added to, and its width.
    std::optional<numeric::Register> outer{};
    int outerBits = 0;
    /// With block formats: the sum of a block is multiplied by both scales on its way to the outer
    /// register. Registers of the scales are part of the PE.
    std::optional<BlockScales> scales{};
    /// Integer codes are sign and magnitude, not two's complement.
    bool signMagnitude = false;
};

/// What a PE of these formats is made of. `sum` and its width are those of the accumulator's inner
/// register.
ElementDescription describeElement(const numeric::Format& activation, const numeric::Format& weight,
                                   const numeric::AccumulatorFormat& accumulator,
                                   numeric::ProductClass productClass,
                                   FloatAdder floatAdder = FloatAdder::Flush);

/// A weight stationary PE, one product a cycle: registers of activation, weight and sum, of which
/// the first two feed the multiplier and the last one takes the sum from above plus the product.
/// No reset, no enable, no control, no wires.
struct ElementCircuit {
    Netlist netlist;
    Word activation;  ///< register outputs
    Word weight;
    Word sum;  ///< from the PE above
    Word nextSum;
    Word control;  ///< of the multiplier, and its values in each cycle of a product
    std::vector<std::vector<bool>> schedule;
    Word state;  ///< registers of a bit-serial multiplier
    Word nextState;
    Word held;  ///< pipelined: registers between the stages, the product's included
    Word nextHeld;
    std::uint32_t ranks = 0;  ///< of such registers between operands and sum
    Word outer;               ///< of chunks
    Word nextOuter;
    Word scales;  ///< of activation and weight

    /// All bits that a register takes at the end of the cycle.
    Word outputs() const;
    /// Of these, those that what follows the multiplier makes.
    Word sumOutputs() const;
    std::size_t flipFlops() const;
};

/// With `stages` > 1, `stages - 1` ranks of registers stand between the operands and what aligns
/// and adds the product, as in the RTL. The last rank holds the product. The others hold what
/// crosses the cuts of the multiplier (netlist/pipeline.hpp) where that is deeper than the sum,
/// which is one stage: it is added to in every cycle. Where it is not, and in a bit-serial
/// multiplier, which has a loop, they hold the product too. `delays` say where the cuts are.
ElementCircuit elementCircuit(const ElementDescription& element, Goal goal = Goal::Area,
                              std::uint32_t stages = 1, const GateDelays& delays = {});

/// A multiplier by itself: `nextSum` is its product, there are no registers.
ElementCircuit multiplierAlone(const ElementDescription& element, Goal goal = Goal::Area);

}  // namespace systole::cost
