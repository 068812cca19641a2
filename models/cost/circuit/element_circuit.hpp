// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "models/cost/circuit/accumulator_circuit.hpp"
#include "models/cost/circuit/multiplier_circuit.hpp"

namespace systole::cost {

/// What a processing element (PE) computes.
/// Formats of the scales that a block of elements shares (OCP MX 1.0, NVFP4).
struct BlockScales {
    numeric::Format activation;
    numeric::Format weight;
};

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
    Word product;  ///< pipelined: the registers that the adder takes the product from
    Word nextProduct;
    std::size_t productRanks = 0;  ///< such registers in a row, one a stage but the last
    Word outer;                    ///< of chunks
    Word nextOuter;
    Word scales;  ///< of activation and weight

    /// All bits that a register takes at the end of the cycle.
    Word outputs() const;
    /// Those that come from the multiplier, and those that come from what follows it.
    Word multiplierOutputs() const;
    Word sumOutputs() const;
    std::size_t flipFlops() const;
};

/// With `stages` > 1, registers hold the product between the multiplier and what aligns and adds
/// it, as in the RTL: `stages - 1` ranks of them.
ElementCircuit elementCircuit(const ElementDescription& element, Goal goal = Goal::Area,
                              std::uint32_t stages = 1);

/// A multiplier by itself: `nextSum` is its product, there are no registers.
ElementCircuit multiplierAlone(const ElementDescription& element, Goal goal = Goal::Area);

}  // namespace systole::cost
